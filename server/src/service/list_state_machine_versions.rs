//! ListStateMachineVersions.

use keepstep_engine::query;
use keepstep_proto::workflow::v1::{
    ListStateMachineVersionsRequest, ListStateMachineVersionsResponse, StateMachineVersionListItem,
};

use super::{WorkflowService, caller, page};
use crate::leader::Failure;

pub(super) async fn call(
    service: &WorkflowService,
    request: ListStateMachineVersionsRequest,
) -> Result<ListStateMachineVersionsResponse, Failure> {
    let (caller, _) = caller::of(request.caller)?;
    let asked = page::request(request.max_results, request.next_token);
    let (now, arn) = (page::now(), request.state_machine_arn);
    let found = service
        .engine()
        .read(|view| query::list_state_machine_versions(view, now, &caller, &arn, &asked))
        .await?;
    let versions = found.items.into_iter().map(|item| StateMachineVersionListItem {
        state_machine_version_arn: item.arn,
        creation_date_ms: item.created_ms,
    });
    Ok(ListStateMachineVersionsResponse {
        state_machine_versions: versions.collect(),
        next_token: found.next_token,
    })
}
