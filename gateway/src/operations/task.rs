//! What workers say of their tasks.

use keepstep_proto::workflow::v1::{
    Caller, SendTaskFailureRequest, SendTaskHeartbeatRequest, SendTaskSuccessRequest,
};

use crate::decode::Members;

pub(super) fn success(mut members: Members, caller: Caller) -> SendTaskSuccessRequest {
    SendTaskSuccessRequest {
        caller: Some(caller),
        task_token: members.required_text("taskToken"),
        output: members.required_text("output").into(),
    }
}

pub(super) fn failure(mut members: Members, caller: Caller) -> SendTaskFailureRequest {
    SendTaskFailureRequest {
        caller: Some(caller),
        task_token: members.required_text("taskToken"),
        error: members.text("error"),
        cause: members.text("cause"),
    }
}

pub(super) fn heartbeat(mut members: Members, caller: Caller) -> SendTaskHeartbeatRequest {
    SendTaskHeartbeatRequest { caller: Some(caller), task_token: members.required_text("taskToken") }
}
