//! DescribeStateMachine.

use crate::api_error::{ApiError, Refusal};
use crate::arn::StateMachineArn;
use crate::desk::Caller;
use crate::key;
use crate::record::{Revision, StateMachine};
use crate::view::{self, View, ViewError};

/// A state machine and one of its revisions.
#[derive(Clone, Debug, PartialEq)]
pub struct StateMachineDetail {
    /// Its name.
    pub name: String,
    /// Its record.
    pub machine: StateMachine,
    /// The revision asked for: the current one, or an execution's.
    pub revision: Revision,
}

/// The state machine of that ARN, with its current revision.
///
/// # Errors
///
/// `StateMachineDoesNotExist`, `InvalidArn`.
pub fn describe_state_machine(
    view: &dyn View,
    caller: &Caller,
    arn: &str,
) -> Result<StateMachineDetail, Refusal> {
    let machine = find(view, caller, arn)?;
    let id = machine.machine_id();
    let key = id.map(|id| key::revision(id, machine.revision)).unwrap_or_default();
    let revision: Revision = view::record(view, &key)?.ok_or_else(|| ViewError::missing("Revision", &key))?;
    Ok(StateMachineDetail { name: name_of(&machine.arn), machine, revision })
}

/// The record of a caller's state machine.
///
/// # Errors
///
/// `StateMachineDoesNotExist`, `InvalidArn`.
pub(super) fn find(view: &dyn View, caller: &Caller, arn: &str) -> Result<StateMachine, Refusal> {
    let missing = || ApiError::state_machine_does_not_exist(arn);
    let key = StateMachineArn::parse(arn)?.key(caller)?.ok_or_else(missing)?;
    let machine: Option<StateMachine> = view::record(view, &key)?;
    Ok(machine.ok_or_else(missing)?)
}

/// The name in a stored ARN.
pub(super) fn name_of(arn: &str) -> String {
    StateMachineArn::parse(arn).map(|arn| arn.name.to_owned()).unwrap_or_default()
}
