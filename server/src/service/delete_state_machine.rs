//! DeleteStateMachine.

use keepstep_engine::command::DeleteStateMachine;
use keepstep_proto::workflow::v1::{DeleteStateMachineRequest, DeleteStateMachineResponse};

use super::{WorkflowService, caller};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: DeleteStateMachineRequest,
) -> Result<DeleteStateMachineResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    let command = DeleteStateMachine { caller, request: id, arn: request.state_machine_arn };
    service.engine().decide(move |desk| command.decide(desk)).await?;
    Ok(DeleteStateMachineResponse {})
}
