//! What the leader does: runs decisions, commits them, and carries out their effects.

mod failure;

use std::time::Duration;

use keepstep_engine::id::{ActivityId, ExecutionId, RequestId};
use keepstep_engine::record::outcome::{Answer, HandedOut};
use keepstep_engine::{Arrival, Decision, Desk, Refusal, View};

pub use failure::Failure;

/// A worker that waits for a task of an activity.
#[derive(Clone, Debug)]
pub struct ActivityPoll {
    /// Of which activity.
    pub activity: ActivityId,
    /// The same for every try of one poll.
    pub poll_id: RequestId,
    /// As the worker calls itself.
    pub worker_name: Option<String>,
    /// How long to hold the poll.
    pub wait: Duration,
}

/// A handle: run decisions here if this node leads, and read on any node. Cheap to clone.
#[derive(Clone)]
pub struct Engine {}

impl Engine {
    /// Runs a decision on the evaluation pool, proposes its transaction, decides again when a guard refused it (bounded), carries out
    /// the effects after the commit, then gives the reply. Goes on to its end when the caller goes away.
    pub async fn decide<R: Send + 'static>(
        &self,
        _decide: impl Fn(&Desk<'_>) -> Result<Decision<R>, Refusal> + Send + Sync + 'static,
    ) -> Result<R, Failure> {
        Err(Failure::NotLeader)
    }

    /// Puts a stimulus in an execution's mailbox; the answer comes after the commit of the step that took it.
    pub async fn deliver(&self, _execution: ExecutionId, _arrival: Arrival) -> Result<Answer, Failure> {
        Err(Failure::NotLeader)
    }

    /// Holds a poll until a task is handed out (committed), the wait is over (`None`), or the future is dropped.
    pub async fn poll(&self, _poll: ActivityPoll) -> Result<Option<HandedOut>, Failure> {
        Err(Failure::NotLeader)
    }

    /// A linearizable read on any node.
    pub async fn read<R>(&self, _read: impl FnOnce(&dyn View) -> Result<R, Refusal>) -> Result<R, Failure> {
        Err(Failure::NotLeader)
    }

    /// A read of what this node has applied: not linearizable, and without a round to the other nodes. For following a reference
    /// that was committed here already, such as a handed-out task's input.
    pub fn read_applied<R>(&self, _read: impl FnOnce(&dyn View) -> Result<R, Refusal>) -> Result<R, Failure> {
        Err(Failure::NotLeader)
    }
}
