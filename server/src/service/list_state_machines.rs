//! ListStateMachines.

use keepstep_engine::query;
use keepstep_proto::workflow::v1::{
    ListStateMachinesRequest, ListStateMachinesResponse, StateMachineListItem,
};

use super::{WorkflowService, caller, configuration, page};
use crate::leader::Failure;

pub(super) async fn call(
    service: &WorkflowService,
    request: ListStateMachinesRequest,
) -> Result<ListStateMachinesResponse, Failure> {
    let (caller, _) = caller::of(request.caller)?;
    let asked = page::request(request.max_results, request.next_token);
    let now = page::now();
    let found = service.engine().read(|view| query::list_state_machines(view, now, &caller, &asked)).await?;
    let state_machines = found.items.into_iter().map(|item| StateMachineListItem {
        r#type: configuration::type_to_proto(item.machine.kind()).into(),
        state_machine_arn: item.machine.arn,
        name: item.name,
        creation_date_ms: item.machine.created_ms,
    });
    Ok(ListStateMachinesResponse { state_machines: state_machines.collect(), next_token: found.next_token })
}
