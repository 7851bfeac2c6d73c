//! UntagResource.

use keepstep_engine::command::UntagResource;
use keepstep_proto::workflow::v1::{UntagResourceRequest, UntagResourceResponse};

use super::{WorkflowService, caller};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: UntagResourceRequest,
) -> Result<UntagResourceResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    let command = UntagResource { caller, request: id, arn: request.resource_arn, keys: request.tag_keys };
    service.engine().decide(move |desk| command.decide(desk)).await?;
    Ok(UntagResourceResponse {})
}
