//! StartExecution.

use bytes::Bytes;

use crate::api_error::Refusal;
use crate::desk::{Caller, Desk};
use crate::draft::Decision;
use crate::id::RequestId;
use crate::record::ParentLink;
use crate::view::ViewError;

/// A request to start an execution.
#[derive(Clone, Debug)]
pub struct StartExecution {
    /// Whose state machines can be started.
    pub caller: Caller,
    /// The state machine's ARN.
    pub state_machine_arn: String,
    /// The execution's name: given, or generated before the first try of the request. Its syntax is checked by the caller.
    pub name: String,
    /// The input: `{}` where none was given.
    pub input: Bytes,
    /// X-Ray's, as given; empty for none.
    pub trace_header: String,
    /// The same for all tries of the request.
    pub request: RequestId,
    /// Who waits for the execution's end.
    pub parent: Option<ParentLink>,
}

/// The answer of StartExecution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The execution's ARN.
    pub arn: String,
    /// When it started: milliseconds since the epoch.
    pub started_ms: i64,
}

/// Decides StartExecution.
pub fn start(_desk: &Desk<'_>, _request: &StartExecution) -> Result<Decision<Started>, Refusal> {
    Err(ViewError::Store("executions can't be started yet".to_owned()).into())
}
