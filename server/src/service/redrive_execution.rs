//! RedriveExecution.

use keepstep_engine::Stimulus;
use keepstep_engine::record::outcome::{Answer, Redriven};
use keepstep_proto::workflow::v1::{RedriveExecutionRequest, RedriveExecutionResponse};

use super::{WorkflowService, deliver, unexpected};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: RedriveExecutionRequest,
) -> Result<RedriveExecutionResponse, Failure> {
    let RedriveExecutionRequest { caller, execution_arn, client_token } = request;
    match deliver::to_execution(&service, caller, &execution_arn, Stimulus::Redrive { client_token }).await? {
        Answer::Redriven(Redriven { redriven_ms }) => {
            Ok(RedriveExecutionResponse { redrive_date_ms: redriven_ms })
        }
        _ => Err(unexpected::answer()),
    }
}
