//! The types that fields ask of their expressions' results. Never converts one into another.

use serde_json::Value;

use super::FieldFailure;
use crate::java_text;

/// A JSON type that a field asks for, under the name that AWS gives it in its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultType {
    /// Anything that is a value.
    Any,
    /// A list.
    Array,
    /// `Items`: a list or an object, which AWS's text for anything else isn't known to mention.
    ArrayOrObject,
    /// `Condition`.
    Boolean,
    /// `Seconds`, `TimeoutSeconds`, `MaxConcurrency`, ...: any number; whether it is whole is the field's own affair.
    Number,
    /// `Error`, `Cause`, `Timestamp`, ...
    String,
    /// `Credentials`.
    Object,
}

impl ResultType {
    fn name(self) -> &'static str {
        match self {
            ResultType::Any => "any",
            ResultType::Array | ResultType::ArrayOrObject => "array",
            ResultType::Boolean => "boolean",
            ResultType::Number => "number",
            ResultType::String => "string",
            ResultType::Object => "object",
        }
    }

    /// `value` if it has this type.
    ///
    /// # Errors
    /// `States.QueryEvaluationError`: `returned an unexpected result type. Expected 'a', but was 'b' for value: ...`.
    pub(super) fn check(self, value: Value, expression: &str, field: &str) -> Result<Value, FieldFailure> {
        let actual = match &value {
            Value::Null => "null",
            Value::Bool(_) => ResultType::Boolean.name(),
            Value::Number(_) => ResultType::Number.name(),
            Value::String(_) => ResultType::String.name(),
            Value::Array(_) => ResultType::Array.name(),
            Value::Object(_) => ResultType::Object.name(),
        };
        let is_members = self == ResultType::ArrayOrObject && value.is_object();
        if self == ResultType::Any || is_members || actual == self.name() {
            return Ok(value);
        }
        Err(FieldFailure::new(
            field,
            format!(
                "The JSONata expression '{expression}' specified for the field '{field}' returned an unexpected \
                 result type. Expected '{}', but was '{actual}' for value: {}",
                self.name(),
                java_text::json(&value),
            ),
        ))
    }
}
