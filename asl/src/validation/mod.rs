//! How the states of a definition hang together: names, labels, variables, transitions, ends. Runs on a definition whose fields
//! are all right, so that each transition says something. Never looks into single fields: `definition` does.

mod labels;
mod names;
mod transitions;
mod variables;

use crate::definition::{Definition, Flow, State, StateKind};
use crate::diagnostic::Problems;
use crate::location::Location;

pub(crate) fn check(definition: &Definition, problems: &Problems) {
    names::check(&definition.flow, problems);
    labels::check(&definition.flow, problems);
    variables::check(&definition.flow, problems);
    check_flow(&definition.flow, Location::Root, problems);
}

/// As [`check`], for a state alone: what it leads to isn't there to be found. Problems inside it are located from it.
pub(crate) fn check_one_state(definition: &Definition, problems: &Problems) {
    names::check(&definition.flow, problems);
    labels::check(&definition.flow, problems);
    variables::check(&definition.flow, problems);
    for state in definition.flow.states.values() {
        each_flow_of(state, Location::Root, &mut |inner, at| check_flow(inner, at, problems));
    }
}

/// Recursion is bounded by the depth of the JSON text: each flow lies four levels deeper than the one around
/// it.
fn check_flow(flow: &Flow, at: Location<'_>, problems: &Problems) {
    transitions::check(flow, at, problems);
    each_inner_flow(flow, at, &mut |inner, at| check_flow(inner, at, problems));
}

/// Calls `visit` with each flow right inside this one and its place.
pub(crate) fn each_inner_flow(flow: &Flow, at: Location<'_>, visit: &mut dyn FnMut(&Flow, Location<'_>)) {
    let states = at.field("States");
    for state in flow.states.values() {
        each_flow_of(state, states.field(&state.name), visit);
    }
}

fn each_flow_of(state: &State, at: Location<'_>, visit: &mut dyn FnMut(&Flow, Location<'_>)) {
    match &state.kind {
        StateKind::Parallel(parallel) => {
            let branches = at.field("Branches");
            for (index, branch) in parallel.branches.iter().enumerate() {
                visit(branch, branches.index(index));
            }
        }
        StateKind::Map(map) => visit(&map.item_processor, at.field(map.processor_field)),
        _ => {}
    }
}
