//! GetExecutionHistory: every kind of event as AWS shows it.

use bytes::Bytes;
use keepstep_proto::workflow::v1::history_event::Details;
use keepstep_proto::workflow::v1::*;
use serde_json::json;

use super::translation::{ACTIVITY, ALIAS, EXECUTION, MAP_RUN, ROLE, VERSION, check, text};
use super::*;

/// An event's type and details, and the details' member as AWS shows it.
type Row = (&'static str, Option<Details>, Option<(&'static str, Value)>);

fn events() -> Vec<Row> {
    let payload = || Some(Bytes::from_static(b"{}"));
    let whole = || json!({"truncated": false});
    let started =
        || ExecutionStarted { input: payload(), role_arn: text(ROLE), ..ExecutionStarted::default() };
    let task = TaskEvent { resource_type: text("lambda"), resource: text("invoke"), ..Default::default() };
    vec![
        (
            "ExecutionStarted",
            Some(Details::ExecutionStarted(started())),
            Some((
                "executionStartedEventDetails",
                json!({"input": "{}", "inputDetails": whole(), "roleArn": ROLE}),
            )),
        ),
        (
            "ExecutionStarted",
            Some(Details::ExecutionStarted(ExecutionStarted {
                state_machine_version_arn: Some(text(VERSION)),
                state_machine_alias_arn: Some(text(ALIAS)),
                ..started()
            })),
            Some((
                "executionStartedEventDetails",
                json!({
                    "input": "{}", "inputDetails": whole(), "roleArn": ROLE,
                    "stateMachineAliasArn": ALIAS, "stateMachineVersionArn": VERSION,
                }),
            )),
        ),
        (
            "ExecutionSucceeded",
            Some(Details::Output(Output { output: payload() })),
            Some(("executionSucceededEventDetails", json!({"output": "{}", "outputDetails": whole()}))),
        ),
        (
            "LambdaFunctionSucceeded",
            Some(Details::Output(Output { output: None })),
            Some(("lambdaFunctionSucceededEventDetails", json!({}))),
        ),
        (
            "ExecutionFailed",
            Some(Details::Failure(Failure { error: Some(text("E")), cause: Some(text("C")) })),
            Some(("executionFailedEventDetails", json!({"error": "E", "cause": "C"}))),
        ),
        (
            "ExecutionFailed",
            Some(Details::Failure(Failure { error: None, cause: None })),
            Some(("executionFailedEventDetails", json!({}))),
        ),
        (
            "ActivityTimedOut",
            Some(Details::Failure(Failure { error: Some(text("States.Timeout")), cause: None })),
            Some(("activityTimedOutEventDetails", json!({"error": "States.Timeout"}))),
        ),
        (
            "PassStateEntered",
            Some(Details::StateEntered(StateEntered { name: text("A"), input: payload() })),
            Some(("stateEnteredEventDetails", json!({"name": "A", "input": "{}", "inputDetails": whole()}))),
        ),
        (
            "PassStateExited",
            Some(Details::StateExited(StateExited {
                name: text("A"),
                output: payload(),
                assigned_variables: Vec::new(),
            })),
            Some(("stateExitedEventDetails", json!({"name": "A", "output": "{}", "outputDetails": whole()}))),
        ),
        (
            "ChoiceStateExited",
            Some(Details::StateExited(StateExited {
                name: text("A"),
                output: payload(),
                assigned_variables: vec![
                    AssignedVariable { name: text("x"), value: Bytes::from_static(b"\"1\"") },
                    AssignedVariable { name: text("a"), value: Bytes::from_static(b"[2]") },
                ],
            })),
            Some((
                "stateExitedEventDetails",
                json!({
                    "name": "A", "output": "{}", "outputDetails": whole(),
                    "assignedVariables": {"a": "[2]", "x": "\"1\""}, "assignedVariablesDetails": whole(),
                }),
            )),
        ),
        (
            "EvaluationFailed",
            Some(Details::EvaluationFailed(EvaluationFailed {
                state: text("A"),
                location: text("Output/a[0]"),
                error: Some(text("States.QueryEvaluationError")),
                cause: Some(text("C")),
            })),
            Some((
                "evaluationFailedEventDetails",
                json!({
                    "state": "A", "location": "Output/a[0]", "error": "States.QueryEvaluationError", "cause": "C",
                }),
            )),
        ),
        (
            "ActivityScheduled",
            Some(Details::WorkScheduled(WorkScheduled {
                resource: text(ACTIVITY),
                input: payload(),
                timeout_seconds: Some(9),
                heartbeat_seconds: Some(3),
                credentials_role_arn: None,
            })),
            Some((
                "activityScheduledEventDetails",
                json!({
                    "resource": ACTIVITY, "input": "{}", "inputDetails": whole(), "timeoutInSeconds": 9,
                    "heartbeatInSeconds": 3,
                }),
            )),
        ),
        (
            "LambdaFunctionScheduled",
            Some(Details::WorkScheduled(WorkScheduled {
                resource: text("f"),
                input: payload(),
                timeout_seconds: None,
                heartbeat_seconds: None,
                credentials_role_arn: Some(text(ROLE)),
            })),
            Some((
                "lambdaFunctionScheduledEventDetails",
                json!({"resource": "f", "input": "{}", "inputDetails": whole(), "taskCredentials": {"roleArn": ROLE}}),
            )),
        ),
        ("LambdaFunctionStarted", None, None),
        (
            "ActivityStarted",
            Some(Details::ActivityStarted(ActivityStarted { worker_name: Some(text("w")) })),
            Some(("activityStartedEventDetails", json!({"workerName": "w"}))),
        ),
        (
            "TaskScheduled",
            Some(Details::Task(TaskEvent {
                region: text("us-east-1"),
                parameters: payload(),
                timeout_seconds: Some(5),
                credentials_role_arn: Some(text(ROLE)),
                ..task.clone()
            })),
            Some((
                "taskScheduledEventDetails",
                json!({
                    "resourceType": "lambda", "resource": "invoke", "region": "us-east-1", "parameters": "{}",
                    "timeoutInSeconds": 5, "taskCredentials": {"roleArn": ROLE},
                }),
            )),
        ),
        (
            "TaskStarted",
            Some(Details::Task(task.clone())),
            Some(("taskStartedEventDetails", json!({"resourceType": "lambda", "resource": "invoke"}))),
        ),
        (
            "TaskSucceeded",
            Some(Details::Task(TaskEvent { output: payload(), ..task.clone() })),
            Some((
                "taskSucceededEventDetails",
                json!({"resourceType": "lambda", "resource": "invoke", "output": "{}", "outputDetails": whole()}),
            )),
        ),
        (
            "TaskFailed",
            Some(Details::Task(TaskEvent { error: Some(text("E")), cause: Some(text("C")), ..task })),
            Some((
                "taskFailedEventDetails",
                json!({"resourceType": "lambda", "resource": "invoke", "error": "E", "cause": "C"}),
            )),
        ),
        (
            "MapStateStarted",
            Some(Details::MapStateStarted(MapStateStarted { length: 3 })),
            Some(("mapStateStartedEventDetails", json!({"length": 3}))),
        ),
        (
            "MapIterationFailed",
            Some(Details::MapIteration(MapIteration { name: text("M"), index: 0 })),
            Some(("mapIterationFailedEventDetails", json!({"name": "M", "index": 0}))),
        ),
        (
            "ExecutionRedriven",
            Some(Details::Redriven(Redriven { map_run_arn: String::new(), redrive_count: 1 })),
            Some(("executionRedrivenEventDetails", json!({"redriveCount": 1}))),
        ),
        (
            "MapRunRedriven",
            Some(Details::Redriven(Redriven { map_run_arn: text(MAP_RUN), redrive_count: 2 })),
            Some(("mapRunRedrivenEventDetails", json!({"mapRunArn": MAP_RUN, "redriveCount": 2}))),
        ),
        ("ParallelStateStarted", None, None),
    ]
}

#[tokio::test]
async fn histories() {
    let (mut sent, mut shown) = (Vec::new(), Vec::new());
    for (id, (kind, details, member)) in (1..).zip(events()) {
        let mut event = json!({"timestamp": 1.5, "type": kind, "id": id, "previousEventId": id - 1});
        if let Some((name, value)) = member {
            event[name] = value;
        }
        shown.push(event);
        sent.push(HistoryEvent {
            timestamp_ms: 1_500,
            r#type: text(kind),
            id,
            previous_event_id: id - 1,
            details,
        });
    }
    check(
        "GetExecutionHistory",
        json!({"executionArn": EXECUTION}),
        |caller| GetExecutionHistoryRequest {
            caller,
            execution_arn: text(EXECUTION),
            max_results: 0,
            reverse_order: false,
            next_token: String::new(),
            include_execution_data: true,
        },
        GetExecutionHistoryResponse { events: sent, next_token: text("n") },
        json!({"events": shown, "nextToken": "n"}),
    )
    .await;
    check(
        "GetExecutionHistory",
        json!({"executionArn": EXECUTION, "maxResults": 5, "reverseOrder": true, "includeExecutionData": false, "nextToken": "n"}),
        |caller| GetExecutionHistoryRequest {
            caller,
            execution_arn: text(EXECUTION),
            max_results: 5,
            reverse_order: true,
            next_token: text("n"),
            include_execution_data: false,
        },
        GetExecutionHistoryResponse::default(),
        json!({"events": []}),
    )
    .await;
}
