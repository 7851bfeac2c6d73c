//! ListExecutions.

use keepstep_engine::query::{self, ListExecutions};
use keepstep_proto::workflow::v1::{ExecutionListItem, ListExecutionsRequest, ListExecutionsResponse};

use super::{WorkflowService, caller, execution_status, page};
use crate::leader::Failure;

pub(super) async fn call(
    service: &WorkflowService,
    request: ListExecutionsRequest,
) -> Result<ListExecutionsResponse, Failure> {
    let filter = execution_status::filter_from_proto(request.status_filter());
    let (caller, _) = caller::of(request.caller)?;
    let asked = ListExecutions {
        caller,
        state_machine_arn: request.state_machine_arn,
        map_run_arn: request.map_run_arn,
        filter,
        page: page::request(request.max_results, request.next_token),
    };
    let now = page::now();
    let found = service.engine().read(|view| query::list_executions(view, now, &asked)).await?;
    let executions = found.items.into_iter().map(|item| ExecutionListItem {
        status: execution_status::to_proto(item.head.status()).into(),
        state_machine_version_arn: item.head.version_arn(),
        state_machine_alias_arn: item.head.alias_arn(),
        execution_arn: item.head.arn,
        state_machine_arn: item.head.state_machine_arn,
        name: item.name,
        start_date_ms: item.head.started_ms,
        stop_date_ms: item.head.stopped_ms,
        redrive_count: 0,
        item_count: item.head.map_run.as_ref().map(|link| link.items),
        map_run_arn: item.head.map_run.map(|link| link.arn).unwrap_or_default(),
    });
    Ok(ListExecutionsResponse { executions: executions.collect(), next_token: found.next_token })
}
