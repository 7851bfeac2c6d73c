//! Transitions: each leads to a state of its own flow, each state is led to, and the flow can end.

use std::collections::HashSet;

use crate::definition::{Flow, State, StateKind, Transition};
use crate::diagnostic::{Code, Problems};
use crate::location::Location;
use crate::wording;

pub(super) fn check(flow: &Flow, at: Location<'_>, problems: &Problems) {
    let mut targets = HashSet::with_capacity(flow.states.len());
    let mut follow = |name: &str, from: Location<'_>| match flow.states.get_index_of(name) {
        Some(index) => {
            targets.insert(index);
        }
        None => problems.report(Code::MissingTransitionTarget, Some(&from), wording::missing_target(name)),
    };
    follow(&flow.start_at, at.field("StartAt"));
    let states = at.field("States");
    for state in flow.states.values() {
        each_target(state, states.field(&state.name), &mut follow);
    }
    if !flow.states.values().any(is_terminal) {
        problems.report(Code::MissingEndState, None, wording::NO_TERMINAL_STATE);
        return;
    }
    // AWS looks at single transitions, not at paths from the start: what an unreachable state leads to isn't
    // reported.
    for (index, name) in flow.states.keys().enumerate() {
        if !targets.contains(&index) {
            let message = wording::unreachable(name);
            problems.report(Code::MissingTransitionTarget, Some(&states.field(name)), message);
        }
    }
}

fn is_terminal(state: &State) -> bool {
    match &state.kind {
        StateKind::Succeed | StateKind::Fail(_) => true,
        kind => kind.transition() == Some(&Transition::End),
    }
}

fn each_target(state: &State, at: Location<'_>, follow: &mut dyn FnMut(&str, Location<'_>)) {
    if let StateKind::Choice(choice) = &state.kind {
        let choices = at.field("Choices");
        for (index, rule) in choice.rules.iter().enumerate() {
            follow(&rule.next, choices.index(index).field("Next"));
        }
        if let Some(default) = &choice.default {
            follow(default, at.field("Default"));
        }
    }
    if let Some(Transition::Next(name)) = state.kind.transition() {
        follow(name, at.field("Next"));
    }
    let catch = at.field("Catch");
    for (index, catcher) in state.kind.catch().iter().enumerate() {
        follow(&catcher.next, catch.index(index).field("Next"));
    }
}
