//! Executions over a map in memory: the same decisions as on a cluster, with nothing durable and nobody else who writes. For tests, for
//! runs on a laptop, for executions that need no durability.
//!
//! [`Local`] is a machine without I/O, clock or randomness of its own. Its caller moves time, does the work that tasks ask for, and
//! brings the results back:
//!
//! ```text
//! loop {
//!     match local.proceed()? {
//!         Next::Do(work)     => begin it; when it is done: local.answer(&work, result)
//!         Next::GiveUp {..}  => what was begun for this branch is no longer waited for
//!         Next::Wait(due)    => until then nothing happens by itself: sleep, or take a result; then local.advance(now)
//!         Next::Idle         => nothing happens by itself any more: take a result, or stop
//!     }
//! }
//! ```
//!
//! Whoever runs this from asynchronous code keeps the `Local` in one task: it calls [`Local::proceed`] (on a thread for evaluation, since
//! that is where expressions are computed) until `Wait` or `Idle`, spawns what it was told to do, and then selects over the results of
//! what it has spawned, the sleep until `due`, and whatever stops the execution ([`Local::deliver`]). [`run`] is the plain loop for
//! code that may block.

mod call;
mod express;
mod machine;
mod tasks;
mod work;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use keepstep_asl::Entropy;

pub use express::express_limits;
pub use machine::Machine;
pub use tasks::{Clock, Reply, RunError, Task, Tasks, run};
pub use work::{Job, Work, WorkKey};

use crate::api_error::{ApiError, Refusal};
use crate::desk::{Caller, Desk};
use crate::draft::{Decision, Draft, Transaction};
use crate::effect::Effect;
use crate::execution::{self, Inspection, Logged, StartExecution, Started};
use crate::id::{BranchId, ExecutionId, Timestamp};
use crate::key::{self, Timer};
use crate::limits::Limits;
use crate::memory::Memory;
use crate::query::{self, GetExecutionHistory, HistoryEvent, PageRequest};
use crate::record::outcome::Answer;
use crate::record::{Branch, CallKind, Event, Head};
use crate::stimulus::{Arrival, CallResult, Stimulus};
use crate::view::{View, ViewError};
use machine::Machines;

/// How much one [`Local`] may do, through all its executions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Steps of executions.
    pub steps_max: u64,
    /// States entered.
    pub transitions_max: u64,
    /// Bytes of all that is stored.
    pub bytes_max: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { steps_max: 1_000_000, transitions_max: 1_000_000, bytes_max: 1 << 30 }
    }
}

/// Why executions can't go on.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Stopped {
    /// A record is missing or damaged: a fault of this program.
    #[error(transparent)]
    View(#[from] ViewError),
    /// [`Bounds::steps_max`]
    #[error("the execution took more than {0} steps")]
    Steps(u64),
    /// [`Bounds::transitions_max`]
    #[error("the execution entered more than {0} states")]
    Transitions(u64),
    /// [`Bounds::bytes_max`]
    #[error("the execution needs more than {0} bytes of memory")]
    Bytes(usize),
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Work for the caller: its result goes to [`Local::answer`].
    Do(Work),
    /// What was begun for this branch is no longer waited for, or was answered: a result of it would change nothing.
    GiveUp {
        /// Whose work.
        execution: ExecutionId,
        /// For which branch.
        branch: BranchId,
    },
    /// Nothing happens by itself before this time.
    Wait(Timestamp),
    /// Nothing happens by itself any more.
    Idle,
}

/// Executions over a map in memory. See the module's documentation.
pub struct Local {
    memory: Memory,
    machines: Machines,
    entropy: Arc<dyn Entropy + Send + Sync>,
    limits: Limits,
    bounds: Bounds,
    now: Timestamp,
    steps: u64,
    transitions: u64,
    /// By their keys, which order them by time.
    timers: BTreeMap<Bytes, Timer>,
    effects: VecDeque<Effect>,
    arrivals: VecDeque<(ExecutionId, Stimulus)>,
    inspection: Option<Inspection>,
    logged: Vec<Logged>,
    is_late: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Local {
    /// An empty map at a time.
    pub fn new(
        limits: Limits,
        bounds: Bounds,
        entropy: Arc<dyn Entropy + Send + Sync>,
        now: Timestamp,
    ) -> Self {
        Self {
            memory: Memory::new(),
            machines: Machines::default(),
            entropy,
            limits,
            bounds,
            now,
            steps: 0,
            transitions: 0,
            timers: BTreeMap::new(),
            effects: VecDeque::new(),
            arrivals: VecDeque::new(),
            inspection: None,
            logged: Vec::new(),
            is_late: Box::new(|| false),
        }
    }

    /// Makes a state machine that executions can be started of.
    pub fn create(&mut self, machine: Machine) {
        let transaction = self.machines.create(machine, &self.memory, self.now);
        self.apply(&transaction);
    }

    /// Starts an execution: it runs as far as it goes without waiting.
    ///
    /// # Errors
    ///
    /// As [`execution::start`].
    pub fn start(&mut self, request: &StartExecution) -> Result<Started, Refusal> {
        self.decide(|desk| execution::start(desk, request))
    }

    /// The bytes of all that is stored.
    pub fn bytes(&self) -> usize {
        self.memory.bytes()
    }

    /// How many states were entered.
    pub fn transitions(&self) -> u64 {
        self.transitions
    }

    /// Makes a decision and carries it out.
    ///
    /// # Errors
    ///
    /// The decision's own.
    pub(crate) fn decide<R>(
        &mut self,
        decide: impl FnOnce(&Desk<'_>) -> Result<Decision<R>, Refusal>,
    ) -> Result<R, Refusal> {
        let decision = decide(&self.desk())?;
        Ok(self.commit(decision))
    }

    /// The time that it is.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Moves time on. It never goes back.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    /// From now on, steps end with the state that they are at when this says so: see [`Desk::is_late`].
    pub fn hurry(&mut self, is_late: impl Fn() -> bool + Send + Sync + 'static) {
        self.is_late = Box::new(is_late);
    }

    /// Runs executions until there is something for the caller to do.
    ///
    /// # Errors
    ///
    /// See [`Stopped`].
    pub fn proceed(&mut self) -> Result<Next, Stopped> {
        loop {
            if let Some(next) = self.turn()? {
                return Ok(next);
            }
        }
    }

    /// Does one thing. `None` if there may be more to do: for callers that have to go on with something else between.
    ///
    /// # Errors
    ///
    /// See [`Stopped`].
    pub fn turn(&mut self) -> Result<Option<Next>, Stopped> {
        if let Some((execution, stimulus)) = self.arrivals.pop_front() {
            // What the executions send each other may be stale, which is no error.
            let _ = self.deliver(execution, stimulus)?;
            return Ok(None);
        }
        if let Some(effect) = self.effects.pop_front() {
            return self.carry_out(effect);
        }
        let Some(first) = self.timers.first_entry() else { return Ok(Some(Next::Idle)) };
        let timer = *first.get();
        if timer.due > self.now {
            return Ok(Some(Next::Wait(timer.due)));
        }
        first.remove();
        let _ = self.deliver(timer.execution, Stimulus::TimerDue(timer))?;
        // Where time stands still, a step that ends at its bound leaves a timer like the one that began it: no effect tells of it.
        let key = timer.key();
        if self.memory.get(&key)?.is_some() {
            self.timers.insert(key, timer);
        }
        Ok(None)
    }

    /// Brings what came of some work. A result that is no longer waited for changes nothing.
    ///
    /// # Errors
    ///
    /// See [`Stopped`].
    pub fn answer(&mut self, work: &Work, result: CallResult) -> Result<(), Stopped> {
        let WorkKey { execution, branch, attempt } = work.key;
        let stimulus = match &work.job {
            Job::Call { kind, .. } => Stimulus::CallFinished { branch, kind: *kind, attempt, result },
            Job::Activity { .. } => Stimulus::StateEnded { branch, attempt, result },
        };
        let _ = self.deliver(execution, stimulus)?;
        Ok(())
    }

    /// Lets something happen to an execution, now.
    ///
    /// # Errors
    ///
    /// See [`Stopped`]; within, what the API says to whoever did it.
    pub fn deliver(
        &mut self,
        execution: ExecutionId,
        stimulus: Stimulus,
    ) -> Result<Result<Answer, ApiError>, Stopped> {
        if self.steps >= self.bounds.steps_max {
            return Err(Stopped::Steps(self.bounds.steps_max));
        }
        if self.transitions >= self.bounds.transitions_max {
            return Err(Stopped::Transitions(self.bounds.transitions_max));
        }
        if self.memory.bytes() > self.bounds.bytes_max {
            return Err(Stopped::Bytes(self.bounds.bytes_max));
        }
        self.steps += 1;
        let mut inspection = self.inspection.take();
        let arrivals = [Arrival { request: None, stimulus }];
        let decision = execution::step_inspected(&self.desk(), execution, &arrivals, inspection.as_mut());
        self.inspection = inspection;
        let mut replies = self.commit(decision?);
        Ok(replies.pop().unwrap_or_else(|| Err(ApiError::execution_does_not_exist(&execution.to_string()))))
    }

    /// What is to be logged of all that happened since this was asked for last. Nothing but asking empties it, so that whoever creates a
    /// [`Machine`] with a log level asks after every turn.
    pub fn take_logged(&mut self) -> Vec<Logged> {
        std::mem::take(&mut self.logged)
    }

    /// An execution's head.
    ///
    /// # Errors
    ///
    /// [`ViewError::Missing`] where there is none.
    pub fn head(&self, execution: ExecutionId) -> Result<Head, ViewError> {
        let key = key::head(execution);
        Draft::new(&self.memory).peek(&key)?.ok_or_else(|| ViewError::missing("Head", &key))
    }

    /// The output of an execution that has one.
    ///
    /// # Errors
    ///
    /// As [`Local::head`].
    pub fn output(&self, execution: ExecutionId) -> Result<Option<Bytes>, ViewError> {
        let output = self.head(execution)?.output;
        output.map(|output| execution::read_payload(&self.memory, execution, output)).transpose()
    }

    /// All events of an execution, without their payloads.
    ///
    /// # Errors
    ///
    /// As [`Local::head`].
    pub fn events(&self, execution: ExecutionId) -> Result<Vec<Event>, ViewError> {
        let found = query::events(&self.memory, execution)?;
        found.map(|(_, events)| events).ok_or_else(|| ViewError::missing("Head", &key::head(execution)))
    }

    /// The whole history of an execution.
    ///
    /// # Errors
    ///
    /// `ExecutionDoesNotExist`, `InvalidArn`.
    pub fn history(&self, caller: &Caller, execution_arn: &str) -> Result<Vec<HistoryEvent>, Refusal> {
        let mut events = Vec::new();
        let mut page = PageRequest { size: u32::MAX, token: String::new() };
        loop {
            let request = GetExecutionHistory {
                caller: caller.clone(),
                execution_arn: execution_arn.to_owned(),
                reverse: false,
                execution_data: true,
                page: page.clone(),
            };
            let found = query::get_execution_history(&self.memory, self.now, &request)?;
            events.extend(found.items);
            if found.next_token.is_empty() {
                return Ok(events);
            }
            page.token = found.next_token;
        }
    }

    /// What is looked at from now on.
    pub(crate) fn inspect(&mut self, inspection: Inspection) {
        self.inspection = Some(inspection);
    }

    /// What was seen so far.
    pub(crate) fn inspection(&self) -> Option<&Inspection> {
        self.inspection.as_ref()
    }

    /// The record of a branch, as long as there is such a branch.
    pub(crate) fn branch(&self, key: WorkKey) -> Result<Option<Branch>, ViewError> {
        Draft::new(&self.memory).peek(&key::branch(key.execution, key.branch))
    }

    fn desk(&self) -> Desk<'_> {
        Desk {
            view: &self.memory,
            definitions: &self.machines,
            now: self.now,
            entropy: &*self.entropy,
            limits: &self.limits,
            outboxes: &[],
            is_late: &*self.is_late,
        }
    }

    fn commit<R>(&mut self, decision: Decision<R>) -> R {
        if let Some(transaction) = &decision.transaction {
            self.apply(transaction);
        }
        for effect in decision.effects {
            match effect {
                Effect::Arm(timer) => drop(self.timers.insert(timer.key(), timer)),
                Effect::Disarm(timer) => drop(self.timers.remove(&timer.key())),
                Effect::WakeParent { execution, branch, attempt } => {
                    self.arrivals.push_back((execution, Stimulus::ChildFinished { branch, attempt }));
                }
                Effect::Transitions(entered) => self.transitions += entered,
                Effect::Log(logged) => self.logged.push(*logged),
                // Whoever runs executions here sees them end, and has their histories.
                Effect::Started | Effect::Redriven | Effect::Finished(_) | Effect::Trace(_) => {}
                effect => self.effects.push_back(effect),
            }
        }
        decision.reply
    }

    fn apply(&mut self, transaction: &Transaction) {
        assert!(self.memory.apply(transaction), "the guards of the only writer hold");
    }

    fn carry_out(&mut self, effect: Effect) -> Result<Option<Next>, Stopped> {
        Ok(match effect {
            Effect::Call { key, call } => self.call(key, call)?.map(Next::Do),
            Effect::Abandon(key) if key.kind != CallKind::StopExecution => {
                Some(Next::GiveUp { execution: key.execution, branch: key.branch })
            }
            Effect::Offer { waiting, attempt } => self.take(waiting, attempt)?.map(Next::Do),
            _ => None,
        })
    }
}
