//! DeleteStateMachineAlias.

use keepstep_engine::command::DeleteStateMachineAlias;
use keepstep_proto::workflow::v1::{DeleteStateMachineAliasRequest, DeleteStateMachineAliasResponse};

use super::{WorkflowService, caller};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: DeleteStateMachineAliasRequest,
) -> Result<DeleteStateMachineAliasResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    let command = DeleteStateMachineAlias { caller, request: id, arn: request.state_machine_alias_arn };
    service.engine().decide(move |desk| command.decide(desk)).await?;
    Ok(DeleteStateMachineAliasResponse {})
}
