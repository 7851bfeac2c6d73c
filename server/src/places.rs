//! Where in an execution an event belongs: each state that was entered, and each iteration, is a place, and lies in another one or in
//! the execution. Events say it by the ones before them.

use std::collections::HashMap;

use keepstep_engine::record::{Event, EventType};

/// A state that was entered, or an iteration of one.
#[derive(Debug)]
pub(crate) struct Place {
    /// The state's name, and the iteration's index.
    pub(crate) name: String,
    /// What it lies in.
    pub(crate) parent: Option<usize>,
    /// How many others it lies in.
    pub(crate) depth: usize,
    /// How often its work was begun.
    pub(crate) attempts: u64,
    /// Its work has failed and not succeeded since.
    pub(crate) has_failed: bool,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Parallel,
    Map,
    Iteration,
    Other,
}

/// Where a flow is after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// In the event's place.
    Inside,
    /// In what is around it.
    Left,
    /// In its place if that catches the failure, and in what is around it if not.
    Failed,
}

/// The places of a history.
#[derive(Debug, Default)]
pub(crate) struct Places {
    all: Vec<Place>,
    /// By the event's id.
    of_event: HashMap<u64, (usize, After)>,
}

impl Places {
    /// The place of an event; `None` for those of the execution itself. Events come in their order.
    pub(crate) fn of(&mut self, event: &Event) -> Option<usize> {
        use EventType as Type;
        let before = self.of_event.get(&event.previous_id).copied();
        let name = event.details.name.clone().unwrap_or_default();
        let place = match event.kind() {
            Type::ExecutionStarted
            | Type::ExecutionSucceeded
            | Type::ExecutionFailed
            | Type::ExecutionAborted
            | Type::ExecutionTimedOut => None,
            kind if is_entered(kind) => {
                // After a state of the same flow, or as the first one of a flow in a place.
                let parent = before.and_then(|(place, after)| match after {
                    After::Left => self.all.get(place)?.parent,
                    After::Inside | After::Failed => Some(place),
                });
                let kind = match kind {
                    Type::ParallelStateEntered => Kind::Parallel,
                    Type::MapStateEntered => Kind::Map,
                    _ => Kind::Other,
                };
                Some(self.add(name, parent, kind))
            }
            Type::MapIterationStarted => {
                let map = self.around(before?.0, |place| place.kind == Kind::Map && place.name == name);
                let name = format!("{name}[{}]", event.details.index.unwrap_or_default());
                Some(self.add(name, map, Kind::Iteration))
            }
            Type::MapIterationSucceeded | Type::MapIterationFailed | Type::MapIterationAborted => {
                let name = format!("{name}[{}]", event.details.index.unwrap_or_default());
                self.around(before?.0, |place| place.kind == Kind::Iteration && place.name == name)
            }
            Type::ParallelStateStarted
            | Type::ParallelStateSucceeded
            | Type::ParallelStateFailed
            | Type::ParallelStateAborted => self.fan_out(before?, Kind::Parallel),
            Type::MapStateStarted
            | Type::MapStateSucceeded
            | Type::MapStateFailed
            | Type::MapStateAborted => self.fan_out(before?, Kind::Map),
            Type::ParallelStateExited => self.exited(before?, Kind::Parallel),
            Type::MapStateExited => self.exited(before?, Kind::Map),
            _ => before.map(|(place, _)| place),
        };
        if let Some(place) = place {
            self.of_event.insert(event.id, (place, after(event.kind())));
        }
        place
    }

    pub(crate) fn get(&self, place: usize) -> Option<&Place> {
        self.all.get(place)
    }

    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut Place> {
        self.all.get_mut(place)
    }

    fn add(&mut self, name: String, parent: Option<usize>, kind: Kind) -> usize {
        let depth = parent.and_then(|parent| self.all.get(parent)).map_or(0, |parent| parent.depth + 1);
        self.all.push(Place { name, parent, depth, attempts: 0, has_failed: false, kind });
        self.all.len() - 1
    }

    /// The Parallel or Map that an event belongs to: that of the event before, unless it has left it.
    fn fan_out(&self, (before, after): (usize, After), kind: Kind) -> Option<usize> {
        let from = if after == After::Inside { before } else { self.all.get(before)?.parent? };
        self.around(from, |place| place.kind == kind)
    }

    /// The Parallel or Map that is left: it may have caught its own failure.
    fn exited(&self, (before, after): (usize, After), kind: Kind) -> Option<usize> {
        let after = if after == After::Failed { After::Inside } else { after };
        self.fan_out((before, after), kind)
    }

    /// The innermost place from this one outwards for which something holds.
    fn around(&self, from: usize, holds: impl Fn(&Place) -> bool) -> Option<usize> {
        let mut next = Some(from);
        while let Some(place) = next {
            let found = self.all.get(place)?;
            if holds(found) {
                return Some(place);
            }
            next = found.parent;
        }
        None
    }
}

/// `*StateEntered`
pub(crate) fn is_entered(kind: EventType) -> bool {
    kind.api_name().ends_with("StateEntered")
}

fn after(kind: EventType) -> After {
    match kind {
        EventType::ParallelStateFailed | EventType::MapStateFailed => After::Failed,
        kind if kind.api_name().ends_with("StateExited") => After::Left,
        _ => After::Inside,
    }
}
