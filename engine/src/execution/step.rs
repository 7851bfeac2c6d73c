//! What happens to an execution when something happened to it.

use std::sync::Arc;

use keepstep_asl::definition::{Definition, State, StateKind, Task};

use super::drive::Outcome;
use super::index::Index;
use super::inspection::Inspection;
use super::interrupt::{Failure, Interrupt};
use super::run::{Active, Run};
use super::states::{self, task};
use super::{fan_out, finish};
use crate::api_error::ApiError;
use crate::desk::Desk;
use crate::draft::{Decision, Draft, Origin};
use crate::id::{BranchId, ExecutionId};
use crate::key::{self, CallKey, Timer};
use crate::map_run;
use crate::record::outcome::{Answer, Done, Stopped};
use crate::record::phase::{Phase, Stage};
use crate::record::{Call, CallKind, Head, MapRun, TimerKind};
use crate::request_log;
use crate::stimulus::{Arrival, CallResult, Stimulus};
use crate::task_token::TaskToken;
use crate::view::ViewError;

/// The answer to one arrival.
pub(crate) type Reply = Result<Answer, ApiError>;

/// Decides arrivals together, in one transaction, with one answer for each: for all of them or, where a step would grow beyond its bound,
/// for the first ones (at least one). The rest are for the next step.
///
/// Answers with an error are those of the API: `ExecutionDoesNotExist` (its message names the execution's id: only the caller knows the
/// ARN), `TaskDoesNotExist`, `TaskTimedOut`, `InvalidToken`. What the scheduler delivers is answered with `Done` even where it was stale.
pub fn step(
    desk: &Desk<'_>,
    execution: ExecutionId,
    arrivals: &[Arrival],
) -> Result<Decision<Vec<Reply>>, ViewError> {
    step_inspected(desk, execution, arrivals, None)
}

/// As [`step`], and notes down what is seen on the way.
///
/// # Errors
///
/// As [`step`].
pub fn step_inspected<'a>(
    desk: &Desk<'a>,
    execution: ExecutionId,
    arrivals: &[Arrival],
    inspection: Option<&'a mut Inspection>,
) -> Result<Decision<Vec<Reply>>, ViewError> {
    let mut draft = Draft::new(desk.view);
    let origin = origin(arrivals);
    let Some(head) = draft.get::<Head>(&key::head(execution))? else {
        if let Some(map_run) = draft.get::<MapRun>(&key::map_run(execution))? {
            return map_run::step(desk, draft, execution, map_run, arrivals);
        }
        let replies =
            arrivals.iter().map(|arrival| without_execution(&mut draft, execution, arrival)).collect();
        return Ok(draft.finish(origin, replies));
    };
    let mut run = Run::new(desk, draft, execution, head, true)?;
    run.inspection = inspection;
    let mut replies = Vec::with_capacity(arrivals.len());
    for arrival in arrivals {
        if !replies.is_empty() && run.is_at_bound() {
            break;
        }
        let earlier = match arrival.request {
            Some(request) => request_log::find(&mut run.draft, desk.now, request)?,
            None => None,
        };
        if let Some(answer) = earlier {
            replies.push(Ok(answer));
            continue;
        }
        let reply = run.take_in(&arrival.stimulus)?;
        if let (Some(request), Ok(answer)) = (arrival.request, &reply) {
            request_log::keep(&mut run.draft, desk.now, request, answer.clone());
        }
        replies.push(reply);
        run.drive()?;
    }
    Ok(run.flush().finish(origin, replies))
}

/// Which API mutation or scheduler step decides these arrivals.
pub(crate) fn origin(arrivals: &[Arrival]) -> Origin {
    Origin(match arrivals.first().map(|arrival| &arrival.stimulus) {
        None => "Step",
        Some(Stimulus::TimerDue(_)) => "TimerFired",
        Some(Stimulus::HandOut { .. }) => "GetActivityTask",
        Some(Stimulus::TaskSucceeded { .. }) => "SendTaskSuccess",
        Some(Stimulus::TaskFailed { .. }) => "SendTaskFailure",
        Some(Stimulus::Heartbeat { .. }) => "SendTaskHeartbeat",
        Some(Stimulus::CallFinished { .. }) => "CallFinished",
        Some(Stimulus::ChildFinished { .. }) => "ChildFinished",
        Some(Stimulus::StateEnded { .. }) => "StateEnded",
        Some(Stimulus::Stop { .. } | Stimulus::StopMapRun { .. }) => "StopExecution",
        Some(Stimulus::Redrive { .. }) => "RedriveExecution",
        Some(Stimulus::Advance) => "MapRunAdvanced",
        Some(Stimulus::UpdateMapRun(_)) => "UpdateMapRun",
    })
}

/// The answer to what has none of its own.
pub(crate) const DONE: Answer = Answer::Done(Done {});

/// The answer to what arrives for an execution that was deleted, or never was.
fn without_execution(draft: &mut Draft<'_>, execution: ExecutionId, arrival: &Arrival) -> Reply {
    match &arrival.stimulus {
        Stimulus::CallFinished { branch, kind, .. } => {
            draft.delete(CallKey { execution, branch: *branch, kind: *kind }.key());
            Ok(DONE)
        }
        Stimulus::TimerDue(timer) => {
            draft.delete(timer.key());
            Ok(DONE)
        }
        Stimulus::ChildFinished { branch, attempt } => {
            draft.delete(key::inbox(execution, *branch, *attempt));
            Ok(DONE)
        }
        Stimulus::TaskSucceeded { .. } | Stimulus::TaskFailed { .. } | Stimulus::Heartbeat { .. } => {
            Err(no_such_task())
        }
        Stimulus::HandOut { .. } => Err(no_such_task()),
        Stimulus::StateEnded { .. } => Ok(DONE),
        Stimulus::Stop { .. } | Stimulus::Redrive { .. } => {
            Err(ApiError::execution_does_not_exist(&execution.to_string()))
        }
        Stimulus::Advance | Stimulus::StopMapRun { .. } => Ok(DONE),
        Stimulus::UpdateMapRun(_) => Err(ApiError::resource_not_found(&execution.to_string())),
    }
}

fn no_such_task() -> ApiError {
    ApiError::new("TaskDoesNotExist", "Task Does Not Exist: 'Provided task does not exist'")
}

fn task_is_over() -> ApiError {
    ApiError::new("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
}

impl Run<'_> {
    fn take_in(&mut self, stimulus: &Stimulus) -> Result<Reply, ViewError> {
        match stimulus {
            Stimulus::TimerDue(timer) => self.timer_due(*timer).map(|()| Ok(DONE)),
            Stimulus::HandOut { branch, attempt, worker_name } => {
                self.hand_out(*branch, *attempt, worker_name)
            }
            Stimulus::TaskSucceeded { token, output } => self
                .with_token(token, |run, active, state, task| {
                    task::token_succeeded(run, active, state, task, output.clone())
                }),
            Stimulus::TaskFailed { token, error, cause } => self.with_token(token, |run, active, _, task| {
                task::token_failed(run, active, task, Failure::of(error.clone(), cause.clone()))
            }),
            Stimulus::Heartbeat { token } => self.with_token(token, |run, active, _, _| {
                task::heartbeat(run, active);
                Ok(Outcome::Waits)
            }),
            Stimulus::CallFinished { branch, kind: CallKind::StopExecution, .. } => {
                self.stop_was_delivered(*branch).map(|()| Ok(DONE))
            }
            Stimulus::CallFinished { branch, kind, attempt, result } => {
                self.call_finished(*branch, *kind, *attempt, result).map(|()| Ok(DONE))
            }
            Stimulus::ChildFinished { branch, attempt } => {
                self.child_finished(*branch, *attempt).map(|()| Ok(DONE))
            }
            Stimulus::StateEnded { branch, attempt, result } => {
                let result = self.state_ended(*branch, *attempt, result);
                self.or_full(result).map(|()| Ok(DONE))
            }
            Stimulus::Redrive { client_token } => self.redrive(client_token),
            Stimulus::Stop { error, cause } => {
                if self.is_running() {
                    finish::aborted(self, error.clone(), cause.clone())?;
                }
                let stopped_ms = self.head.stopped_ms.unwrap_or(self.now_ms());
                Ok(Ok(Answer::Stopped(Stopped { stopped_ms })))
            }
            // Those are for map runs.
            Stimulus::Advance | Stimulus::StopMapRun { .. } => Ok(Ok(DONE)),
            Stimulus::UpdateMapRun(_) => Ok(Err(ApiError::resource_not_found(&self.head.arn))),
        }
    }

    fn timer_due(&mut self, timer: Timer) -> Result<(), ViewError> {
        if timer.due > self.desk.now {
            return Ok(());
        }
        if timer.kind == TimerKind::ExecutionTimeout {
            if self.timeout(&self.head) == Some(timer) {
                finish::timed_out(self)?;
            }
            return Ok(());
        }
        let Some(mut active) = self.take(timer.branch)? else { return Ok(()) };
        if !Index::of(self.id, active.id, &active.branch).timers.contains(&timer) {
            self.put(active);
            return Ok(());
        }
        let definition = Arc::clone(&self.definition);
        let state = self.state(&definition, &active.branch)?;
        let result = match (timer.kind, &state.kind) {
            (TimerKind::Resume, _) => {
                self.resumed.push(timer);
                self.queue.push_back(active.id);
                self.put(active);
                Ok(())
            }
            (TimerKind::Retry, _) => {
                self.put_ready(active);
                Ok(())
            }
            (TimerKind::Wait, _) => {
                active.branch.phase = None;
                let outcome = states::wait_is_over(self, &mut active, state);
                self.settle(active, state, outcome)
            }
            (TimerKind::TaskTimeout | TimerKind::Heartbeat, StateKind::Task(task)) => {
                let outcome = task::timed_out(self, &mut active, task, timer.kind == TimerKind::Heartbeat);
                self.settle(active, state, outcome)
            }
            _ => {
                self.put(active);
                Ok(())
            }
        };
        self.or_full(result)
    }

    fn hand_out(
        &mut self,
        branch: BranchId,
        attempt: u64,
        worker: &Option<String>,
    ) -> Result<Reply, ViewError> {
        let Some(mut active) = self.take(branch)? else { return Ok(Err(task_is_over())) };
        let handed_out = task::hand_out(self, &mut active, attempt, worker.clone());
        self.put(active);
        match handed_out {
            Ok(Some(handed_out)) => Ok(Ok(Answer::HandedOut(handed_out))),
            Ok(None) => Ok(Err(task_is_over())),
            Err(interrupt) => self.or_full(Err(interrupt)).map(|()| Err(task_is_over())),
        }
    }

    /// Does something with the task that a token names.
    fn with_token(
        &mut self,
        token: &TaskToken,
        act: impl FnOnce(&mut Self, &mut Active, &State, &Task) -> Result<Outcome, Interrupt>,
    ) -> Result<Reply, ViewError> {
        let Some(mut active) = self.take(token.branch)? else { return Ok(Err(task_is_over())) };
        let held = match &active.branch.phase {
            Some(Phase::Working(work))
                if active.branch.attempt == token.attempt && !work.nonce.is_empty() =>
            {
                Some(work.nonce == token.nonce[..])
            }
            _ => None,
        };
        if held != Some(true) {
            self.put(active);
            return Ok(Err(if held.is_none() { task_is_over() } else { ApiError::invalid_token() }));
        }
        let definition = Arc::clone(&self.definition);
        let state = self.state(&definition, &active.branch)?;
        let StateKind::Task(task) = &state.kind else {
            self.put(active);
            return Ok(Err(task_is_over()));
        };
        let outcome = act(self, &mut active, state, task);
        let result = self.settle(active, state, outcome);
        self.or_full(result)?;
        Ok(Ok(DONE))
    }

    /// The task of a branch that is in this attempt and has a call; the branch is put back otherwise.
    fn take_calling<'d>(
        &mut self,
        definition: &'d Definition,
        branch: BranchId,
        attempt: u64,
    ) -> Result<Option<(Active, &'d State, &'d Task, Stage)>, ViewError> {
        let Some(active) = self.take(branch)? else { return Ok(None) };
        let stage = match &active.branch.phase {
            Some(Phase::Working(work)) if active.branch.attempt == attempt && work.call.is_some() => {
                work.stage()
            }
            _ => {
                self.put(active);
                return Ok(None);
            }
        };
        let state = self.state(definition, &active.branch)?;
        match &state.kind {
            StateKind::Task(task) => Ok(Some((active, state, task, stage))),
            _ => {
                self.put(active);
                Ok(None)
            }
        }
    }

    fn call_finished(
        &mut self,
        branch: BranchId,
        kind: CallKind,
        attempt: u64,
        result: &CallResult,
    ) -> Result<(), ViewError> {
        let definition = Arc::clone(&self.definition);
        let Some((mut active, state, task, stage)) = self.take_calling(&definition, branch, attempt)? else {
            return Ok(());
        };
        let key = CallKey { execution: self.id, branch, kind };
        let has_key =
            Index::of(self.id, branch, &active.branch).call.is_some_and(|(stored, _)| stored == key);
        let outcome = match stage {
            _ if !has_key => Ok(Outcome::Waits),
            Stage::Calling => task::call_finished(self, &mut active, state, task, result.clone()),
            // The call was repeated by a new leader. The child may have ended since.
            Stage::Started | Stage::Queued => task::child_finished(self, &mut active, state, task),
        };
        let result = self.settle(active, state, outcome);
        self.or_full(result)
    }

    fn child_finished(&mut self, branch: BranchId, attempt: u64) -> Result<(), ViewError> {
        let definition = Arc::clone(&self.definition);
        if let Some(active) = self.take_waiting_for_map_run(branch, attempt)? {
            return self.map_run_finished(&definition, active);
        }
        let Some((mut active, state, task, stage)) = self.take_calling(&definition, branch, attempt)? else {
            // Nobody waits for it: the report is not needed.
            let inbox = key::inbox(self.id, branch, attempt);
            if self.desk.view.get(&inbox)?.is_some() {
                self.draft.delete(inbox);
            }
            return Ok(());
        };
        let outcome = match stage {
            Stage::Started => task::child_finished(self, &mut active, state, task),
            // The answer of StartExecution comes first: then the report is looked for.
            Stage::Calling | Stage::Queued => Ok(Outcome::Waits),
        };
        let result = self.settle(active, state, outcome);
        self.or_full(result)
    }

    /// The branch whose attempt waits for a map run.
    fn take_waiting_for_map_run(
        &mut self,
        branch: BranchId,
        attempt: u64,
    ) -> Result<Option<Active>, ViewError> {
        let waits = self.branch(branch)?.is_some_and(|branch| {
            branch.attempt == attempt && matches!(branch.phase, Some(Phase::MapRun(_)))
        });
        if waits { self.take(branch) } else { Ok(None) }
    }

    fn map_run_finished(&mut self, definition: &Definition, mut active: Active) -> Result<(), ViewError> {
        let state = self.state(definition, &active.branch)?;
        let outcome = fan_out::distributed::finished(self, &mut active, state);
        let result = self.settle(active, state, outcome);
        self.or_full(result)
    }

    fn state_ended(&mut self, branch: BranchId, attempt: u64, result: &CallResult) -> Result<(), Interrupt> {
        let Some(mut active) = self.take(branch)? else { return Ok(()) };
        if matches!(active.branch.phase, Some(Phase::FannedOut(_))) {
            self.put(active);
            fan_out::abort_branches(self, branch)?;
            active = self.take_parent(branch.0)?;
            fan_out::forget(self, &active)?;
        }
        let definition = Arc::clone(&self.definition);
        let state = self.state(&definition, &active.branch)?;
        let outcome = match (&active.branch.phase, &state.kind) {
            _ if active.branch.attempt != attempt => Ok(Outcome::Waits),
            (Some(Phase::Working(_)), StateKind::Task(task)) => {
                task::ended(self, &mut active, state, task, result.clone())
            }
            (Some(Phase::FannedOut(_)), _) => fan_out::ended(self, &mut active, state, result.clone()),
            (Some(Phase::MapRun(_)), _) => {
                fan_out::release(self, &active);
                fan_out::ended(self, &mut active, state, result.clone())
            }
            _ => Ok(Outcome::Waits),
        };
        self.settle(active, state, outcome)
    }

    fn stop_was_delivered(&mut self, branch: BranchId) -> Result<(), ViewError> {
        let key = CallKey { execution: self.id, branch, kind: CallKind::StopExecution }.key();
        if self.draft.peek::<Call>(&key)?.is_some() {
            self.draft.delete(key);
        }
        Ok(())
    }
}
