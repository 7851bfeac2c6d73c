//! DescribeActivity.

use keepstep_engine::query::{self, ActivityDetail};
use keepstep_proto::workflow::v1::{DescribeActivityRequest, DescribeActivityResponse};

use super::{WorkflowService, caller};
use crate::leader::Failure;

pub(super) async fn call(
    service: &WorkflowService,
    request: DescribeActivityRequest,
) -> Result<DescribeActivityResponse, Failure> {
    let (caller, _) = caller::of(request.caller)?;
    let arn = request.activity_arn;
    let detail = service.engine().read(|view| query::describe_activity(view, &caller, &arn)).await?;
    Ok(to_proto(detail))
}

/// An activity, to the contract.
pub(super) fn to_proto(detail: ActivityDetail) -> DescribeActivityResponse {
    DescribeActivityResponse {
        activity_arn: detail.activity.arn,
        name: detail.name,
        creation_date_ms: detail.activity.created_ms,
    }
}
