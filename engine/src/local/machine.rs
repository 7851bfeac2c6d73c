//! State machines of a map in memory: each has one revision, and is never deleted.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use keepstep_asl::definition::{Definition, Flow, StateKind};
use keepstep_asl::resource::Resource;

use crate::desk::{Caller, Definitions};
use crate::draft::{Draft, Origin, Transaction};
use crate::id::{ExecutionId, MachineId, Timestamp};
use crate::key;
use crate::memory::Memory;
use crate::record::{Activity, Configuration, Revision, StateMachine};
use crate::view::{View, ViewError};

/// A state machine to make.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Whose it is.
    pub owner: Caller,
    /// Its name; its syntax is checked by the caller.
    pub name: String,
    /// Parsed.
    pub definition: Arc<Definition>,
    /// The role that its executions have.
    pub role_arn: String,
    /// Logging and tracing.
    pub configuration: Configuration,
}

impl Machine {
    /// Its ARN.
    pub fn arn(&self) -> String {
        let Caller { account, region, partition } = &self.owner;
        format!("arn:{partition}:states:{region}:{account}:stateMachine:{}", self.name)
    }

    /// The id of the machine of this ARN.
    pub(crate) fn id(arn: &str) -> MachineId {
        MachineId::from_bytes(*ExecutionId::of_arn(arn).as_bytes())
    }
}

/// All state machines of a map.
#[derive(Default)]
pub(super) struct Machines(HashMap<MachineId, Arc<Definition>>);

pub(super) const REVISION: u64 = 1;

impl Machines {
    /// Writes down what executions look for: the lifecycle record and the role. The definition stays here, parsed.
    /// The activities that it names exist.
    pub(super) fn create(&mut self, machine: Machine, memory: &Memory, now: Timestamp) -> Transaction {
        let arn = machine.arn();
        let id = Machine::id(&arn);
        let Caller { account, region, .. } = &machine.owner;
        let key = key::state_machine(account, region, &machine.name);
        let record = StateMachine {
            id: Bytes::copy_from_slice(id.as_bytes()),
            arn,
            revision: REVISION,
            created_ms: now.0,
            ..StateMachine::default()
        };
        let revision = Revision {
            role_arn: machine.role_arn,
            updated_ms: now.0,
            configuration: machine.configuration,
            ..Revision::default()
        };
        let mut draft = Draft::new(memory);
        draft.put(key, &record);
        draft.put(key::revision(id, REVISION), &revision);
        for resource in resources(&machine.definition.flow) {
            let Resource::Activity { arn, region, account, name } = resource else { continue };
            let id = Bytes::copy_from_slice(ExecutionId::of_arn(arn).as_bytes());
            let record = Activity { id, arn: arn.clone(), created_ms: now.0 };
            draft.put(key::activity(account, region, name), &record);
        }
        self.0.insert(id, machine.definition);
        let decision = draft.finish(Origin("CreateStateMachine"), ());
        decision.transaction.expect("two records are written")
    }
}

/// The resources of all tasks of a flow. Recursion is bounded by the depth of the definition.
fn resources(flow: &Flow) -> Vec<&Resource> {
    let mut found = Vec::new();
    for state in flow.states.values() {
        if let StateKind::Task(task) = &state.kind {
            found.push(&task.resource);
        }
        found.extend(state.kind.flows().iter().flat_map(resources));
    }
    found
}

impl Definitions for Machines {
    fn definition(
        &self,
        _: &dyn View,
        machine: MachineId,
        revision: u64,
    ) -> Result<Arc<Definition>, ViewError> {
        self.0
            .get(&machine)
            .cloned()
            .ok_or_else(|| ViewError::missing("Definition", &key::revision(machine, revision)))
    }
}
