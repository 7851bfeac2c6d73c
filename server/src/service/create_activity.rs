//! CreateActivity.

use keepstep_engine::command::CreateActivity;
use keepstep_proto::workflow::v1::{CreateActivityRequest, CreateActivityResponse};

use super::{WorkflowService, caller, tag};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: CreateActivityRequest,
) -> Result<CreateActivityResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    let command =
        CreateActivity { caller, request: id, name: request.name, tags: tag::from_proto(request.tags) };
    let created = service.engine().decide(move |desk| command.decide(desk)).await?;
    Ok(CreateActivityResponse { activity_arn: created.arn, creation_date_ms: created.created_ms })
}
