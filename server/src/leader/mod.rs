//! What the leader does: runs decisions, commits them, and carries out their effects. On other nodes, only reads.
//!
//! Read in this order: [`decide`] (from a question to its committed outcome), [`mailbox`] and [`step`] (executions), [`effect`], then what
//! effects lead to: [`timers`] and [`fire`], [`activity_queue`] and [`hand_out`], [`call_queue`] and [`call`], [`outbox`]. [`lead()`] begins and ends terms.
//!
//! Everything here is in memory and is dropped with the term: what must not be lost is a key of the replicated state.

mod activity_queue;
mod call;
mod call_queue;
mod child;
mod clock;
mod count;
mod decide;
mod definitions;
mod effect;
mod entropy;
mod failure;
mod fire;
mod hand_out;
mod heirs;
mod lead;
mod ledger;
mod mailbox;
mod map_run;
#[cfg(test)]
mod memory_ledger;
mod outbox;
mod outside;
mod pool;
mod seldom;
mod step;
mod sweep;
mod term;
#[cfg(test)]
mod tests;
mod timers;
mod trace;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use keepstep_engine::id::{ActivityId, ExecutionId, RequestId, Timestamp};
use keepstep_engine::record::Call;
use keepstep_engine::record::outcome::{Answer, HandedOut};
use keepstep_engine::stimulus::CallResult;
use keepstep_engine::{Arrival, Decision, Desk, Limits, Refusal, View};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinHandle;

use crate::express::{Listeners, Starts};
use crate::metric::Meters;
use definitions::DefinitionCache;
use pool::Pool;
use term::Term;

pub(crate) use call::idempotency_id as call_idempotency_id;
pub(crate) use child::{aws_request_id, request_id as call_request_id};
pub(crate) use clock::wall_ms;
pub(crate) use entropy::OsEntropy;
pub(crate) use lead::lead;
pub(crate) use ledger::{Ledger, Proposed};
pub(crate) use pool::Priority;
pub(crate) use pool::STACK_BYTES as EVALUATION_STACK_BYTES;

pub(crate) use failure::Failure;
#[cfg(test)]
pub(crate) use memory_ledger::MemoryLedger;
pub(crate) use outside::Outside;

/// A worker that waits for a task of an activity.
#[derive(Clone, Debug)]
pub(crate) struct ActivityPoll {
    /// Of which activity.
    pub(crate) activity: ActivityId,
    /// The same for every try of one poll.
    pub(crate) poll_id: RequestId,
    /// As the worker calls itself.
    pub(crate) worker_name: Option<String>,
    /// How long to hold the poll.
    pub(crate) wait: Duration,
}

/// Bounds and sizes of the scheduler.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Of executions.
    pub(crate) limits: Limits,
    /// Threads on which decisions are made.
    pub(crate) evaluation_threads: usize,
    /// Decisions that may wait for a thread.
    pub(crate) evaluation_queue_max: usize,
    /// Workers that may poll for one activity at a time.
    pub(crate) pollers_max: usize,
    /// Lambda functions that may be called at a time.
    pub(crate) lambda_calls_max: usize,
    /// Memory for parsed definitions, in bytes.
    pub(crate) definition_cache_bytes: usize,
    /// Changes of executions' statuses that may wait for one target.
    pub(crate) outbox_max: usize,
}

/// How long a caller is kept waiting for an outcome. The decision itself is waited for to its end, however late, since its effects are
/// this leader's to carry out.
const OUTCOME_WITHIN: Duration = Duration::from_secs(10);

/// States that may be tested at a time: each waits for up to five minutes, and has its data in memory.
const TESTS_MAX: usize = 256;

/// How long to wait before something of the scheduler's own is tried again.
#[derive(Clone, Copy, Debug)]
struct Pauses {
    first: Duration,
    longest: Duration,
}

/// What all parts of the scheduler use, whether this node leads or not.
struct Shared {
    ledger: Arc<dyn Ledger>,
    pool: Arc<Pool>,
    definitions: DefinitionCache,
    outside: Outside,
    meters: Meters,
    limits: Limits,
    settings: Settings,
    /// Where steps and effects run: not where a request came in, which may be Raft's own runtime.
    runtime: Handle,
    step: Arc<step::StepFn>,
    pauses: Pauses,
    term: ArcSwapOption<Term>,
    /// Express executions that this node has come to own.
    starts: Starts,
    /// Those that run now.
    tests: Semaphore,
    /// Calls of functions for executions that aren't stored.
    direct_calls: Semaphore,
}

/// A handle: run decisions here if this node leads, and read on any node. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Engine {
    shared: Arc<Shared>,
}

impl Engine {
    /// A scheduler over `ledger`, whose work runs on `runtime`. It does nothing until [`lead()`] begins a term.
    pub(crate) fn new(
        ledger: Arc<dyn Ledger>,
        outside: Outside,
        starts: Starts,
        settings: Settings,
        runtime: Handle,
    ) -> std::io::Result<Self> {
        let step = Arc::new(|desk: &Desk<'_>, execution, arrivals: &[Arrival]| {
            Ok(keepstep_engine::execution::step(desk, execution, arrivals)?)
        });
        Self::with_step(ledger, outside, starts, settings, runtime, step)
    }

    fn with_step(
        ledger: Arc<dyn Ledger>,
        outside: Outside,
        starts: Starts,
        settings: Settings,
        runtime: Handle,
        step: Arc<step::StepFn>,
    ) -> std::io::Result<Self> {
        let shared = Shared {
            ledger,
            pool: Arc::new(Pool::new(settings.evaluation_threads, settings.evaluation_queue_max)?),
            definitions: DefinitionCache::new(settings.definition_cache_bytes),
            outside,
            meters: Meters::new(),
            limits: settings.limits.clone(),
            direct_calls: Semaphore::new(settings.lambda_calls_max),
            settings,
            runtime,
            step,
            pauses: Pauses { first: Duration::from_millis(20), longest: Duration::from_secs(1) },
            term: ArcSwapOption::empty(),
            starts,
            tests: Semaphore::new(TESTS_MAX),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    fn term(&self) -> Result<Arc<Term>, Failure> {
        self.shared.term.load_full().ok_or(Failure::NotLeader)
    }

    /// The bounds in force.
    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// How many things are evaluated at a time.
    pub(crate) fn evaluation_threads(&self) -> usize {
        self.shared.settings.evaluation_threads.max(1)
    }

    /// Runs a decision on the evaluation pool, proposes its transaction, decides again when a guard refused it (bounded), carries out
    /// the effects after the commit, then gives the reply. Goes on to its end when the caller goes away or has waited for too long.
    pub(crate) async fn decide<R: Send + 'static>(
        &self,
        decide: impl Fn(&Desk<'_>) -> Result<Decision<R>, Refusal> + Send + Sync + 'static,
    ) -> Result<R, Failure> {
        self.decide_with(Priority::Usual, decide).await
    }

    /// The same, by priority.
    pub(crate) async fn decide_with<R: Send + 'static>(
        &self,
        priority: Priority,
        decide: impl Fn(&Desk<'_>) -> Result<Decision<R>, Refusal> + Send + Sync + 'static,
    ) -> Result<R, Failure> {
        let (shared, term) = (Arc::clone(&self.shared), self.term()?);
        let work = async move { decide::run_with(&shared, &term, priority, Arc::new(decide)).await };
        let done = within(async { Ok(self.shared.runtime.spawn(work).await) }).await?;
        done.map_err(|_| Failure::Unknown("the node is shutting down".to_owned()))?
    }

    /// Puts a stimulus in an execution's mailbox; the answer comes after the commit of the step that took it.
    pub(crate) async fn deliver(&self, execution: ExecutionId, arrival: Arrival) -> Result<Answer, Failure> {
        within(step::deliver(&self.shared, &self.term()?, execution, arrival, None)).await
    }

    /// Holds a poll until a task is handed out (committed), the wait is over (`None`), or the future is dropped.
    pub(crate) async fn poll(&self, poll: ActivityPoll) -> Result<Option<HandedOut>, Failure> {
        hand_out::poll(&self.shared, &self.term()?, poll).await
    }

    /// Leave to test a state, on any node, as long as it is kept.
    pub(crate) fn begin_test(&self) -> Result<SemaphorePermit<'_>, Failure> {
        self.shared.tests.try_acquire().map_err(|_| Failure::Overloaded)
    }

    /// Who is told of executions.
    pub(crate) fn listeners(&self) -> Listeners {
        let Outside { logs, traces, .. } = &self.shared.outside;
        Listeners { logs: logs.clone(), traces: traces.clone() }
    }

    /// Runs what needs no replicated state, such as reading a definition or testing a state, on the evaluation pool of any node.
    pub(crate) async fn evaluate<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Failure> {
        self.shared.pool.run(work).await
    }

    /// Looks at what this node has applied, on the evaluation pool, with all that a decision has but the leader's clock.
    pub(crate) async fn look<R: Send + 'static>(
        &self,
        look: impl FnOnce(&Desk<'_>) -> Result<R, Refusal> + Send + 'static,
    ) -> Result<R, Failure> {
        let shared = Arc::clone(&self.shared);
        let looked = self.shared.pool.run(move || {
            look(&Desk {
                view: shared.ledger.view(),
                definitions: &shared.definitions,
                now: Timestamp(wall_ms()),
                entropy: &OsEntropy,
                limits: &shared.limits,
                outboxes: &[],
                is_late: &|| false,
            })
        });
        Ok(looked.await??)
    }

    /// Waits until this node has applied everything that was committed anywhere before.
    pub(crate) async fn barrier(&self) -> Result<(), Failure> {
        self.shared.ledger.barrier().await
    }

    /// Runs something on the runtime of steps and effects.
    pub(crate) fn spawn<R: Send + 'static>(
        &self,
        work: impl Future<Output = R> + Send + 'static,
    ) -> JoinHandle<R> {
        self.shared.runtime.spawn(work)
    }

    /// Where Express executions go that this node has come to own.
    pub(crate) fn starts(&self) -> &Starts {
        &self.shared.starts
    }

    /// Calls a function once, outside of any execution that is stored. Waits while as many are called as may be at a time.
    pub(crate) async fn invoke(
        &self,
        call: &Call,
        payload: Bytes,
        idempotency_id: String,
    ) -> Result<CallResult, Failure> {
        let calls = &self.shared.direct_calls;
        let _call = calls.acquire().await.map_err(|error| Failure::Internal(error.to_string()))?;
        Ok(self.shared.outside.lambda.invoke(call::invocation(call, payload, idempotency_id)).await)
    }

    /// A linearizable read on any node.
    pub(crate) async fn read<R>(
        &self,
        read: impl FnOnce(&dyn View) -> Result<R, Refusal>,
    ) -> Result<R, Failure> {
        self.barrier().await?;
        self.read_applied(read)
    }

    /// A read of what this node has applied: not linearizable, and without a round to the other nodes. For following a reference
    /// that was committed here already, such as a handed-out task's input.
    pub(crate) fn read_applied<R>(
        &self,
        read: impl FnOnce(&dyn View) -> Result<R, Refusal>,
    ) -> Result<R, Failure> {
        Ok(read(self.shared.ledger.view())?)
    }
}

/// Tells a caller that has waited for too long that the outcome is unknown.
async fn within<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let done = tokio::time::timeout(OUTCOME_WITHIN, work).await;
    done.unwrap_or_else(|_| Err(Failure::Unknown("there is no outcome yet".to_owned())))
}
