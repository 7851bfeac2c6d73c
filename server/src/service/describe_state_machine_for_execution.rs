//! DescribeStateMachineForExecution.

use keepstep_engine::query;
use keepstep_proto::workflow::v1::{
    DescribeStateMachineForExecutionRequest, DescribeStateMachineForExecutionResponse,
};

use super::{WorkflowService, caller, configuration, variable_references};
use crate::leader::Failure;

pub(super) async fn call(
    service: &WorkflowService,
    request: DescribeStateMachineForExecutionRequest,
) -> Result<DescribeStateMachineForExecutionResponse, Failure> {
    let (caller, _) = caller::of(request.caller)?;
    let arn = request.execution_arn;
    let found = service
        .engine()
        .read(|view| query::describe_state_machine_for_execution(view, &caller, &arn))
        .await?;
    let (detail, revision) = (found.detail.machine, found.detail.revision);
    Ok(DescribeStateMachineForExecutionResponse {
        state_machine_arn: detail.arn,
        name: found.detail.name,
        variable_references: variable_references::to_proto(&revision.definition),
        definition: revision.definition,
        role_arn: revision.role_arn,
        update_date_ms: revision.updated_ms,
        configuration: Some(configuration::to_proto(revision.configuration)),
        revision_id: revision.revision_id,
        map_run_arn: found.map_run_arn.unwrap_or_default(),
        label: found.label.unwrap_or_default(),
    })
}
