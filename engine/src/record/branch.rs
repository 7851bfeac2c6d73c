//! A branch of an execution: the root, a Parallel branch, or a Map iteration.

use bytes::Bytes;

use super::{Call, PayloadRef};

/// A branch. Finishing one of 10,000 iterations rewrites that branch and its parent's counters, never the whole.
///
/// The branch's index keys (timers, waiting tasks, calls) follow from this record alone, so that a step writes and deletes exactly those
/// by which the records before and after it differ.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Branch {
    /// The branch that it belongs to; absent for the root.
    #[prost(uint64, optional, tag = "1")]
    pub parent: Option<u64>,
    /// Which of the parent's branches or iterations it is, from 0.
    #[prost(uint64, tag = "2")]
    pub position: u64,
    /// The state that it is in.
    #[prost(string, tag = "3")]
    pub state: String,
    /// The id of the last event of this branch: the next one's `previousEventId`.
    #[prost(uint64, tag = "4")]
    pub last_event_id: u64,
    /// The state's input, before InputPath.
    #[prost(message, required, tag = "5")]
    pub input: PayloadRef,
    /// The id of the event that entered the state; 0 while the state is still to be entered.
    #[prost(uint64, tag = "6")]
    pub entered_event_id: u64,
    /// When the state was entered: milliseconds since the epoch.
    #[prost(int64, tag = "7")]
    pub entered_ms: i64,
    /// How often each retrier of the state was used, by its place in `Retry`; shorter than that list while the rest is 0.
    #[prost(uint64, repeated, tag = "8")]
    pub retries: Vec<u64>,
    /// Counts the task attempts of the branch, through all its states.
    #[prost(uint64, tag = "9")]
    pub attempt: u64,
    /// Of a Map iteration: `$$.Map.Item.Value`.
    #[prost(message, optional, tag = "10")]
    pub item: Option<PayloadRef>,
    /// What it is doing.
    #[prost(oneof = "phase::Phase", tags = "11, 12, 13, 14, 15, 17, 18")]
    pub phase: Option<phase::Phase>,
    /// The variables of this branch's own scope, sorted by name. Those of the scopes around it lie in the branches around it.
    #[prost(message, repeated, tag = "16")]
    pub variables: Vec<Variable>,
}

/// A variable: where its value lies, so that a branch that holds large ones stays small.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Variable {
    /// Without `$`.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its value.
    #[prost(message, required, tag = "2")]
    pub value: PayloadRef,
    /// The length of its value as JSON, in bytes.
    #[prost(uint64, tag = "3")]
    pub bytes: u64,
}

/// What branches do.
pub mod phase {
    use super::{Bytes, Call, PayloadRef};

    /// One at a time.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Phase {
        /// It can run: the step that made it so ended at its bound.
        #[prost(message, tag = "11")]
        Ready(Ready),
        /// A Wait state.
        #[prost(message, tag = "12")]
        Waiting(Waiting),
        /// The state failed and will be tried again.
        #[prost(message, tag = "13")]
        Retrying(Retrying),
        /// A Task state whose task is under way.
        #[prost(message, boxed, tag = "14")]
        Working(Box<Work>),
        /// A Parallel or Map state whose branches run.
        #[prost(message, tag = "15")]
        FannedOut(FanOut),
        /// A Map state in the mode `DISTRIBUTED` whose map run is under way.
        #[prost(message, tag = "17")]
        MapRun(MapRunWait),
        /// The state failed, or was ended with the execution: a redrive goes on from here. Kept only where the execution has ended by it.
        #[prost(message, boxed, tag = "18")]
        Stopped(Box<Stopped>),
    }

    /// What a redrive goes on with. Where there is nothing, it runs the state again.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Stopped {
        /// Of a Parallel or Map state: how far its branches came. Those that had not succeeded are stopped as well; the results of the
        /// others, and the items, are kept.
        #[prost(message, optional, tag = "1")]
        pub fan_out: Option<FanOut>,
        /// Of a Map state in the mode `DISTRIBUTED`: the ARN of its map run. Empty for none.
        #[prost(string, tag = "2")]
        pub map_run: String,
    }

    /// Waits for a map run. Its attempt is the branch's.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct MapRunWait {
        /// The map run's ARN.
        #[prost(string, tag = "1")]
        pub arn: String,
    }

    /// It can run.
    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub struct Ready {
        /// Since when: milliseconds since the epoch, and the due time of its Resume timer.
        #[prost(int64, tag = "1")]
        pub since_ms: i64,
    }

    /// A Wait state.
    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub struct Waiting {
        /// Until when, in milliseconds since the epoch.
        #[prost(int64, tag = "1")]
        pub due_ms: i64,
    }

    /// Waits for a retry.
    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub struct Retrying {
        /// Until when, in milliseconds since the epoch.
        #[prost(int64, tag = "1")]
        pub due_ms: i64,
    }

    /// How far a task is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, prost::Enumeration)]
    #[repr(i32)]
    pub enum Stage {
        /// An activity's task waits for a worker.
        Queued = 0,
        /// A worker has it, or the call that starts the job was answered: what ends it comes from outside.
        Started = 1,
        /// The call that does the work, or that starts the job, was not answered yet.
        Calling = 2,
    }

    /// A task under way. Its attempt is the branch's.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Work {
        /// How far it is.
        #[prost(enumeration = "Stage", tag = "1")]
        pub stage: i32,
        /// When it was scheduled: milliseconds since the epoch, and its place in an activity's queue.
        #[prost(int64, tag = "2")]
        pub scheduled_ms: i64,
        /// What the worker gets.
        #[prost(message, required, tag = "3")]
        pub input: PayloadRef,
        /// Of an activity's task: the [`crate::id::ActivityId`].
        #[prost(bytes = "bytes", tag = "4")]
        pub activity: Bytes,
        /// The nonce of the task token; empty while there is no token.
        #[prost(bytes = "bytes", tag = "5")]
        pub nonce: Bytes,
        /// TimeoutSeconds, where it has one.
        #[prost(uint64, optional, tag = "6")]
        pub timeout_seconds: Option<u64>,
        /// HeartbeatSeconds, where it has one.
        #[prost(uint64, optional, tag = "7")]
        pub heartbeat_seconds: Option<u64>,
        /// When it times out: milliseconds since the epoch. Set when it starts.
        #[prost(int64, optional, tag = "8")]
        pub timeout_due_ms: Option<i64>,
        /// When the next heartbeat is overdue: milliseconds since the epoch. Set when it starts.
        #[prost(int64, optional, tag = "9")]
        pub heartbeat_due_ms: Option<i64>,
        /// The call, as long as its key is stored: until it is answered, or until the child that it started has ended.
        #[prost(message, optional, tag = "10")]
        pub call: Option<Call>,
        /// Of a child that it waits for: its ARN.
        #[prost(string, tag = "11")]
        pub child_arn: String,
    }

    /// A Parallel or Map state under way, or stopped. What its branches came to lies in [`crate::record::Results`], a Map's items in
    /// [`crate::record::Items`].
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct FanOut {
        /// The effective input: what the branches of a Parallel get, and what an ItemSelector sees.
        #[prost(message, required, tag = "1")]
        pub input: PayloadRef,
        /// The number of branches or iterations.
        #[prost(uint64, tag = "2")]
        pub length: u64,
        /// How many of them were started; they are started in order.
        #[prost(uint64, tag = "3")]
        pub started: u64,
        /// How many of those have ended.
        #[prost(uint64, tag = "4")]
        pub ended: u64,
        /// How many may run at the same time.
        #[prost(uint64, tag = "5")]
        pub concurrency: u64,
        /// The `previousEventId` of the next iteration's first event.
        #[prost(uint64, tag = "6")]
        pub previous_event_id: u64,
        /// Since when more of them could be started, where the step that could have done so ended at its bound: milliseconds since the
        /// epoch, and the due time of its Resume timer.
        #[prost(int64, optional, tag = "7")]
        pub ready_since_ms: Option<i64>,
        /// The id of the first of its branches: all of them, and theirs, have ids from this one on.
        #[prost(uint64, tag = "8")]
        pub first_branch_id: u64,
        /// A Map over the members of an object: each item is a pair of `Key` and `Value`.
        #[prost(bool, tag = "9")]
        pub over_members: bool,
    }
}
