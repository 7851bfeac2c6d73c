//! DescribeStateMachineAlias.

use keepstep_engine::query;
use keepstep_proto::workflow::v1::{DescribeStateMachineAliasRequest, DescribeStateMachineAliasResponse};

use super::{WorkflowService, caller, route};
use crate::leader::Failure;

pub(super) async fn call(
    service: &WorkflowService,
    request: DescribeStateMachineAliasRequest,
) -> Result<DescribeStateMachineAliasResponse, Failure> {
    let (caller, _) = caller::of(request.caller)?;
    let arn = request.state_machine_alias_arn;
    let detail =
        service.engine().read(|view| query::describe_state_machine_alias(view, &caller, &arn)).await?;
    Ok(DescribeStateMachineAliasResponse {
        state_machine_alias_arn: detail.arn,
        name: detail.name,
        description: detail.alias.description,
        routing_configuration: route::to_proto(&detail.state_machine_arn, &detail.alias.routes),
        creation_date_ms: detail.alias.created_ms,
        update_date_ms: detail.alias.updated_ms,
    })
}
