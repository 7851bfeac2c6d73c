//! A failure at run time, by its ASL error name and AWS's text for it.

/// Why an expression, template, choice rule or payload step could not be evaluated.
///
/// `cause` lacks AWS's prefix "An error occurred while executing the state 'X' (entered at the event id #N). ":
/// only the caller knows the state and the event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {cause}")]
pub struct EvaluationError {
    /// The ASL error name, such as `States.Runtime`.
    pub error: String,
    /// What went wrong, in AWS's words where they are known.
    pub cause: String,
}

impl EvaluationError {
    /// `States.Runtime`: what AWS reports for paths that cannot be applied. Neither retried nor caught.
    pub fn runtime(cause: impl Into<String>) -> Self {
        EvaluationError { error: "States.Runtime".into(), cause: cause.into() }
    }

    /// `States.IntrinsicFailure`: an intrinsic function refused its arguments.
    pub fn intrinsic_failure(cause: impl Into<String>) -> Self {
        EvaluationError { error: "States.IntrinsicFailure".into(), cause: cause.into() }
    }

    /// `States.ReferencePathConflict`: a result cannot be written where `ResultPath` points.
    ///
    /// The ASL specification names this `States.ResultPathMatchFailure`; AWS itself reports this name.
    pub fn reference_path_conflict(cause: impl Into<String>) -> Self {
        EvaluationError { error: "States.ReferencePathConflict".into(), cause: cause.into() }
    }
}
