//! What callers do to their executions.

use keepstep_engine::arn::ExecutionArn;
use keepstep_engine::id::ExecutionId;
use keepstep_engine::record::outcome::Answer;
use keepstep_engine::{ApiError, Arrival, Stimulus};
use keepstep_proto::workflow::v1::Caller;

use super::{WorkflowService, caller};
use crate::leader::Failure;

/// Delivers something to the caller's execution of that ARN.
pub(super) async fn to_execution(
    service: &WorkflowService,
    caller: Option<Caller>,
    arn: &str,
    stimulus: Stimulus,
) -> Result<Answer, Failure> {
    let (caller, id) = caller::of(caller)?;
    let missing = || ApiError::execution_does_not_exist(arn);
    ExecutionArn::of_caller(&caller, arn)?.ok_or_else(missing)?;
    let arrival = Arrival { request: Some(id), stimulus };
    match service.engine().deliver(ExecutionId::of_arn(arn), arrival).await {
        // Whoever finds no head knows the id only.
        Err(Failure::Api(error)) if error.code == "ExecutionDoesNotExist" => Err(missing().into()),
        answer => answer,
    }
}
