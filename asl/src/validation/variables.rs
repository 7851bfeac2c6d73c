//! Variables: a name belongs to one scope. What a flow's states assign, no state of a flow inside it may assign again
//! (developer guide, "Variable scope"). References to variables that nothing assigns are no problem here: AWS lets them
//! fail when they are evaluated.

use std::collections::HashSet;

use super::each_inner_flow;
use crate::definition::Flow;
use crate::diagnostic::Problems;
use crate::location::Location;
use crate::wording;

pub(super) fn check(flow: &Flow, problems: &Problems) {
    check_flow(flow, Location::Root, &mut HashSet::new(), problems);
}

/// `outer`: the variables of the flows around this one. It leaves as it came: a copy for each flow could cost the product
/// of flows and variables.
fn check_flow(flow: &Flow, at: Location<'_>, outer: &mut HashSet<String>, problems: &Problems) {
    let mut assigned = HashSet::new();
    let states = at.field("States");
    for state in flow.states.values() {
        state.each_assign(states.field(&state.name), &mut |assign, at| {
            for name in &assign.names {
                if outer.contains(name) {
                    problems.schema(at, wording::assigned_outside(name));
                } else {
                    assigned.insert(name.clone());
                }
            }
        });
    }
    outer.extend(assigned.iter().cloned());
    each_inner_flow(flow, at, &mut |inner, at| check_flow(inner, at, outer, problems));
    for name in &assigned {
        outer.remove(name);
    }
}
