//! DescribeExecution.

use keepstep_engine::query;
use keepstep_proto::workflow::v1::{DescribeExecutionRequest, DescribeExecutionResponse};

use super::{WorkflowService, caller, execution_status};
use crate::leader::Failure;

pub(super) async fn call(
    service: &WorkflowService,
    request: DescribeExecutionRequest,
) -> Result<DescribeExecutionResponse, Failure> {
    let (caller, _) = caller::of(request.caller)?;
    let arn = request.execution_arn;
    let detail = service.engine().read(|view| query::describe_execution(view, &caller, &arn)).await?;
    let head = detail.head;
    let (redrive_status, redrive_status_reason) = execution_status::redrive(head.status());
    Ok(DescribeExecutionResponse {
        status: execution_status::to_proto(head.status()).into(),
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
        redrive_count: 0,
        redrive_status: redrive_status.to_owned(),
        redrive_status_reason,
        map_run_arn: head.map_run.map(|link| link.arn).unwrap_or_default(),
    })
}
