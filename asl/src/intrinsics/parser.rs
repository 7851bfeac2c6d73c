//! Reads the text of a call: `States.Name(argument, ...)`, where an argument is a text in single quotes, a number,
//! `true`, `false`, `null`, a path or another call.

use serde_json::{Number, Value};

use super::{Argument, Call, Function, ParseError};
use crate::{cursor::Cursor, path::Path};

/// AWS's limit: "You can nest up to 10 intrinsic functions within a field".
const NESTING_MAX: usize = 10;

/// Reads a whole call.
pub(super) fn parse(text: &str) -> Result<Call, ParseError> {
    let mut parser = Parser { cursor: Cursor::new(text, text) };
    parser.cursor.skip_blanks();
    let call = parser.call(1)?;
    parser.cursor.skip_blanks();
    if !parser.cursor.rest().is_empty() {
        return Err(parser.error("Unexpected character"));
    }
    Ok(call)
}

struct Parser<'t> {
    cursor: Cursor<'t>,
}

impl<'t> Parser<'t> {
    fn error(&self, what: &str) -> ParseError {
        ParseError { message: self.cursor.describe(what) }
    }

    fn call(&mut self, level: usize) -> Result<Call, ParseError> {
        if level > NESTING_MAX {
            return Err(ParseError {
                message: format!("Intrinsic functions nest at most {NESTING_MAX} levels deep"),
            });
        }
        let start = self.cursor.rest();
        let name = self.cursor.take_while(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
        let Some((function, fewest, most)) = Function::named(name) else {
            self.cursor.reset(start);
            return Err(self.error(&format!("'{name}' is not an intrinsic function")));
        };
        self.cursor.skip_blanks();
        if !self.cursor.take("(") {
            return Err(self.error("Expected '('"));
        }
        let mut arguments = Vec::new();
        self.cursor.skip_blanks();
        while !self.cursor.take(")") {
            if !arguments.is_empty() {
                if !self.cursor.take(",") {
                    return Err(self.error("Expected ',' or ')'"));
                }
                self.cursor.skip_blanks();
            }
            arguments.push(self.argument(level)?);
            self.cursor.skip_blanks();
        }
        if arguments.len() < fewest || arguments.len() > most {
            self.cursor.reset(start);
            return Err(self.error(&format!("Wrong number of arguments ({}) of {name}", arguments.len())));
        }
        let text = start.get(..start.len() - self.cursor.rest().len()).unwrap_or_default().to_owned();
        Ok(Call { text, function, arguments })
    }

    fn argument(&mut self, level: usize) -> Result<Argument, ParseError> {
        match self.cursor.peek() {
            Some('\'') => self.quoted(),
            Some('$') => {
                let start = self.cursor.rest();
                let text = self.path_text();
                Path::parse(text).map(Argument::Path).map_err(|error| {
                    self.cursor.reset(start);
                    self.error(&format!("Not a path ({error})"))
                })
            }
            Some('-' | '0'..='9') => {
                let start = self.cursor.rest();
                let text =
                    self.cursor.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
                text.parse::<Number>().map(|number| Argument::Literal(Value::Number(number))).map_err(|_| {
                    self.cursor.reset(start);
                    self.error("Expected a number")
                })
            }
            _ => {
                for (word, value) in
                    [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)]
                {
                    if self.cursor.take(word) {
                        return Ok(Argument::Literal(value));
                    }
                }
                self.call(level + 1).map(Argument::Call)
            }
        }
    }

    /// A text in single quotes. `\'`, `\{`, `\}` and `\\` stand for the second character; before any other, the
    /// backslash stands for itself.
    fn quoted(&mut self) -> Result<Argument, ParseError> {
        let (mut value, mut raw) = (String::new(), String::new());
        let mut characters = self.cursor.rest().char_indices().skip(1).peekable();
        while let Some((at, c)) = characters.next() {
            match c {
                '\'' => {
                    self.cursor.advance(at + 1);
                    return Ok(Argument::Text { value, raw });
                }
                '\\' => {
                    raw.push('\\');
                    match characters.next_if(|(_, next)| matches!(next, '\'' | '{' | '}' | '\\')) {
                        Some((_, escaped)) => {
                            raw.push(escaped);
                            value.push(escaped);
                        }
                        None => value.push('\\'),
                    }
                }
                c => {
                    raw.push(c);
                    value.push(c);
                }
            }
        }
        Err(self.error("The quote is not closed"))
    }

    /// Takes a path: up to the comma or parenthesis that belongs to the call, not to a filter, a union or a function
    /// of the path.
    fn path_text(&mut self) -> &'t str {
        let mut open = 0_usize;
        let mut quote = None;
        let mut escaped = false;
        let mut end = self.cursor.rest().len();
        for (at, c) in self.cursor.rest().char_indices() {
            if escaped {
                escaped = false;
                continue;
            }
            match (quote, c) {
                (_, '\\') => escaped = true,
                (Some(opened), c) if c == opened => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') if open > 0 => quote = Some(c),
                (None, '[' | '(') => open += 1,
                (None, ',' | ')') if open == 0 => {
                    end = at;
                    break;
                }
                (None, ']' | ')') => open = open.saturating_sub(1),
                _ => {}
            }
        }
        self.cursor.advance(end).trim_end()
    }
}
