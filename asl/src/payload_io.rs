//! How a state's payload is cut down on its way in and out: `InputPath`, `OutputPath` and `ResultPath`.

use serde_json::{Map, Value};

use crate::{
    EvaluationError, Scope,
    path::{ParseError, Path, ReferencePath},
};

/// The value of `InputPath` or `OutputPath`. Where the field is absent, the whole document is selected (the default).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Selection {
    /// The field is absent: all of it.
    #[default]
    Whole,
    /// The field is `null`: an empty object instead.
    Discard,
    /// What the path selects.
    Path(Path),
}

impl Selection {
    /// Compiles the text of a field that is present; `None` stands for JSON's `null`.
    ///
    /// # Errors
    /// If the text is no path.
    pub fn parse(text: Option<&str>) -> Result<Selection, ParseError> {
        match text {
            None => Ok(Selection::Discard),
            Some("$") => Ok(Selection::Whole),
            Some(text) => Path::parse(text).map(Selection::Path),
        }
    }

    /// What is selected of the scope's input (or of its context object).
    ///
    /// # Errors
    /// As [`Path::evaluate`].
    pub fn select(&self, scope: &Scope<'_>) -> Result<Value, EvaluationError> {
        match self {
            Selection::Whole => Ok(scope.input.clone()),
            Selection::Discard => Ok(Value::Object(Map::new())),
            Selection::Path(path) => path.evaluate(scope),
        }
    }
}

/// The value of `ResultPath`. Where the field is absent, the result replaces the input (the default).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ResultPath {
    /// The field is absent or `$`: the result is the output.
    #[default]
    Replace,
    /// The field is `null`: the input is the output.
    Discard,
    /// The result is written into the input.
    Into(ReferencePath),
}

impl ResultPath {
    /// Compiles the text of a field that is present; `None` stands for JSON's `null`.
    ///
    /// # Errors
    /// If the text is no reference path.
    pub fn parse(text: Option<&str>) -> Result<ResultPath, ParseError> {
        match text {
            None => Ok(ResultPath::Discard),
            Some("$") => Ok(ResultPath::Replace),
            Some(text) => ReferencePath::parse(text).map(ResultPath::Into),
        }
    }

    /// The state's raw input (before `InputPath`) and its result as one document.
    ///
    /// # Errors
    /// As [`ReferencePath::write`].
    pub fn combine(&self, raw_input: Value, result: Value) -> Result<Value, EvaluationError> {
        match self {
            ResultPath::Replace => Ok(result),
            ResultPath::Discard => Ok(raw_input),
            ResultPath::Into(path) => path.write(raw_input, result),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scope::NoEntropy;

    #[test]
    fn paths_select_of_the_input() {
        let runtime = |cause: &str| Err(EvaluationError::runtime(cause));
        for (selection, input, expected) in [
            (Ok(Selection::default()), json!({"a": 1}), Ok(json!({"a": 1}))),
            (Ok(Selection::default()), json!(null), Ok(json!(null))),
            (Selection::parse(Some("$")), json!([1]), Ok(json!([1]))),
            (Selection::parse(None), json!({"a": 1}), Ok(json!({}))),
            (Selection::parse(Some("$.a")), json!({"a": [1]}), Ok(json!([1]))),
            (Selection::parse(Some("$.a[*].b")), json!({"a": [{"b": 1}, {}]}), Ok(json!([1]))),
            (Selection::parse(Some("$$")), json!({}), Ok(json!({"Execution": {"Input": {"in": 0}}}))),
            (Selection::parse(Some("$$.Execution.Input")), json!(null), Ok(json!({"in": 0}))),
            (
                Selection::parse(Some("$.b")),
                json!({"a": 1}),
                runtime("Invalid path '$.b' : No results for path: $['b']"),
            ),
            (
                Selection::parse(Some("$.a")),
                json!(null),
                runtime("Unable to apply Path transformation to null or empty input."),
            ),
        ] {
            let selection = selection.expect("a path");
            let context = json!({"Execution": {"Input": {"in": 0}}});
            let scope = Scope::new(&input, &context, &NoEntropy);
            assert_eq!(selection.select(&scope), expected, "{selection:?} of {input}");
        }
        assert!(Selection::parse(Some("a")).is_err());
    }

    #[test]
    fn results_are_combined_with_the_input() {
        for (path, expected) in [
            (Ok(ResultPath::default()), Ok(json!(7))),
            (ResultPath::parse(Some("$")), Ok(json!(7))),
            (ResultPath::parse(None), Ok(json!({"a": 1}))),
            (ResultPath::parse(Some("$.b.greeting")), Ok(json!({"a": 1, "b": {"greeting": 7}}))),
            (ResultPath::parse(Some("$.a")), Ok(json!({"a": 7}))),
            (
                ResultPath::parse(Some("$.a.b")),
                Err(EvaluationError::reference_path_conflict(
                    "Unable to apply ReferencePath $.a.b to input {\"a\":1}",
                )),
            ),
        ] {
            let path = path.expect("a path");
            assert_eq!(path.combine(json!({"a": 1}), json!(7)), expected, "{path:?}");
        }
        assert!(ResultPath::parse(Some("$.a[*]")).is_err());
        assert!(ResultPath::parse(Some("$$.a")).is_err());
    }
}
