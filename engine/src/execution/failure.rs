//! What happens when a state fails: it is tried again, or its failure is caught, or it ends the branch, and with it all around it.

use std::sync::Arc;

use keepstep_asl::definition::{Catcher, State, StateKind};
use serde_json::json;

use super::interrupt::{Failure, Interrupt};
use super::io::Document;
use super::run::{Active, Run};
use super::{fan_out, finish, retry};
use crate::record::phase::{Phase, Retrying};
use crate::record::{EventDetails, EventType};

impl Run<'_> {
    /// Deals with the failure of the state that a branch is in.
    pub(super) fn fail(&mut self, mut active: Active, mut failure: Failure) -> Result<(), Interrupt> {
        let definition = Arc::clone(&self.definition);
        // The results of all branches are too large together: a redrive runs the whole state again (developer guide, "Redrive behavior
        // of individual states").
        let mut begins_again = failure.is_data_limit_exceeded();
        loop {
            if failure.ends_execution() {
                // Seen on AWS in a branch of a Parallel: ExecutionFailed follows at once, without events of the states around it
                // (github.com/floci-io/floci/issues/2868).
                return self.end_by(active, failure);
            }
            let state = self.state(&definition, &active.branch)?;
            self.note_failure(&failure);
            if let Some(due_ms) = retry::due_ms(self, &mut active, state, &failure) {
                fan_out::forget(self, &active)?;
                active.branch.phase = Some(Phase::Retrying(Retrying { due_ms }));
                self.put(active);
                return Ok(());
            }
            if matches!(active.branch.phase, Some(Phase::FannedOut(_) | Phase::MapRun(_))) {
                // AWS's API has no details for these.
                let kind = match state.kind {
                    StateKind::Map(_) => EventType::MapStateFailed,
                    _ => EventType::ParallelStateFailed,
                };
                self.event(&mut active, kind, EventDetails::default())?;
                if begins_again {
                    fan_out::forget(self, &active)?;
                    active.branch.phase = None;
                } else if let Some(Phase::MapRun(_)) = active.branch.phase {
                    // It is over: nobody has to stop it.
                    active.branch.phase = fan_out::stopped(active.branch.phase);
                }
            }
            begins_again = false;
            if let Some((index, catcher)) = catcher(state, &failure) {
                match self.exit_caught(&active, state, (index, catcher), error_output(&failure)) {
                    Ok(exit) => {
                        fan_out::forget(self, &active)?;
                        self.note(|inspection| inspection.catch = Some(index));
                        return self.leave(active, state, exit, Some(catcher.next.clone()));
                    }
                    Err(interrupt) => failure = self.failure(&mut active, interrupt)?,
                }
            }
            let Some(parent) = active.branch.parent else { return self.end_by(active, failure) };
            if let StateKind::Task(_) = state.kind {
                // AWS ends the failed Task of a branch as it ends those beside it; the event that follows refers to the failure itself
                // (github.com/floci-io/floci/pull/3167).
                let details = EventDetails::default();
                self.history.append(EventType::TaskStateAborted, active.branch.last_event_id, details)?;
            }
            active = self.fail_parent(active, parent)?;
        }
    }

    /// The failure of a branch ends the execution.
    fn end_by(&mut self, failed: Active, failure: Failure) -> Result<(), Interrupt> {
        let previous_id = failed.branch.last_event_id;
        fan_out::stop(self, failed);
        Ok(finish::failed(self, failure, previous_id)?)
    }

    /// Stops a failed branch and its siblings, and returns the branch around them, which has failed by that.
    fn fail_parent(&mut self, failed: Active, parent: u64) -> Result<Active, Interrupt> {
        let mut parent = self.take_parent(parent)?;
        let definition = Arc::clone(&self.definition);
        let state = self.state(&definition, &parent.branch)?;
        parent.branch.last_event_id = failed.branch.last_event_id;
        if let StateKind::Map(_) = state.kind {
            let details = fan_out::iteration_details(state, failed.branch.position);
            self.history.append(EventType::MapIterationFailed, failed.branch.last_event_id, details)?;
        }
        fan_out::release(self, &failed);
        fan_out::stop(self, failed);
        let id = parent.id;
        self.put(parent);
        fan_out::abort_branches(self, id)?;
        Ok(self.take_parent(id.0)?)
    }
}

/// The first catcher that takes a failure, and its place.
fn catcher<'s>(state: &'s State, failure: &Failure) -> Option<(usize, &'s Catcher)> {
    let mut catchers = state.kind.catch().iter().enumerate();
    catchers.find(|(_, catcher)| retry::matches(&catcher.error_equals, failure))
}

/// What a catcher gets.
fn error_output(failure: &Failure) -> Document {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    json!({ "Error": text(&failure.error), "Cause": text(&failure.cause) }).into()
}
