//! UpdateStateMachine.

use keepstep_engine::command::{Logging, UpdateStateMachine};
use keepstep_proto::workflow::v1::{UpdateStateMachineRequest, UpdateStateMachineResponse};

use super::{WorkflowService, caller};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: UpdateStateMachineRequest,
) -> Result<UpdateStateMachineResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    let configuration = request.configuration.unwrap_or_default();
    let command = UpdateStateMachine {
        caller,
        request: id,
        arn: request.state_machine_arn,
        definition: request.definition,
        role_arn: request.role_arn,
        logging: configuration.logging.map(|logging| Logging {
            level: logging.level,
            execution_data: logging.include_execution_data,
            group_arns: logging.log_group_arns,
        }),
        tracing_enabled: configuration.tracing_enabled,
        owned_encryption: configuration.owned_encryption,
        publish: request.publish,
        version_description: request.version_description,
    };
    let updated = service.engine().decide(move |desk| command.decide(desk)).await?;
    Ok(UpdateStateMachineResponse {
        update_date_ms: updated.updated_ms,
        revision_id: updated.revision_id,
        state_machine_version_arn: updated.version_arn,
    })
}
