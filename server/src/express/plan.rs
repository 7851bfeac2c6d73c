//! What an execution is run from.

use std::sync::Arc;

use keepstep_asl::definition::Definition;
use keepstep_engine::id::MachineId;
use keepstep_engine::record::{ExpressStart, Revision};
use keepstep_engine::view::record;
use keepstep_engine::{ApiError, Desk, Refusal, ViewError, key};

/// A start, and what its state machine's revision says.
pub(super) struct Plan {
    pub(super) start: ExpressStart,
    pub(super) definition: Arc<Definition>,
    pub(super) revision: Revision,
}

impl Plan {
    /// Looks up the revision.
    ///
    /// # Errors
    ///
    /// `StateMachineDoesNotExist` where it is gone, as after the deletion of the state machine, or not here yet.
    pub(super) fn of(desk: &Desk<'_>, start: ExpressStart) -> Result<Self, Refusal> {
        let machine = MachineId::from_slice(&start.machine)
            .ok_or_else(|| ViewError::missing("a state machine", &start.machine))?;
        let key = key::revision(machine, start.revision);
        let revision: Option<Revision> = record(desk.view, &key)?;
        let revision =
            revision.ok_or_else(|| ApiError::state_machine_does_not_exist(&start.state_machine_arn))?;
        let definition = desk.definitions.definition(desk.view, machine, start.revision)?;
        Ok(Self { start, definition, revision })
    }
}
