//! Activities and their queues.

use bytes::Bytes;

use crate::id::ActivityId;

/// An activity.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Activity {
    /// The [`crate::id::ActivityId`].
    #[prost(bytes = "bytes", tag = "1")]
    pub id: Bytes,
    /// Its ARN, in the partition that it was created in.
    #[prost(string, tag = "2")]
    pub arn: String,
    /// Milliseconds since the epoch.
    #[prost(int64, tag = "3")]
    pub created_ms: i64,
}

impl Activity {
    /// Its id; `None` if the record is damaged.
    pub fn activity_id(&self) -> Option<ActivityId> {
        ActivityId::from_slice(&self.id)
    }
}

/// An activity task that waits for a worker.
#[derive(Clone, PartialEq, prost::Message)]
pub struct WaitingTask {
    /// Which attempt of the branch's task: a hand-out of another one is void.
    #[prost(uint64, tag = "1")]
    pub attempt: u64,
}
