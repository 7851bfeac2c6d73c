//! StopExecution.

use keepstep_engine::arn::ExecutionArn;
use keepstep_engine::id::ExecutionId;
use keepstep_engine::record::outcome::{Answer, Stopped};
use keepstep_engine::{ApiError, Arrival, Stimulus};
use keepstep_proto::workflow::v1::{StopExecutionRequest, StopExecutionResponse};

use super::{WorkflowService, caller, unexpected};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: StopExecutionRequest,
) -> Result<StopExecutionResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    let arn = request.execution_arn;
    let missing = || ApiError::execution_does_not_exist(&arn);
    ExecutionArn::of_caller(&caller, &arn)?.ok_or_else(missing)?;
    let stimulus = Stimulus::Stop { error: request.error, cause: request.cause };
    let arrival = Arrival { request: Some(id), stimulus };
    match service.engine().deliver(ExecutionId::of_arn(&arn), arrival).await {
        Ok(Answer::Stopped(Stopped { stopped_ms })) => Ok(StopExecutionResponse { stop_date_ms: stopped_ms }),
        Ok(_) => Err(unexpected::answer()),
        // Whoever finds no head knows the id only.
        Err(Failure::Api(error)) if error.code == "ExecutionDoesNotExist" => Err(missing().into()),
        Err(failure) => Err(failure),
    }
}
