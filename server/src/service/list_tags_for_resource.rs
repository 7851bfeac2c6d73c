//! ListTagsForResource.

use keepstep_engine::query;
use keepstep_proto::workflow::v1::{ListTagsForResourceRequest, ListTagsForResourceResponse};

use super::{WorkflowService, caller, tag};
use crate::leader::Failure;

pub(super) async fn call(
    service: &WorkflowService,
    request: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse, Failure> {
    let (caller, _) = caller::of(request.caller)?;
    let arn = request.resource_arn;
    let tags = service.engine().read(|view| query::list_tags(view, &caller, &arn)).await?;
    Ok(ListTagsForResourceResponse { tags: tag::to_proto(tags) })
}
