//! Express executions on the node that received them: each runs over a map of its own in memory, driven from here. Nothing of them is
//! replicated but the start of asynchronous ones; see [`keepstep_engine::express`].
//!
//! [`drive::drive`] runs one execution to its end. [`Express::sync`] answers StartSyncExecution. [`own()`] runs the asynchronous ones that this node
//! owns, and reports those that have ended. What a lost node owned is given to others by the leader (`leader/heirs.rs`).

mod budget;
mod drive;
mod own;
mod plan;
mod starts;
mod sync;
mod tell;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use futures::future::BoxFuture;
use keepstep_engine::Caller;
use keepstep_engine::id::ExecutionId;
use keepstep_engine::local::Work;
use keepstep_engine::record::ExecutionStatus;
use keepstep_engine::stimulus::CallResult;
use metrics::{Counter, Gauge, counter, gauge};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::leader::{Engine, Failure};
use crate::metric;

pub(crate) use drive::Ended;
pub(crate) use own::own;
pub(crate) use starts::{Arrivals, Starts};
pub(crate) use tell::Listeners;

use budget::Budget;

/// How much of Express executions one node has room for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Synchronous ones at a time, and as many asynchronous ones.
    pub(crate) executions_max: usize,
    /// Memory for the data of all of them, in bytes.
    pub(crate) bytes_max: usize,
}

/// What Express executions need of the rest of the node.
pub(crate) trait Backing: Clone + Send + Sync + 'static {
    /// Makes the call of a task. It is made again only where making it twice does no harm.
    fn perform(&self, caller: Caller, work: Work) -> BoxFuture<'static, CallResult>;

    /// Tells the leader that this node has run asynchronous executions to their end.
    fn finish(&self, executions: Vec<ExecutionId>) -> BoxFuture<'static, Result<(), Failure>>;
}

/// The Express executions of a node. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Express {
    engine: Engine,
    budget: Budget,
    room: Room,
    /// Synchronous executions take one each.
    slots: Arc<Semaphore>,
    /// Each takes one while it is on the evaluation pool, and they take turns: however many run, what else begins on this node finds no
    /// more than these before it in the pool's queue.
    turns: Arc<Semaphore>,
    meters: Arc<Meters>,
}

struct Meters {
    running: Gauge,
    started: Counter,
    transitions: Counter,
}

impl Express {
    /// Nothing runs yet. Definitions and the evaluation pool are the engine's.
    pub(crate) fn new(engine: Engine, room: Room) -> Self {
        let meters = Meters {
            running: gauge!(metric::EXPRESS_RUNNING),
            started: counter!(metric::EXECUTIONS_STARTED),
            transitions: counter!(metric::TRANSITIONS),
        };
        let slots = Arc::new(Semaphore::new(room.executions_max));
        // While one is awaited, another runs.
        let turns = Arc::new(Semaphore::new(2 * engine.evaluation_threads()));
        Self { engine, budget: Budget::new(room.bytes_max), room, slots, turns, meters: Arc::new(meters) }
    }

    /// Leave to be on the evaluation pool, as long as it is kept.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, Failure> {
        self.turns.acquire().await.map_err(|error| Failure::Internal(error.to_string()))
    }
}

impl Meters {
    /// An execution runs as long as this is kept.
    fn begin(self: &Arc<Self>) -> Counted {
        self.running.increment(1.0);
        Counted(Arc::clone(self))
    }

    fn ended(&self, status: ExecutionStatus, transitions: u64) {
        self.started.increment(1);
        self.transitions.increment(transitions);
        counter!(metric::EXECUTIONS_FINISHED, "status" => status.api_name()).increment(1);
    }
}

struct Counted(Arc<Meters>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.running.decrement(1.0);
    }
}
