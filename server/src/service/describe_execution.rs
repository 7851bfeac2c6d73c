//! DescribeExecution.

use keepstep_engine::query;
use keepstep_proto::workflow::v1::{DescribeExecutionRequest, DescribeExecutionResponse};

use super::{WorkflowService, caller, execution_status, page};
use crate::leader::Failure;

pub(super) async fn call(
    service: &WorkflowService,
    request: DescribeExecutionRequest,
) -> Result<DescribeExecutionResponse, Failure> {
    let (caller, _) = caller::of(request.caller)?;
    let arn = request.execution_arn;
    let engine = service.engine();
    let (now, limits) = (page::now(), engine.limits());
    let detail = engine.read(|view| query::describe_execution(view, now, limits, &caller, &arn)).await?;
    let head = detail.head;
    Ok(DescribeExecutionResponse {
        status: execution_status::shown(head.status(), detail.is_pending).into(),
        state_machine_version_arn: head.version_arn(),
        state_machine_alias_arn: head.alias_arn(),
        execution_arn: head.arn,
        state_machine_arn: head.state_machine_arn,
        name: detail.name,
        start_date_ms: head.started_ms,
        stop_date_ms: head.stopped_ms,
        input: detail.input,
        output: detail.output,
        trace_header: head.trace_header,
        error: head.error,
        cause: head.cause,
        redrive_count: head.redrive_count,
        redrive_date_ms: head.redriven_ms,
        redrive_status: detail.redrivability.api_name().to_owned(),
        redrive_status_reason: detail.redrivability.reason().unwrap_or_default().to_owned(),
        map_run_arn: head.map_run.map(|link| link.arn).unwrap_or_default(),
    })
}
