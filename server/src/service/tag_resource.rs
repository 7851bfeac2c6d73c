//! TagResource.

use keepstep_engine::command::TagResource;
use keepstep_proto::workflow::v1::{TagResourceRequest, TagResourceResponse};

use super::{WorkflowService, caller, tag};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: TagResourceRequest,
) -> Result<TagResourceResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    let command =
        TagResource { caller, request: id, arn: request.resource_arn, tags: tag::from_proto(request.tags) };
    service.engine().decide(move |desk| command.decide(desk)).await?;
    Ok(TagResourceResponse {})
}
