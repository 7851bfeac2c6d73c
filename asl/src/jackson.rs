//! JSON syntax, with the error texts of Jackson, the JSON parser behind AWS's API: AWS shows them for
//! malformed definitions (`INVALID_JSON_DESCRIPTION`) and malformed inputs (`InvalidExecutionInput`).
//!
//! Texts after `ReaderBasedJsonParser` and its base classes in Jackson 2 (github.com/FasterXML/jackson-core),
//! those for an unrecognized token and an unquoted field name also as recorded from AWS. The scanner takes
//! linear time, keeps its own stack and never builds a value: [`parse`] hands the checked text to
//! `serde_json`.

use serde_json::Value;

use crate::limits::JSON_DEPTH_MAX;

const VALUES: &str = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/// Longest token that Jackson quotes (`ErrorReportConfiguration.DEFAULT_MAX_ERROR_TOKEN_LENGTH`), in
/// characters.
const QUOTED_TOKEN_MAX: usize = 256;

/// Longest beginning of the text that Jackson quotes in a location, in characters
/// (`ErrorReportConfiguration.DEFAULT_MAX_RAW_CONTENT_LENGTH`).
const QUOTED_SOURCE_MAX: usize = 500;

/// A text is no JSON. Displayed without the place, as AWS shows it for inputs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// Jackson's text ("original message").
    pub message: String,
    /// The line of the error, from 1.
    pub line: usize,
    /// The column of the error, from 1, in UTF-16 units as Java counts.
    pub column: usize,
}

impl SyntaxError {
    /// The place of the error in `text` (the text that was checked) as Jackson describes it, with the
    /// beginning of the text: `[Source: (String)"{'a'"; line: 1, column: 3]`.
    pub fn place(&self, text: &str) -> String {
        place(text, self.line, self.column)
    }
}

/// Whether a text is exactly one JSON value, nested at most [`JSON_DEPTH_MAX`] deep.
///
/// # Errors
///
/// The first error in the text. Numbers beyond the range of a double and escaped lone surrogates are errors,
/// since no value of ours can hold them.
pub fn check(text: &str) -> Result<(), SyntaxError> {
    Scanner { text, bytes: text.as_bytes(), at: 0, open: Vec::new() }.document()
}

/// [`check`] and the value.
///
/// # Errors
///
/// As [`check`].
pub fn parse(text: &str) -> Result<Value, SyntaxError> {
    check(text)?;
    // The scanner has accepted the text, so this can only fail where the two disagree: report it, never
    // panic.
    serde_json::from_str(text).map_err(|error| SyntaxError {
        message: error.to_string(),
        line: error.line(),
        column: error.column(),
    })
}

/// An array or object whose end hasn't been reached.
struct Container {
    is_object: bool,
    /// Offset of its bracket.
    start: usize,
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    open: Vec<Container>,
}

/// What may come next.
enum Expected {
    /// A value.
    Value,
    /// A value, or the end of the array that has just begun.
    FirstItem,
    /// A field name, or the end of the object that has just begun.
    FirstName,
    /// A comma, or the end of the container.
    Separator,
}

type Scan = Result<(), SyntaxError>;

impl Scanner<'_> {
    fn document(&mut self) -> Scan {
        self.skip_space();
        if self.peek().is_none() {
            return Err(self.error("No content to map due to end-of-input"));
        }
        let mut expected = Expected::Value;
        loop {
            expected = match expected {
                Expected::Value => self.value()?,
                Expected::FirstItem => {
                    self.skip_space_or_fail_at_end()?;
                    if self.peek() == Some(b']') { self.close()? } else { self.value()? }
                }
                Expected::FirstName => {
                    self.skip_space_or_fail_at_end()?;
                    if self.peek() == Some(b'}') { self.close()? } else { self.name()? }
                }
                Expected::Separator if self.open.is_empty() => break,
                Expected::Separator => self.separator()?,
            };
        }
        self.skip_space();
        match self.peek() {
            None => Ok(()),
            Some(_) => self.trailing(),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn peek_char(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    /// Skips to what comes next inside a container.
    fn skip_space_or_fail_at_end(&mut self) -> Scan {
        self.skip_space();
        if self.peek().is_some() {
            return Ok(());
        }
        Err(match self.open.last() {
            Some(container) => {
                let kind = kind_name(container);
                let start = self.place(container.start);
                self.error(format!(
                    "Unexpected end-of-input: expected close marker for {kind} (start marker at {start})"
                ))
            }
            None => self.error("Unexpected end-of-input"),
        })
    }

    fn within(&self) -> &'static str {
        self.open.last().map_or("root", kind_name)
    }

    fn value(&mut self) -> Result<Expected, SyntaxError> {
        self.skip_space();
        match self.peek() {
            None => {
                Err(self.error(format!("Unexpected end-of-input within/between {} entries", self.within())))
            }
            Some(b'{') => self.open(true),
            Some(b'[') => self.open(false),
            Some(b'"') => self.string(" in string value", ": was expecting closing quote for a string value"),
            Some(b't') => self.token("true"),
            Some(b'f') => self.token("false"),
            Some(b'n') => self.token("null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => Err(self.odd_value()),
        }
    }

    fn open(&mut self, is_object: bool) -> Result<Expected, SyntaxError> {
        if self.open.len() >= JSON_DEPTH_MAX {
            return Err(self.error(format!(
                "Document nesting depth ({}) exceeds the maximum allowed ({JSON_DEPTH_MAX})",
                self.open.len() + 1
            )));
        }
        self.open.push(Container { is_object, start: self.at });
        self.at += 1;
        Ok(if is_object { Expected::FirstName } else { Expected::FirstItem })
    }

    /// At `]` or `}`.
    fn close(&mut self) -> Result<Expected, SyntaxError> {
        let is_brace = self.peek() == Some(b'}');
        match self.open.last() {
            Some(container) if container.is_object == is_brace => {
                self.open.pop();
                self.at += 1;
                Ok(Expected::Separator)
            }
            container => {
                let (found, expected) = if is_brace { ('}', ']') } else { (']', '}') };
                let kind = container.map_or("root", kind_name);
                let start = self.place(container.map_or(0, |container| container.start));
                Err(self.error(format!(
                    "Unexpected close marker '{found}': expected '{expected}' (for {kind} starting at {start})"
                )))
            }
        }
    }

    fn separator(&mut self) -> Result<Expected, SyntaxError> {
        self.skip_space_or_fail_at_end()?;
        match self.peek() {
            Some(b']' | b'}') => return self.close(),
            Some(b',') => self.at += 1,
            _ => {
                let message = format!("was expecting comma to separate {} entries", self.within());
                return Err(self.unexpected(&message));
            }
        }
        self.skip_space();
        if self.peek().is_none() {
            return Err(
                self.error(format!("Unexpected end-of-input within/between {} entries", self.within()))
            );
        }
        if self.open.last().is_some_and(|container| container.is_object) { self.name() } else { self.value() }
    }

    fn name(&mut self) -> Result<Expected, SyntaxError> {
        if matches!(self.peek(), Some(b']')) {
            return self.close();
        }
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("was expecting double-quote to start field name"));
        }
        self.string(" in name", " in field name")?;
        self.skip_space();
        match self.peek() {
            Some(b':') => {
                self.at += 1;
                Ok(Expected::Value)
            }
            None => Err(self.error("Unexpected end-of-input within/between Object entries")),
            Some(_) => Err(self.unexpected("was expecting a colon to separate field name and value")),
        }
    }

    /// At the opening quote. Surrogates must come in pairs.
    fn string(&mut self, control: &str, end: &str) -> Result<Expected, SyntaxError> {
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(self.error(format!("Unexpected end-of-input{end}"))),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Expected::Separator);
                }
                Some(b'\\') => self.escape()?,
                Some(byte) if byte < 0x20 => {
                    let place = if control == " in name" { "name" } else { "string value" };
                    return Err(self.error(format!(
                        "Illegal unquoted character ((CTRL-CHAR, code {byte})): has to be escaped using backslash to be \
                         included in {place}"
                    )));
                }
                Some(_) => self.at += 1,
            }
        }
    }

    /// At the backslash.
    fn escape(&mut self) -> Scan {
        let start = self.at;
        self.at += 1;
        match self.peek() {
            None => Err(self.error("Unexpected end-of-input in character escape sequence")),
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                let unit = self.hex_unit()?;
                match unit {
                    0xD800..=0xDBFF
                        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u")) =>
                    {
                        self.at += 1;
                        let low = self.hex_unit()?;
                        if (0xDC00..=0xDFFF).contains(&low) {
                            Ok(())
                        } else {
                            Err(self.lone_surrogate(start, unit))
                        }
                    }
                    0xD800..=0xDFFF => Err(self.lone_surrogate(start, unit)),
                    _ => Ok(()),
                }
            }
            Some(_) => {
                let shown = self.peek_char().map(describe).unwrap_or_default();
                Err(self.error(format!("Unrecognized character escape {shown}")))
            }
        }
    }

    fn lone_surrogate(&mut self, start: usize, unit: u32) -> SyntaxError {
        self.at = start;
        self.error(format!("Incomplete surrogate pair: '\\u{unit:04X}' stands alone"))
    }

    /// At the `u`.
    fn hex_unit(&mut self) -> Result<u32, SyntaxError> {
        let mut unit = 0;
        for _ in 0..4 {
            self.at += 1;
            let Some(c) = self.peek_char() else {
                return Err(self.error("Unexpected end-of-input in character escape sequence"));
            };
            let Some(digit) = c.to_digit(16) else {
                return Err(self.unexpected("expected a hex-digit for character escape sequence"));
            };
            unit = unit * 16 + digit;
        }
        self.at += 1;
        Ok(unit)
    }

    fn token(&mut self, word: &str) -> Result<Expected, SyntaxError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest.find(|c: char| !is_identifier_part(c)).unwrap_or(rest.len());
        if rest.get(..end) == Some(word) {
            self.at += end;
            Ok(Expected::Separator)
        } else {
            Err(self.unrecognized_token())
        }
    }

    fn unrecognized_token(&self) -> SyntaxError {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let mut token: String =
            rest.chars().take_while(|c| is_identifier_part(*c)).take(QUOTED_TOKEN_MAX + 1).collect();
        if let Some((cut, _)) = token.char_indices().nth(QUOTED_TOKEN_MAX) {
            token.truncate(cut);
            token.push_str("...");
        }
        self.error(format!("Unrecognized token '{token}': was expecting {VALUES}"))
    }

    fn odd_value(&self) -> SyntaxError {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.starts_with("NaN") {
            return self.error(
                "Non-standard token 'NaN': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow",
            );
        }
        if rest.starts_with("Infinity") {
            return self.error(
                "Non-standard token 'Infinity': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow",
            );
        }
        match self.peek_char() {
            Some(c) if c.is_alphabetic() || c == '_' || c == '$' => self.unrecognized_token(),
            _ => self.unexpected(&format!("expected a valid value {VALUES}")),
        }
    }

    fn number(&mut self) -> Result<Expected, SyntaxError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
            if !self.at_digit() {
                let message = "expected digit (0-9) to follow minus sign, for valid numeric value";
                return Err(self.unexpected_in_number(message));
            }
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
            if self.at_digit() {
                return Err(self.error("Invalid numeric value: Leading zeroes not allowed"));
            }
        }
        self.digits();
        if self.peek() == Some(b'.') {
            self.at += 1;
            if !self.at_digit() {
                return Err(self.unexpected_in_number("Decimal point not followed by a digit"));
            }
            self.digits();
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            if !self.at_digit() {
                return Err(self.unexpected_in_number("Exponent indicator not followed by a digit"));
            }
            self.digits();
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        if text.parse::<f64>().is_ok_and(f64::is_infinite) {
            let shown = text.get(..QUOTED_TOKEN_MAX).unwrap_or(text);
            return Err(self.error(format!("Numeric value ({shown}) out of range of `double`")));
        }
        if self.open.is_empty() && !matches!(self.peek(), None | Some(b' ' | b'\t' | b'\r' | b'\n')) {
            return Err(self.unexpected("Expected space separating root-level values"));
        }
        Ok(Expected::Separator)
    }

    fn at_digit(&self) -> bool {
        self.peek().is_some_and(|byte| byte.is_ascii_digit())
    }

    fn digits(&mut self) {
        while self.at_digit() {
            self.at += 1;
        }
    }

    /// Something comes after the value: what Jackson says of it as a token, or that it is one too many.
    fn trailing(&mut self) -> Scan {
        let kind = match self.peek() {
            Some(b'{') => "START_OBJECT",
            Some(b'[') => "START_ARRAY",
            Some(b']' | b'}') => return self.close().map(|_| ()),
            Some(b'"') => "VALUE_STRING",
            _ => {
                let start = self.at;
                self.value()?;
                match self.bytes.get(start) {
                    Some(b't') => "VALUE_TRUE",
                    Some(b'f') => "VALUE_FALSE",
                    Some(b'n') => "VALUE_NULL",
                    _ => "VALUE_NUMBER_INT",
                }
            }
        };
        Err(self.error(format!("Trailing token (of type {kind}) found after value")))
    }

    fn unexpected(&self, message: &str) -> SyntaxError {
        let shown = self.peek_char().map(describe).unwrap_or_default();
        self.error(format!("Unexpected character ({shown}): {message}"))
    }

    fn unexpected_in_number(&self, message: &str) -> SyntaxError {
        match self.peek_char() {
            None => self.error("Unexpected end-of-input within/between number entries"),
            Some(c) => {
                self.error(format!("Unexpected character ({}) in numeric value: {message}", describe(c)))
            }
        }
    }

    fn error(&self, message: impl Into<String>) -> SyntaxError {
        let (line, column) = line_and_column(self.text, self.at);
        SyntaxError { message: message.into(), line, column }
    }

    /// A place before the error, as Jackson writes it.
    fn place(&self, offset: usize) -> String {
        let (line, column) = line_and_column(self.text, offset);
        place(self.text, line, column)
    }
}

/// The line and the column of a byte's offset, both from 1, the column in UTF-16 units as Java counts. Only for what is
/// reported: it reads all text before the offset.
pub(crate) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().encode_utf16().count() + 1;
    (line, column)
}

fn place(text: &str, line: usize, column: usize) -> String {
    let cut = text.char_indices().nth(QUOTED_SOURCE_MAX).map_or(text.len(), |(cut, _)| cut);
    let (shown, rest) = text.split_at(cut);
    let rest = match rest.chars().count() {
        0 => String::new(),
        more => format!("[truncated {more} chars]"),
    };
    format!("[Source: (String)\"{shown}\"{rest}; line: {line}, column: {column}]")
}

fn kind_name(container: &Container) -> &'static str {
    if container.is_object { "Object" } else { "Array" }
}

/// Java's `Character.isJavaIdentifierPart`, near enough to end tokens where Jackson does.
fn is_identifier_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// A character as Jackson shows it: `'x' (code 120)`.
fn describe(c: char) -> String {
    let code = u32::from(c);
    match c {
        _ if code < 32 || code == 127 => format!("(CTRL-CHAR, code {code})"),
        _ if code > 255 => format!("'{c}' (code {code} / 0x{code:x})"),
        _ => format!("'{c}' (code {code})"),
    }
}
