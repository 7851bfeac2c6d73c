//! SendTaskHeartbeat.

use keepstep_engine::record::outcome::{Answer, Done};
use keepstep_engine::{Arrival, Stimulus};
use keepstep_proto::workflow::v1::{SendTaskHeartbeatRequest, SendTaskHeartbeatResponse};

use super::{WorkflowService, caller, task_token, unexpected};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: SendTaskHeartbeatRequest,
) -> Result<SendTaskHeartbeatResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    let token = task_token::open(&service, &caller, &request.task_token)?;
    let arrival = Arrival { request: Some(id), stimulus: Stimulus::Heartbeat { token } };
    match service.engine().deliver(token.execution, arrival).await? {
        Answer::Done(Done {}) => Ok(SendTaskHeartbeatResponse {}),
        _ => Err(unexpected::answer()),
    }
}
