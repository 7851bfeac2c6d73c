//! SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat.

use super::*;

#[tokio::test]
async fn tasks() {
    check(
        "SendTaskSuccess",
        json!({"taskToken": "t", "output": "1"}),
        |caller| SendTaskSuccessRequest { caller, task_token: text("t"), output: Bytes::from_static(b"1") },
        SendTaskSuccessResponse {},
        json!({}),
    )
    .await;
    check(
        "SendTaskFailure",
        json!({"taskToken": "t", "cause": "c"}),
        |caller| SendTaskFailureRequest {
            caller,
            task_token: text("t"),
            error: None,
            cause: Some(text("c")),
        },
        SendTaskFailureResponse {},
        json!({}),
    )
    .await;
    check(
        "SendTaskHeartbeat",
        json!({"taskToken": "t"}),
        |caller| SendTaskHeartbeatRequest { caller, task_token: text("t") },
        SendTaskHeartbeatResponse {},
        json!({}),
    )
    .await;
}
