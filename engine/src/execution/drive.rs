//! Runs the branches that can go on, each as far as it goes without waiting, until the step has done as much as one step may.

use std::sync::Arc;

use keepstep_asl::EvaluationError;
use keepstep_asl::definition::{State, Transition};
use keepstep_asl::jsonata::FieldFailure;

use super::exit::Exit;
use super::inspection::Left;
use super::interrupt::{Failure, Interrupt};
use super::run::{Active, Run};
use super::{finish, states};
use crate::id::BranchId;
use crate::record::phase::Phase;
use crate::record::{Branch, EventDetails, EventType, PayloadRef};
use crate::view::ViewError;

/// What came of a state.
pub(super) enum Outcome {
    /// It goes on when something happens to it.
    Waits,
    /// It can go on at once.
    GoesOn,
    /// It is left.
    Left {
        /// Its output, and what it sets.
        exit: Exit,
        /// The next state; the flow ends without one.
        next: Option<String>,
        /// The `previousEventId` of the event that leaves it, where that isn't the branch's last event.
        previous_event_id: Option<u64>,
    },
}

impl Outcome {
    /// The state is left the way that its definition says.
    pub(super) fn left(state: &State, exit: Exit) -> Self {
        let next = match state.kind.transition() {
            Some(Transition::Next(next)) => Some(next.clone()),
            Some(Transition::End) | None => None,
        };
        Self::Left { exit, next, previous_event_id: None }
    }
}

impl Run<'_> {
    /// Runs what can go on. What still can when the step ends at its bound is marked, and gets a timer.
    pub(super) fn drive(&mut self) -> Result<(), ViewError> {
        while let Some(id) = self.queue.pop_front() {
            let result =
                if self.is_at_bound() { self.put_off(id).map_err(Interrupt::from) } else { self.advance(id) };
            self.or_full(result)?;
        }
        Ok(())
    }

    /// Ends the execution if there is no room in its history for what was to be done.
    pub(super) fn or_full(&mut self, result: Result<(), Interrupt>) -> Result<(), ViewError> {
        match result {
            Ok(()) => Ok(()),
            Err(Interrupt::View(error)) => Err(error),
            Err(Interrupt::HistoryFull) => finish::history_full(self),
            // Failures are dealt with where the state is known; one that comes this far has no state left to fail.
            Err(Interrupt::Evaluation(error) | Interrupt::Query(FieldFailure { error, .. })) => {
                let previous = self.history.last_event_id();
                finish::failed(self, Failure::new(error.error, error.cause), previous)
            }
            Err(Interrupt::Failed(failure)) => {
                let previous = self.history.last_event_id();
                finish::failed(self, failure, previous)
            }
        }
    }

    fn put_off(&mut self, id: BranchId) -> Result<(), ViewError> {
        let now_ms = self.now_ms();
        if let Some(mut active) = self.take(id)? {
            // A branch that is ready has its timer by its phase.
            if let Some(Phase::FannedOut(fan_out)) = &mut active.branch.phase {
                fan_out.ready_since_ms = Some(now_ms);
            }
            self.put(active);
        }
        Ok(())
    }

    fn advance(&mut self, id: BranchId) -> Result<(), Interrupt> {
        let Some(mut active) = self.take(id)? else { return Ok(()) };
        match active.branch.phase {
            Some(Phase::Ready(_)) => {
                let definition = Arc::clone(&self.definition);
                let state = self.state(&definition, &active.branch)?;
                if active.branch.entered_event_id == 0 && !self.enter(&mut active, state)? {
                    return Ok(());
                }
                let outcome = states::run(self, &mut active, state);
                self.settle(active, state, outcome)
            }
            Some(Phase::FannedOut(_)) => {
                let definition = Arc::clone(&self.definition);
                let state = self.state(&definition, &active.branch)?;
                let interrupt = match super::fan_out::advance(self, &mut active, state) {
                    Err(interrupt) => interrupt,
                    outcome => return self.settle(active, state, outcome),
                };
                let failure = self.failure(&mut active, interrupt)?;
                if !failure.ends_execution() {
                    // The state fails of itself, not by one of its branches: those that run end with it.
                    self.put(active);
                    super::fan_out::abort_branches(self, id)?;
                    active = self.take_parent(id.0)?;
                }
                self.fail(active, failure)
            }
            _ => {
                self.put(active);
                Ok(())
            }
        }
    }

    /// Enters a state. Returns whether the execution goes on: that of a state machine that is being deleted ends here.
    fn enter(&mut self, active: &mut Active, state: &State) -> Result<bool, Interrupt> {
        if self.transitions == 0 && self.is_stored() && finish::if_deleting(self)? {
            return Ok(false);
        }
        self.transitions += 1;
        let details = EventDetails {
            name: Some(state.name.clone()),
            input: Some(active.branch.input),
            ..EventDetails::default()
        };
        self.event(active, states::entered(&state.kind), details)?;
        active.branch.entered_event_id = active.branch.last_event_id;
        active.branch.entered_ms = self.now_ms();
        Ok(true)
    }

    /// Deals with what came of a state.
    pub(super) fn settle(
        &mut self,
        mut active: Active,
        state: &State,
        outcome: Result<Outcome, Interrupt>,
    ) -> Result<(), Interrupt> {
        match outcome {
            Ok(Outcome::Waits) => {
                self.put(active);
                Ok(())
            }
            Ok(Outcome::GoesOn) => {
                self.queue.push_front(active.id);
                self.put(active);
                Ok(())
            }
            Ok(Outcome::Left { exit, next, previous_event_id }) => {
                active.branch.last_event_id = previous_event_id.unwrap_or(active.branch.last_event_id);
                self.leave(active, state, exit, next)
            }
            Err(interrupt) => {
                let failure = self.failure(&mut active, interrupt)?;
                self.fail(active, failure)
            }
        }
    }

    /// The failure of the state that a branch is in. That of a JSONata field has an event of its own.
    pub(super) fn failure(
        &mut self,
        active: &mut Active,
        interrupt: Interrupt,
    ) -> Result<Failure, Interrupt> {
        match interrupt {
            Interrupt::Evaluation(error) => Ok(at_state(&active.branch, error)),
            Interrupt::Query(FieldFailure { field, error }) => {
                let failure = at_state(&active.branch, error);
                let details = EventDetails {
                    name: Some(active.branch.state.clone()),
                    location: Some(field.chars().take(LOCATION_CHARACTERS_MAX).collect()),
                    ..failure_details(&failure)
                };
                self.event(active, EventType::EvaluationFailed, details)?;
                Ok(failure)
            }
            Interrupt::Failed(failure) => Ok(failure),
            other => Err(other),
        }
    }

    /// Leaves a state for the next one, or ends the branch.
    pub(super) fn leave(
        &mut self,
        mut active: Active,
        state: &State,
        Exit { output, assigned }: Exit,
        next: Option<String>,
    ) -> Result<(), Interrupt> {
        if let Some(exited) = states::exited(&state.kind) {
            let details = EventDetails {
                name: Some(state.name.clone()),
                output: Some(output),
                assigned: assigned.clone(),
                ..EventDetails::default()
            };
            self.event(&mut active, exited, details)?;
        }
        self.set_variables(&mut active.branch, assigned);
        if self.inspection.is_some() {
            let variables = self.all_variables(&active.branch)?;
            let left = Left { output: self.text(output)?, next: next.clone(), variables };
            self.note(|inspection| inspection.left = Some(left));
        }
        match next {
            Some(next) => {
                let branch = &mut active.branch;
                branch.state = next;
                branch.input = output;
                branch.entered_event_id = 0;
                branch.retries.clear();
                self.put_ready(active);
                Ok(())
            }
            None if active.branch.parent.is_some() => super::fan_out::branch_ended(self, active, output),
            None => Ok(finish::succeeded(self, output, active.branch.last_event_id)?),
        }
    }
}

/// The longest `location` of an `EvaluationFailed` event, in characters (API model, `EvaluationFailureLocation`).
const LOCATION_CHARACTERS_MAX: usize = 256;

/// A failure at run time, with AWS's words for where it happened.
pub(super) fn at_state(branch: &Branch, error: EvaluationError) -> Failure {
    let Branch { state, entered_event_id, .. } = branch;
    let EvaluationError { error, cause } = error;
    let place = format!("executing the state '{state}' (entered at the event id #{entered_event_id})");
    Failure::new(error, format!("An error occurred while {place}. {cause}"))
}

/// The details of an event with an error and a cause.
pub(super) fn failure_details(failure: &Failure) -> EventDetails {
    EventDetails { error: failure.error.clone(), cause: failure.cause.clone(), ..EventDetails::default() }
}

/// The details of an event that names a state's output.
pub(super) fn output_details(output: PayloadRef) -> EventDetails {
    EventDetails { output: Some(output), ..EventDetails::default() }
}
