//! The eight types of states: one file each.

mod choice;
mod fail;
mod pass;
mod succeed;
pub(super) mod task;
mod wait;

use keepstep_asl::definition::{State, StateKind};

use super::drive::Outcome;
use super::fan_out;
use super::interrupt::Interrupt;
use super::run::{Active, Run};
use crate::record::EventType;

pub(super) use wait::is_over as wait_is_over;

/// Runs a state that was entered, or tries it again.
pub(super) fn run(run: &mut Run<'_>, active: &mut Active, state: &State) -> Result<Outcome, Interrupt> {
    match &state.kind {
        StateKind::Pass(pass) => pass::run(run, active, state, pass),
        StateKind::Task(task) => task::run(run, active, state, task),
        StateKind::Choice(choice) => choice::run(run, active, state, choice),
        StateKind::Wait(wait) => wait::run(run, active, state, wait),
        StateKind::Succeed => succeed::run(run, active, state),
        StateKind::Fail(fail) => fail::run(run, active, state, fail),
        StateKind::Parallel(parallel) => fan_out::parallel::run(run, active, state, parallel),
        StateKind::Map(map) => fan_out::map::run(run, active, state, map),
    }
}

/// The event that enters a state.
pub(super) fn entered(kind: &StateKind) -> EventType {
    match kind {
        StateKind::Pass(_) => EventType::PassStateEntered,
        StateKind::Task(_) => EventType::TaskStateEntered,
        StateKind::Choice(_) => EventType::ChoiceStateEntered,
        StateKind::Wait(_) => EventType::WaitStateEntered,
        StateKind::Succeed => EventType::SucceedStateEntered,
        StateKind::Fail(_) => EventType::FailStateEntered,
        StateKind::Parallel(_) => EventType::ParallelStateEntered,
        StateKind::Map(_) => EventType::MapStateEntered,
    }
}

/// The event that leaves a state; a Fail state is never left.
pub(super) fn exited(kind: &StateKind) -> Option<EventType> {
    Some(match kind {
        StateKind::Pass(_) => EventType::PassStateExited,
        StateKind::Task(_) => EventType::TaskStateExited,
        StateKind::Choice(_) => EventType::ChoiceStateExited,
        StateKind::Wait(_) => EventType::WaitStateExited,
        StateKind::Succeed => EventType::SucceedStateExited,
        StateKind::Fail(_) => return None,
        StateKind::Parallel(_) => EventType::ParallelStateExited,
        StateKind::Map(_) => EventType::MapStateExited,
    })
}

/// The event for a state that was entered, and is ended because a sibling failed.
pub(super) fn aborted(kind: &StateKind) -> Option<EventType> {
    match kind {
        StateKind::Task(_) => Some(EventType::TaskStateAborted),
        StateKind::Wait(_) => Some(EventType::WaitStateAborted),
        StateKind::Parallel(_) => Some(EventType::ParallelStateAborted),
        StateKind::Map(_) => Some(EventType::MapStateAborted),
        StateKind::Pass(_) | StateKind::Choice(_) | StateKind::Succeed | StateKind::Fail(_) => None,
    }
}
