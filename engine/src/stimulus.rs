//! What happens to an execution.

use bytes::Bytes;

use crate::arn::MapRunArn;
use crate::id::{BranchId, RequestId};
use crate::key::Timer;
use crate::record::{Call, CallKind, WaitingItems};
use crate::task_token::TaskToken;

/// Something that happened to an execution. Stale ones (a timer of a state that was left, a result of an old attempt) change nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Stimulus {
    /// The leader's clock has reached a stored timer.
    TimerDue(Timer),
    /// A poller of the activity is there and takes the waiting task.
    HandOut {
        /// Whose task.
        branch: BranchId,
        /// Which attempt.
        attempt: u64,
        /// As the poller called itself.
        worker_name: Option<String>,
    },
    /// SendTaskSuccess.
    TaskSucceeded {
        /// Which task.
        token: TaskToken,
        /// JSON, checked by the caller to be well-formed and within the payload limit.
        output: Bytes,
    },
    /// SendTaskFailure.
    TaskFailed {
        /// Which task.
        token: TaskToken,
        /// As given.
        error: Option<String>,
        /// As given.
        cause: Option<String>,
    },
    /// SendTaskHeartbeat.
    Heartbeat {
        /// Which task.
        token: TaskToken,
    },
    /// A call that the leader made has a result.
    CallFinished {
        /// Whose call.
        branch: BranchId,
        /// What it was for.
        kind: CallKind,
        /// Which attempt of the branch's task.
        attempt: u64,
        /// What came back.
        result: CallResult,
    },
    /// A child that a branch waits for has ended: its report lies in the inbox.
    ChildFinished {
        /// The waiting branch.
        branch: BranchId,
        /// The attempt of its task.
        attempt: u64,
    },
    /// A map run is to look what it can do: it has just begun, or this leader has.
    Advance,
    /// UpdateMapRun.
    UpdateMapRun(MapRunUpdate),
    /// Somebody says what the state that a branch is in comes to, whatever it waits for: the end of a job, a token, its branches. Tests
    /// and runs without services are answered so; on a cluster nobody sends it.
    StateEnded {
        /// Whose state: a Task under way, or a Parallel or Map whose branches run.
        branch: BranchId,
        /// The attempt of its task.
        attempt: u64,
        /// What it comes to.
        result: CallResult,
    },
    /// StopExecution.
    Stop {
        /// As given.
        error: Option<String>,
        /// As given.
        cause: Option<String>,
    },
    /// Nobody waits for a map run any more.
    StopMapRun {
        /// The attempt that did. One that waits again since, after a redrive, has another.
        attempt: u64,
    },
    /// RedriveExecution.
    Redrive {
        /// As given; empty for none.
        client_token: String,
    },
}

impl Stimulus {
    /// What stops the execution or the map run that a call of the kind `StopExecution` names.
    pub fn stopping(call: &Call) -> Self {
        match MapRunArn::parse(&call.target) {
            Ok(_) => Self::StopMapRun { attempt: call.attempt },
            Err(_) => Self::Stop { error: None, cause: None },
        }
    }
}

/// What UpdateMapRun changes; what is `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MapRunUpdate {
    /// How many children may run at a time; 0 means as many as the service allows.
    pub max_concurrency: Option<u64>,
    /// How many items may fail.
    pub tolerated_failure_count: Option<u64>,
    /// How many of 100 items may fail.
    pub tolerated_failure_percentage: Option<f64>,
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq)]
pub enum CallResult {
    /// The task's result as JSON: a Lambda function's answer, or StartExecution's.
    Succeeded(Bytes),
    /// Items of a map run.
    ItemsRead {
        /// In order; each group has its own source.
        items: Vec<WaitingItems>,
        /// Where reading goes on.
        cursor: Bytes,
        /// There are no more.
        is_last: bool,
    },
    /// An ASL error name and its cause.
    Failed {
        /// Such as `Lambda.ServiceException` or `StepFunctions.ExecutionAlreadyExistsException`.
        error: String,
        /// AWS's text.
        cause: String,
    },
}

/// A stimulus on its way in, with the call that it came by.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// The API call, whose outcome is kept for its retries; `None` for the scheduler's own.
    pub request: Option<RequestId>,
    /// What happened.
    pub stimulus: Stimulus,
}
