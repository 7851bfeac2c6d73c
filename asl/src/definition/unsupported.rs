//! The parts of the Amazon States Language that this version of the server can't run yet: the distributed Map. A
//! definition that uses it is read and validated like any other, and then refused, with a
//! message that says so: accepting and ignoring it would run something else than what was written. This file is the
//! only place that knows of it.

use super::{Definition, Flow, State, StateKind};
use crate::diagnostic::Problems;
use crate::location::Location;

/// Reports each part of a valid definition that can't be run.
pub(super) fn refuse(definition: &Definition, problems: &Problems) {
    refuse_flow(&definition.flow, Location::Root, problems);
}

fn refuse_flow(flow: &Flow, at: Location<'_>, problems: &Problems) {
    let states = at.field("States");
    for state in flow.states.values() {
        refuse_state(state, states.field(&state.name), problems);
    }
    crate::validation::each_inner_flow(flow, at, &mut |inner, at| refuse_flow(inner, at, problems));
}

fn refuse_state(state: &State, at: Location<'_>, problems: &Problems) {
    if let StateKind::Map(map) = &state.kind
        && map.distributed.is_some()
    {
        let processor = at.field(map.processor_field);
        let config = processor.field("ProcessorConfig");
        let what = "the distributed Map state";
        problems
            .schema(config.field("Mode"), format!("This version of the server does not support {what} yet"));
    }
}
