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
    pub fn parse(text: Option<&str>) -> Result<Selection, ParseError> {
        match text {
            None => Ok(Selection::Discard),
            Some("$") => Ok(Selection::Whole),
            Some(text) => Path::parse(text).map(Selection::Path),
        }
    }

    /// What is selected of the scope's input (or of its context object).
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
    pub fn parse(text: Option<&str>) -> Result<ResultPath, ParseError> {
        match text {
            None => Ok(ResultPath::Discard),
            Some("$") => Ok(ResultPath::Replace),
            Some(text) => ReferencePath::parse(text).map(ResultPath::Into),
        }
    }

    /// The state's raw input (before `InputPath`) and its result as one document.
    pub fn combine(&self, raw_input: Value, result: Value) -> Result<Value, EvaluationError> {
        match self {
            ResultPath::Replace => Ok(result),
            ResultPath::Discard => Ok(raw_input),
            ResultPath::Into(path) => path.write(raw_input, result),
        }
    }
}
