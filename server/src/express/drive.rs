//! Runs one Express execution to its end: steps on the evaluation pool, in slices, so that none holds a thread for long; calls beside them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use keepstep_engine::arn::StateMachineArn;
use keepstep_engine::id::{BranchId, ExecutionId};
use keepstep_engine::local::{Bounds, Local, Next, Stopped, Work, express_limits};
use keepstep_engine::record::{ExecutionStatus, ExpressStart, Head};
use keepstep_engine::stimulus::CallResult;
use keepstep_engine::{Caller, Desk, Limits, Refusal, ViewError};
use tokio::task::{AbortHandle, JoinSet};

use super::budget::Share;
use super::plan::Plan;
use super::tell::Listeners;
use super::{Backing, Express};
use crate::leader::{Failure, OsEntropy};
use crate::run_clock::RunClock;

/// Results brought, and turns of an execution, in one slice.
const SLICE_TURNS: usize = 64;
/// After this, a slice ends with the turn that it is at, however few there were: expressions may take seconds each.
const SLICE_TIME: Duration = Duration::from_millis(10);
/// Calls that one execution may have under way: a Map of 40 iterations inside one of 40 has 1,600.
const CALLS_MAX: usize = 10_000;
/// Between two tries to get a place on the evaluation pool, for an execution that is under way.
const POOL_PAUSE: Duration = Duration::from_millis(5);
/// Steps, and states entered, of one execution: in five minutes a node takes no more.
const STEPS_MAX: u64 = 100_000_000;

/// What an execution came to.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its ARN.
    pub(crate) arn: String,
    /// The state machine's ARN.
    pub(crate) state_machine_arn: String,
    /// As given.
    pub(crate) input: Bytes,
    /// X-Ray's, as given; empty for none.
    pub(crate) trace_header: String,
    /// One of the final ones.
    pub(crate) status: ExecutionStatus,
    /// When it began to run: milliseconds since the epoch.
    pub(crate) started_ms: i64,
    /// Milliseconds since the epoch.
    pub(crate) stopped_ms: i64,
    /// Of a success.
    pub(crate) output: Option<Bytes>,
    /// Of a failure.
    pub(crate) error: Option<String>,
    /// Of a failure.
    pub(crate) cause: Option<String>,
    /// States that it entered.
    pub(crate) transitions: u64,
    /// The most memory that it used, in bytes.
    pub(crate) bytes: usize,
}

/// Runs an execution to its end. `plan` says what to run, with so many bytes of input: it is asked on the evaluation pool, at the state
/// that this node has applied.
///
/// # Errors
///
/// The plan's. `Overloaded` if there is no memory, or no place on the evaluation pool, for it to begin: nothing was done then. `Internal`
/// where a record is damaged.
pub(super) async fn drive(
    express: &Express,
    backing: &impl Backing,
    input_bytes: usize,
    plan: impl FnOnce(&Desk<'_>) -> Result<Plan, Refusal> + Send + 'static,
) -> Result<Ended, Failure> {
    let Express { engine, budget, .. } = express;
    let share = budget.share(input_bytes).ok_or(Failure::Overloaded)?;
    let (limits, bytes_max) = (express_limits(engine.limits()), budget.execution_bytes_max());
    let listeners = engine.listeners();
    let turn = express.turn().await?;
    let begun = engine.look(move |desk| {
        let mut began = Began::new(plan(desk)?, listeners, limits, bytes_max)?;
        let sliced = began.go_on();
        Ok((began, sliced))
    });
    let (began, sliced) = begun.await?;
    drop(turn);
    let caller = caller_of(&began.start)?;
    let stored = began.local.bytes();
    let mut running = Running { began: Arc::new(Mutex::new(began)), share };
    let mut slice = running.judge(sliced, stored)?;
    let mut calls = Calls::default();
    loop {
        for next in slice.nexts {
            match next {
                Next::Do(work) => calls.begin(backing, &caller, work),
                Next::GiveUp { branch, .. } => calls.give_up(branch),
                Next::Wait(_) | Next::Idle => {}
            }
        }
        match slice.state {
            State::Ended(ended) => return Ok(*ended),
            State::More => {}
            State::Waiting(until) => calls.wait(until).await,
        }
        let (sliced, stored) = running.go_on(express, calls.take_finished()).await?;
        slice = running.judge(sliced, stored)?;
    }
}

/// Tasks act in the account and region of their execution.
fn caller_of(start: &ExpressStart) -> Result<Caller, Failure> {
    let arn = StateMachineArn::parse(&start.state_machine_arn).map_err(Failure::Api)?;
    let place = arn.place;
    Ok(Caller {
        account: place.account.to_owned(),
        region: place.region.to_owned(),
        partition: place.partition.to_owned(),
    })
}

/// An execution in its map.
struct Began {
    start: ExpressStart,
    local: Local,
    execution: ExecutionId,
    clock: RunClock,
    listeners: Listeners,
    /// Results that it hasn't been brought yet.
    results: VecDeque<(Work, CallResult)>,
}

struct Running {
    /// Shared with the pool's threads, which take turns.
    began: Arc<Mutex<Began>>,
    share: Share,
}

/// What came of a slice.
struct Slice {
    nexts: Vec<Next>,
    state: State,
}

enum State {
    Ended(Box<Ended>),
    /// There is more to do now.
    More,
    /// Nothing happens by itself before this time.
    Waiting(Instant),
}

impl Running {
    /// Brings results, and lets the execution go on for a while. Says also how many bytes it stores then.
    async fn go_on(
        &self,
        express: &Express,
        finished: Vec<(Work, CallResult)>,
    ) -> Result<(Result<Slice, Stopped>, usize), Failure> {
        self.lock().results.extend(finished);
        let _turn = express.turn().await?;
        loop {
            let began = Arc::clone(&self.began);
            let job = move || {
                let mut began = began.lock().unwrap_or_else(PoisonError::into_inner);
                let sliced = began.go_on();
                (sliced, began.local.bytes())
            };
            match express.engine.evaluate(job).await {
                // It has begun: it waits for its place rather than be lost.
                Err(Failure::Overloaded) => tokio::time::sleep(POOL_PAUSE).await,
                done => return done,
            }
        }
    }

    /// Nobody else holds it for long: an execution's slices follow each other.
    fn lock(&self) -> MutexGuard<'_, Began> {
        self.began.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An execution that needs more than there is ends.
    fn judge(&mut self, sliced: Result<Slice, Stopped>, stored: usize) -> Result<Slice, Failure> {
        let has_room = self.share.set(stored);
        let mut slice = match sliced {
            Ok(Slice { state: State::More | State::Waiting(_), .. }) if !has_room => {
                self.stopped("this node has no memory left for Express executions")
            }
            Ok(slice) => slice,
            // Whatever it is, nobody may take it for not begun.
            Err(Stopped::View(error)) => return Err(Failure::Internal(error.to_string())),
            Err(bound) => self.stopped(&bound.to_string()),
        };
        if let State::Ended(ended) = &mut slice.state {
            ended.bytes = self.share.most();
        }
        Ok(slice)
    }

    /// The execution is ended by a bound of this node.
    fn stopped(&self, why: &str) -> Slice {
        let began = self.lock();
        let ended = Ended {
            status: ExecutionStatus::Failed,
            error: Some("States.Runtime".to_owned()),
            cause: Some(format!("The execution was ended by this node: {why}.")),
            ..began.unended()
        };
        began.listeners.stopped(&began.local, began.execution, &ended);
        Slice { nexts: Vec::new(), state: State::Ended(Box::new(ended)) }
    }
}

impl Began {
    fn new(plan: Plan, listeners: Listeners, limits: Limits, bytes_max: usize) -> Result<Self, ViewError> {
        let clock = RunClock::start();
        let bounds = Bounds { steps_max: STEPS_MAX, transitions_max: STEPS_MAX, bytes_max };
        let mut local = Local::new(limits, bounds, Arc::new(OsEntropy), clock.now());
        let Plan { start, definition, revision } = plan;
        let execution = local.begin_express(&start, definition, &revision)?;
        Ok(Self { start, local, execution, clock, listeners, results: VecDeque::new() })
    }

    fn go_on(&mut self) -> Result<Slice, Stopped> {
        let sliced = self.slice();
        self.listeners.log(&mut self.local);
        sliced
    }

    fn slice(&mut self) -> Result<Slice, Stopped> {
        let began = Instant::now();
        self.local.hurry(move || began.elapsed() >= SLICE_TIME);
        let mut nexts = Vec::new();
        for turn in 0..SLICE_TURNS {
            if turn > 0 && began.elapsed() >= SLICE_TIME {
                break;
            }
            self.local.advance(self.clock.now());
            if let Some((work, result)) = self.results.pop_front() {
                self.local.answer(&work, result)?;
                continue;
            }
            let until = match self.local.turn()? {
                None => continue,
                Some(next @ (Next::Do(_) | Next::GiveUp { .. })) => {
                    nexts.push(next);
                    continue;
                }
                Some(Next::Wait(due)) => Some(due),
                Some(Next::Idle) => None,
            };
            let head = self.local.head(self.execution)?;
            let state = match until {
                Some(due) if head.status() == ExecutionStatus::Running => {
                    State::Waiting(self.clock.instant(due))
                }
                _ => State::Ended(Box::new(self.ended(head)?)),
            };
            return Ok(Slice { nexts, state });
        }
        Ok(Slice { nexts, state: State::More })
    }

    fn ended(&self, head: Head) -> Result<Ended, Stopped> {
        self.listeners.ended(&self.local, self.execution, &head);
        Ok(Ended {
            status: head.status(),
            stopped_ms: head.stopped_ms.unwrap_or_else(|| self.clock.now().0),
            output: self.local.output(self.execution)?,
            error: head.error,
            cause: head.cause,
            ..self.unended()
        })
    }

    /// What is known of any execution, as of one that ends now.
    fn unended(&self) -> Ended {
        let start = &self.start;
        Ended {
            arn: start.arn.clone(),
            state_machine_arn: start.state_machine_arn.clone(),
            input: start.input.clone(),
            trace_header: start.trace_header.clone(),
            status: ExecutionStatus::Running,
            started_ms: self.clock.started_ms(),
            stopped_ms: self.clock.now().0,
            output: None,
            error: None,
            cause: None,
            transitions: self.local.transitions(),
            bytes: 0,
        }
    }
}

/// The calls of one execution that are under way.
#[derive(Default)]
struct Calls {
    tasks: JoinSet<(Work, CallResult)>,
    by_branch: HashMap<BranchId, AbortHandle>,
    finished: Vec<(Work, CallResult)>,
}

impl Calls {
    fn begin(&mut self, backing: &impl Backing, caller: &Caller, work: Work) {
        if self.tasks.len() >= CALLS_MAX {
            let error = "States.Runtime".to_owned();
            let cause = format!("The execution has more than {CALLS_MAX} tasks at a time.");
            self.finished.push((work, CallResult::Failed { error, cause }));
            return;
        }
        let performing = backing.perform(caller.clone(), work.clone());
        let branch = work.key.branch;
        let handle = self.tasks.spawn(async move { (work, performing.await) });
        self.by_branch.insert(branch, handle);
    }

    fn give_up(&mut self, branch: BranchId) {
        if let Some(handle) = self.by_branch.remove(&branch) {
            handle.abort();
        }
    }

    fn take_finished(&mut self) -> Vec<(Work, CallResult)> {
        while let Some(joined) = self.tasks.try_join_next() {
            self.keep(joined);
        }
        std::mem::take(&mut self.finished)
    }

    /// Waits for a result, or until a time.
    async fn wait(&mut self, until: Instant) {
        if !self.finished.is_empty() {
            return;
        }
        let joined = tokio::time::timeout_at(until.into(), async {
            match self.tasks.join_next().await {
                Some(joined) => joined,
                None => std::future::pending().await,
            }
        });
        if let Ok(joined) = joined.await {
            self.keep(joined);
        }
    }

    fn keep(&mut self, joined: Result<(Work, CallResult), tokio::task::JoinError>) {
        // One that was given up has no result, and one that panicked ends with its task's timeout.
        if let Ok((work, result)) = joined {
            self.finished.push((work, result));
        }
    }
}
