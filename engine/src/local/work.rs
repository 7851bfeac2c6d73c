//! What an execution asks its caller to do.

use bytes::Bytes;

use crate::id::{BranchId, ExecutionId};
use crate::record::{Call, CallKind};

/// Which work: that of one attempt of a branch's task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkKey {
    /// Whose.
    pub execution: ExecutionId,
    /// For which branch: it has one piece of work at a time.
    pub branch: BranchId,
    /// Which attempt.
    pub attempt: u64,
}

/// Work to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// Which.
    pub key: WorkKey,
    /// What.
    pub job: Job,
}

/// What there is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
    /// A call is to be made.
    Call {
        /// Of whom.
        kind: CallKind,
        /// The request but for its payload.
        call: Box<Call>,
        /// JSON.
        payload: Bytes,
    },
    /// A task of an activity is to be done. It was taken as soon as it was scheduled.
    Activity {
        /// JSON.
        input: Bytes,
    },
}
