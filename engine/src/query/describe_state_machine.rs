//! DescribeStateMachine.

use crate::api_error::{ApiError, Refusal};
use crate::arn::{self, Qualifier, StateMachineArn};
use crate::desk::Caller;
use crate::key;
use crate::record::{Revision, StateMachine, Version};
use crate::view::{self, View, ViewError};

/// A state machine and one of its revisions.
#[derive(Clone, Debug, PartialEq)]
pub struct StateMachineDetail {
    /// Its name.
    pub name: String,
    /// Its record.
    pub machine: StateMachine,
    /// The revision asked for: the current one, a version's, or an execution's.
    pub revision: Revision,
    /// The version asked for, and its ARN.
    pub version: Option<(String, Version)>,
}

/// The state machine of that ARN, with its current revision, or the version of that ARN. An alias is none: it may stand for two.
///
/// # Errors
///
/// `StateMachineDoesNotExist`, `InvalidArn`.
pub fn describe_state_machine(
    view: &dyn View,
    caller: &Caller,
    arn: &str,
) -> Result<StateMachineDetail, Refusal> {
    let machine = find_any(view, caller, arn)?;
    let missing = || ApiError::state_machine_does_not_exist(arn);
    let id = machine.machine_id().ok_or_else(|| ViewError::Store(format!("no valid id: {arn}")))?;
    let version = match StateMachineArn::parse(arn)?.qualifier() {
        None => None,
        Some(Qualifier::Alias(_)) => return Err(missing().into()),
        Some(Qualifier::Version(number)) => {
            let version: Version = view::record(view, &key::version(id, number))?.ok_or_else(missing)?;
            Some((arn::qualified(&machine.arn, number), version))
        }
    };
    let number = version.as_ref().map_or(machine.revision, |(_, version)| version.revision);
    let key = key::revision(id, number);
    let revision: Revision = view::record(view, &key)?.ok_or_else(|| ViewError::missing("Revision", &key))?;
    Ok(StateMachineDetail { name: name_of(&machine.arn), machine, revision, version })
}

/// The record of a caller's state machine, also where the ARN is that of a version or an alias, whether they are there or not.
///
/// # Errors
///
/// `StateMachineDoesNotExist`, `InvalidArn`.
pub(super) fn find_any(view: &dyn View, caller: &Caller, arn: &str) -> Result<StateMachine, Refusal> {
    let missing = || ApiError::state_machine_does_not_exist(arn);
    let key = StateMachineArn::parse(arn)?.machine_key(caller)?.ok_or_else(missing)?;
    let machine: Option<StateMachine> = view::record(view, &key)?;
    Ok(machine.ok_or_else(missing)?)
}

/// The name in a stored ARN.
pub(super) fn name_of(arn: &str) -> String {
    StateMachineArn::parse(arn).map(|arn| arn.name.to_owned()).unwrap_or_default()
}
