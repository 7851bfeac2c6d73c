//! Reference paths: those that can only ever name one node. `ResultPath` writes where they point.

use serde_json::{Map, Value};

use super::{
    ParseError, Root,
    parser::{self, Names},
    segment::Segment,
};
use crate::{
    EvaluationError,
    budget::{DEPTH_MAX, check_depth},
    java_text,
};

/// A path that names a single node of a document, at which a value can be written.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferencePath {
    text: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Field(String),
    Item(usize),
}

impl Step {
    /// The place in `value` that the step names, and whether it had to be made. `None` if there can be no such place.
    fn enter<'v>(&self, value: &'v mut Value) -> Option<(&'v mut Value, bool)> {
        match (self, value) {
            (Step::Field(name), Value::Object(fields)) => {
                let made = !fields.contains_key(name);
                Some((fields.entry(name.clone()).or_insert(Value::Null), made))
            }
            (Step::Item(index), Value::Array(items)) => {
                let made = *index == items.len();
                if made {
                    items.push(Value::Null);
                }
                items.get_mut(*index).map(|item| (item, made))
            }
            _ => None,
        }
    }
}

/// AWS has a text of its own for a reference path without its `$` (github.com/aws-cloudformation/cfn-lint/issues/4076).
pub(super) fn require_dollar(text: &str) -> Result<(), ParseError> {
    if text.starts_with('$') { Ok(()) } else { Err(ParseError::new("Reference path didn't start with '$'")) }
}

impl ReferencePath {
    /// Compiles a reference path: names and indexes only, none of `@`, `..`, `,`, `:`, `?`, `*`, and not `$$`.
    ///
    /// # Errors
    /// If the text is no path, is no reference path, starts at the context object or a variable, or goes more than 120 levels deep.
    pub fn parse(text: &str) -> Result<ReferencePath, ParseError> {
        require_dollar(text)?;
        let (root, segments) = parser::parse(text, Names::Plain)?;
        match root {
            Root::Input => {}
            Root::Context => {
                return Err(ParseError::new(format!(
                    "'{text}' starts at the context object, which cannot be written"
                )));
            }
            Root::Variable(_) => {
                return Err(ParseError::new(format!(
                    "'{text}' starts at a variable, which only Assign sets"
                )));
            }
        }
        if segments.len() > DEPTH_MAX {
            return Err(ParseError::new(format!("A reference path has at most {DEPTH_MAX} steps")));
        }
        let steps = segments.into_iter().map(|segment| match segment {
            Segment::Child(name) => Some(Step::Field(name)),
            Segment::Index(index) => usize::try_from(index).ok().map(Step::Item),
            _ => None,
        });
        match steps.collect() {
            Some(steps) => Ok(ReferencePath { text: text.to_owned(), steps }),
            None => Err(ParseError::new(format!("'{text}' can name more than one node"))),
        }
    }

    /// `root` with `value` at the place the path names. Missing objects on the way are made; an array's items are
    /// replaced, or one is added right behind the last.
    ///
    /// # Errors
    /// `States.ReferencePathConflict` where the path leads through something that is no object (or no array that
    /// has the index); `States.Runtime` if the result nests deeper than 120 levels.
    pub fn write(&self, root: Value, value: Value) -> Result<Value, EvaluationError> {
        if !self.fits(&root) {
            // Seen on AWS; the ASL specification names the error States.ResultPathMatchFailure.
            return Err(EvaluationError::reference_path_conflict(format!(
                "Unable to apply ReferencePath {} to input {}",
                self.text,
                java_text::json(&root)
            )));
        }
        let mut root = root;
        let mut place = &mut root;
        let mut made = false;
        for step in &self.steps {
            if made {
                // What the step before this one has made is nothing yet, so it becomes what this one needs.
                *place = match step {
                    Step::Field(_) => Value::Object(Map::new()),
                    Step::Item(_) => Value::Array(Vec::new()),
                };
            }
            (place, made) = step.enter(place).expect("a path that fits can be entered step by step");
        }
        *place = value;
        check_depth(&root)?;
        Ok(root)
    }

    /// The path as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether each step leads through an object, or an array that has the index or ends right before it.
    fn fits(&self, root: &Value) -> bool {
        let mut place = Some(root);
        for step in &self.steps {
            place = match (step, place) {
                (Step::Field(name), Some(Value::Object(fields))) => fields.get(name),
                (Step::Item(index), Some(Value::Array(items))) if *index <= items.len() => items.get(*index),
                (Step::Field(_) | Step::Item(0), None) => None,
                _ => return false,
            };
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_where_the_path_points() {
        for (path, root, expected) in [
            ("$", json!({"a": 1}), Ok(json!("new"))),
            ("$.b", json!({"a": 1}), Ok(json!({"a": 1, "b": "new"}))),
            ("$.a", json!({"a": 1}), Ok(json!({"a": "new"}))),
            ("$.a.b.c", json!({"z": 1}), Ok(json!({"z": 1, "a": {"b": {"c": "new"}}}))),
            ("$['a b']['c']", json!({}), Ok(json!({"a b": {"c": "new"}}))),
            ("$.a[1]", json!({"a": [1, 2, 3]}), Ok(json!({"a": [1, "new", 3]}))),
            ("$.a[1].b", json!({"a": [1, {"c": 1}]}), Ok(json!({"a": [1, {"c": 1, "b": "new"}]}))),
            ("$.a[0]", json!({"a": []}), Ok(json!({"a": ["new"]}))),
            ("$.a[0].b", json!({}), Ok(json!({"a": [{"b": "new"}]}))),
            ("$[0]", json!([1]), Ok(json!(["new"]))),
            ("$.x", json!("input1"), Err(())),
            ("$.x", json!(null), Err(())),
            ("$.x", json!([1]), Err(())),
            ("$.a.b", json!({"a": 1}), Err(())),
            ("$.a.b", json!({"a": null}), Err(())),
            ("$.a[3]", json!({"a": [1]}), Err(())),
            ("$[0]", json!({}), Err(())),
            ("$.a[1]", json!({}), Err(())),
            ("$.someTaskResult", json!("input1"), Err(())),
        ] {
            let conflict = format!("Unable to apply ReferencePath {path} to input {root}");
            let path = ReferencePath::parse(path).expect(path);
            let expected = expected.map_err(|()| EvaluationError::reference_path_conflict(conflict));
            assert_eq!(path.write(root, json!("new")), expected, "{}", path.text());
        }
    }

    #[test]
    fn the_order_of_fields_is_kept() {
        let path = ReferencePath::parse("$.b").expect("a path");
        let written = path.write(json!({"z": 1, "b": 2, "a": 3}), json!(9)).expect("written");
        assert_eq!(written.to_string(), r#"{"z":1,"b":9,"a":3}"#);
    }

    #[test]
    fn only_single_node_paths_are_reference_paths() {
        let deep = format!("${}", ".a".repeat(121));
        for text in [
            "a",
            "",
            "$.a[*]",
            "$.*",
            "$..a",
            "$.a[0,1]",
            "$.a[0:1]",
            "$['a','b']",
            "$.a[?(@.b)]",
            "$$.a",
            "$$",
            "$.a.length()",
            "$.a[-1]",
            "$.a@b",
            "$.a,b",
            "$.a:b",
            "$.a?",
            "$.a*",
            "$.a b",
            &deep,
        ] {
            assert!(ReferencePath::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn results_that_nest_too_deep_are_refused() {
        let inner = (0..100).fold(json!(1), |inner, _| json!([inner]));
        let path = ReferencePath::parse(&format!("${}", ".a".repeat(30))).expect("a path");
        assert_eq!(
            path.write(json!({}), inner).map_err(|error| error.error),
            Err("States.Runtime".to_owned())
        );
    }
}
