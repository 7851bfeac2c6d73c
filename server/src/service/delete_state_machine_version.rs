//! DeleteStateMachineVersion.

use keepstep_engine::command::DeleteStateMachineVersion;
use keepstep_proto::workflow::v1::{DeleteStateMachineVersionRequest, DeleteStateMachineVersionResponse};

use super::{WorkflowService, caller};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: DeleteStateMachineVersionRequest,
) -> Result<DeleteStateMachineVersionResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    let command = DeleteStateMachineVersion { caller, request: id, arn: request.state_machine_version_arn };
    service.engine().decide(move |desk| command.decide(desk)).await?;
    Ok(DeleteStateMachineVersionResponse {})
}
