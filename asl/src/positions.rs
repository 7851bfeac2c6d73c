//! Where in the text of a definition its problems are: lines and columns for what diagnostics say of places. Looks at no
//! meaning: it knows JSON only.

use std::borrow::Cow;
use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::jackson;

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in UTF-16 units: as Jackson counts, and as editors that speak the language server protocol do.
    pub column: usize,
}

/// An index of a text, for finding many places in it.
#[derive(Debug)]
pub struct Positions<'t> {
    text: &'t str,
    places: Places,
}

#[derive(Debug)]
enum Places {
    /// The text is no JSON: there is one place to show.
    Malformed(Position),
    /// Each value of the text before those in it, the whole first.
    Values(Vec<Value>),
}

/// A value of the text.
#[derive(Debug)]
struct Value {
    step: Step,
    /// Offset of what is shown for it: its name for a container that has one, since a bracket says little; else its own.
    shown: usize,
    /// Index after the last value in it.
    end: usize,
}

/// How a value is reached from the one around it.
#[derive(Debug)]
enum Step {
    Root,
    /// The name between its quotes.
    Field(Range<usize>),
    Item(usize),
}

impl<'t> Positions<'t> {
    /// Reads a text. Takes linear time, and a small multiple of the text in memory.
    pub fn of(text: &'t str) -> Self {
        let places = match jackson::check(text) {
            Ok(()) => Places::Values(scan(text)),
            Err(error) => Places::Malformed(Position { line: error.line, column: error.column }),
        };
        Self { text, places }
    }

    /// Where a problem of the text is: what its location names, or the nearest thing around it that there is. Of two equal
    /// names, it is the last, which is the one that counts.
    pub fn find(&self, diagnostic: &Diagnostic) -> Position {
        match &self.places {
            Places::Malformed(position) => *position,
            Places::Values(values) => {
                let location = diagnostic.location.as_deref().unwrap_or_default();
                let mut best = Found { left: usize::MAX, index: 0 };
                self.descend(values, 0, location, &mut best);
                let offset = values.get(best.index).map_or(0, |value| value.shown);
                let (line, column) = jackson::line_and_column(self.text, offset);
                Position { line, column }
            }
        }
    }

    /// Follows `rest` from the value at `index`. Locations don't say where names end that hold `/` or `[`, so that every way
    /// that fits is followed; each value lies on one way only. Recursion is bounded by the depth of the JSON text.
    fn descend(&self, values: &[Value], index: usize, rest: &str, best: &mut Found) {
        if rest.len() <= best.left {
            *best = Found { left: rest.len(), index };
        }
        let Some(value) = values.get(index) else { return };
        let mut inner = index + 1;
        while let Some(next) = values.get(inner).filter(|_| inner < value.end) {
            if let Some(rest) = self.after(&next.step, rest) {
                self.descend(values, inner, rest, best);
            }
            inner = next.end;
        }
    }

    /// What is left of a location after a step.
    fn after<'l>(&self, step: &Step, location: &'l str) -> Option<&'l str> {
        let rest = match step {
            Step::Root => location,
            Step::Item(index) => location.strip_prefix(&format!("[{index}]"))?,
            Step::Field(name) => location.strip_prefix('/')?.strip_prefix(&*self.name(name.clone()))?,
        };
        (rest.is_empty() || rest.starts_with(['/', '['])).then_some(rest)
    }

    fn name(&self, quoted: Range<usize>) -> Cow<'t, str> {
        let raw = self.text.get(quoted).unwrap_or_default();
        if raw.contains('\\') {
            serde_json::from_str(&format!("\"{raw}\"")).map_or(Cow::Borrowed(raw), Cow::Owned)
        } else {
            Cow::Borrowed(raw)
        }
    }
}

/// The value that fits a location best so far.
struct Found {
    /// How much of the location is beyond it.
    left: usize,
    index: usize,
}

/// An array or object whose end hasn't been reached.
struct Open {
    index: usize,
    items: Option<usize>,
}

/// The values of a text that is known to be JSON.
fn scan(text: &str) -> Vec<Value> {
    let bytes = text.as_bytes();
    let mut values = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    // The name for which a value is to come.
    let mut name: Option<Range<usize>> = None;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' => at += 1,
            b'}' | b']' => {
                if let Some(closed) = open.pop() {
                    let end = values.len();
                    values.get_mut(closed.index).into_iter().for_each(|value: &mut Value| value.end = end);
                }
                at += 1;
            }
            b'"' if name.is_none() && open.last().is_some_and(|open| open.items.is_none()) => {
                let end = after_string(bytes, at);
                name = Some(at + 1..end.saturating_sub(1));
                at = end;
            }
            _ => {
                let is_container = matches!(byte, b'{' | b'[');
                let index = values.len();
                let step = match (name.take(), open.last_mut()) {
                    (Some(name), _) => Step::Field(name),
                    (None, Some(Open { items: Some(count), .. })) => {
                        *count += 1;
                        Step::Item(*count - 1)
                    }
                    (None, _) => Step::Root,
                };
                let shown = match &step {
                    Step::Field(name) if is_container => name.start.saturating_sub(1),
                    _ => at,
                };
                values.push(Value { step, shown, end: index + 1 });
                if is_container {
                    open.push(Open { index, items: (*byte == b'[').then_some(0) });
                    at += 1;
                } else {
                    at = after_scalar(bytes, at);
                }
            }
        }
    }
    values
}

fn after_scalar(bytes: &[u8], start: usize) -> usize {
    if bytes.get(start) == Some(&b'"') {
        return after_string(bytes, start);
    }
    let rest = bytes.get(start..).unwrap_or_default();
    let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n');
    start + rest.iter().position(ends).unwrap_or(rest.len())
}

/// `start` is that of the opening quote.
fn after_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    loop {
        match bytes.get(at) {
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return bytes.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Position, Positions};
    use crate::diagnostic::{Code, Diagnostic, Severity};

    fn find(text: &str, location: Option<&str>) -> (usize, usize) {
        let diagnostic = Diagnostic {
            severity: Severity::Error,
            code: Code::SchemaValidationFailed,
            message: String::new(),
            location: location.map(str::to_owned),
        };
        let Position { line, column } = Positions::of(text).find(&diagnostic);
        (line, column)
    }

    #[test]
    fn places_are_found() {
        let text = concat!(
            "\u{20}{\n",
            r#"  "StartAt": "A","#,
            "\r\n",
            r#"  "States": {"A": {"Type": "Choice", "Choices": [{"Not": {"x": 1}}, {"Next": "\"]}", "n": [[], true]}]},"#,
            "\n",
            r#""😀": {"End": false}, "a/b": {"c": 1}, "a": {"b": {"c": 2}}, "d[0]": {"e": [null]}, "\u0041\"": {},"#,
            "\n",
            r#""": 7, "twice": 1, "twice": 2 }}"#,
        );
        for (location, place) in [
            (None, (1, 2)),
            (Some("/"), (1, 2)),
            (Some("/StartAt"), (2, 14)),
            (Some("/States"), (3, 3)),
            (Some("/States/A"), (3, 14)),
            (Some("/States/A/Type"), (3, 28)),
            (Some("/States/A/Choices"), (3, 38)),
            (Some("/States/A/Choices[0]"), (3, 50)),
            (Some("/States/A/Choices[0]/Not/x"), (3, 64)),
            (Some("/States/A/Choices[1]/Next"), (3, 78)),
            (Some("/States/A/Choices[1]/n[0]"), (3, 92)),
            (Some("/States/A/Choices[1]/n[1]"), (3, 96)),
            // What isn't there is shown by what is around it.
            (Some("/States/A/Choices[2]/Next"), (3, 38)),
            (Some("/States/A/End"), (3, 14)),
            (Some("/States/AB"), (3, 3)),
            (Some("/Nothing"), (1, 2)),
            // An emoji has two UTF-16 units.
            (Some("/States/😀"), (4, 1)),
            (Some("/States/😀/End"), (4, 15)),
            // Two ways to read a location: the last one that fits it.
            (Some("/States/a/b/c"), (4, 57)),
            (Some("/States/d[0]/e[0]"), (4, 77)),
            (Some("/States/A\""), (4, 85)),
            (Some("/States/"), (5, 5)),
            (Some("/States/twice"), (5, 29)),
        ] {
            assert_eq!(find(text, location), place, "{location:?}");
        }
        assert_eq!(find("[1, 2]", Some("[1]")), (1, 5));
        assert_eq!(find(" 1", Some("/")), (1, 2));
    }

    #[test]
    fn what_is_no_json_has_one_place() {
        for (text, place) in [("{'a': 1}", (1, 2)), ("{\"a\": 1,\n \"b\" 2}", (2, 6)), ("", (1, 1))] {
            assert_eq!(find(text, Some("/States/A")), place, "{text}");
        }
    }
}
