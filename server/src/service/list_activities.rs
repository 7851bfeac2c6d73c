//! ListActivities.

use keepstep_engine::query;
use keepstep_proto::workflow::v1::{ListActivitiesRequest, ListActivitiesResponse};

use super::{WorkflowService, caller, describe_activity, page};
use crate::leader::Failure;

pub(super) async fn call(
    service: &WorkflowService,
    request: ListActivitiesRequest,
) -> Result<ListActivitiesResponse, Failure> {
    let (caller, _) = caller::of(request.caller)?;
    let asked = page::request(request.max_results, request.next_token);
    let now = page::now();
    let found = service.engine().read(|view| query::list_activities(view, now, &caller, &asked)).await?;
    Ok(ListActivitiesResponse {
        activities: found.items.into_iter().map(describe_activity::to_proto).collect(),
        next_token: found.next_token,
    })
}
