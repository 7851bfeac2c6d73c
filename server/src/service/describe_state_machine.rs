//! DescribeStateMachine.

use keepstep_engine::query;
use keepstep_proto::workflow::v1::{DescribeStateMachineRequest, DescribeStateMachineResponse};

use super::{WorkflowService, caller, configuration, variable_references};
use crate::leader::Failure;

pub(super) async fn call(
    service: &WorkflowService,
    request: DescribeStateMachineRequest,
) -> Result<DescribeStateMachineResponse, Failure> {
    let (caller, _) = caller::of(request.caller)?;
    let arn = request.state_machine_arn;
    let detail = service.engine().read(|view| query::describe_state_machine(view, &caller, &arn)).await?;
    let (machine, revision) = (detail.machine, detail.revision);
    let (arn, created_ms, description) = match detail.version {
        Some((arn, version)) => (arn, version.created_ms, version.description),
        None => (machine.arn.clone(), machine.created_ms, String::new()),
    };
    Ok(DescribeStateMachineResponse {
        status: configuration::status_to_proto(machine.status()).into(),
        r#type: configuration::type_to_proto(machine.kind()).into(),
        state_machine_arn: arn,
        name: detail.name,
        variable_references: variable_references::to_proto(&revision.definition),
        definition: revision.definition,
        role_arn: revision.role_arn,
        creation_date_ms: created_ms,
        configuration: Some(configuration::to_proto(revision.configuration)),
        revision_id: revision.revision_id,
        description,
    })
}
