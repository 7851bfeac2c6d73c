//! DescribeStateMachineForExecution.

use super::describe_execution::find;
use super::describe_state_machine::{StateMachineDetail, name_of};
use crate::api_error::Refusal;
use crate::arn::StateMachineArn;
use crate::desk::Caller;
use crate::id::MachineId;
use crate::key;
use crate::record::{Revision, StateMachine};
use crate::view::{self, View, ViewError};

/// A state machine as an execution runs it.
#[derive(Clone, Debug, PartialEq)]
pub struct StateMachineForExecution {
    /// Of the record, only ARN, id and revision number say anything here.
    pub detail: StateMachineDetail,
    /// Of the Map state whose child the execution is.
    pub label: Option<String>,
    /// Of the map run whose child the execution is.
    pub map_run_arn: Option<String>,
}

/// The state machine as an execution runs it: of the revision that it started with.
///
/// # Errors
///
/// `ExecutionDoesNotExist`, `InvalidArn`.
pub fn describe_state_machine_for_execution(
    view: &dyn View,
    caller: &Caller,
    execution_arn: &str,
) -> Result<StateMachineForExecution, Refusal> {
    let (_, head) = find(view, caller, execution_arn)?;
    let key =
        MachineId::from_slice(&head.machine).map(|id| key::revision(id, head.revision)).unwrap_or_default();
    let revision: Revision = view::record(view, &key)?.ok_or_else(|| ViewError::missing("Revision", &key))?;
    let machine = StateMachine {
        id: head.machine,
        arn: head.state_machine_arn,
        revision: head.revision,
        ..StateMachine::default()
    };
    let label = StateMachineArn::parse(&machine.arn).ok().and_then(|arn| arn.label).map(str::to_owned);
    let detail = StateMachineDetail { name: name_of(&machine.arn), machine, revision, version: None };
    Ok(StateMachineForExecution { detail, label, map_run_arn: head.map_run.map(|link| link.arn) })
}
