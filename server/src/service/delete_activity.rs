//! DeleteActivity.

use keepstep_engine::command::DeleteActivity;
use keepstep_proto::workflow::v1::{DeleteActivityRequest, DeleteActivityResponse};

use super::{WorkflowService, caller};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: DeleteActivityRequest,
) -> Result<DeleteActivityResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    let command = DeleteActivity { caller, request: id, arn: request.activity_arn };
    service.engine().decide(move |desk| command.decide(desk)).await?;
    Ok(DeleteActivityResponse {})
}
