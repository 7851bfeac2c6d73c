//! Reads the text of a path into its steps. Recursion (filters within filters) is bounded, so that no text can
//! overflow the stack.

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value};

use super::{
    ParseError, Root,
    filter::{Filter, Operand, Operator, Query, SYMBOLS, WORDS},
    function::Function,
    segment::Segment,
};
use crate::{cursor::Cursor, number, variable_name};

/// How deep parentheses, negations, lists and paths may nest within a filter.
const FILTER_DEPTH_MAX: usize = 16;
/// How many steps a path may have.
const SEGMENTS_MAX: usize = 256;
/// The compiled size of a regular expression in a filter, in bytes: it bounds what matching one byte may cost.
const REGEX_SIZE_MAX: usize = 32 * 1024;

/// Which characters a name behind a dot may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// All that Jayway lets pass.
    Any,
    /// None that could be read as an operator: the ASL specification forbids those in Reference Paths.
    Plain,
}

/// Reads a whole path.
pub(super) fn parse(text: &str, names: Names) -> Result<(Root, Vec<Segment>), ParseError> {
    let Some(rest) = text.strip_prefix('$') else {
        return Err(ParseError::new("A path starts with '$', '$$' or '$' and the name of a variable"));
    };
    let (root, rest) = match rest.strip_prefix('$') {
        Some(rest) => (Root::Context, rest),
        None => root(rest)?,
    };
    let mut parser = Parser { cursor: Cursor::new(text, rest), depth: 0, names };
    let segments = parser.segments()?;
    if !parser.cursor.rest().is_empty() {
        return Err(parser.error("Unexpected character"));
    }
    Ok((root, segments))
}

/// Where a path starts that goes on with `rest` behind its `$`, and what follows that.
fn root(rest: &str) -> Result<(Root, &str), ParseError> {
    let name = variable_name::at_start(rest);
    if name.is_empty() {
        return Ok((Root::Input, rest));
    }
    match variable_name::problem(name) {
        Some((_, problem)) => Err(ParseError::new(problem)),
        None => Ok((Root::Variable(name.to_owned()), rest.strip_prefix(name).unwrap_or_default())),
    }
}

struct Parser<'t> {
    cursor: Cursor<'t>,
    /// How deep in a filter the parser is; 0 outside.
    depth: usize,
    names: Names,
}

impl Parser<'_> {
    fn error(&self, what: &str) -> ParseError {
        ParseError::new(self.cursor.describe(what))
    }

    fn expect(&mut self, token: &str) -> Result<(), ParseError> {
        if self.cursor.take(token) { Ok(()) } else { Err(self.error(&format!("Expected '{token}'"))) }
    }

    fn segments(&mut self) -> Result<Vec<Segment>, ParseError> {
        let mut segments = Vec::new();
        let mut behind_bracket = false;
        loop {
            let descends = self.cursor.take("..");
            if descends {
                segments.push(Segment::Descend);
            }
            let is_dotted = descends || self.cursor.take(".");
            // `$.['name']` is written in AWS's own documentation.
            if self.cursor.peek() == Some('[') {
                segments.push(self.bracket()?);
                behind_bracket = true;
            // Jayway wants no dot behind a bracket: `$.book[0]title`.
            } else if is_dotted
                || behind_bracket && self.depth == 0 && self.cursor.peek().is_some_and(is_name_start)
            {
                segments.push(self.dotted()?);
                behind_bracket = false;
            } else {
                return Ok(segments);
            }
            if segments.len() > SEGMENTS_MAX {
                return Err(ParseError::new(format!("A path has at most {SEGMENTS_MAX} steps")));
            }
            let ended = matches!(segments.last(), Some(Segment::Function(_)));
            if ended && matches!(self.cursor.peek(), Some('.' | '[')) {
                return Err(self.error("A function ends a path, but more follows"));
            }
        }
    }

    /// What follows a dot: `name`, `*` or `function()`.
    fn dotted(&mut self) -> Result<Segment, ParseError> {
        if self.cursor.take("*") {
            return Ok(Segment::Wildcard);
        }
        let before = self.cursor.rest();
        let mut name = String::new();
        while let Some(c) = self.cursor.peek() {
            match c {
                // The ASL specification lets a backslash take away a character's meaning: `$.store\.book`.
                '\\' => {
                    self.cursor.advance(1);
                    let Some(escaped) = self.cursor.peek() else {
                        return Err(self.error("Nothing follows the backslash"));
                    };
                    name.push(escaped);
                    self.cursor.advance(escaped.len_utf8());
                    continue;
                }
                '.' | '[' | '(' => break,
                ']' | ')' | '=' | '<' | '>' | '!' | '&' | '|' | ',' | '~' if self.depth > 0 => break,
                c if c.is_whitespace() && self.depth > 0 => break,
                ' ' => {
                    return Err(self.error("Use brackets, as in ['my name'], for a name with blanks"));
                }
                c if self.names == Names::Plain && !is_plain(c) => {
                    return Err(self.error("Unexpected character"));
                }
                c => name.push(c),
            }
            self.cursor.advance(c.len_utf8());
        }
        if self.cursor.take("(") {
            let argument = self.cursor.take_while(|c| c != ')');
            self.expect(")")?;
            return Function::named(&name, argument).map(Segment::Function).ok_or_else(|| {
                self.error(&format!("Function '{name}' with these arguments is not supported"))
            });
        }
        if name.is_empty() {
            self.cursor.reset(before);
            return Err(self.error("Expected a name after the dot"));
        }
        Ok(Segment::Child(name))
    }

    /// `['name']`, `['a','b']`, `[0]`, `[0,1]`, `[1:2]`, `[*]`, `[?(...)]`
    fn bracket(&mut self) -> Result<Segment, ParseError> {
        self.expect("[")?;
        self.cursor.skip_blanks();
        let segment = match self.cursor.peek() {
            Some('*') => {
                self.expect("*")?;
                Segment::Wildcard
            }
            Some('?') => {
                self.expect("?")?;
                self.cursor.skip_blanks();
                self.nested(|parser| {
                    parser.expect("(")?;
                    let filter = parser.any()?;
                    parser.cursor.skip_blanks();
                    parser.expect(")")?;
                    Ok(Segment::Filter(filter))
                })?
            }
            Some('\'' | '"') => self.names()?,
            _ => self.indexes()?,
        };
        self.cursor.skip_blanks();
        self.expect("]")?;
        Ok(segment)
    }

    /// All in the same kind of quotes, as Jayway wants it.
    fn names(&mut self) -> Result<Segment, ParseError> {
        let quote = self.cursor.peek();
        let mut names = vec![self.quoted()?];
        loop {
            self.cursor.skip_blanks();
            if !self.cursor.take(",") {
                break;
            }
            self.cursor.skip_blanks();
            if self.cursor.peek() != quote {
                return Err(self.error("Expected a name in the same kind of quotes"));
            }
            names.push(self.quoted()?);
        }
        Ok(match names.pop() {
            Some(name) if names.is_empty() => Segment::Child(name),
            last => {
                names.extend(last);
                Segment::Children(names)
            }
        })
    }

    fn indexes(&mut self) -> Result<Segment, ParseError> {
        let first = self.integer()?;
        self.cursor.skip_blanks();
        if self.cursor.take(":") {
            self.cursor.skip_blanks();
            let to = self.integer()?;
            if first.is_none() && to.is_none() {
                return Err(self.error("Expected an index before or behind the ':'"));
            }
            // A step. Jayway reads it and ignores it.
            if self.cursor.take(":") {
                self.cursor.take_while(|c| c == ':' || c == '-' || c.is_ascii_digit());
            }
            return Ok(Segment::Slice { from: first, to });
        }
        let Some(first) = first else {
            return Err(self.error("Expected an index, a name in quotes, '*' or '?'"));
        };
        let mut indexes = vec![first];
        while self.cursor.take(",") {
            self.cursor.skip_blanks();
            let index = self.integer()?.ok_or_else(|| self.error("Expected an index"))?;
            indexes.push(index);
            self.cursor.skip_blanks();
        }
        Ok(if indexes.len() == 1 { Segment::Index(first) } else { Segment::Indexes(indexes) })
    }

    fn integer(&mut self) -> Result<Option<i64>, ParseError> {
        let digits = self.cursor.take_while(|c| c == '-' || c.is_ascii_digit());
        if digits.is_empty() {
            return Ok(None);
        }
        digits.parse().map(Some).map_err(|_| self.error("Expected an index"))
    }

    /// A text in single or double quotes. A backslash escapes the quote and itself and is kept before all else
    /// (recorded: `$['a\"b']` names the field `a\"b`, backslash included).
    fn quoted(&mut self) -> Result<String, ParseError> {
        let quote = match self.cursor.peek() {
            Some(quote @ ('\'' | '"')) => quote,
            _ => return Err(self.error("Expected a text in quotes")),
        };
        let mut name = String::new();
        let mut characters = self.cursor.rest().char_indices().skip(1);
        while let Some((at, c)) = characters.next() {
            if c == quote {
                self.cursor.advance(at + 1);
                return Ok(name);
            }
            if c != '\\' {
                name.push(c);
                continue;
            }
            match characters.next() {
                Some((_, escaped)) if escaped == quote || escaped == '\\' => name.push(escaped),
                Some((_, other)) => name.extend(['\\', other]),
                None => break,
            }
        }
        Err(self.error("The quote is not closed"))
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, ParseError>) -> Result<T, ParseError> {
        if self.depth >= FILTER_DEPTH_MAX {
            return Err(ParseError::new(format!("Filters nest at most {FILTER_DEPTH_MAX} levels deep")));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn any(&mut self) -> Result<Filter, ParseError> {
        let mut filters = vec![self.all()?];
        loop {
            self.cursor.skip_blanks();
            if !self.cursor.take("||") {
                break;
            }
            filters.push(self.all()?);
        }
        Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::Any(filters) })
    }

    fn all(&mut self) -> Result<Filter, ParseError> {
        let mut filters = vec![self.term()?];
        loop {
            self.cursor.skip_blanks();
            if !self.cursor.take("&&") {
                break;
            }
            filters.push(self.term()?);
        }
        Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::All(filters) })
    }

    fn term(&mut self) -> Result<Filter, ParseError> {
        self.cursor.skip_blanks();
        if self.cursor.take("!") {
            return self.nested(|parser| Ok(Filter::Not(Box::new(parser.term()?))));
        }
        if self.cursor.take("(") {
            return self.nested(|parser| {
                let filter = parser.any()?;
                parser.cursor.skip_blanks();
                parser.expect(")")?;
                Ok(filter)
            });
        }
        let left = self.operand()?;
        self.cursor.skip_blanks();
        let Some(operator) = self.operator() else {
            return match left {
                Operand::Query(query) => Ok(Filter::Exists(query)),
                _ => Err(self.error("Expected a comparison")),
            };
        };
        self.cursor.skip_blanks();
        let right = self.operand()?;
        Ok(Filter::Compare(left, operator, right))
    }

    fn operator(&mut self) -> Option<Operator> {
        if let Some((_, operator)) = SYMBOLS.iter().find(|(symbol, _)| self.cursor.take(symbol)) {
            return Some(*operator);
        }
        let before = self.cursor.rest();
        let word = self.cursor.take_while(|c| c.is_ascii_alphabetic());
        let operator = WORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        if operator.is_none() {
            self.cursor.reset(before);
        }
        operator.map(|(_, operator)| *operator)
    }

    fn operand(&mut self) -> Result<Operand, ParseError> {
        match self.cursor.peek() {
            Some(start @ ('@' | '$')) => {
                self.cursor.advance(1);
                let segments = self.nested(Self::segments)?;
                Ok(Operand::Query(Query { relative: start == '@', segments }))
            }
            Some('/') => self.pattern().map(Operand::Pattern),
            _ => self.literal().map(Operand::Literal),
        }
    }

    /// A JSON value, its texts in either kind of quotes, its numbers as Java's `BigDecimal` reads them (`.5`, `010`).
    fn literal(&mut self) -> Result<Value, ParseError> {
        match self.cursor.peek() {
            Some('\'' | '"') => self.quoted().map(Value::String),
            Some('[') => self.nested(|parser| {
                parser.expect("[")?;
                let mut items = Vec::new();
                parser.cursor.skip_blanks();
                while !parser.cursor.take("]") {
                    if !items.is_empty() {
                        parser.expect(",")?;
                        parser.cursor.skip_blanks();
                    }
                    items.push(parser.literal()?);
                    parser.cursor.skip_blanks();
                }
                Ok(Value::Array(items))
            }),
            Some('{') => self.nested(|parser| {
                parser.expect("{")?;
                let mut fields = Map::new();
                parser.cursor.skip_blanks();
                while !parser.cursor.take("}") {
                    if !fields.is_empty() {
                        parser.expect(",")?;
                        parser.cursor.skip_blanks();
                    }
                    let name = parser.quoted()?;
                    parser.cursor.skip_blanks();
                    parser.expect(":")?;
                    parser.cursor.skip_blanks();
                    fields.insert(name, parser.literal()?);
                    parser.cursor.skip_blanks();
                }
                Ok(Value::Object(fields))
            }),
            _ => {
                let before = self.cursor.rest();
                let word =
                    self.cursor.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
                number::lenient(word)
                    .map(Value::Number)
                    .or_else(|| serde_json::from_str(word).ok())
                    .ok_or_else(|| {
                        self.cursor.reset(before);
                        self.error("Expected a path, a number, a text in quotes, true, false or null")
                    })
            }
        }
    }

    /// `/pattern/flags`. The whole text must match, as with Java's `matches()`.
    fn pattern(&mut self) -> Result<Regex, ParseError> {
        self.expect("/")?;
        let mut pattern = String::new();
        let mut characters = self.cursor.rest().char_indices();
        let end = loop {
            match characters.next() {
                Some((at, '/')) => break at,
                Some((_, '\\')) => match characters.next() {
                    Some((_, '/')) => pattern.push('/'),
                    // Java's classes are those of ASCII.
                    Some((_, 'd')) => pattern.push_str("[0-9]"),
                    Some((_, 'D')) => pattern.push_str("[^0-9]"),
                    Some((_, 'w')) => pattern.push_str("[0-9A-Za-z_]"),
                    Some((_, 'W')) => pattern.push_str("[^0-9A-Za-z_]"),
                    Some((_, 's')) => pattern.push_str(r"[\x20\t\n\x0B\f\r]"),
                    Some((_, 'S')) => pattern.push_str(r"[^\x20\t\n\x0B\f\r]"),
                    Some((_, 'b')) => pattern.push_str(r"(?-u:\b)"),
                    Some((_, other)) => pattern.extend(['\\', other]),
                    None => return Err(self.error("The regular expression is not closed")),
                },
                Some((_, c)) => pattern.push(c),
                None => return Err(self.error("The regular expression is not closed")),
            }
        };
        self.cursor.advance(end + 1);
        let flags = self.cursor.take_while(|c| c.is_ascii_alphabetic());
        if let Some(flag) = flags.chars().find(|flag| !"imsxdu".contains(*flag)) {
            return Err(self.error(&format!("Unknown flag '{flag}' of a regular expression")));
        }
        RegexBuilder::new(&format!("^(?:{pattern})$"))
            .case_insensitive(flags.contains('i'))
            .multi_line(false)
            .dot_matches_new_line(flags.contains('s'))
            .ignore_whitespace(flags.contains('x'))
            .size_limit(REGEX_SIZE_MAX)
            .build()
            .map_err(|error| self.error(&format!("The regular expression is not supported ({error})")))
    }
}

/// Whether a name can start here where no dot stands before it.
fn is_name_start(c: char) -> bool {
    !matches!(c, '.' | '[' | '(' | '*' | ' ' | ']' | ')')
}

/// Whether a name in a Reference Path may have this character: no operator, no quote, no blank.
fn is_plain(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '*' | '?' | '@' | ',' | ']' | ')' | '\'' | '"' | ':')
}
