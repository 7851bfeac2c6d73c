//! StopExecution.

use keepstep_engine::Stimulus;
use keepstep_engine::record::outcome::{Answer, Stopped};
use keepstep_proto::workflow::v1::{StopExecutionRequest, StopExecutionResponse};

use super::{WorkflowService, deliver, unexpected};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: StopExecutionRequest,
) -> Result<StopExecutionResponse, Failure> {
    let StopExecutionRequest { caller, execution_arn, error, cause } = request;
    match deliver::to_execution(&service, caller, &execution_arn, Stimulus::Stop { error, cause }).await? {
        Answer::Stopped(Stopped { stopped_ms }) => Ok(StopExecutionResponse { stop_date_ms: stopped_ms }),
        _ => Err(unexpected::answer()),
    }
}
