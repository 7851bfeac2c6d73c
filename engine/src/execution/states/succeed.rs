//! The Succeed state.

use keepstep_asl::definition::State;

use super::super::drive::Outcome;
use super::super::interrupt::Interrupt;
use super::super::run::{Active, Run};

pub(super) fn run(run: &mut Run<'_>, active: &mut Active, state: &State) -> Result<Outcome, Interrupt> {
    Ok(Outcome::left(state, run.exit(active, state, None)?))
}
