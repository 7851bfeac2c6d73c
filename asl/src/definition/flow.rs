//! States that follow one another: the whole of a definition, a branch of a Parallel, or the processor of a
//! Map.

use indexmap::IndexMap;

use super::Machine;
use super::fields::Fields;
use super::state::{self, State};
use crate::wording;

/// `StartAt` and `States`. Names of states are unique in the whole definition, not only in their flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// The name of the first state; it is in `states`.
    pub start_at: String,
    /// The states by name, in the order of the text.
    pub states: IndexMap<String, State>,
}

impl Flow {
    /// The first state. `None` only for a flow that [`super::parse`] didn't make.
    pub fn start(&self) -> Option<&State> {
        self.states.get(&self.start_at)
    }

    /// Whether a state of this name lies in this flow, however nested. Recursion is bounded by the depth of the text.
    pub fn contains(&self, state: &str) -> bool {
        let mut inner = self.states.values().flat_map(|state| state.kind.flows());
        self.states.contains_key(state) || inner.any(|flow| flow.contains(state))
    }
}

/// The way from the root of a definition to a flow in it. The empty path is the root.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct FlowPath(Vec<FlowStep>);

/// One step down: into a branch of a Parallel, or into the processor of a Map.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FlowStep {
    /// The name of the Parallel or Map state.
    pub state: String,
    /// The branch's index in a Parallel; 0 in a Map, whose iterations all run the same flow.
    pub branch: u32,
}

impl FlowPath {
    /// The root.
    pub fn root() -> Self {
        Self::default()
    }

    /// The path of a flow inside the flow that this path leads to.
    #[must_use]
    pub fn child(&self, state: &str, branch: u32) -> Self {
        let mut steps = Vec::with_capacity(self.0.len() + 1);
        steps.extend_from_slice(&self.0);
        steps.push(FlowStep { state: state.to_owned(), branch });
        Self(steps)
    }

    /// The steps from the root down.
    pub fn steps(&self) -> &[FlowStep] {
        &self.0
    }
}

impl From<Vec<FlowStep>> for FlowPath {
    fn from(steps: Vec<FlowStep>) -> Self {
        Self(steps)
    }
}

/// Reads `StartAt` and `States`. Recursion (through Parallel and Map) is bounded by the depth of the JSON
/// text.
pub(super) fn read(fields: &Fields<'_>, machine: Machine) -> Option<Flow> {
    fields.require(&["StartAt", "States"]);
    let start_at = fields.text("StartAt");
    let value = fields.get("States")?;
    let at = fields.at.field("States");
    let Some(object) = value.as_object() else {
        fields.problems.schema(at, wording::expected("Object"));
        return None;
    };
    let mut states = IndexMap::with_capacity(object.len());
    for (name, value) in object {
        if let Some(state) = state::read(name, value, at.field(name), fields.problems, machine) {
            states.insert(name.clone(), state);
        }
    }
    Some(Flow { start_at: start_at?.to_owned(), states })
}
