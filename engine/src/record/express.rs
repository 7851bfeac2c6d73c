//! Express executions that were started asynchronously and have not ended.

use bytes::Bytes;

/// What an Express execution is made of. Stored as long as an asynchronous one has not ended, for the node that owns it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ExpressStart {
    /// The execution's ARN.
    #[prost(string, tag = "1")]
    pub arn: String,
    /// The state machine's ARN.
    #[prost(string, tag = "2")]
    pub state_machine_arn: String,
    /// The state machine's [`crate::id::MachineId`].
    #[prost(bytes = "bytes", tag = "3")]
    pub machine: Bytes,
    /// The number of the revision that it runs.
    #[prost(uint64, tag = "4")]
    pub revision: u64,
    /// The number of the version that it was started by; 0 if it was started by none.
    #[prost(uint64, tag = "5")]
    pub version: u64,
    /// The name of the alias that it was started by; empty if it was started by none.
    #[prost(string, tag = "6")]
    pub alias: String,
    /// As given.
    #[prost(bytes = "bytes", tag = "7")]
    pub input: Bytes,
    /// When it was asked for: milliseconds since the epoch.
    #[prost(int64, tag = "8")]
    pub started_ms: i64,
    /// X-Ray's, as given; empty for none.
    #[prost(string, tag = "9")]
    pub trace_header: String,
}
