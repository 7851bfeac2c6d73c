//! The Parallel state: all branches start at once, on the same input.

use keepstep_asl::definition::{Parallel, State};

use super::super::drive::Outcome;
use super::super::interrupt::Interrupt;
use super::super::run::{Active, Run};
use super::Start;
use crate::record::phase::FanOut;
use crate::record::{EventDetails, EventType};

pub(in super::super) fn run(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    parallel: &Parallel,
) -> Result<Outcome, Interrupt> {
    let input = run.effective_input(active, state)?;
    let input = match &parallel.arguments {
        Some(arguments) => run.compute_all(active, state, "Arguments", arguments)?.into(),
        None => run.fill(active, state, parallel.parameters.as_ref(), input)?,
    };
    run.see_parameters(state, &input)?;
    let input = run.store_parameters(&state.name, input)?;
    run.event(active, EventType::ParallelStateStarted, EventDetails::default())?;
    let length = parallel.branches.len() as u64;
    Ok(super::begin(run, active, FanOut { input, length, concurrency: length, ..FanOut::default() }))
}

/// The next branch.
pub(super) fn start(parallel: &Parallel, fan_out: &FanOut, position: u64) -> Result<Start, Interrupt> {
    let flow = usize::try_from(position).ok().and_then(|position| parallel.branches.get(position));
    let flow = flow.ok_or_else(|| Interrupt::runtime("There is no such branch."))?;
    Ok(Start { state: flow.start_at.clone(), input: fan_out.input, item: None })
}
