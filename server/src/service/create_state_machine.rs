//! CreateStateMachine.

use keepstep_engine::command::CreateStateMachine;
use keepstep_proto::workflow::v1::{CreateStateMachineRequest, CreateStateMachineResponse};

use super::{WorkflowService, caller, configuration, tag};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: CreateStateMachineRequest,
) -> Result<CreateStateMachineResponse, Failure> {
    let kind = configuration::type_from_proto(request.r#type());
    let (caller, id) = caller::of(request.caller)?;
    let command = CreateStateMachine {
        caller,
        request: id,
        name: request.name,
        definition: request.definition,
        role_arn: request.role_arn,
        kind,
        configuration: configuration::from_proto(request.configuration),
        tags: tag::from_proto(request.tags),
        publish: request.publish,
        version_description: request.version_description,
    };
    let created = service.engine().decide(move |desk| command.decide(desk)).await?;
    Ok(CreateStateMachineResponse {
        state_machine_arn: created.arn,
        creation_date_ms: created.created_ms,
        state_machine_version_arn: created.version_arn,
    })
}
