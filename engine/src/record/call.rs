//! Calls to others that have no recorded result, and what children report to their parents.

use bytes::Bytes;

use super::PayloadRef;

/// What a call is for. Part of the call's key: a branch has at most one call of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum CallKind {
    /// A Lambda function is invoked.
    Lambda = 0,
    /// Another execution is started.
    StartExecution = 1,
    /// An execution that this one started is stopped, because this one no longer waits for it. Such a call outlives the branch whose
    /// task it was: it has a branch id of its own, that of no branch.
    StopExecution = 2,
    /// A map run is woken. The call is stored as long as the Map state waits, so that a new leader wakes all map runs there are.
    MapRun = 3,
    /// Items of a map run are read.
    ReadItems = 4,
    /// The results of a map run are written.
    WriteResults = 5,
}

/// A call. It is made at least once, with the same idempotency id each time: a new leader repeats what has no recorded result.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Call {
    /// Which attempt of the branch's task: a result of another one is void.
    #[prost(uint64, tag = "1")]
    pub attempt: u64,
    /// The function's ARN (Lambda), the state machine's ARN (StartExecution), the ARN of the execution or map run (StopExecution), or the
    /// map run's ARN (all others).
    #[prost(string, tag = "2")]
    pub target: String,
    /// The request: the function's payload, or StartExecution's input.
    #[prost(message, optional, tag = "3")]
    pub payload: Option<PayloadRef>,
    /// Of StartExecution: the child's name, given or derived from the parent's branch and attempt.
    #[prost(string, tag = "4")]
    pub name: String,
    /// Of StartExecution: the child reports its end to the parent (`.sync` and `.sync:2`).
    #[prost(bool, tag = "5")]
    pub reports_end: bool,
    /// Of Lambda: `Event`, `RequestResponse` or `DryRun`; empty means RequestResponse.
    #[prost(string, tag = "6")]
    pub invocation_type: String,
    /// Of Lambda: base64, as given.
    #[prost(string, tag = "7")]
    pub client_context: String,
    /// Of Lambda: version or alias; empty for none.
    #[prost(string, tag = "8")]
    pub qualifier: String,
    /// Of Lambda: `Tail` or `None`; empty for none.
    #[prost(string, tag = "9")]
    pub log_type: String,
    /// Of Lambda: the result is the whole answer of Invoke (`states:::lambda:invoke`), not the function's payload alone.
    #[prost(bool, tag = "10")]
    pub whole_answer: bool,
    /// Of StartExecution: X-Ray's, as given; empty for none.
    #[prost(string, tag = "11")]
    pub trace_header: String,
    /// Of StartExecution: the account of the role in `Credentials`, in whose name the call is made; empty for the execution's own.
    #[prost(string, tag = "12")]
    pub account: String,
    /// Of ReadItems: where reading goes on; empty for the beginning.
    #[prost(bytes = "bytes", tag = "13")]
    pub cursor: Bytes,
}

/// What a child's last transaction writes into its parent's inbox.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ChildResult {
    /// The child's [`crate::id::ExecutionId`]: the parent reads the rest from the child's head.
    #[prost(bytes = "bytes", tag = "1")]
    pub child: Bytes,
}
