//! ListStateMachineAliases.

use keepstep_engine::query;
use keepstep_proto::workflow::v1::{
    ListStateMachineAliasesRequest, ListStateMachineAliasesResponse, StateMachineAliasListItem,
};

use super::{WorkflowService, caller, page};
use crate::leader::Failure;

pub(super) async fn call(
    service: &WorkflowService,
    request: ListStateMachineAliasesRequest,
) -> Result<ListStateMachineAliasesResponse, Failure> {
    let (caller, _) = caller::of(request.caller)?;
    let asked = page::request(request.max_results, request.next_token);
    let (now, arn) = (page::now(), request.state_machine_arn);
    let found = service
        .engine()
        .read(|view| query::list_state_machine_aliases(view, now, &caller, &arn, &asked))
        .await?;
    let aliases = found.items.into_iter().map(|item| StateMachineAliasListItem {
        state_machine_alias_arn: item.arn,
        creation_date_ms: item.created_ms,
    });
    Ok(ListStateMachineAliasesResponse {
        state_machine_aliases: aliases.collect(),
        next_token: found.next_token,
    })
}
