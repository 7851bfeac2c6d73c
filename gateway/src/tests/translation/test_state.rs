//! TestState.

use super::*;

#[tokio::test]
async fn states_are_tested() {
    check(
        "TestState",
        json!({
            "definition": "d", "roleArn": ROLE, "input": "{}", "inspectionLevel": "DEBUG", "revealSecrets": true,
            "variables": "{\"v\":1}", "stateName": "S", "context": "{}",
            "mock": {"result": "1", "errorOutput": {"error": "E", "cause": "c"}, "fieldValidationMode": "NONE"},
            "stateConfiguration": {
                "retrierRetryCount": 1, "errorCausedByState": "I", "mapIterationFailureCount": 2, "mapItemReaderData": "[]",
            },
        }),
        |caller| TestStateRequest {
            caller,
            definition: Bytes::from_static(b"d"),
            role_arn: Some(text(ROLE)),
            input: Some(Bytes::from_static(b"{}")),
            inspection_level: text("DEBUG"),
            reveal_secrets: true,
            variables: Some(Bytes::from_static(b"{\"v\":1}")),
            state_name: Some(text("S")),
            mock: Some(TestStateMock {
                result: Some(Bytes::from_static(b"1")),
                error_output: Some(TestStateError { error: Some(text("E")), cause: Some(text("c")) }),
                field_validation_mode: text("NONE"),
            }),
            context: Some(Bytes::from_static(b"{}")),
            configuration: Some(TestStateConfiguration {
                retrier_retry_count: Some(1),
                error_caused_by_state: Some(text("I")),
                map_iteration_failure_count: Some(2),
                map_item_reader_data: Some(Bytes::from_static(b"[]")),
            }),
        },
        TestStateResponse {
            status: text("RETRIABLE"),
            error: Some(text("E")),
            cause: Some(text("c")),
            inspection_data: Some(InspectionData {
                input: Bytes::from_static(b"{}"),
                after_arguments: Some(Bytes::from_static(b"1")),
                after_input_path: Some(Bytes::from_static(b"2")),
                after_parameters: Some(Bytes::from_static(b"3")),
                result: Some(Bytes::from_static(b"4")),
                after_result_selector: Some(Bytes::from_static(b"5")),
                after_result_path: Some(Bytes::from_static(b"6")),
                variables: Some(Bytes::from_static(b"{}")),
                after_items_path: Some(Bytes::from_static(b"7")),
                after_items_pointer: Some(Bytes::from_static(b"8")),
                after_item_selector: Some(Bytes::from_static(b"9")),
                after_item_batcher: Some(Bytes::from_static(b"10")),
                max_concurrency: Some(11),
                tolerated_failure_count: Some(12),
                tolerated_failure_percentage: Some(12.5),
                retry_index: Some(0),
                retry_backoff_interval_seconds: Some(13),
                catch_index: None,
            }),
            ..Default::default()
        },
        json!({
            "status": "RETRIABLE", "error": "E", "cause": "c",
            "inspectionData": {
                "input": "{}", "afterArguments": "1", "afterInputPath": "2", "afterParameters": "3", "result": "4",
                "afterResultSelector": "5", "afterResultPath": "6", "variables": "{}", "afterItemsPath": "7",
                "afterItemsPointer": "8", "afterItemSelector": "9", "afterItemBatcher": "10", "maxConcurrency": 11,
                "toleratedFailureCount": 12, "toleratedFailurePercentage": 12.5,
                "errorDetails": {"retryIndex": 0, "retryBackoffIntervalSeconds": 13},
            },
        }),
    )
    .await;
    check(
        "TestState",
        json!({"definition": "d"}),
        |caller| TestStateRequest { caller, definition: Bytes::from_static(b"d"), ..Default::default() },
        TestStateResponse {
            status: text("SUCCEEDED"),
            output: Some(Bytes::from_static(b"1")),
            next_state: Some(text("N")),
            ..Default::default()
        },
        json!({"status": "SUCCEEDED", "output": "1", "nextState": "N"}),
    )
    .await;
}
