//! What a `"key.$"` value, and each `*Path` field that allows both, may hold: a path or an intrinsic function.

use serde_json::Value;

use crate::{EvaluationError, Scope, intrinsics, intrinsics::Call, path, path::Path};

/// A path or a call of an intrinsic function.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// `$.a`, `$$.Execution.Id`
    Path(Path),
    /// `States.Format('{}', $.a)`
    Intrinsic(Call),
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// It starts with `$` but is no path.
    #[error(transparent)]
    Path(#[from] path::ParseError),
    /// It does not start with `$` and is no call.
    #[error(transparent)]
    Intrinsic(#[from] intrinsics::ParseError),
}

impl Expression {
    /// A text that starts with `$` is a path, any other an intrinsic function.
    ///
    /// # Errors
    /// If the text is neither.
    pub fn parse(text: &str) -> Result<Expression, ParseError> {
        if text.starts_with('$') {
            Ok(Expression::Path(Path::parse(text)?))
        } else {
            Ok(Expression::Intrinsic(Call::parse(text)?))
        }
    }

    /// The value the expression stands for in this scope.
    ///
    /// # Errors
    /// As [`Path::evaluate`] and [`Call::evaluate`].
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, EvaluationError> {
        match self {
            Expression::Path(path) => path.evaluate(scope),
            Expression::Intrinsic(call) => call.evaluate(scope),
        }
    }

    /// Calls `visit` with each variable that the expression refers to, in the order of the text.
    pub(crate) fn each_variable(&self, visit: &mut dyn FnMut(&str)) {
        match self {
            Expression::Path(path) => path.variable().into_iter().for_each(visit),
            Expression::Intrinsic(call) => call.each_variable(visit),
        }
    }

    /// The expression as written.
    pub fn text(&self) -> &str {
        match self {
            Expression::Path(path) => path.text(),
            Expression::Intrinsic(call) => call.text(),
        }
    }
}
