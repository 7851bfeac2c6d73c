//! The intrinsic functions.

use serde_json::Value;

use crate::{EvaluationError, Scope};

/// A compiled call of an intrinsic function.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    text: String,
}

/// Why a text is no call of an intrinsic function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong.
    pub message: String,
}

impl Call {
    /// Compiles a call such as `States.Format('{}', $.a)`.
    pub fn parse(text: &str) -> Result<Call, ParseError> {
        Ok(Call { text: text.to_owned() })
    }

    /// Evaluates the arguments, then the function.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, EvaluationError> {
        Ok(scope.input.clone())
    }

    /// The call as written.
    pub fn text(&self) -> &str {
        &self.text
    }
}
