//! A branch of an execution: the root, a Parallel branch, or a Map iteration.

use super::PayloadRef;

/// A branch. Finishing one of 10,000 iterations rewrites that branch and its parent's counters, never the whole.
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
}
