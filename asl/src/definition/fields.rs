//! Reads the fields of one JSON object of a definition, reporting each that holds what it can't hold. A field
//! of the wrong form is reported and then read as if it were absent, so that one reading finds all problems.

use serde_json::{Map, Value};

use super::language::{self, QueryLanguage};
use crate::diagnostic::Problems;
use crate::location::Location;
use crate::path::Path;
use crate::payload_io::{ResultPath, Selection};
use crate::wording;

pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    pub(super) at: Location<'a>,
    pub(super) problems: &'a Problems,
    /// What the expressions among the fields are written in.
    pub(super) language: QueryLanguage,
    /// The fields are those of a catcher, whose expressions see an error.
    pub(super) catches: bool,
}

impl<'a> Fields<'a> {
    /// The fields of `value`, or `None` (and a report) if it is no object.
    pub(super) fn new(value: &'a Value, at: Location<'a>, problems: &'a Problems) -> Option<Self> {
        match value {
            Value::Object(object) => {
                Some(Self { object, at, problems, language: QueryLanguage::default(), catches: false })
            }
            _ => {
                problems.schema(at, wording::expected("Object"));
                None
            }
        }
    }

    /// The fields of a value below these, in the same language.
    pub(super) fn inner(&self, value: &'a Value, at: Location<'a>) -> Option<Self> {
        let fields = Self::new(value, at, self.problems)?;
        Some(Self { language: self.language, catches: self.catches, ..fields })
    }

    /// The same fields, with expressions in this language.
    pub(super) fn in_language(self, language: QueryLanguage) -> Self {
        Self { language, ..self }
    }

    /// The same fields as a catcher's.
    pub(super) fn of_catcher(self) -> Self {
        Self { catches: true, ..self }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.object.keys().map(String::as_str)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    pub(super) fn report(&self, message: impl Into<String>) {
        self.problems.schema(self.at, message);
    }

    pub(super) fn report_at(&self, name: &str, message: impl Into<String>) {
        self.problems.schema(self.at.field(name), message);
    }

    /// Reports every field that isn't in `names`, or only exists in the other query language. The readers of such
    /// fields below take them for absent.
    pub(super) fn allow(&self, names: &[&str]) {
        for name in self.object.keys() {
            if !names.contains(&name.as_str()) {
                self.report(wording::not_supported(name));
            } else if let Some(needed) = language::only(name).filter(|needed| *needed != self.language) {
                self.report(wording::other_language(self.language.as_str(), name, needed.as_str()));
            }
        }
    }

    /// The value of a field that only exists in `language`; `None` in the other one.
    fn get_in(&self, language: QueryLanguage, name: &str) -> Option<&'a Value> {
        self.get(name).filter(|_| self.language == language)
    }

    /// Whether just one of `names` is there; reports it if not.
    pub(super) fn require_one_of(&self, names: &[&str]) -> bool {
        match names.iter().filter(|name| self.has(name)).count() {
            0 => self.report(wording::exactly_one_of(names)),
            1 => return true,
            _ => self.report(wording::at_most_one_of(names)),
        }
        false
    }

    /// Reports those of `names` that are absent, all in one message as AWS does.
    pub(super) fn require(&self, names: &[&str]) {
        let missing: Vec<_> = names.iter().copied().filter(|name| !self.has(name)).collect();
        if !missing.is_empty() {
            self.report(wording::required(&missing));
        }
    }

    /// Reports when more than one of `names` is there.
    pub(super) fn exclude(&self, names: &[&str]) {
        if names.iter().filter(|name| self.has(name)).count() > 1 {
            self.report(wording::at_most_one_of(names));
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        let value = self.get(name)?;
        let text = value.as_str();
        if text.is_none() {
            self.report_at(name, wording::expected("String"));
        }
        text
    }

    pub(super) fn one_of(&self, name: &str, values: &[&str]) -> Option<&'a str> {
        let text = self.text(name)?;
        if values.contains(&text) {
            Some(text)
        } else {
            self.report_at(name, wording::one_of(values));
            None
        }
    }

    pub(super) fn boolean(&self, name: &str) -> Option<bool> {
        let value = self.get(name)?;
        let boolean = value.as_bool();
        if boolean.is_none() {
            self.report_at(name, wording::expected("Boolean"));
        }
        boolean
    }

    /// A whole number between `least` and `most`. `5.0` is one, as it is in JSON.
    pub(super) fn integer(&self, name: &str, least: u64, most: u64) -> Option<u64> {
        let number = self.get(name)?.as_f64();
        let Some(number) = number.filter(|number| number.fract() == 0.0) else {
            self.report_at(name, wording::expected("Integer"));
            return None;
        };
        // Exact: the bounds of all fields are far below 2^53.
        let (least_number, most_number) = (least as f64, most as f64);
        if number < least_number {
            self.report_at(name, wording::minimum(least));
            None
        } else if number > most_number {
            self.report_at(name, wording::maximum(most));
            None
        } else {
            Some(number as u64)
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        let value = self.get(name)?;
        let number = value.as_f64();
        if number.is_none() {
            self.report_at(name, wording::expected("Number"));
        }
        number
    }

    pub(super) fn list(&self, name: &str) -> Option<&'a [Value]> {
        let value = self.get(name)?;
        let list = value.as_array().map(Vec::as_slice);
        if list.is_none() {
            self.report_at(name, wording::expected("Array"));
        }
        list
    }

    /// A path that names a single node, as the specification asks of the fields that stand for one value.
    pub(super) fn reference(&self, name: &str) -> Option<Path> {
        self.get_in(QueryLanguage::JsonPath, name)?;
        let text = self.text(name)?;
        Path::parse_reference(text).map_err(|error| self.report_at(name, no_reference(text, error))).ok()
    }

    /// As [`Fields::reference`], but not one to the context object: AWS refuses it for the numbers of a Map
    /// (github.com/floci-io/floci/issues/3733).
    pub(super) fn map_reference(&self, name: &str) -> Option<Path> {
        let path = self.reference(name)?;
        if path.is_context() {
            self.report_at(name, wording::no_reference_path(wording::CONTEXT_NOT_ALLOWED));
            return None;
        }
        Some(path)
    }

    /// `InputPath` or `OutputPath`.
    pub(super) fn selection(&self, name: &str) -> Selection {
        let Some(text) = self.nullable_text(name) else { return Selection::default() };
        Selection::parse(text).unwrap_or_else(|_| {
            self.report_at(name, wording::NO_JSON_PATH);
            Selection::default()
        })
    }

    /// `ResultPath`.
    pub(super) fn result_path(&self) -> ResultPath {
        let Some(text) = self.nullable_text("ResultPath") else { return ResultPath::default() };
        ResultPath::parse(text).unwrap_or_else(|error| {
            self.report_at("ResultPath", no_reference(text.unwrap_or_default(), error));
            ResultPath::default()
        })
    }

    /// Outer `None`: absent or no text. Inner `None`: `null`.
    fn nullable_text(&self, name: &str) -> Option<Option<&'a str>> {
        match self.get_in(QueryLanguage::JsonPath, name)? {
            Value::Null => Some(None),
            _ => self.text(name).map(Some),
        }
    }
}

/// What is wrong with a text where a reference path should be. Of a field, AWS takes one without its `$` for no path at all
/// (measured; see the module `wording`); in a choice rule it doesn't.
fn no_reference(text: &str, error: impl std::fmt::Display) -> String {
    if text.starts_with('$') { wording::no_reference_path(error) } else { wording::NO_JSON_PATH.to_owned() }
}

/// A JSON pointer into `value`, as AWS writes locations: `/And/1/Variable` becomes `/And[1]/Variable`.
pub(super) fn pointed(value: &Value, pointer: &str) -> String {
    let mut text = String::with_capacity(pointer.len());
    let mut value = Some(value);
    for step in pointer.split('/').skip(1) {
        let name = step.replace("~1", "/").replace("~0", "~");
        value = match value {
            Some(Value::Array(items)) => {
                text.push('[');
                text.push_str(&name);
                text.push(']');
                name.parse().ok().and_then(|index: usize| items.get(index))
            }
            other => {
                text.push('/');
                text.push_str(&name);
                other.and_then(|value| value.get(name.as_str()))
            }
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::pointed;
    use serde_json::json;

    #[test]
    fn pointers_become_locations() {
        let value = json!({"And": [{"Not": {"Variable": 1}}], "a/b": {"0": 1}});
        for (pointer, location) in [
            ("", ""),
            ("/And/0/Not/Variable", "/And[0]/Not/Variable"),
            ("/a~1b/0", "/a/b/0"),
            ("/none/0", "/none/0"),
        ] {
            assert_eq!(pointed(&value, pointer), location, "{pointer}");
        }
    }
}
