//! PublishStateMachineVersion.

use keepstep_engine::command::PublishStateMachineVersion;
use keepstep_proto::workflow::v1::{PublishStateMachineVersionRequest, PublishStateMachineVersionResponse};

use super::{WorkflowService, caller};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: PublishStateMachineVersionRequest,
) -> Result<PublishStateMachineVersionResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    let command = PublishStateMachineVersion {
        caller,
        request: id,
        arn: request.state_machine_arn,
        revision_id: request.revision_id,
        description: request.description,
    };
    let published = service.engine().decide(move |desk| command.decide(desk)).await?;
    Ok(PublishStateMachineVersionResponse {
        state_machine_version_arn: published.arn,
        creation_date_ms: published.created_ms,
    })
}
