//! Why something that was asked of this node was not done. Says nothing of transports: the service maps it to gRPC.

use keepstep_engine::{ApiError, Refusal, ViewError};

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// An error of the AWS API, decided on a state that a quorum confirmed: nothing was changed.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// This node doesn't lead: nothing was done here.
    #[error("this node isn't the leader")]
    NotLeader,
    /// Nothing was done, and trying again may help.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// It may or may not have been done: ask again with the same request id.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
    /// A queue is full: nothing was done.
    #[error("overloaded")]
    Overloaded,
    /// A stored record can't be read, or the like: trying again won't help.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Api(error) => Self::Api(error),
            Refusal::View(error) => error.into(),
        }
    }
}

impl From<ViewError> for Failure {
    fn from(error: ViewError) -> Self {
        match error {
            // The view is being rebuilt or has failed: another node, or this one later, may answer.
            ViewError::Store(_) => Self::Unavailable(error.to_string()),
            ViewError::Corrupt { .. } | ViewError::Missing { .. } => Self::Internal(error.to_string()),
        }
    }
}
