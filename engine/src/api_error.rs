//! Errors of the AWS API that a decision may end in.

use crate::view::ViewError;

/// A modelled error: nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// The name in AWS's API model, such as `StateMachineDoesNotExist`.
    pub code: &'static str,
    /// AWS's text.
    pub message: String,
    /// Of ValidationException only: its `reason` member.
    pub reason: Option<&'static str>,
    /// Of ResourceNotFound and TooManyTags only: their `resourceName` member.
    pub resource_name: Option<String>,
}

impl ApiError {
    /// An error with a message and nothing else.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), reason: None, resource_name: None }
    }
}

/// Why a decision was not made.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    /// The caller is told so.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The state could not be read.
    #[error(transparent)]
    View(#[from] ViewError),
}
