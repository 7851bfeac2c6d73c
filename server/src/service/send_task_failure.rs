//! SendTaskFailure.

use keepstep_engine::record::outcome::{Answer, Done};
use keepstep_engine::{Arrival, Stimulus};
use keepstep_proto::workflow::v1::{SendTaskFailureRequest, SendTaskFailureResponse};

use super::{WorkflowService, caller, task_token, unexpected};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: SendTaskFailureRequest,
) -> Result<SendTaskFailureResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    let token = task_token::open(&service, &caller, &request.task_token)?;
    let stimulus = Stimulus::TaskFailed { token, error: request.error, cause: request.cause };
    match service.engine().deliver(token.execution, Arrival { request: Some(id), stimulus }).await? {
        Answer::Done(Done {}) => Ok(SendTaskFailureResponse {}),
        _ => Err(unexpected::answer()),
    }
}
