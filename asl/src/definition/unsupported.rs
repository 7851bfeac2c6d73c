//! The parts of the Amazon States Language that this version of the server can't run yet: JSONata, variables
//! and the distributed Map. A definition that uses them is read and validated like any other, and then refused, with a
//! message that says so: accepting and ignoring them would run something else than what was written. This file is the
//! only place that knows of them.

use super::{Definition, Flow, QueryLanguage, State, StateKind};
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
    let refuse = |at: Location<'_>, what: &str| {
        problems.schema(at, format!("This version of the server does not support {what} yet"));
    };
    if state.query_language == QueryLanguage::Jsonata {
        refuse(at, "the query language JSONata");
    }
    let mut assigns = false;
    state.each_assign(at, &mut |_, at| {
        assigns = true;
        refuse(at, "the field 'Assign'");
    });
    if !assigns && !state.variables().is_empty() {
        refuse(at, "variables");
    }
    if let StateKind::Map(map) = &state.kind {
        if map.distributed.is_some() {
            let processor = at.field(map.processor_field);
            refuse(processor.field("ProcessorConfig").field("Mode"), "the distributed Map state");
        } else if map.tolerated_failure_count.is_some() || map.tolerated_failure_percentage.is_some() {
            refuse(at, "tolerated failures");
        }
    }
}
