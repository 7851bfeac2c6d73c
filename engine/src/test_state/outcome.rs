//! The answer of TestState.

use bytes::Bytes;

use crate::execution::Inspection;

/// AWS's `TestExecutionStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The state was left its own way.
    Succeeded,
    /// The state failed, and the execution with it.
    Failed,
    /// The state failed and would be tried again.
    Retriable,
    /// The state, or one around it, failed and caught the error.
    CaughtError,
}

impl Status {
    /// The name that the API uses.
    pub fn api_name(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Retriable => "RETRIABLE",
            Self::CaughtError => "CAUGHT_ERROR",
        }
    }
}

/// What a test came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// JSON.
    pub output: Option<Bytes>,
    /// Of a failure.
    pub error: Option<String>,
    /// Of a failure.
    pub cause: Option<String>,
    /// The state that would come next.
    pub next_state: Option<String>,
    /// What was seen on the way, and the state's input; `None` at the level INFO.
    pub inspection: Option<Inspected>,
}

/// What was seen on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspected {
    /// The state's input: JSON, as given.
    pub input: Bytes,
    /// All the rest.
    pub seen: Inspection,
    /// A JSON object of all variables after the state; `None` if there are none.
    pub variables: Option<Bytes>,
}
