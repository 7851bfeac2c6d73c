//! TestState. The tables write their requests themselves, and see the whole answers.

use std::time::Instant;

use aws_sdk_sfn::types::{InspectionData, InspectionLevel, TestExecutionStatus};
use keepstep_tests::api::Api;
use keepstep_tests::lambda::{LambdaEndpoint, Reply};
use keepstep_tests::process::Server;
use keepstep_tests::sdk;
use serde_json::{Value, json};

use super::{ROLE, WAIT, server, state_machine};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

/// The request, with the definition as the text that it is.
fn request(definition: &Value, members: &Value) -> Value {
    let mut request = members.clone();
    request["definition"] = definition.to_string().into();
    request
}

/// The answer, with JSON for texts that hold it.
fn parsed(mut answer: Value) -> Value {
    fn parse(value: &mut Value) {
        match value {
            Value::Object(members) => members.values_mut().for_each(parse),
            Value::String(text) => {
                if let Ok(inner) = serde_json::from_str(text) {
                    *value = inner;
                }
            }
            _ => {}
        }
    }
    parse(&mut answer);
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_tested_with_all_that_a_request_may_say() -> anyhow::Result<()> {
    let server = Server::builder().account(sdk::ACCOUNT).start().await?;
    let api = Api::new(&server.endpoint(), sdk::ACCOUNT);
    let task = json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "N",
        "Parameters": { "FunctionName": "f", "Payload.$": "$$.Execution.Name" },
        "ResultSelector": { "p.$": "$.Payload" }, "ResultPath": "$.r", "Assign": { "v.$": "$.p" },
        "Retry": [{ "ErrorEquals": ["E"], "IntervalSeconds": 3, "MaxAttempts": 2 }],
        "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "C" }] });
    let map = json!({ "StartAt": "M", "States": { "M": { "Type": "Map", "ItemsPath": "$.l", "MaxConcurrency": 2, "End": true,
        "ToleratedFailurePercentage": 12.5, "ItemSelector": { "v.$": "$$.Map.Item.Value" },
        "ItemBatcher": { "MaxItemsPerBatch": 1 },
        "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } } } } } });
    let mocked_error = json!({ "errorOutput": { "error": "E", "cause": "c" } });
    let cases = [
        (
            request(
                &task,
                &json!({ "inspectionLevel": "DEBUG", "input": "{\"a\":1}", "variables": "{\"w\":0}",
                "mock": { "result": "{\"Payload\":5}", "fieldValidationMode": "STRICT" }, "context": "{\"Execution\":{\"Name\":\"mine\"}}" }),
            ),
            json!({ "status": "SUCCEEDED", "nextState": "N", "output": { "a": 1, "r": { "p": 5 } }, "inspectionData": {
                "input": { "a": 1 }, "afterInputPath": { "a": 1 }, "afterParameters": { "FunctionName": "f", "Payload": "mine" },
                "result": { "Payload": 5 }, "afterResultSelector": { "p": 5 }, "afterResultPath": { "a": 1, "r": { "p": 5 } },
                "variables": { "v": 5, "w": 0 } } }),
        ),
        (
            request(
                &task,
                &json!({ "inspectionLevel": "TRACE", "mock": mocked_error, "stateConfiguration": { "retrierRetryCount": 1 } }),
            ),
            json!({ "status": "RETRIABLE", "error": "E", "cause": "c", "inspectionData": {
                "input": {}, "afterInputPath": {}, "afterParameters": { "FunctionName": "f", "Payload": "TestState" },
                "errorDetails": { "retryIndex": 0, "retryBackoffIntervalSeconds": 6 } } }),
        ),
        (
            request(
                &task,
                &json!({ "inspectionLevel": "DEBUG", "mock": mocked_error, "stateConfiguration": { "retrierRetryCount": 2 } }),
            ),
            json!({ "status": "CAUGHT_ERROR", "error": "E", "cause": "c", "nextState": "C", "output": { "Error": "E", "Cause": "c" },
                "inspectionData": { "input": {}, "afterInputPath": {},
                    "afterParameters": { "FunctionName": "f", "Payload": "TestState" }, "errorDetails": { "catchIndex": 0 } } }),
        ),
        (
            request(
                &map,
                &json!({ "stateName": "M", "inspectionLevel": "DEBUG", "input": "{\"l\":[1,2]}", "mock": { "result": "[3,4]" } }),
            ),
            json!({ "status": "SUCCEEDED", "output": [3, 4], "inspectionData": {
                "input": { "l": [1, 2] }, "afterInputPath": { "l": [1, 2] }, "afterItemsPath": [1, 2],
                "afterItemSelector": [{ "v": 1 }, { "v": 2 }],
                "afterItemBatcher": [{ "Items": [{ "v": 1 }] }, { "Items": [{ "v": 2 }] }],
                "result": [3, 4], "afterResultSelector": [3, 4], "afterResultPath": [3, 4],
                "maxConcurrency": 2, "toleratedFailurePercentage": 12.5 } }),
        ),
        (
            request(&map, &json!({ "stateName": "I", "input": "[1]" })),
            json!({ "status": "SUCCEEDED", "output": [1] }),
        ),
    ];
    for (request, expected) in cases {
        assert_eq!(parsed(api.ok("TestState", request.clone()).await?), expected, "{request}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_understands_what_is_told() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let choice =
        json!({ "Type": "Choice", "Choices": [{ "Variable": "$.a", "NumericEquals": 1, "Next": "One" }] });
    let test = client.test_state().definition(choice.to_string()).inspection_level(InspectionLevel::Debug);
    let tested = test.clone().input(r#"{"a":1}"#).send().await?;
    assert_eq!(
        (tested.status, tested.next_state.as_deref()),
        (Some(TestExecutionStatus::Succeeded), Some("One"))
    );
    assert_eq!(tested.output.as_deref(), Some(r#"{"a":1}"#));
    let seen = InspectionData::builder().input(r#"{"a":1}"#).after_input_path(r#"{"a":1}"#).build();
    assert_eq!(tested.inspection_data, Some(seen));
    let tested = test.input(r#"{"a":2}"#).send().await?;
    assert_eq!(
        (tested.status, tested.error.as_deref()),
        (Some(TestExecutionStatus::Failed), Some("States.Runtime"))
    );
    let bad = client.test_state().definition(r#"{"Type":"Pass"}"#).send().await;
    assert!(bad.expect_err("it ends nowhere").into_service_error().is_invalid_definition());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_tests_are_refused() -> anyhow::Result<()> {
    let server = Server::builder().account(sdk::ACCOUNT).start().await?;
    let api = Api::new(&server.endpoint(), sdk::ACCOUNT);
    let pass = json!({ "Type": "Pass", "End": true });
    let invoke = json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": { "FunctionName": "f" }, "End": true });
    for (request, code, message) in [
        (
            json!({}),
            "ValidationException",
            "1 validation error detected: Value null at 'definition' failed to satisfy constraint: Member must not be null",
        ),
        (
            request(&pass, &json!({ "inspectionLevel": "ALL" })),
            "ValidationException",
            "1 validation error detected: Value 'ALL' at 'inspectionLevel' failed to satisfy constraint: Member must satisfy enum value set: [INFO, DEBUG, TRACE]",
        ),
        (
            request(&invoke, &json!({ "mock": { "result": "{\"StatusCode\":\"200\"}" } })),
            "ValidationException",
            "Mock result schema validation error: Field 'StatusCode' must be a number",
        ),
        (
            request(&pass, &json!({ "input": "not json" })),
            "InvalidExecutionInput",
            "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')'",
        ),
    ] {
        let answer = api.call("TestState", &request).await?;
        assert_eq!(
            (answer.error_code(), answer.body["message"].as_str()),
            (Some(code), Some(message)),
            "{request}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mock_the_call_is_made() -> anyhow::Result<()> {
    let functions = LambdaEndpoint::start(|call| match call.payload["fail"].as_bool() {
        Some(true) => Reply::service_error(429, "TooManyRequestsException", "Rate Exceeded."),
        _ if call.payload["hang"] == true => Reply::never(),
        _ => Reply::payload(call.payload.to_string()),
    })
    .await?;
    let server =
        Server::builder().account(sdk::ACCOUNT).flag("--lambda-endpoint", functions.url()).start().await?;
    let api = Api::new(&server.endpoint(), sdk::ACCOUNT);
    let test = async |state: &Value, input: &str| -> anyhow::Result<Value> {
        let request = request(state, &json!({ "roleArn": ROLE, "input": input }));
        Ok(parsed(api.ok("TestState", request).await?))
    };
    let function = json!({ "Type": "Task", "Resource": FUNCTION, "TimeoutSeconds": 1, "End": true });
    assert_eq!(test(&function, r#"{"a":1}"#).await?, json!({ "status": "SUCCEEDED", "output": { "a": 1 } }));
    let failed = test(&function, r#"{"fail":true}"#).await?;
    assert_eq!(
        (&failed["status"], &failed["error"]),
        (&json!("FAILED"), &json!("Lambda.TooManyRequestsException"))
    );
    assert_eq!(
        test(&function, r#"{"hang":true}"#).await?,
        json!({ "status": "FAILED", "error": "States.Timeout" })
    );
    assert_eq!(functions.seen().len(), 3);

    let client = sdk::client(&server.endpoint());
    let machine = state_machine(&client, "child", WAIT).await?;
    let start = json!({ "Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "End": true,
        "Parameters": { "StateMachineArn.$": "$.m", "Name": "started", "Input": {} }, "OutputPath": "$.ExecutionArn" });
    let arn = "arn:aws:states:us-east-1:000000000000:execution:child:started";
    assert_eq!(
        test(&start, &json!({ "m": machine }).to_string()).await?,
        json!({ "status": "SUCCEEDED", "output": arn })
    );
    client.describe_execution().execution_arn(arn).send().await?;
    let missing = test(&start, &json!({ "m": format!("{machine}x") }).to_string()).await?;
    assert_eq!(missing["error"], "StepFunctions.StateMachineDoesNotExistException");

    // A Wait state takes its time.
    let begun = Instant::now();
    let wait = json!({ "Type": "Wait", "Seconds": 1, "Next": "N" });
    assert_eq!(test(&wait, "{}").await?, json!({ "status": "SUCCEEDED", "output": {}, "nextState": "N" }));
    assert!(begun.elapsed().as_millis() >= 1000);
    Ok(())
}
