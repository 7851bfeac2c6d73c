//! Labels of distributed Map states: parts of ARNs, each unique in the definition (developer guide, "Using Map state in
//! Distributed mode", `Label`).

use std::collections::HashSet;

use super::each_inner_flow;
use crate::definition::{Flow, StateKind};
use crate::diagnostic::{Code, Problems};
use crate::limits::LABEL_CHARACTERS_MAX;
use crate::location::Location;
use crate::wording;

/// Neither blanks nor control characters, nor these.
const EXCLUDED: &str = "?*<>{}[]:;,\\|^~$#%&`\"";

pub(super) fn check(flow: &Flow, problems: &Problems) {
    check_flow(flow, Location::Root, &mut HashSet::new(), problems);
}

fn check_flow(flow: &Flow, at: Location<'_>, seen: &mut HashSet<String>, problems: &Problems) {
    let states = at.field("States");
    for state in flow.states.values() {
        let StateKind::Map(map) = &state.kind else { continue };
        let Some(label) = map.distributed.as_ref().and_then(|distributed| distributed.label.as_ref()) else {
            continue;
        };
        let state = states.field(&state.name);
        let at = state.field("Label");
        if label.chars().nth(LABEL_CHARACTERS_MAX).is_some() {
            problems.report(Code::InvalidLabelName, Some(&at), wording::label_too_long(label));
        } else if !is_valid(label) {
            problems.report(Code::InvalidLabelName, Some(&at), wording::invalid_label(label));
        }
        if !seen.insert(label.clone()) {
            problems.report(Code::DuplicateLabelName, Some(&at), wording::duplicate_label(label));
        }
    }
    each_inner_flow(flow, at, &mut |inner, at| check_flow(inner, at, seen, problems));
}

fn is_valid(label: &str) -> bool {
    let is_excluded = |c: char| c.is_whitespace() || c.is_control() || EXCLUDED.contains(c);
    !label.is_empty() && !label.contains(is_excluded)
}
