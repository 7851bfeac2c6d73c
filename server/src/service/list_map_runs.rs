//! ListMapRuns.

use keepstep_engine::query;
use keepstep_proto::workflow::v1::{ListMapRunsRequest, ListMapRunsResponse, MapRunListItem};

use super::{WorkflowService, caller, page};
use crate::leader::Failure;

pub(super) async fn call(
    service: &WorkflowService,
    request: ListMapRunsRequest,
) -> Result<ListMapRunsResponse, Failure> {
    let (caller, _) = caller::of(request.caller)?;
    let asked = page::request(request.max_results, request.next_token);
    let (now, arn) = (page::now(), request.execution_arn);
    let found = service.engine().read(|view| query::list_map_runs(view, now, &caller, &arn, &asked)).await?;
    let map_runs = found.items.into_iter().map(|run| MapRunListItem {
        execution_arn: run.execution_arn,
        map_run_arn: run.arn,
        state_machine_arn: run.state_machine_arn,
        start_date_ms: run.started_ms,
        stop_date_ms: run.stopped_ms,
    });
    Ok(ListMapRunsResponse { map_runs: map_runs.collect(), next_token: found.next_token })
}
