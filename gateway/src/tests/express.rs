//! StartSyncExecution: its translation, and that it is never made twice.

use std::time::Duration;

use bytes::Bytes;
use keepstep_proto::workflow::v1::*;
use serde_json::json;
use tonic::Status;

use super::translation::{ALIAS, MACHINE, check, text};
use super::*;

const EXPRESS: &str = "arn:aws:states:us-east-1:123456789012:express:m:e:u";

fn ran() -> StartSyncExecutionResponse {
    StartSyncExecutionResponse {
        execution_arn: text(EXPRESS),
        state_machine_arn: text(MACHINE),
        name: text("e"),
        status: ExecutionStatus::Succeeded.into(),
        start_date_ms: 1,
        stop_date_ms: 2,
        input: Bytes::from_static(b"{}"),
        output: Some(Bytes::from_static(b"[1]")),
        error: None,
        cause: None,
        trace_header: String::new(),
        billed_memory_mb: 64,
        billed_duration_ms: 100,
    }
}

#[tokio::test]
async fn executions_are_run() {
    let billed = json!({"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 100});
    let asked = |name: &'static str, input: &'static str, trace_header: &'static str| {
        move |caller: Option<Caller>| StartSyncExecutionRequest {
            name: match name {
                "" => crate::request_id::execution_name(&caller.as_ref().expect("a caller").request_id),
                name => text(name),
            },
            caller,
            state_machine_arn: text(ALIAS),
            input: Bytes::from_static(input.as_bytes()),
            trace_header: text(trace_header),
        }
    };
    check(
        "StartSyncExecution",
        json!({"stateMachineArn": ALIAS, "name": "e", "input": "[]", "traceHeader": "t"}),
        asked("e", "[]", "t"),
        StartSyncExecutionResponse { trace_header: text("t"), ..ran() },
        json!({
            "executionArn": EXPRESS, "stateMachineArn": MACHINE, "name": "e", "status": "SUCCEEDED", "startDate": 0.001,
            "stopDate": 0.002, "input": "{}", "inputDetails": {"included": true}, "output": "[1]",
            "outputDetails": {"included": true}, "traceHeader": "t", "billingDetails": billed,
        }),
    )
    .await;
    let failed = StartSyncExecutionResponse {
        status: ExecutionStatus::Failed.into(),
        output: None,
        error: Some(text("E")),
        cause: Some(text("c")),
        ..ran()
    };
    check(
        "StartSyncExecution",
        json!({"stateMachineArn": ALIAS, "includedData": "METADATA_ONLY"}),
        asked("", "{}", ""),
        failed,
        json!({
            "executionArn": EXPRESS, "stateMachineArn": MACHINE, "name": "e", "status": "FAILED", "startDate": 0.001,
            "stopDate": 0.002, "inputDetails": {"included": false}, "outputDetails": {"included": false},
            "billingDetails": billed,
        }),
    )
    .await;
}

#[tokio::test]
async fn a_call_is_made_again_only_if_a_node_said_that_it_did_not_begin() {
    let body = json!({"stateMachineArn": MACHINE}).to_string();
    let table = [
        (vec![Reply::Status(Status::unavailable("no leader")), Reply::answer(ran())], 2, 200),
        (vec![Reply::Status(Status::resource_exhausted("busy")), Reply::answer(ran())], 2, 200),
        (vec![Reply::Status(Status::unknown("it was lost")), Reply::answer(ran())], 1, 500),
        (vec![Reply::Status(Status::cancelled("it was lost")), Reply::answer(ran())], 1, 500),
        (vec![Reply::Status(Status::deadline_exceeded("late")), Reply::answer(ran())], 1, 500),
        (vec![Reply::Status(Status::internal("broken")), Reply::answer(ran())], 1, 500),
    ];
    for (replies, asked, status) in table {
        let fake = Fake::new(replies);
        let gateway = Running::start(any_port(), &fake).await;
        let answer = gateway.call("StartSyncExecution", &body).await;
        let requests = fake.requests::<StartSyncExecutionRequest>();
        assert_eq!((answer.status, requests.len()), (status, asked), "{answer:?}");
        gateway.stop().await;
    }
}

#[tokio::test]
async fn executions_that_are_waited_for_have_room_of_their_own() {
    let fake = Fake::new(vec![Reply::Hang]);
    let mut options = any_port();
    options.limits.sync_executions = 1;
    options.limits.in_flight = 1;
    options.limits.shutdown_grace = Duration::from_millis(1);
    let gateway = Running::start(options, &fake).await;
    let body = json!({"stateMachineArn": MACHINE}).to_string();
    let waits = gateway.call("StartSyncExecution", &body);
    tokio::pin!(waits);
    tokio::select! {
        _ = &mut waits => panic!("it hangs"),
        () = fake.until_hanging(1) => {}
    }
    let refused = gateway.call("StartSyncExecution", &body).await;
    assert_eq!((refused.status, refused.body.contains("ThrottlingException")), (400, true), "{refused:?}");
    let other = gateway.call("DescribeActivity", r#"{"activityArn":"x"}"#).await;
    assert!(other.body.contains("InvalidArn"), "others have room: {other:?}");
}
