//! What the leader does after a commit. Every effect is also a key of the replicated state (a timer, a waiting task, a call, an inbox, an outbox), so
//! that a new leader finds by scanning what its predecessor may not have done; but for those that only tell somebody of what happened.

use crate::execution::Logged;
use crate::id::{BranchId, ExecutionId, OutboxId};
use crate::key::{CallKey, Outgoing, Timer, Waiting};
use crate::record::Call;

/// One thing to do after the commit.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Deliver [`crate::Stimulus::TimerDue`] when the time has come, never before.
    Arm(Timer),
    /// The timer is no longer stored: forget it.
    Disarm(Timer),
    /// Offer a task to the pollers of its activity.
    Offer {
        /// Where it waits.
        waiting: Waiting,
        /// Which attempt of the branch's task.
        attempt: u64,
    },
    /// The task is no longer stored: forget it.
    Withdraw(Waiting),
    /// Make a call, at least once, until [`crate::Stimulus::CallFinished`] is recorded.
    Call {
        /// Where it is stored.
        key: CallKey,
        /// What to do.
        call: Box<Call>,
    },
    /// The call is no longer stored: give it up.
    Abandon(CallKey),
    /// Deliver [`crate::Stimulus::ChildFinished`] to a parent.
    WakeParent {
        /// The parent.
        execution: ExecutionId,
        /// Its waiting branch.
        branch: BranchId,
        /// The attempt of that branch's task.
        attempt: u64,
    },
    /// Tell a target that an execution's status has changed.
    Tell(Outgoing),
    /// A status has changed of which a target isn't told, since its outbox is full.
    Untold(OutboxId),
    /// An execution began: for metrics only.
    Started,
    /// An execution that had ended goes on: for metrics only.
    Redriven,
    /// An execution ended: for metrics only.
    Finished(crate::record::ExecutionStatus),
    /// States were entered: for metrics only.
    Transitions(u64),
    /// Write events to a log. Best effort, as on AWS: of a leader that dies after the commit, nobody else does it.
    Log(Box<Logged>),
    /// An execution ended that is to be traced. Best effort, too.
    Trace(ExecutionId),
}
