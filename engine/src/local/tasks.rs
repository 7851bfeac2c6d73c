//! The plain loop: runs one execution to its end, with tasks that somebody answers on the spot and a clock that can be made to wait.

use std::collections::BTreeMap;

use bytes::Bytes;
use keepstep_asl::definition::StateKind;
use keepstep_asl::resource::Pattern;

use super::{Job, Local, Next, Stopped, Work};
use crate::arn::{ExecutionArn, StateMachineArn};
use crate::desk::Definitions;
use crate::execution::{Started, read_payload, start_result};
use crate::id::{ExecutionId, MachineId, Timestamp};
use crate::key;
use crate::record::phase::Phase;
use crate::record::{Call, ExecutionStatus};
use crate::stimulus::{CallResult, Stimulus};
use crate::view::ViewError;

/// A task that asks for its result.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The name of the state.
    pub state: String,
    /// Its `Resource`, as the definition writes it.
    pub resource: String,
    /// How the task waits for its result; `None` for activities and functions.
    pub pattern: Option<Pattern>,
    /// The effective parameters: JSON.
    pub parameters: Bytes,
}

/// What comes of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// How long the task takes, in milliseconds.
    pub after_ms: u64,
    /// The result that the state gets: for `.sync`, that of the job's end; for `.waitForTaskToken`, that of SendTaskSuccess.
    pub result: CallResult,
}

/// Who does the work of tasks: Lambda functions, child executions, activities.
pub trait Tasks {
    /// Why there is no answer: the run ends with it.
    type Error;

    /// Says what will come of a task, and when.
    ///
    /// # Errors
    ///
    /// Where the task can't be answered at all.
    fn perform(&mut self, task: &Task) -> Result<Reply, Self::Error>;
}

/// Who decides how time passes.
pub trait Clock {
    /// Waits until this time, and says what time it is then: not before it.
    fn wait(&mut self, until: Timestamp) -> Timestamp;
}

/// Why a run has no end.
#[derive(Debug)]
pub enum RunError<E> {
    /// The execution can't go on.
    Stopped(Stopped),
    /// A task has no answer.
    Unanswered(E),
}

impl<E> From<Stopped> for RunError<E> {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

impl<E> From<ViewError> for RunError<E> {
    fn from(error: ViewError) -> Self {
        Self::Stopped(error.into())
    }
}

/// A result on its way.
struct Pending {
    work: Work,
    /// The call was answered: this is what the task itself comes to.
    is_submitted: bool,
    result: CallResult,
}

/// Runs a started execution until it has ended.
///
/// # Errors
///
/// See [`RunError`].
pub fn run<T: Tasks>(
    local: &mut Local,
    execution: ExecutionId,
    tasks: &mut T,
    clock: &mut dyn Clock,
) -> Result<(), RunError<T::Error>> {
    let mut pending: BTreeMap<(Timestamp, u64), Pending> = BTreeMap::new();
    let mut count = 0;
    while local.head(execution)?.status() == ExecutionStatus::Running {
        let due = match local.proceed()? {
            Next::Do(work) => {
                let task = local.task(&work)?;
                let Reply { after_ms, result } = tasks.perform(&task).map_err(RunError::Unanswered)?;
                let is_submitted = local.submit(&work, task.pattern)?;
                let after_ms = i64::try_from(after_ms).unwrap_or(i64::MAX);
                let due = Timestamp(local.now().0.saturating_add(after_ms));
                count += 1;
                pending.insert((due, count), Pending { work, is_submitted, result });
                continue;
            }
            Next::GiveUp { .. } => continue,
            Next::Wait(due) => Some(due),
            Next::Idle => None,
        };
        let first = pending.first_key_value().map(|((due, _), _)| *due);
        // A result that comes in time comes before the timer.
        match (first, due) {
            (Some(first), due) if due.is_none_or(|due| first <= due) => {
                if first > local.now() {
                    local.advance(clock.wait(first));
                }
                if let Some((_, Pending { work, is_submitted, result })) = pending.pop_first() {
                    if is_submitted {
                        local.end(&work, result)?;
                    } else {
                        local.answer(&work, result)?;
                    }
                }
            }
            (_, Some(due)) => local.advance(clock.wait(due)),
            // An execution that runs has a timer at least: that of its longest time.
            (_, None) => return Ok(()),
        }
    }
    Ok(())
}

impl Local {
    /// What a piece of work is about.
    fn task(&self, work: &Work) -> Result<Task, ViewError> {
        let missing = || ViewError::missing("a task's state", &key::head(work.key.execution));
        let head = self.head(work.key.execution)?;
        let branch = self.branch(work.key)?.ok_or_else(missing)?;
        let machine = MachineId::from_slice(&head.machine).ok_or_else(missing)?;
        let definition = self.machines.definition(&self.memory, machine, head.revision)?;
        let state = definition.state(&branch.state).ok_or_else(missing)?;
        let (StateKind::Task(task), Some(Phase::Working(working))) = (&state.kind, &branch.phase) else {
            return Err(missing());
        };
        Ok(Task {
            state: branch.state,
            resource: task.resource_arn.clone(),
            pattern: task.resource.pattern(),
            parameters: read_payload(&self.memory, work.key.execution, working.input)?,
        })
    }

    /// Answers the call that begins a job, where the task waits for more than this answer. Returns whether it does.
    fn submit(&mut self, work: &Work, pattern: Option<Pattern>) -> Result<bool, Stopped> {
        let (Job::Call { call, .. }, Some(pattern)) = (&work.job, pattern) else { return Ok(false) };
        if pattern == Pattern::RequestResponse {
            return Ok(false);
        }
        let accepted = if call.name.is_empty() {
            CallResult::Succeeded(Bytes::from_static(br#"{"StatusCode":200}"#))
        } else {
            self.started(call)
        };
        self.answer(work, accepted)?;
        Ok(true)
    }

    /// StartExecution's answer.
    fn started(&self, call: &Call) -> CallResult {
        let machine = StateMachineArn::parse(&call.target);
        let arn = machine.map_or_else(|_| call.name.clone(), |arn| ExecutionArn::format(&arn, &call.name));
        let now = jiff::Timestamp::from_millisecond(self.now.0).unwrap_or_default();
        let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        start_result(&Started { arn, started_ms: self.now.0, express: None }, REQUEST_ID, &date)
    }

    /// Ends a task whose call was answered.
    fn end(&mut self, work: &Work, result: CallResult) -> Result<(), Stopped> {
        let stimulus = Stimulus::StateEnded { branch: work.key.branch, attempt: work.key.attempt, result };
        let _ = self.deliver(work.key.execution, stimulus)?;
        Ok(())
    }
}

/// There is no request.
const REQUEST_ID: &str = "00000000-0000-0000-0000-000000000000";
