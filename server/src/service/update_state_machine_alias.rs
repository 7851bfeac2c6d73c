//! UpdateStateMachineAlias.

use keepstep_engine::command::UpdateStateMachineAlias;
use keepstep_proto::workflow::v1::{UpdateStateMachineAliasRequest, UpdateStateMachineAliasResponse};

use super::{WorkflowService, caller, route};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: UpdateStateMachineAliasRequest,
) -> Result<UpdateStateMachineAliasResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    let command = UpdateStateMachineAlias {
        caller,
        request: id,
        arn: request.state_machine_alias_arn,
        description: request.description,
        routes: route::from_proto(request.routing_configuration),
    };
    let updated = service.engine().decide(move |desk| command.decide(desk)).await?;
    Ok(UpdateStateMachineAliasResponse { update_date_ms: updated.updated_ms })
}
