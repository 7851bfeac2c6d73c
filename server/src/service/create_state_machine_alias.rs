//! CreateStateMachineAlias.

use keepstep_engine::command::CreateStateMachineAlias;
use keepstep_proto::workflow::v1::{CreateStateMachineAliasRequest, CreateStateMachineAliasResponse};

use super::{WorkflowService, caller, route};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: CreateStateMachineAliasRequest,
) -> Result<CreateStateMachineAliasResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    let command = CreateStateMachineAlias {
        caller,
        request: id,
        name: request.name,
        description: request.description,
        routes: route::from_proto(request.routing_configuration),
    };
    let created = service.engine().decide(move |desk| command.decide(desk)).await?;
    Ok(CreateStateMachineAliasResponse {
        state_machine_alias_arn: created.arn,
        creation_date_ms: created.created_ms,
    })
}
