//! GetActivityTask.

use std::time::Duration;

use keepstep_engine::execution::read_payload;
use keepstep_engine::id::{ActivityId, ExecutionId};
use keepstep_engine::{Caller, ViewError, query};
use keepstep_proto::workflow::v1::{GetActivityTaskRequest, GetActivityTaskResponse};

use super::{WorkflowService, caller};
use crate::leader::{ActivityPoll, Failure};

/// The longest that a poll is held: AWS's 60 seconds.
const WAIT_MAX: Duration = Duration::from_secs(60);

pub(super) async fn call(
    service: WorkflowService,
    request: GetActivityTaskRequest,
) -> Result<GetActivityTaskResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    let activity = find(&service, &caller, &request.activity_arn).await?;
    let poll = ActivityPoll {
        activity,
        poll_id: id,
        worker_name: request.worker_name,
        wait: Duration::from_millis(request.wait_ms.into()).min(WAIT_MAX),
    };
    let Some(task) = service.engine().poll(poll).await? else {
        return Ok(GetActivityTaskResponse::default());
    };
    let execution = ExecutionId::from_slice(&task.execution)
        .ok_or_else(|| Failure::Internal("a task was handed out without its execution".to_owned()))?;
    let input = service.engine().read_applied(|view| Ok(read_payload(view, execution, task.input)?))?;
    Ok(GetActivityTaskResponse { task_token: task.task_token, input })
}

/// The id of a caller's activity. Polls are frequent and activities change seldom, so that what this node has applied is asked first.
async fn find(service: &WorkflowService, caller: &Caller, arn: &str) -> Result<ActivityId, Failure> {
    let describe = |view: &dyn keepstep_engine::View| query::describe_activity(view, caller, arn);
    let detail = match service.engine().read_applied(describe) {
        Ok(detail) => detail,
        Err(_) => service.engine().read(describe).await?,
    };
    let id = detail.activity.activity_id();
    id.ok_or_else(|| ViewError::Store(format!("the activity {arn} has no valid id")).into())
}
