//! Map runs: the children of a Map state in the mode `DISTRIBUTED`, so many at a time. A map run has an id, a record and a mailbox of its
//! own. It is begun by the execution that waits for it (`execution/fan_out/distributed.rs`) and reports its end to it as a child does.
//!
//! Items wait in records of their own until a child takes them; they are read ahead within a bound, so that neither memory nor what is
//! stored grows with the number of items that are still to come. What children came to lies with the children, and is read from there
//! when results are written; only results that become the Map state's own are gathered here, within that result's bound.
//!
//! Read in this order: `step` (what happens to a map run), `work` (the working set of a step), `start` and `input` (children), `end`
//! (children's ends and its own), `outcome` (what is written of a child), `redrive`.

mod end;
mod input;
mod outcome;
mod redrive;
mod start;
mod step;
mod tolerance;
mod work;

pub use outcome::{Outcome, outcomes};
pub(crate) use redrive::{Redrive, begin as redrive, hand_over, wake};
pub(crate) use step::step;

use keepstep_asl::definition::{Definition, Map, State, StateKind};

use crate::execution::inner_flow;
use crate::record::FlowStep;

/// The attempt that a map run's children report to: it has no attempts.
pub(crate) const ATTEMPT: u64 = 0;

/// The Map state at the end of a way through a definition.
fn map_state<'d>(definition: &'d Definition, way: &[FlowStep]) -> Option<(&'d State, &'d Map)> {
    let (last, way) = way.split_last()?;
    let flow =
        way.iter().try_fold(&definition.flow, |flow, step| inner_flow(flow, &step.state, step.position))?;
    let state = flow.states.get(&last.state)?;
    match &state.kind {
        StateKind::Map(map) => Some((state, map)),
        _ => None,
    }
}
