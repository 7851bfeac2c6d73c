//! Names of states: how long they may be, and that each is unique in the whole definition (not only in its
//! flow).

use std::collections::HashSet;

use super::each_inner_flow;
use crate::definition::Flow;
use crate::diagnostic::{Code, Problems};
use crate::limits::STATE_NAME_CHARACTERS_MAX;
use crate::location::Location;
use crate::wording;

pub(super) fn check(flow: &Flow, problems: &Problems) {
    check_flow(flow, Location::Root, &mut HashSet::new(), problems);
}

fn check_flow(flow: &Flow, at: Location<'_>, seen: &mut HashSet<String>, problems: &Problems) {
    let states = at.field("States");
    for name in flow.states.keys() {
        let at = states.field(name);
        if name.is_empty() {
            problems.report(Code::InvalidStateName, Some(&at), wording::STATE_NAME_EMPTY);
        }
        if name.chars().nth(STATE_NAME_CHARACTERS_MAX).is_some() {
            problems.report(Code::InvalidStateName, Some(&at), wording::state_name_too_long(name));
        }
        if !seen.insert(name.clone()) {
            problems.report(Code::DuplicateStateName, Some(&at), wording::duplicate_state_name(name));
        }
    }
    each_inner_flow(flow, at, &mut |inner, at| check_flow(inner, at, seen, problems));
}
