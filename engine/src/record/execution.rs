//! An execution's head: small, and the guard of every change to the execution.

use bytes::Bytes;

use crate::arn;
use crate::id::MachineId;

use super::{Configuration, MapRunLink, PayloadRef};

/// AWS's `ExecutionStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum ExecutionStatus {
    /// Has a branch that runs or waits.
    Running = 0,
    /// Ended with an output.
    Succeeded = 1,
    /// Ended with an error.
    Failed = 2,
    /// Ended by the state machine's TimeoutSeconds.
    TimedOut = 3,
    /// Ended by StopExecution, or by the deletion of its state machine.
    Aborted = 4,
}

impl ExecutionStatus {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Running, Self::Succeeded, Self::Failed, Self::TimedOut, Self::Aborted];

    /// The name that the API uses.
    pub fn api_name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }
}

/// The head of an execution.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Head {
    /// The execution's ARN.
    #[prost(string, tag = "1")]
    pub arn: String,
    /// The state machine's ARN.
    #[prost(string, tag = "2")]
    pub state_machine_arn: String,
    /// The state machine's [`crate::id::MachineId`].
    #[prost(bytes = "bytes", tag = "3")]
    pub machine: Bytes,
    /// The number of the revision that it runs, to its end.
    #[prost(uint64, tag = "4")]
    pub revision: u64,
    /// See the enumeration.
    #[prost(enumeration = "ExecutionStatus", tag = "5")]
    pub status: i32,
    /// Milliseconds since the epoch.
    #[prost(int64, tag = "6")]
    pub started_ms: i64,
    /// Milliseconds since the epoch; set when it ends.
    #[prost(int64, optional, tag = "7")]
    pub stopped_ms: Option<i64>,
    /// The [`crate::id::RequestId`] of the StartExecution call: a retry of that call gets its first answer.
    #[prost(bytes = "bytes", tag = "8")]
    pub request: Bytes,
    /// As given.
    #[prost(message, required, tag = "9")]
    pub input: PayloadRef,
    /// Of a success.
    #[prost(message, optional, tag = "10")]
    pub output: Option<PayloadRef>,
    /// Of a failure or an abort.
    #[prost(string, optional, tag = "11")]
    pub error: Option<String>,
    /// Of a failure or an abort.
    #[prost(string, optional, tag = "12")]
    pub cause: Option<String>,
    /// The id of the next event, from 1.
    #[prost(uint64, tag = "13")]
    pub next_event_id: u64,
    /// The id of the next branch.
    #[prost(uint64, tag = "14")]
    pub next_branch_id: u64,
    /// The due time of the execution's own timeout, in milliseconds since the epoch, if its definition has one.
    #[prost(int64, optional, tag = "15")]
    pub timeout_due_ms: Option<i64>,
    /// Who started it and waits for its end.
    #[prost(message, optional, tag = "16")]
    pub parent: Option<ParentLink>,
    /// X-Ray's, as given; empty for none.
    #[prost(string, tag = "17")]
    pub trace_header: String,
    /// The role that it started with.
    #[prost(string, tag = "18")]
    pub role_arn: String,
    /// The bytes of all values of variables, of all scopes that there are now.
    #[prost(uint64, tag = "19")]
    pub variables_bytes: u64,
    /// Of a child of a Map state in the mode `DISTRIBUTED`: what it belongs to.
    #[prost(message, optional, tag = "20")]
    pub map_run: Option<MapRunLink>,
    /// The number of the version that it was started by; 0 if it was started by none.
    #[prost(uint64, tag = "30")]
    pub version: u64,
    /// The name of the alias that it was started by; empty if it was started by none.
    #[prost(string, tag = "31")]
    pub alias: String,
    /// How often it was redriven.
    #[prost(uint32, tag = "40")]
    pub redrive_count: u32,
    /// When it was redriven last: milliseconds since the epoch.
    #[prost(int64, optional, tag = "41")]
    pub redriven_ms: Option<i64>,
    /// The latest redrives that a client token led to, oldest first.
    #[prost(message, repeated, tag = "42")]
    pub redrives: Vec<RedriveToken>,
    /// Its revision's, if anybody is to be told of it.
    #[prost(message, optional, tag = "50")]
    pub observed: Option<Configuration>,
}

impl Head {
    /// In whose list the execution stands: its map run's, or its state machine's. `None` if the record is damaged.
    pub fn listed_under(&self) -> Option<MachineId> {
        let list = self.map_run.as_ref().map_or(&self.machine, |link| &link.map_run);
        MachineId::from_slice(list)
    }

    /// The ARN of the version that it was started by.
    pub fn version_arn(&self) -> Option<String> {
        (self.version != 0).then(|| arn::qualified(&self.state_machine_arn, self.version))
    }

    /// The ARN of the alias that it was started by.
    pub fn alias_arn(&self) -> Option<String> {
        (!self.alias.is_empty()).then(|| arn::qualified(&self.state_machine_arn, &self.alias))
    }
}

/// A redrive that a client token led to: the same token gets the same answer for a while.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RedriveToken {
    /// As given.
    #[prost(string, tag = "1")]
    pub token: String,
    /// When the execution was redriven: milliseconds since the epoch.
    #[prost(int64, tag = "2")]
    pub redriven_ms: i64,
}

/// The parent that waits for an execution's end.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ParentLink {
    /// Its [`crate::id::ExecutionId`].
    #[prost(bytes = "bytes", tag = "1")]
    pub execution: Bytes,
    /// Its waiting branch.
    #[prost(uint64, tag = "2")]
    pub branch: u64,
    /// The attempt of that branch's task.
    #[prost(uint64, tag = "3")]
    pub attempt: u64,
}

/// A deleted execution whose name is still taken: as long as this is stored, since the rest of the execution's data may still be on its
/// way out.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NameHold {
    /// When it may be given up, in milliseconds since the epoch.
    #[prost(int64, tag = "1")]
    pub until_ms: i64,
}
