//! DescribeMapRun.

use keepstep_engine::query;
use keepstep_engine::record::{EndCounts, MapRunStatus};
use keepstep_proto::workflow::v1::{
    DescribeMapRunRequest, DescribeMapRunResponse, MapRunCounts, MapRunStatus as Status,
};

use super::{WorkflowService, caller};
use crate::leader::Failure;

pub(super) async fn call(
    service: &WorkflowService,
    request: DescribeMapRunRequest,
) -> Result<DescribeMapRunResponse, Failure> {
    let (caller, _) = caller::of(request.caller)?;
    let arn = request.map_run_arn;
    let run = service.engine().read(|view| query::describe_map_run(view, &caller, &arn)).await?;
    let status = match run.status() {
        MapRunStatus::Running => Status::MapRunRunning,
        MapRunStatus::Succeeded => Status::MapRunSucceeded,
        MapRunStatus::Failed => Status::MapRunFailed,
        MapRunStatus::Aborted => Status::MapRunAborted,
    };
    let items_written = if run.results_written > 0 { run.items.ended() } else { 0 };
    let started = run.items_started.saturating_sub(run.open_batch_items);
    let waiting = run.items_read.saturating_sub(started);
    let (redrive, not_redrivable) = (run.redrive.unwrap_or_default(), run.not_redrivable);
    let item_counts = counts(run.items, redrive.items, started);
    let execution_counts = counts(run.children, redrive.children, run.children_started);
    Ok(DescribeMapRunResponse {
        map_run_arn: run.arn,
        execution_arn: run.execution_arn,
        status: status.into(),
        start_date_ms: run.started_ms,
        stop_date_ms: run.stopped_ms,
        max_concurrency: run.max_concurrency,
        tolerated_failure_percentage: run.tolerated_failure_percentage.unwrap_or_default(),
        tolerated_failure_count: run.tolerated_failure_count.unwrap_or_default(),
        item_counts: Some(MapRunCounts {
            pending: waiting,
            total: started + waiting,
            results_written: items_written,
            failures_not_redrivable: run.items_not_redrivable,
            ..item_counts
        }),
        // Children are made of items as they start: none is pending but to be redriven.
        execution_counts: Some(MapRunCounts {
            results_written: run.results_written,
            failures_not_redrivable: not_redrivable,
            ..execution_counts
        }),
        redrive_count: run.redrive_count,
        redrive_date_ms: run.redriven_ms,
    })
}

/// What so many have come to that were started, of which some are still to be redriven.
fn counts(ended: EndCounts, to_redrive: EndCounts, started: u64) -> MapRunCounts {
    let pending_redrive = to_redrive.ended();
    MapRunCounts {
        running: started.saturating_sub(ended.ended()).saturating_sub(pending_redrive),
        succeeded: ended.succeeded,
        failed: ended.failed,
        timed_out: ended.timed_out,
        aborted: ended.aborted,
        total: started,
        pending_redrive,
        ..MapRunCounts::default()
    }
}
