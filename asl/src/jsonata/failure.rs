//! Why an expression could not be parsed or evaluated, in AWS's words. Holds texts, decides nothing.

use crate::EvaluationError;

/// A text is no JSONata expression.
///
/// AWS reports it when the state machine is created: `INVALID_JSONATA_EXPRESSION: MESSAGE at LOCATION`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// JSONata's code, such as `S0207`. AWS leaves it out.
    pub code: Option<String>,
    /// JSONata's text, such as `Unexpected end of expression`.
    pub message: String,
}

/// A bound that an evaluation went over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`Limits::depth_max`](super::Limits::depth_max).
    Depth,
    /// [`Limits::steps_max`](super::Limits::steps_max).
    Steps,
    /// [`Limits::time_max`](super::Limits::time_max).
    Time,
    /// One of the others.
    Memory,
}

impl Limit {
    /// Depth and memory as AWS words them; steps and time as JSONata's own guard, from which AWS's depth text comes, words
    /// time.
    fn message(self) -> &'static str {
        match self {
            Limit::Depth => {
                "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as \
                 tail-recursive"
            }
            Limit::Steps | Limit::Time => "Expression evaluation timeout: Check for infinite loop",
            Limit::Memory => "Expression evaluation memory limit exceeded: Check for excessive memory usage",
        }
    }
}

/// An expression could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// JSONata raised an error, or `$error` did.
    #[error("{}{message}", .code.as_ref().map(|code| format!("{code}: ")).unwrap_or_default())]
    Thrown {
        /// JSONata's code, such as `T1006`.
        code: Option<String>,
        /// JSONata's text.
        message: String,
    },
    /// The evaluation went over a bound.
    #[error("{}", .0.message())]
    Limit(Limit),
    /// The evaluator gave up in a way it never should.
    #[error("internal error")]
    Internal,
}

impl Failure {
    /// The failure as `States.QueryEvaluationError` of an expression in a field.
    ///
    /// `field` is the way to it from its state: `Output`, `Arguments/Input/name`, `Choices[0]/Condition`.
    pub fn in_field(&self, expression: &str, field: &str) -> FieldFailure {
        let sentence =
            format!("The JSONata expression '{expression}' specified for the field '{field}' threw an");
        let cause = match self {
            Failure::Thrown { code: Some(_), .. } => format!("{sentence} error during evaluation. {self}"),
            Failure::Thrown { code: None, .. } | Failure::Limit(_) => {
                format!("{sentence} error during evaluation: {self}")
            }
            Failure::Internal => format!("{sentence} internal error during evaluation."),
        };
        FieldFailure::new(field, cause)
    }
}

/// A field of a state could not be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct FieldFailure {
    /// The way to the field from its state: the `location` of the `EvaluationFailed` event.
    pub field: String,
    /// `States.QueryEvaluationError` with AWS's text.
    pub error: EvaluationError,
}

impl FieldFailure {
    pub(super) fn new(field: &str, cause: String) -> Self {
        FieldFailure {
            field: field.to_owned(),
            error: EvaluationError { error: "States.QueryEvaluationError".to_owned(), cause },
        }
    }

    pub(super) fn undefined(expression: &str, field: &str) -> Self {
        FieldFailure::new(
            field,
            format!(
                "The JSONata expression '{expression}' specified for the field '{field}' returned nothing \
                 (undefined)."
            ),
        )
    }
}
