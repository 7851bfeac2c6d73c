//! StartSyncExecution.

use keepstep_engine::arn::ExecutionArn;
use keepstep_engine::execution::StartExecution;
use keepstep_engine::name;
use keepstep_proto::workflow::v1::{StartSyncExecutionRequest, StartSyncExecutionResponse};

use super::{WorkflowService, caller, execution_status};
use crate::express::Ended;
use crate::leader::Failure;

/// Durations are billed in steps (API reference, "BillingDetails").
const DURATION_STEP_MS: u64 = 100;
/// Memory is billed in steps.
const MEMORY_STEP_MB: u64 = 64;

pub(super) async fn call(
    service: &WorkflowService,
    request: StartSyncExecutionRequest,
) -> Result<StartSyncExecutionResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    name::check(&request.name)?;
    let start = StartExecution {
        caller,
        state_machine_arn: request.state_machine_arn,
        name: request.name,
        input: request.input,
        trace_header: request.trace_header,
        request: id,
        parent: None,
        node: service.engine().starts().node(),
    };
    Ok(answer(service.node.express().sync(service, start).await?))
}

fn answer(ended: Ended) -> StartSyncExecutionResponse {
    let name = ExecutionArn::parse(&ended.arn).map(|arn| arn.name.to_owned()).unwrap_or_default();
    StartSyncExecutionResponse {
        execution_arn: ended.arn,
        state_machine_arn: ended.state_machine_arn,
        name,
        status: execution_status::to_proto(ended.status).into(),
        start_date_ms: ended.started_ms,
        stop_date_ms: ended.stopped_ms,
        input: ended.input,
        output: ended.output,
        error: ended.error,
        cause: ended.cause,
        trace_header: ended.trace_header,
        billed_memory_mb: in_steps(u64::try_from(ended.bytes >> 20).unwrap_or(u64::MAX), MEMORY_STEP_MB),
        billed_duration_ms: in_steps(
            u64::try_from(ended.stopped_ms.saturating_sub(ended.started_ms)).unwrap_or_default(),
            DURATION_STEP_MS,
        ),
    }
}

/// Rounded up; never nothing.
fn in_steps(amount: u64, step: u64) -> u64 {
    amount.max(1).div_ceil(step).saturating_mul(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_begun_step_is_billed() {
        for (amount, expected) in [(0, 100), (1, 100), (100, 100), (101, 200), (299_999, 300_000)] {
            assert_eq!(in_steps(amount, DURATION_STEP_MS), expected, "{amount}");
        }
    }
}
