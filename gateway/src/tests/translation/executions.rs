//! Executions: start, stop, describe, redrive.

use super::*;

#[tokio::test]
async fn executions_are_started_and_stopped() {
    check(
        "StartExecution",
        json!({"stateMachineArn": MACHINE, "name": "e", "input": "", "traceHeader": "t"}),
        |caller| StartExecutionRequest {
            caller,
            state_machine_arn: text(MACHINE),
            name: text("e"),
            input: Bytes::new(),
            trace_header: text("t"),
            receiver: 0,
        },
        StartExecutionResponse { execution_arn: text(EXECUTION), start_date_ms: 1, express_start: None },
        json!({"executionArn": EXECUTION, "startDate": 0.001}),
    )
    .await;
    check(
        "StopExecution",
        json!({"executionArn": EXECUTION, "error": "E", "cause": ""}),
        |caller| StopExecutionRequest {
            caller,
            execution_arn: text(EXECUTION),
            error: Some(text("E")),
            cause: Some(String::new()),
        },
        StopExecutionResponse { stop_date_ms: 2_000 },
        json!({"stopDate": 2.0}),
    )
    .await;
    for (body, client_token) in [
        (json!({"executionArn": EXECUTION, "clientToken": "!~"}), "!~"),
        (json!({"executionArn": EXECUTION}), ""),
    ] {
        check(
            "RedriveExecution",
            body,
            |caller| RedriveExecutionRequest {
                caller,
                execution_arn: text(EXECUTION),
                client_token: text(client_token),
            },
            RedriveExecutionResponse { redrive_date_ms: 3_000 },
            json!({"redriveDate": 3.0}),
        )
        .await;
    }
}

#[tokio::test]
async fn executions_are_described() {
    let asked = |caller| DescribeExecutionRequest { caller, execution_arn: text(EXECUTION) };
    let body = json!({"executionArn": EXECUTION});
    let succeeded = || DescribeExecutionResponse {
        execution_arn: text(EXECUTION),
        state_machine_arn: text(MACHINE),
        name: text("e"),
        status: ExecutionStatus::Succeeded.into(),
        start_date_ms: 1_000,
        stop_date_ms: Some(2_000),
        input: Bytes::from_static(b"1"),
        output: Some(Bytes::from_static(b"2")),
        trace_header: String::new(),
        error: None,
        cause: None,
        redrive_count: 0,
        redrive_date_ms: None,
        redrive_status: text("NOT_REDRIVABLE"),
        redrive_status_reason: text("Execution is SUCCEEDED and cannot be redriven"),
        map_run_arn: text(MAP_RUN),
        state_machine_version_arn: Some(text(VERSION)),
        state_machine_alias_arn: Some(text(ALIAS)),
    };
    let mut expected = json!({
        "executionArn": EXECUTION, "stateMachineArn": MACHINE, "stateMachineVersionArn": VERSION,
        "stateMachineAliasArn": ALIAS, "name": "e", "status": "SUCCEEDED", "startDate": 1.0,
        "stopDate": 2.0, "input": "1", "inputDetails": {"included": true}, "output": "2", "outputDetails": {"included": true},
        "redriveCount": 0, "redriveStatus": "NOT_REDRIVABLE",
        "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven", "mapRunArn": MAP_RUN,
    });
    check("DescribeExecution", body.clone(), asked, succeeded(), expected.clone()).await;
    let metadata = json!({"executionArn": EXECUTION, "includedData": "METADATA_ONLY"});
    let members = expected.as_object_mut().unwrap();
    members.remove("input");
    members.remove("output");
    members["inputDetails"] = json!({"included": false});
    members["outputDetails"] = json!({"included": false});
    check("DescribeExecution", metadata, asked, succeeded(), expected).await;
    let failed = DescribeExecutionResponse {
        status: ExecutionStatus::Failed.into(),
        output: None,
        trace_header: text("t"),
        error: Some(text("E")),
        cause: Some(String::new()),
        redrive_count: 3,
        redrive_date_ms: Some(1_500),
        redrive_status: text("REDRIVABLE"),
        redrive_status_reason: String::new(),
        map_run_arn: String::new(),
        state_machine_version_arn: None,
        state_machine_alias_arn: None,
        ..succeeded()
    };
    let expected = json!({
        "executionArn": EXECUTION, "stateMachineArn": MACHINE, "name": "e", "status": "FAILED", "startDate": 1.0,
        "stopDate": 2.0, "input": "1", "inputDetails": {"included": true}, "traceHeader": "t", "error": "E", "cause": "",
        "redriveCount": 3, "redriveDate": 1.5, "redriveStatus": "REDRIVABLE",
    });
    check("DescribeExecution", body, asked, failed, expected).await;
}
