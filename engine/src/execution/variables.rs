//! Variables: which of them a state sees, and what its `Assign` sets. A scope is a branch: its record holds names and where the values
//! lie, never the values, and the branches inside it look them up there instead of having copies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use indexmap::IndexMap;
use keepstep_asl::definition::State;
use keepstep_asl::limits::{ASSIGN_BYTES_MAX, VARIABLES_BYTES_MAX};
use serde_json::Value;

use super::interrupt::{Failure, Interrupt};
use super::run::{Active, Run};
use crate::id::BranchId;
use crate::record::{Branch, PayloadRef, Variable};
use crate::view::ViewError;

/// The variables that a state refers to, by name without `$`.
pub(super) type Variables = Arc<IndexMap<String, Value>>;

/// How many states' variables a step keeps at hand: those of a Map and of the iterations that run in turn. All variables of an
/// execution are 10 MiB at most.
const KEPT_LEN: usize = 4;

/// The variables of the states that were evaluated last, by the id of the event that entered the state.
pub(super) type Kept = Vec<(u64, Variables)>;

/// The variables that an `Assign` yields, measured and not kept yet.
#[derive(Default)]
pub(super) struct Assigned(Vec<(String, Value, String)>);

impl Run<'_> {
    /// The values of the variables that a state refers to, as they were when it was entered. Those that nothing has set are not there.
    pub(super) fn variables(&mut self, active: &Active, state: &State) -> Result<Variables, ViewError> {
        let entered = active.branch.entered_event_id;
        if let Some((_, variables)) = self.kept_variables.iter().find(|(of, _)| *of == entered) {
            return Ok(Arc::clone(variables));
        }
        let mut missing = state.variables();
        let mut found = Vec::new();
        take(&active.branch, &mut missing, &mut found);
        let mut around = active.branch.parent;
        while let (false, Some(id)) = (missing.is_empty(), around) {
            let Some(branch) = self.branch(BranchId(id))? else { break };
            take(branch, &mut missing, &mut found);
            around = branch.parent;
        }
        let mut variables = IndexMap::with_capacity(found.len());
        for (name, value) in found {
            variables.insert(name, Value::clone(&*self.value(value)?));
        }
        let variables = Arc::new(variables);
        if self.kept_variables.len() >= KEPT_LEN {
            self.kept_variables.remove(0);
        }
        self.kept_variables.push((entered, Arc::clone(&variables)));
        Ok(variables)
    }

    /// All variables of a branch and the branches around it: names and JSON, sorted.
    pub(super) fn all_variables(&mut self, branch: &Branch) -> Result<Vec<(String, Bytes)>, ViewError> {
        let mut found: BTreeMap<String, PayloadRef> = BTreeMap::new();
        let mut next = Some(branch.clone());
        while let Some(scope) = next {
            for Variable { name, value, .. } in scope.variables {
                found.entry(name).or_insert(value);
            }
            next = match scope.parent {
                Some(parent) => self.branch(BranchId(parent))?.cloned(),
                None => None,
            };
        }
        found.into_iter().map(|(name, value)| Ok((name, self.text(value)?))).collect()
    }

    /// Measures what an `Assign` yields.
    ///
    /// # Errors
    ///
    /// `States.DataLimitExceeded` where it is more than one `Assign` may set, or more than all scopes may hold together.
    pub(super) fn measure(
        &self,
        active: &Active,
        state: &State,
        values: Value,
    ) -> Result<Assigned, Interrupt> {
        let Value::Object(values) = values else { return Ok(Assigned::default()) };
        let mut assigned = Vec::with_capacity(values.len());
        let (mut set, mut replaced) = (0_u64, 0_u64);
        for (name, value) in values {
            let text = value.to_string();
            set = set.saturating_add(text.len() as u64);
            if let Ok(place) = place(&active.branch, &name) {
                replaced += active.branch.variables.get(place).map_or(0, |variable| variable.bytes);
            }
            assigned.push((name, value, text));
        }
        if set > ASSIGN_BYTES_MAX as u64 {
            return Err(exceeded(state, "one Assign field", ASSIGN_BYTES_MAX).into());
        }
        if self.head.variables_bytes.saturating_sub(replaced).saturating_add(set) > VARIABLES_BYTES_MAX as u64
        {
            return Err(exceeded(state, "all variables of an execution", VARIABLES_BYTES_MAX).into());
        }
        Ok(Assigned(assigned))
    }

    /// Keeps measured values as payloads. An event of the same step follows.
    pub(super) fn keep_variables(&mut self, assigned: Assigned) -> Vec<Variable> {
        let mut variables = Vec::with_capacity(assigned.0.len());
        for (name, value, text) in assigned.0 {
            let bytes = text.len() as u64;
            let payload = self.history.keep(text.into());
            self.remember(payload, Arc::new(value));
            variables.push(Variable { name, value: payload, bytes });
        }
        variables
    }

    /// Sets variables in the scope of a branch.
    pub(super) fn set_variables(&mut self, branch: &mut Branch, assigned: Vec<Variable>) {
        for variable in assigned {
            self.head.variables_bytes = self.head.variables_bytes.saturating_add(variable.bytes);
            match place(branch, &variable.name) {
                Ok(place) => {
                    if let Some(old) = branch.variables.get_mut(place) {
                        self.head.variables_bytes = self.head.variables_bytes.saturating_sub(old.bytes);
                        *old = variable;
                    }
                }
                Err(place) => branch.variables.insert(place, variable),
            }
        }
    }

    /// Forgets the scope of a branch that ends.
    pub(super) fn drop_scope(&mut self, branch: &Branch) {
        let bytes = branch.variables.iter().map(|variable| variable.bytes).sum();
        self.head.variables_bytes = self.head.variables_bytes.saturating_sub(bytes);
    }
}

/// Where a variable is, or belongs, among those of a branch.
fn place(branch: &Branch, name: &str) -> Result<usize, usize> {
    branch.variables.binary_search_by(|variable| variable.name.as_str().cmp(name))
}

/// Moves the names that a scope has from `missing` to `found`.
fn take(branch: &Branch, missing: &mut BTreeSet<String>, found: &mut Vec<(String, PayloadRef)>) {
    if branch.variables.is_empty() {
        return;
    }
    missing.retain(|name| {
        let variable = place(branch, name).ok().and_then(|place| branch.variables.get(place));
        found.extend(variable.map(|variable| (name.clone(), variable.value)));
        variable.is_none()
    });
}

/// The words are ours: AWS's are not known.
fn exceeded(state: &State, what: &str, bytes_max: usize) -> Failure {
    let name = &state.name;
    Failure::new(
        "States.DataLimitExceeded",
        format!(
            "The state '{name}' assigns variables with a size exceeding the maximum of {bytes_max} bytes for {what}."
        ),
    )
}
