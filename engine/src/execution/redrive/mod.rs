//! RedriveExecution: an execution that has ended without success goes on from the states that have not succeeded.
//!
//! What it goes on with was kept when it ended: its branches in the phase `Stopped`, and the items and results of their fan-outs. The
//! developer guide ("Restarting state machine executions with redrive in Step Functions") says what becomes of each type of state. Where
//! it says nothing, a redrive is like a retry: a state that was entered is not entered again, its events follow its own last one, so that
//! whoever goes from event to previous event comes to the state, and a Wait state waits for all of its seconds.

mod judge;

use std::sync::Arc;

use keepstep_asl::definition::StateKind;

use super::interrupt::Interrupt;
use super::run::{Active, Run};
use super::{fan_out, seconds, start, status_change};
use crate::api_error::ApiError;
use crate::arn::StateMachineArn;
use crate::desk::Desk;
use crate::draft::Draft;
use crate::effect::Effect;
use crate::id::{BranchId, ExecutionId, MachineId, Timestamp};
use crate::key;
use crate::record::outcome::{Answer, Redriven};
use crate::record::phase::{Phase, Ready, Stopped};
use crate::record::{
    ChildResult, EventDetails, EventType, ExecutionStatus, Head, RedriveToken, StateMachine,
};
use crate::retention;
use crate::view::ViewError;

use super::step::Reply;
pub(crate) use judge::has_ended_for_good;
pub(super) use judge::has_room;
pub use judge::{Redrivability, redrivability, redrivability_by_head};

/// How many client tokens are remembered (API reference, "RedriveExecution").
const TOKENS_MAX: usize = 10;
/// For how long, in seconds.
const TOKEN_SECONDS: u64 = 15 * 60;

impl Run<'_> {
    /// RedriveExecution with a client token, which is empty where none was given.
    pub(super) fn redrive(&mut self, client_token: &str) -> Result<Reply, ViewError> {
        let now_ms = self.now_ms();
        let is_valid = |known: &RedriveToken| seconds::after(known.redriven_ms, TOKEN_SECONDS) > now_ms;
        let mut known = self.head.redrives.iter().filter(|known| is_valid(known));
        if let Some(known) = known.find(|known| !client_token.is_empty() && known.token == client_token) {
            return Ok(Ok(Answer::Redriven(Redriven { redriven_ms: known.redriven_ms })));
        }
        // Before it is looked at: what is judged is what is guarded.
        self.guard_machine()?;
        let judged = redrivability(self.desk.view, self.id, &self.head, self.desk.now, self.desk.limits)?;
        let refused = |reason: &str| Ok(Err(ApiError::new("ExecutionNotRedrivable", reason)));
        match judged {
            Redrivability::Redrivable => {}
            Redrivability::ByMapRun => {
                return refused(
                    "Execution is a child of a Map Run and can be redriven by its parent workflow only",
                );
            }
            Redrivability::Not(reason) => return refused(&reason),
        }
        self.head.redrives.retain(is_valid);
        if !client_token.is_empty() {
            let token = RedriveToken { token: client_token.to_owned(), redriven_ms: now_ms };
            self.head.redrives.push(token);
            let surplus = self.head.redrives.len().saturating_sub(TOKENS_MAX);
            self.head.redrives.drain(..surplus);
        }
        let resumed = self.resume();
        self.or_full(resumed)?;
        Ok(Ok(Answer::Redriven(Redriven { redriven_ms: now_ms })))
    }

    /// Goes on with all branches that are stopped. The execution was found to be redrivable.
    fn resume(&mut self) -> Result<(), Interrupt> {
        self.reopen()?;
        let count = self.head.redrive_count;
        let details = EventDetails { redrive_count: Some(count), ..EventDetails::default() };
        let previous = self.history.last_event_id();
        self.history.append(EventType::ExecutionRedriven, previous, details)?;
        // A redrive counts as a state transition.
        self.transitions += 1;
        self.draft.effects.push(Effect::Redriven);
        status_change::tell(self);
        let stopped = self.take_all(BranchId::ROOT)?;
        let ids: Vec<BranchId> = stopped.iter().map(|active| active.id).collect();
        // The state of a branch is found by those around it: all of them are there.
        stopped.into_iter().for_each(|active| self.put(active));
        let mut fan_outs = Vec::new();
        for id in ids {
            // A state that can't be redriven fails, and the execution with it.
            if !self.is_running() {
                return Ok(());
            }
            if let Some(active) = self.take(id)? {
                self.resume_branch(active, &mut fan_outs)?;
            }
        }
        // What had begun goes on before more begins.
        self.queue.extend(fan_outs);
        Ok(())
    }

    /// The guard on its lifecycle record orders a redrive before or after the deletion of the state machine.
    fn guard_machine(&mut self) -> Result<(), ViewError> {
        if let Ok(arn) = StateMachineArn::parse(&self.head.state_machine_arn) {
            let key = key::state_machine(arn.place.account, arn.place.region, arn.name);
            self.draft.get::<StateMachine>(&key)?;
        }
        Ok(())
    }

    /// The execution runs again, as far as its head and its indexes say.
    fn reopen(&mut self) -> Result<(), ViewError> {
        let limits = self.desk.limits;
        if let Some(stopped_ms) = self.head.stopped_ms {
            // Where the retention was another one when it ended, the entry stays behind: the retention sweep drops it.
            let kept = retention::seconds(&self.draft, MachineId::from_slice(&self.head.machine), limits)?;
            self.draft.delete(key::expiry(Timestamp(seconds::after(stopped_ms, kept)), self.id));
        }
        self.take_back_report()?;
        // The time starts anew, within the longest that an execution may be open. A definition's own is not that of map runs' children.
        let timeout_seconds = match self.head.map_run {
            None => start::timeout_seconds(&self.definition, limits),
            Some(_) => limits.execution_seconds_max,
        };
        let timeout = seconds::after(self.now_ms(), timeout_seconds);
        let latest = seconds::after(self.head.started_ms, limits.execution_seconds_max);
        let head = &mut self.head;
        head.set_status(ExecutionStatus::Running);
        head.stopped_ms = None;
        head.output = None;
        head.error = None;
        head.cause = None;
        head.timeout_due_ms = Some(timeout.min(latest));
        head.redrive_count += 1;
        head.redriven_ms = Some(self.desk.now.0);
        self.context = None;
        Ok(())
    }

    /// A parent that has not taken in yet that its child has ended goes on waiting for it. One that has does so no more.
    fn take_back_report(&mut self) -> Result<(), ViewError> {
        let Some(link) = self.head.parent.clone() else { return Ok(()) };
        let Some(parent) = ExecutionId::from_slice(&link.execution) else { return Ok(()) };
        let inbox = key::inbox(parent, BranchId(link.branch), link.attempt);
        match self.draft.get::<ChildResult>(&inbox)? {
            Some(_) => self.draft.delete(inbox),
            None => self.head.parent = None,
        }
        Ok(())
    }

    /// Goes on with a branch. Those that have branches of their own are noted.
    fn resume_branch(&mut self, mut active: Active, fan_outs: &mut Vec<BranchId>) -> Result<(), Interrupt> {
        let stopped = match active.branch.phase.take() {
            Some(Phase::Stopped(stopped)) => *stopped,
            _ => Stopped::default(),
        };
        active.branch.retries.clear();
        if let Some(fan_out) = stopped.fan_out {
            active.branch.phase = Some(Phase::FannedOut(fan_out));
            fan_outs.push(active.id);
            self.put(active);
            return Ok(());
        }
        let definition = Arc::clone(&self.definition);
        let state = self.state(&definition, &active.branch)?;
        if !stopped.map_run.is_empty() {
            match fan_out::distributed::redrive(self, &mut active, stopped.map_run) {
                Ok(true) => {
                    self.put(active);
                    return Ok(());
                }
                Ok(false) => {}
                Err(interrupt) => return self.settle(active, state, Err(interrupt)),
            }
        }
        if let StateKind::Fail(_) = state.kind {
            active.branch.entered_event_id = 0;
        }
        active.branch.phase = Some(Phase::Ready(Ready { since_ms: self.now_ms() }));
        self.queue.push_back(active.id);
        self.put(active);
        Ok(())
    }
}

/// Redrives a child of a map run, which was found to be redrivable, and lets it run as far as it goes without waiting. Returns the draft,
/// and how many states it has entered.
pub(crate) fn redrive_child<'a>(
    desk: &Desk<'a>,
    draft: Draft<'a>,
    child: ExecutionId,
    head: Head,
) -> Result<(Draft<'a>, usize), ViewError> {
    let mut run = Run::new(desk, draft, child, head, true)?;
    let resumed = run.resume();
    run.or_full(resumed)?;
    run.drive()?;
    let transitions = run.transitions;
    Ok((run.flush(), transitions))
}
