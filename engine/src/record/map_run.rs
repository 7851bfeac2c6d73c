//! Map runs: what a Map state in the mode `DISTRIBUTED` has started. A map run has an id of its own (that of its ARN), under which all of
//! it lies, and a mailbox of its own: its children never touch the execution that waits for it.

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::Value;

use super::{Configuration, ExecutionStatus, StateMachineType};

/// AWS's `MapRunStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum MapRunStatus {
    /// Children run, or their results are being written.
    Running = 0,
    /// No more children failed than may.
    Succeeded = 1,
    /// Too many children failed, or items could not be read, or results not written.
    Failed = 2,
    /// The execution that waited for it was stopped.
    Aborted = 3,
}

impl MapRunStatus {
    /// The name that the API uses.
    pub fn api_name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Aborted => "ABORTED",
        }
    }
}

/// What a map run that is not over is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum MapRunStage {
    /// Children are started as items come and others end.
    Processing = 0,
    /// All children have ended; their results are being written where `ResultWriter` says.
    Writing = 1,
    /// It has failed or was stopped: the children that still run are stopped.
    Stopping = 2,
    /// It is over.
    Over = 3,
}

/// The record of a map run: small, and the guard of every change to it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MapRun {
    /// Its ARN.
    #[prost(string, tag = "1")]
    pub arn: String,
    /// The ARN of the execution that waits for it.
    #[prost(string, tag = "2")]
    pub execution_arn: String,
    /// That execution's waiting branch.
    #[prost(uint64, tag = "3")]
    pub branch: u64,
    /// The attempt of that branch.
    #[prost(uint64, tag = "4")]
    pub attempt: u64,
    /// The children's state machine: that of the execution, with the Map state's label.
    #[prost(string, tag = "5")]
    pub state_machine_arn: String,
    /// The [`crate::id::MachineId`] of the execution's state machine.
    #[prost(bytes = "bytes", tag = "6")]
    pub machine: Bytes,
    /// The revision that the execution runs, and its children with it.
    #[prost(uint64, tag = "7")]
    pub revision: u64,
    /// The way through the definition to the Map state, which is the last step.
    #[prost(message, repeated, tag = "8")]
    pub way: Vec<FlowStep>,
    /// The role that children start with.
    #[prost(string, tag = "9")]
    pub role_arn: String,
    /// See the enumeration.
    #[prost(enumeration = "MapRunStatus", tag = "10")]
    pub status: i32,
    /// See the enumeration.
    #[prost(enumeration = "MapRunStage", tag = "11")]
    pub stage: i32,
    /// Milliseconds since the epoch.
    #[prost(int64, tag = "12")]
    pub started_ms: i64,
    /// Milliseconds since the epoch; set when it is over.
    #[prost(int64, optional, tag = "13")]
    pub stopped_ms: Option<i64>,
    /// Of a failure.
    #[prost(string, optional, tag = "14")]
    pub error: Option<String>,
    /// Of a failure.
    #[prost(string, optional, tag = "15")]
    pub cause: Option<String>,
    /// How many children may run at a time; 0 means as many as the service allows.
    #[prost(uint64, tag = "16")]
    pub max_concurrency: u64,
    /// How many items may fail, if that was said.
    #[prost(uint64, optional, tag = "17")]
    pub tolerated_failure_count: Option<u64>,
    /// How many of 100 items may fail, if that was said.
    #[prost(double, optional, tag = "18")]
    pub tolerated_failure_percentage: Option<f64>,
    /// How many items were read.
    #[prost(uint64, tag = "19")]
    pub items_read: u64,
    /// How many of those were taken, in order: they went into children, or into the open batch.
    #[prost(uint64, tag = "20")]
    pub items_started: u64,
    /// The bytes of the items that are waiting.
    #[prost(uint64, tag = "21")]
    pub items_waiting_bytes: u64,
    /// Whether there are no more items than were read.
    #[prost(bool, tag = "22")]
    pub all_read: bool,
    /// Where reading goes on; opaque to all but the reader.
    #[prost(bytes = "bytes", tag = "23")]
    pub cursor: Bytes,
    /// How many children were started: the next one's number.
    #[prost(uint64, tag = "24")]
    pub children_started: u64,
    /// What the items of ended children came to.
    #[prost(message, required, tag = "25")]
    pub items: EndCounts,
    /// What ended children came to.
    #[prost(message, required, tag = "26")]
    pub children: EndCounts,
    /// The call under way: reading items or writing results.
    #[prost(message, optional, tag = "27")]
    pub call: Option<super::Call>,
    /// Counts the calls.
    #[prost(uint64, tag = "28")]
    pub calls_made: u64,
    /// Since when it could go on, where the step that could have done so ended at its bound: milliseconds since the epoch, and the due time
    /// of its Resume timer.
    #[prost(int64, optional, tag = "29")]
    pub ready_since_ms: Option<i64>,
    /// How many children are being told to stop.
    #[prost(uint64, tag = "30")]
    pub stops_under_way: u64,
    /// How many were told to stop before, and are: the number of the next call that does so.
    #[prost(uint64, tag = "31")]
    pub stops_made: u64,
    /// The bytes of the results that are kept for the Map state's own result.
    #[prost(uint64, tag = "32")]
    pub results_bytes: u64,
    /// The children's results are larger together than the Map state's result may be.
    #[prost(bool, tag = "33")]
    pub results_too_large: bool,
    /// How many children's results were written by `ResultWriter`.
    #[prost(uint64, tag = "34")]
    pub results_written: u64,
    /// The name of the Map state's label, or the one that was made up for it.
    #[prost(string, tag = "35")]
    pub label: String,
    /// The type of its children.
    #[prost(enumeration = "StateMachineType", tag = "36")]
    pub child_kind: i32,
    /// How many of the items that were taken are in the open batch, and in no child yet.
    #[prost(uint64, tag = "37")]
    pub open_batch_items: u64,
    /// How often it was redriven.
    #[prost(uint32, tag = "40")]
    pub redrive_count: u32,
    /// When it was redriven last: milliseconds since the epoch.
    #[prost(int64, optional, tag = "41")]
    pub redriven_ms: Option<i64>,
    /// It is to be redriven when it is over: its execution was redriven while it was still being stopped.
    #[prost(bool, tag = "42")]
    pub redrive_when_over: bool,
    /// Which children are still to be redriven.
    #[prost(message, optional, tag = "43")]
    pub redrive: Option<MapRunRedrive>,
    /// How many unsuccessful children can not be redriven.
    #[prost(uint64, tag = "44")]
    pub not_redrivable: u64,
    /// How many items those have.
    #[prost(uint64, tag = "45")]
    pub items_not_redrivable: u64,
    /// Of the children: as that of the execution.
    #[prost(message, optional, tag = "50")]
    pub observed: Option<Configuration>,
}

/// A redrive under way: the unsuccessful children of a map run begin again in the order of their numbers.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct MapRunRedrive {
    /// The number of the next child to look at.
    #[prost(uint64, tag = "1")]
    pub next: u64,
    /// The number behind the last one.
    #[prost(uint64, tag = "2")]
    pub end: u64,
    /// What the children came to that are still to be redriven.
    #[prost(message, required, tag = "3")]
    pub children: EndCounts,
    /// The same of their items.
    #[prost(message, required, tag = "4")]
    pub items: EndCounts,
}

/// How many have ended, and how.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct EndCounts {
    /// Children that succeeded, or their items.
    #[prost(uint64, tag = "1")]
    pub succeeded: u64,
    /// Children that failed, or their items.
    #[prost(uint64, tag = "2")]
    pub failed: u64,
    /// Children that timed out, or their items.
    #[prost(uint64, tag = "3")]
    pub timed_out: u64,
    /// Children that were stopped, or their items.
    #[prost(uint64, tag = "4")]
    pub aborted: u64,
}

impl EndCounts {
    /// All that have ended.
    pub fn ended(&self) -> u64 {
        self.succeeded + self.failed + self.timed_out + self.aborted
    }

    /// Adds ends of one kind.
    pub(crate) fn count(&mut self, status: ExecutionStatus, by: u64) {
        if let Some(count) = self.of(status) {
            *count += by;
        }
    }

    /// Takes ends of one kind away.
    pub(crate) fn take(&mut self, status: ExecutionStatus, by: u64) {
        if let Some(count) = self.of(status) {
            *count = count.saturating_sub(by);
        }
    }

    /// Adds ends of all kinds.
    pub(crate) fn add(&mut self, other: Self) {
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.timed_out += other.timed_out;
        self.aborted += other.aborted;
    }

    fn of(&mut self, status: ExecutionStatus) -> Option<&mut u64> {
        match status {
            ExecutionStatus::Running => None,
            ExecutionStatus::Succeeded => Some(&mut self.succeeded),
            ExecutionStatus::Failed => Some(&mut self.failed),
            ExecutionStatus::TimedOut => Some(&mut self.timed_out),
            ExecutionStatus::Aborted => Some(&mut self.aborted),
        }
    }
}

/// A step on the way through a definition: into a branch of a Parallel state, or into a Map state.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FlowStep {
    /// The name of the Parallel or Map state.
    #[prost(string, tag = "1")]
    pub state: String,
    /// Which branch of a Parallel state; 0 for a Map state.
    #[prost(uint64, tag = "2")]
    pub position: u64,
}

/// What the children of a map run are made from. Written when it starts, immutable.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MapRunSetup {
    /// What `ItemSelector` takes its values from: the Map state's effective input, in JSON.
    #[prost(bytes = "bytes", tag = "1")]
    pub input: Bytes,
    /// The context object as the Map state saw it, without `Map`, in JSON.
    #[prost(bytes = "bytes", tag = "2")]
    pub context: Bytes,
    /// The variables that the Map state refers to, as a JSON object.
    #[prost(bytes = "bytes", tag = "3")]
    pub variables: Bytes,
    /// `ItemReader` with everything in it evaluated, in JSON; empty where the items came with the state's input.
    #[prost(bytes = "bytes", tag = "4")]
    pub source: Bytes,
    /// `ResultWriter` with everything in it evaluated, in JSON; empty where results are not written anywhere.
    #[prost(bytes = "bytes", tag = "5")]
    pub destination: Bytes,
    /// `BatchInput` with everything in it evaluated, in JSON; empty where there is none.
    #[prost(bytes = "bytes", tag = "6")]
    pub batch_input: Bytes,
    /// How many items one child takes at the most; 0 means one, not in a batch.
    #[prost(uint64, tag = "7")]
    pub batch_items_max: u64,
    /// How many bytes the input of one child may have.
    #[prost(uint64, tag = "8")]
    pub batch_bytes_max: u64,
}

/// Items that wait to go into children, from a position on. Immutable, deleted when the last of them has. Those of a map run that fails
/// or is stopped are kept for a redrive.
#[derive(Clone, PartialEq, prost::Message)]
pub struct WaitingItems {
    /// In order.
    #[prost(message, repeated, tag = "1")]
    pub items: Vec<MapItem>,
    /// Where all of them come from: `$$.Map.Item.Source`.
    #[prost(string, tag = "2")]
    pub source: String,
}

/// An item.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MapItem {
    /// `$$.Map.Item.Value`, in JSON.
    #[prost(bytes = "bytes", tag = "1")]
    pub value: Bytes,
    /// `$$.Map.Item.Key`, of items that were members of an object.
    #[prost(string, optional, tag = "2")]
    pub key: Option<String>,
}

impl MapItem {
    /// What an iteration gets: of a member of an object a pair (developer guide, "ItemsPath (Map)"; the names are those that AWS was
    /// seen to give it, github.com/floci-io/floci/pull/1588), any other item as it is.
    pub(crate) fn into_text(self) -> Bytes {
        let Self { value, key } = self;
        match key {
            None => value,
            Some(key) => {
                let mut text = BytesMut::from(&b"{\"Key\":"[..]);
                text.extend_from_slice(Value::String(key).to_string().as_bytes());
                text.extend_from_slice(b",\"Value\":");
                text.extend_from_slice(&value);
                text.put_u8(b'}');
                text.freeze()
            }
        }
    }
}

/// A batch that is being filled, and is not as large yet as it may be. Deleted when it goes into a child.
#[derive(Clone, PartialEq, prost::Message)]
pub struct OpenBatch {
    /// What children get of its items: JSON texts with commas between them.
    #[prost(bytes = "vec", tag = "1")]
    pub items: Vec<u8>,
}

/// The results of the children `slice * RESULTS_PER_SLICE ..`, as far as the Map state's own result needs them. Deleted when the map run
/// ends, but for a redrive.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ChildResults {
    /// JSON texts; empty for children that have no result, or have not ended.
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub results: Vec<Bytes>,
}

/// How many children's results one slice holds. A released value is never changed.
pub const RESULTS_PER_SLICE: u64 = 256;

/// What a child of a map run knows of it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MapRunLink {
    /// The [`crate::id::ExecutionId`] of the map run's ARN.
    #[prost(bytes = "bytes", tag = "1")]
    pub map_run: Bytes,
    /// Its ARN.
    #[prost(string, tag = "2")]
    pub arn: String,
    /// Which child it is, from 0.
    #[prost(uint64, tag = "3")]
    pub number: u64,
    /// How many items it took.
    #[prost(uint64, tag = "4")]
    pub items: u64,
    /// The way through the definition to the Map state whose flow it runs.
    #[prost(message, repeated, tag = "5")]
    pub way: Vec<FlowStep>,
    /// How often it was started anew: a child of the type `EXPRESS`, by redrives of the map run.
    #[prost(uint64, tag = "6")]
    pub restarts: u64,
}

impl MapRunLink {
    /// The number behind which the attempts of this start are counted: what belonged to an attempt of an earlier start finds none.
    pub(crate) fn attempts_before(&self) -> u64 {
        // A history has not nearly as many.
        self.restarts.saturating_mul(1 << 32)
    }
}

/// What a map run came to, for the Map state: a JSON text. Written with its end, where it succeeded.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MapRunOutput {
    /// The list of the children's results, or where they were written.
    #[prost(bytes = "bytes", tag = "1")]
    pub result: Bytes,
}
