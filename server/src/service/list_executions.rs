//! ListExecutions.

use keepstep_engine::query::{self, ListExecutions, RedriveFilter};
use keepstep_proto::workflow::v1::{
    self as proto, ExecutionListItem, ListExecutionsRequest, ListExecutionsResponse,
};

use super::{WorkflowService, caller, execution_status, page};
use crate::leader::Failure;

pub(super) async fn call(
    service: &WorkflowService,
    request: ListExecutionsRequest,
) -> Result<ListExecutionsResponse, Failure> {
    let filter = execution_status::filter_from_proto(request.status_filter());
    let redrive_filter = match request.redrive_filter() {
        proto::RedriveFilter::Unspecified => RedriveFilter::Any,
        proto::RedriveFilter::Redriven => RedriveFilter::Redriven,
        proto::RedriveFilter::NotRedriven => RedriveFilter::NotRedriven,
    };
    let (caller, _) = caller::of(request.caller)?;
    let asked = ListExecutions {
        caller,
        state_machine_arn: request.state_machine_arn,
        map_run_arn: request.map_run_arn,
        filter,
        redrive_filter,
        page: page::request(request.max_results, request.next_token),
    };
    let now = page::now();
    let found = service.engine().read(|view| query::list_executions(view, now, &asked)).await?;
    let executions = found.items.into_iter().map(|item| ExecutionListItem {
        status: execution_status::shown(item.head.status(), item.is_pending).into(),
        state_machine_version_arn: item.head.version_arn(),
        state_machine_alias_arn: item.head.alias_arn(),
        execution_arn: item.head.arn,
        state_machine_arn: item.head.state_machine_arn,
        name: item.name,
        start_date_ms: item.head.started_ms,
        stop_date_ms: item.head.stopped_ms,
        redrive_count: item.head.redrive_count,
        redrive_date_ms: item.head.redriven_ms,
        item_count: item.head.map_run.as_ref().map(|link| link.items),
        map_run_arn: item.head.map_run.map(|link| link.arn).unwrap_or_default(),
    });
    Ok(ListExecutionsResponse { executions: executions.collect(), next_token: found.next_token })
}
