//! DescribeStateMachineForExecution.

use super::describe_execution::find;
use super::describe_state_machine::{StateMachineDetail, name_of};
use crate::api_error::Refusal;
use crate::desk::Caller;
use crate::id::MachineId;
use crate::key;
use crate::record::{Revision, StateMachine};
use crate::view::{self, View, ViewError};

/// The state machine as an execution runs it: of the revision that it started with. Of the record, only ARN, id and revision number say
/// anything here.
///
/// # Errors
///
/// `ExecutionDoesNotExist`, `InvalidArn`.
pub fn describe_state_machine_for_execution(
    view: &dyn View,
    caller: &Caller,
    execution_arn: &str,
) -> Result<StateMachineDetail, Refusal> {
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
    Ok(StateMachineDetail { name: name_of(&machine.arn), machine, revision, version: None })
}
