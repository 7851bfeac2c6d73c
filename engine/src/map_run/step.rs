//! What happens to a map run when something happened to it.

use super::work::Work;
use crate::api_error::ApiError;
use crate::desk::Desk;
use crate::draft::{Decision, Draft};
use crate::execution::{self, DONE, Reply, origin};
use crate::id::{BranchId, ExecutionId};
use crate::key::{self, CallKey};
use crate::record::{Call, CallKind, ChildResult, MapRun, MapRunStage, MapRunStatus, TimerKind};
use crate::request_log;
use crate::stimulus::{Arrival, CallResult, MapRunUpdate, Stimulus};
use crate::view::{Direction, ViewError};

/// How many reports of children are taken in at a time where nothing says which ones there are.
const REPORTS_MAX: usize = 256;

/// Decides arrivals together, as [`crate::execution::step`] does.
pub(crate) fn step(
    desk: &Desk<'_>,
    draft: Draft<'_>,
    id: ExecutionId,
    record: MapRun,
    arrivals: &[Arrival],
) -> Result<Decision<Vec<Reply>>, ViewError> {
    let mut work = Work::new(desk, draft, id, record);
    let mut replies = Vec::with_capacity(arrivals.len());
    for arrival in arrivals {
        if !replies.is_empty() && work.is_at_bound() {
            break;
        }
        let earlier = match arrival.request {
            Some(request) => request_log::find(&mut work.draft, desk.now, request)?,
            None => None,
        };
        if let Some(answer) = earlier {
            replies.push(Ok(answer));
            continue;
        }
        let reply = work.take_in(&arrival.stimulus)?;
        if let (Some(request), Ok(answer)) = (arrival.request, &reply) {
            request_log::keep(&mut work.draft, desk.now, request, answer.clone());
        }
        replies.push(reply);
    }
    work.advance()?;
    Ok(work.flush().finish(origin(arrivals), replies))
}

impl Work<'_> {
    fn take_in(&mut self, stimulus: &Stimulus) -> Result<Reply, ViewError> {
        match stimulus {
            Stimulus::Advance if self.record.stage() == MapRunStage::Over => {
                // Whoever waits for it may not have been told.
                self.draft.effects.push(self.wake_parent());
            }
            Stimulus::Advance => self.take_reports()?,
            Stimulus::TimerDue(timer) => {
                let is_stored = self.record.ready_since_ms == Some(timer.due.0);
                if timer.kind == TimerKind::Resume && is_stored && timer.due <= self.desk.now {
                    self.record.ready_since_ms = None;
                    self.has_resumed = true;
                    self.take_reports()?;
                }
            }
            Stimulus::ChildFinished { branch, .. } => {
                let inbox = key::inbox(self.id, *branch, super::ATTEMPT);
                if let Some(report) = self.draft.peek::<ChildResult>(&inbox)? {
                    self.draft.delete(inbox);
                    self.child_ended(&report)?;
                }
            }
            Stimulus::CallFinished { branch, kind: CallKind::StopExecution, .. } => {
                let key =
                    CallKey { execution: self.id, branch: *branch, kind: CallKind::StopExecution }.key();
                if self.draft.peek::<Call>(&key)?.is_some() {
                    self.draft.delete(key);
                    self.record.stops_under_way = self.record.stops_under_way.saturating_sub(1);
                }
            }
            Stimulus::CallFinished { attempt, result, .. } => {
                if self.record.call.as_ref().is_some_and(|call| call.attempt == *attempt) {
                    self.record.call = None;
                    self.call_finished(result)?;
                }
            }
            Stimulus::StopMapRun { attempt } if self.record.attempt == *attempt => {
                self.record.redrive_when_over = false;
                if self.record.status() == MapRunStatus::Running {
                    self.record.set_status(MapRunStatus::Aborted);
                    self.stop();
                }
            }
            // It is waited for again, after a redrive.
            Stimulus::StopMapRun { .. } => {}
            Stimulus::Stop { .. } | Stimulus::Redrive { .. } => {
                return Ok(Err(ApiError::execution_does_not_exist(&self.record.arn)));
            }
            Stimulus::UpdateMapRun(update) => return Ok(self.update(update)),
            Stimulus::HandOut { .. }
            | Stimulus::TaskSucceeded { .. }
            | Stimulus::TaskFailed { .. }
            | Stimulus::Heartbeat { .. }
            | Stimulus::StateEnded { .. } => {
                return Ok(Err(ApiError::new(
                    "TaskDoesNotExist",
                    "Task Does Not Exist: 'Provided task does not exist'",
                )));
            }
        }
        Ok(Ok(DONE))
    }

    /// Takes in what children have reported, as many as one step takes.
    fn take_reports(&mut self) -> Result<(), ViewError> {
        let prefix = key::inboxes(self.id);
        let found = self.draft.scan(&prefix, &key::prefix_end(&prefix), REPORTS_MAX, Direction::Forward)?;
        for (key, _) in &found {
            // Those that this step has taken in already are gone in the draft.
            if let Some(report) = self.draft.peek::<ChildResult>(key)? {
                self.draft.delete(key.clone());
                self.child_ended(&report)?;
            }
        }
        if found.len() == REPORTS_MAX {
            self.put_off();
        }
        Ok(())
    }

    fn call_finished(&mut self, result: &CallResult) -> Result<(), ViewError> {
        match (self.record.stage(), result) {
            (MapRunStage::Processing, CallResult::ItemsRead { items, cursor, is_last }) => {
                self.add_items(items.clone());
                self.record.cursor = cursor.clone();
                self.record.all_read = *is_last;
            }
            (MapRunStage::Writing, CallResult::Succeeded(result)) => {
                self.record.results_written = self.record.children.ended();
                match self.record.status() {
                    MapRunStatus::Running => self.succeed(result.clone())?,
                    _ => self.over()?,
                }
            }
            (MapRunStage::Writing, _) if self.record.status() != MapRunStatus::Running => self.over()?,
            (_, CallResult::Failed { error, cause }) => self.fail(error.clone(), cause.clone()),
            // An answer to a call that is not the one under way.
            _ => {}
        }
        Ok(())
    }

    /// UpdateMapRun changes a map run only while it is in progress (developer guide, "UpdateMapRun").
    fn update(&mut self, update: &MapRunUpdate) -> Reply {
        if self.record.status() != MapRunStatus::Running {
            let text = format!("Map Run '{}' is not in progress and cannot be updated", self.record.arn);
            return Err(ApiError::validation(text));
        }
        let record = &mut self.record;
        record.max_concurrency = update.max_concurrency.unwrap_or(record.max_concurrency);
        record.tolerated_failure_count = update.tolerated_failure_count.or(record.tolerated_failure_count);
        record.tolerated_failure_percentage =
            update.tolerated_failure_percentage.or(record.tolerated_failure_percentage);
        Ok(DONE)
    }

    /// Does what can be done now.
    fn advance(&mut self) -> Result<(), ViewError> {
        if self.record.stage() == MapRunStage::Processing {
            self.process()?;
        }
        if self.record.stage() == MapRunStage::Stopping {
            self.stop_children()?;
        }
        Ok(())
    }

    fn process(&mut self) -> Result<(), ViewError> {
        if !execution::is_active(&self.draft, &self.record.state_machine_arn, &self.record.machine)? {
            self.record.set_status(MapRunStatus::Aborted);
            self.stop();
            return Ok(());
        }
        self.check_tolerance();
        self.start_children()?;
        if self.record.stage() != MapRunStage::Processing {
            return Ok(());
        }
        self.read_ahead();
        let no_items = self.record.redrive.is_none()
            && self.record.all_read
            && self.record.items_started == self.record.items_read
            && self.record.open_batch_items == 0;
        if no_items && self.running() == 0 {
            self.processed()?;
        }
        Ok(())
    }

    /// Has more items read before those that wait run out.
    fn read_ahead(&mut self) {
        /// Fewer waiting items than this, or bytes, are not many.
        const FEW_ITEMS: u64 = 1000;
        const FEW_BYTES: u64 = 128 * 1024;
        let record = &self.record;
        let waiting = record.items_read.saturating_sub(record.items_started);
        let are_few = waiting < FEW_ITEMS && record.items_waiting_bytes < FEW_BYTES;
        if !record.all_read && record.call.is_none() && (self.is_starved || are_few) {
            let cursor = self.record.cursor.clone();
            self.call(Call { cursor, ..Call::default() });
        }
    }

    /// Makes a call of the stage that the map run is in.
    pub(super) fn call(&mut self, call: Call) {
        self.record.calls_made += 1;
        self.record.call =
            Some(Call { attempt: self.record.calls_made, target: self.record.arn.clone(), ..call });
    }

    /// Children that still run are stopped, a bounded number at a time: each is told by a call of its own, which a new leader repeats.
    fn stop_children(&mut self) -> Result<(), ViewError> {
        const STOPS_MAX: usize = 100;
        // One that is on its way when all have ended must not meet a child that was redriven since.
        if self.record.stops_under_way > 0 {
            return Ok(());
        }
        if self.running() == 0 {
            // What the children came to is written of a map run that failed, too (developer guide, "ResultWriter (Map)").
            let is_written = !self.setup()?.destination.is_empty()
                && self.record.error.as_deref() != Some("States.ResultWriterFailed");
            if !is_written {
                return self.over();
            }
            self.record.set_stage(MapRunStage::Writing);
            self.call(Call::default());
            return Ok(());
        }
        let arns = self.running_children(STOPS_MAX)?;
        if arns.is_empty() {
            // They were started in this step, and aren't listed yet; or their reports wait.
            self.put_off();
        }
        for arn in arns {
            self.record.stops_made += 1;
            self.record.stops_under_way += 1;
            let branch = BranchId(self.record.stops_made);
            let key = CallKey { execution: self.id, branch, kind: CallKind::StopExecution };
            let call = Call { attempt: super::ATTEMPT, target: arn, ..Call::default() };
            self.draft.put(key.key(), &call);
            self.draft.effects.push(crate::effect::Effect::Call { key, call: Box::new(call) });
        }
        Ok(())
    }
}
