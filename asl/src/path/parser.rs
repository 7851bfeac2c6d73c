//! Reads the text of a path into its steps. Recursion (filters within filters) is bounded, so that no text can
//! overflow the stack.

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::{
    ParseError, Root,
    filter::{Filter, Operand, Operator, Query, SYMBOLS, WORDS},
    function::Function,
    segment::Segment,
};

/// How deep parentheses, negations, lists and paths may nest within a filter.
const FILTER_DEPTH_MAX: usize = 16;
/// How many steps a path may have.
const SEGMENTS_MAX: usize = 256;
/// The compiled size of a regular expression in a filter, in bytes.
const REGEX_SIZE_MAX: usize = 256 * 1024;

/// Reads a whole path.
pub(super) fn parse(text: &str) -> Result<(Root, Vec<Segment>), ParseError> {
    let (root, rest) = match text.strip_prefix('$') {
        Some(rest) => match rest.strip_prefix('$') {
            Some(rest) => (Root::Context, rest),
            None => (Root::Input, rest),
        },
        None => return Err(ParseError::new("A path starts with '$' or '$$'")),
    };
    let mut parser = Parser { text, rest, depth: 0 };
    let segments = parser.segments()?;
    if !parser.rest.is_empty() {
        return Err(parser.error("Unexpected character"));
    }
    Ok((root, segments))
}

struct Parser<'t> {
    text: &'t str,
    rest: &'t str,
    /// How deep in a filter the parser is; 0 outside.
    depth: usize,
}

impl<'t> Parser<'t> {
    fn error(&self, what: &str) -> ParseError {
        ParseError::new(format!(
            "{what} at position {} of '{}'",
            self.text.len() - self.rest.len(),
            self.text
        ))
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Takes `token` if it comes next.
    fn take(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<(), ParseError> {
        if self.take(token) { Ok(()) } else { Err(self.error(&format!("Expected '{token}'"))) }
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    /// Takes the longest start of the rest whose characters all satisfy `accept`.
    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !accept(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn segments(&mut self) -> Result<Vec<Segment>, ParseError> {
        let mut segments = Vec::new();
        loop {
            if self.take("..") {
                segments.push(Segment::Descend);
                if self.peek() == Some('[') {
                    segments.push(self.bracket()?);
                } else {
                    segments.push(self.dotted()?);
                }
            } else if self.take(".") {
                // `$.['name']` is written in AWS's own documentation.
                if self.peek() == Some('[') {
                    segments.push(self.bracket()?);
                } else {
                    segments.push(self.dotted()?);
                }
            } else if self.peek() == Some('[') {
                segments.push(self.bracket()?);
            } else {
                return Ok(segments);
            }
            if segments.len() > SEGMENTS_MAX {
                return Err(ParseError::new(format!("A path has at most {SEGMENTS_MAX} steps")));
            }
            let ended = matches!(segments.last(), Some(Segment::Function(_)));
            if ended && matches!(self.peek(), Some('.' | '[')) {
                return Err(self.error("A function ends a path, but more follows"));
            }
        }
    }

    /// What follows a dot: `name`, `*` or `function()`.
    fn dotted(&mut self) -> Result<Segment, ParseError> {
        if self.take("*") {
            return Ok(Segment::Wildcard);
        }
        let before = self.rest;
        let mut name = String::new();
        while let Some(c) = self.peek() {
            match c {
                // The ASL specification lets a backslash take away a character's meaning: `$.store\.book`.
                '\\' => {
                    self.rest = self.rest.get(1..).unwrap_or_default();
                    let Some(escaped) = self.peek() else {
                        return Err(self.error("Nothing follows the backslash"));
                    };
                    name.push(escaped);
                    self.rest = self.rest.get(escaped.len_utf8()..).unwrap_or_default();
                    continue;
                }
                '.' | '[' | '(' => break,
                ']' | ')' | '=' | '<' | '>' | '!' | '&' | '|' | ',' | '~' if self.depth > 0 => break,
                c if c.is_whitespace() && self.depth > 0 => break,
                c if c.is_whitespace() => {
                    return Err(self.error("Use brackets, as in ['my name'], for a name with blanks"));
                }
                '*' | '?' | '@' | ',' | ']' | ')' | '\'' | '"' | ':' => {
                    return Err(self.error("Unexpected character"));
                }
                c => name.push(c),
            }
            self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
        }
        if self.take("(") {
            let argument = self.take_while(|c| c != ')');
            self.expect(")")?;
            return Function::named(&name, argument).map(Segment::Function).ok_or_else(|| {
                self.error(&format!("Function '{name}' with these arguments is not supported"))
            });
        }
        if name.is_empty() {
            self.rest = before;
            return Err(self.error("Expected a name after the dot"));
        }
        Ok(Segment::Child(name))
    }

    /// `['name']`, `['a','b']`, `[0]`, `[0,1]`, `[1:2]`, `[*]`, `[?(...)]`
    fn bracket(&mut self) -> Result<Segment, ParseError> {
        self.expect("[")?;
        self.skip_blanks();
        let segment = match self.peek() {
            Some('*') => {
                self.expect("*")?;
                Segment::Wildcard
            }
            Some('?') => {
                self.expect("?")?;
                self.skip_blanks();
                self.nested(|parser| {
                    parser.expect("(")?;
                    let filter = parser.any()?;
                    parser.skip_blanks();
                    parser.expect(")")?;
                    Ok(Segment::Filter(filter))
                })?
            }
            Some('\'' | '"') => self.names()?,
            _ => self.indexes()?,
        };
        self.skip_blanks();
        self.expect("]")?;
        Ok(segment)
    }

    fn names(&mut self) -> Result<Segment, ParseError> {
        let mut names = vec![self.quoted()?];
        loop {
            self.skip_blanks();
            if !self.take(",") {
                break;
            }
            self.skip_blanks();
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
        self.skip_blanks();
        if self.take(":") {
            self.skip_blanks();
            let to = self.integer()?;
            return Ok(Segment::Slice { from: first, to });
        }
        let Some(first) = first else {
            return Err(self.error("Expected an index, a name in quotes, '*' or '?'"));
        };
        let mut indexes = vec![first];
        while self.take(",") {
            self.skip_blanks();
            let index = self.integer()?.ok_or_else(|| self.error("Expected an index"))?;
            indexes.push(index);
            self.skip_blanks();
        }
        Ok(if indexes.len() == 1 { Segment::Index(first) } else { Segment::Indexes(indexes) })
    }

    fn integer(&mut self) -> Result<Option<i64>, ParseError> {
        let digits = self.take_while(|c| c == '-' || c.is_ascii_digit());
        if digits.is_empty() {
            return Ok(None);
        }
        digits.parse().map(Some).map_err(|_| self.error("Expected an index"))
    }

    /// A text in single or double quotes. A backslash escapes the quote and itself and is kept before all else
    /// (recorded: `$['a\"b']` names the field `a\"b`, backslash included).
    fn quoted(&mut self) -> Result<String, ParseError> {
        let quote = match self.peek() {
            Some(quote @ ('\'' | '"')) => quote,
            _ => return Err(self.error("Expected a text in quotes")),
        };
        let mut name = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, c)) = characters.next() {
            if c == quote {
                self.rest = self.rest.get(at + 1..).unwrap_or_default();
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
            self.skip_blanks();
            if !self.take("||") {
                break;
            }
            filters.push(self.all()?);
        }
        Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::Any(filters) })
    }

    fn all(&mut self) -> Result<Filter, ParseError> {
        let mut filters = vec![self.term()?];
        loop {
            self.skip_blanks();
            if !self.take("&&") {
                break;
            }
            filters.push(self.term()?);
        }
        Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::All(filters) })
    }

    fn term(&mut self) -> Result<Filter, ParseError> {
        self.skip_blanks();
        if self.take("!") {
            return self.nested(|parser| Ok(Filter::Not(Box::new(parser.term()?))));
        }
        if self.take("(") {
            return self.nested(|parser| {
                let filter = parser.any()?;
                parser.skip_blanks();
                parser.expect(")")?;
                Ok(filter)
            });
        }
        let left = self.operand()?;
        self.skip_blanks();
        let Some(operator) = self.operator() else {
            return match left {
                Operand::Query(query) => Ok(Filter::Exists(query)),
                _ => Err(self.error("Expected a comparison")),
            };
        };
        self.skip_blanks();
        let right = self.operand()?;
        if matches!(left, Operand::Pattern(_))
            || matches!(right, Operand::Pattern(_)) != (operator == Operator::Matches)
        {
            return Err(self.error("A regular expression stands to the right of '=~', and nothing else does"));
        }
        Ok(Filter::Compare(left, operator, right))
    }

    fn operator(&mut self) -> Option<Operator> {
        if let Some((_, operator)) = SYMBOLS.iter().find(|(symbol, _)| self.take(symbol)) {
            return Some(*operator);
        }
        let before = self.rest;
        let word = self.take_while(|c| c.is_ascii_alphabetic());
        let operator = WORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        if operator.is_none() {
            self.rest = before;
        }
        operator.map(|(_, operator)| *operator)
    }

    fn operand(&mut self) -> Result<Operand, ParseError> {
        match self.peek() {
            Some(start @ ('@' | '$')) => {
                self.rest = self.rest.get(1..).unwrap_or_default();
                let segments = self.nested(Self::segments)?;
                Ok(Operand::Query(Query { relative: start == '@', segments }))
            }
            Some('/') => self.pattern().map(Operand::Pattern),
            _ => self.literal().map(Operand::Literal),
        }
    }

    /// A JSON value, its texts in either kind of quotes.
    fn literal(&mut self) -> Result<Value, ParseError> {
        match self.peek() {
            Some('\'' | '"') => self.quoted().map(Value::String),
            Some('[') => self.nested(|parser| {
                parser.expect("[")?;
                let mut items = Vec::new();
                parser.skip_blanks();
                while !parser.take("]") {
                    if !items.is_empty() {
                        parser.expect(",")?;
                        parser.skip_blanks();
                    }
                    items.push(parser.literal()?);
                    parser.skip_blanks();
                }
                Ok(Value::Array(items))
            }),
            _ => {
                let before = self.rest;
                let word = self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
                serde_json::from_str(word).map_err(|_| {
                    self.rest = before;
                    self.error("Expected a path, a number, a text in quotes, true, false or null")
                })
            }
        }
    }

    /// `/pattern/flags`. The whole text must match, as with Java's `matches()`.
    fn pattern(&mut self) -> Result<Regex, ParseError> {
        self.expect("/")?;
        let mut pattern = String::new();
        let mut characters = self.rest.char_indices();
        let end = loop {
            match characters.next() {
                Some((at, '/')) => break at,
                Some((_, '\\')) => match characters.next() {
                    Some((_, '/')) => pattern.push('/'),
                    Some((_, other)) => pattern.extend(['\\', other]),
                    None => return Err(self.error("The regular expression is not closed")),
                },
                Some((_, c)) => pattern.push(c),
                None => return Err(self.error("The regular expression is not closed")),
            }
        };
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        let flags = self.take_while(|c| c.is_ascii_alphabetic());
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
