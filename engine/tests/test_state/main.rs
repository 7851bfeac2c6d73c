//! TestState, through the engine's public door.

use std::sync::Arc;

use bytes::Bytes;
use keepstep_asl::Entropy;
use keepstep_engine::id::Timestamp;
use keepstep_engine::local::Job;
use keepstep_engine::record::CallKind;
use keepstep_engine::stimulus::CallResult;
use keepstep_engine::test_state::{
    Configuration, FieldValidation, Level, Mock, MockError, Next, Outcome, Request, TestState,
};
use keepstep_engine::{Caller, Limits, Refusal};
use serde_json::{Map, Value, json};

/// 2026-01-01T00:00:00Z.
const EPOCH_MS: i64 = 1_767_225_600_000;

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn request(definition: &Value) -> Request {
    Request {
        caller: Caller {
            account: "123456789012".into(),
            region: "us-east-1".into(),
            partition: "aws".into(),
        },
        definition: definition.to_string().into(),
        role_arn: Some("arn:aws:iam::123456789012:role/r".into()),
        input: None,
        level: Level::Debug,
        reveal_secrets: false,
        variables: None,
        state_name: None,
        mock: None,
        context: None,
        configuration: Configuration::default(),
    }
}

fn result(result: &Value) -> Option<Mock> {
    Some(Mock { result: Some(result.to_string()), ..Mock::default() })
}

fn error(error: &str, cause: &str) -> Option<Mock> {
    let error_output = Some(MockError { error: Some(error.into()), cause: Some(cause.into()) });
    Some(Mock { error_output, ..Mock::default() })
}

/// Runs a test to its end, letting time pass at once; calls are answered with `answer`.
fn run(request: &Request, answer: Option<&CallResult>) -> Result<Outcome, String> {
    let begun = TestState::begin(request, &Limits::default(), Arc::new(Zeros), Timestamp(EPOCH_MS));
    let mut test = match begun {
        Ok(test) => test,
        Err(Refusal::Api(error)) => return Err(error.to_string()),
        Err(Refusal::View(error)) => panic!("{error}"),
    };
    loop {
        match test.proceed().unwrap_or_else(|error| panic!("{request:?}: {error}")) {
            Next::Do(work) => test.answer(&work, answer.expect("a call").clone()).expect("it is taken"),
            Next::Wait(due) => test.advance(due),
            Next::Done(outcome) => return Ok(*outcome),
        }
    }
}

/// An outcome as the API would show it, with JSON in place of texts.
fn show(outcome: &Outcome) -> Value {
    let parsed = |text: &Bytes| serde_json::from_slice::<Value>(text).expect("JSON");
    let mut shown = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            shown.insert(name.to_owned(), value);
        }
    };
    set("status", Some(outcome.status.api_name().into()));
    set("output", outcome.output.as_ref().map(parsed));
    set("error", outcome.error.clone().map(Value::from));
    set("cause", outcome.cause.clone().map(Value::from));
    set("nextState", outcome.next_state.clone().map(Value::from));
    if let Some(inspected) = &outcome.inspection {
        set("input", Some(parsed(&inspected.input)));
        set("variables", inspected.variables.as_ref().map(parsed));
        let seen = &inspected.seen;
        for (waypoint, document) in &seen.documents {
            set(&format!("{waypoint:?}"), Some(parsed(document)));
        }
        set("maxConcurrency", seen.max_concurrency.map(Value::from));
        set("toleratedFailureCount", seen.tolerated_failure_count.map(Value::from));
        set("toleratedFailurePercentage", seen.tolerated_failure_percentage.map(Value::from));
        set("retry", seen.retry.map(|(place, delay_ms)| json!([place, delay_ms])));
        set("catch", seen.catch.map(Value::from));
    }
    Value::Object(shown)
}

fn check(request: &Request, expected: &Value) {
    let outcome = run(request, None).unwrap_or_else(|refusal| panic!("{request:?}: {refusal}"));
    assert_eq!(show(&outcome), *expected, "{request:?}");
}

/// The developer guide's second example.
#[test]
fn data_is_seen_on_its_way_through_a_pass_state() {
    let pass = json!({ "Type": "Pass", "InputPath": "$.payload", "Parameters": { "data": 1 },
        "ResultPath": "$.result", "OutputPath": "$.result.data", "Next": "Another State" });
    let input = r#"{"payload": {"foo": "bar"}}"#;
    let request = Request { input: Some(input.into()), ..request(&pass) };
    let expected = json!({
        "status": "SUCCEEDED", "output": 1, "nextState": "Another State",
        "input": { "payload": { "foo": "bar" } },
        "AfterInputPath": { "foo": "bar" },
        "AfterParameters": { "data": 1 },
        "AfterResultSelector": { "data": 1 },
        "AfterResultPath": { "payload": { "foo": "bar" }, "result": { "data": 1 } },
    });
    check(&request, &expected);
    let outcome = run(&request, None).expect("it runs");
    assert_eq!(outcome.inspection.expect("DEBUG").input, input, "as given");
    let info = Request { level: Level::Info, ..request };
    check(&info, &json!({ "status": "SUCCEEDED", "output": 1, "nextState": "Another State" }));
}

#[test]
fn the_states_that_take_no_mock_run() {
    let choice = json!({ "Type": "Choice", "Default": "No Match", "Choices": [
        { "Variable": "$.number", "NumericEquals": 1, "Next": "Equals 1" },
        { "Variable": "$.number", "NumericEquals": 2, "Next": "Equals 2" },
    ] });
    let cases = [
        (choice, json!({ "status": "SUCCEEDED", "output": { "number": 2 }, "nextState": "Equals 2" })),
        (json!({ "Type": "Succeed" }), json!({ "status": "SUCCEEDED", "output": { "number": 2 } })),
        (
            json!({ "Type": "Wait", "Seconds": 10, "Next": "A" }),
            json!({ "status": "SUCCEEDED", "output": { "number": 2 }, "nextState": "A" }),
        ),
        (
            json!({ "Type": "Wait", "Seconds": 301, "Next": "A" }),
            json!({ "status": "FAILED", "error": "States.Timeout" }),
        ),
        (
            json!({ "Type": "Fail", "Error": "E", "CausePath": "States.Format('{}', $.number)" }),
            json!({ "status": "FAILED", "error": "E", "cause": "2" }),
        ),
        (
            json!({ "Type": "Pass", "InputPath": "$.missing", "End": true }),
            json!({ "status": "FAILED", "error": "States.Runtime", "cause": "An error occurred while executing the state \
                'TestState' (entered at the event id #2). Invalid path '$.missing' : No results for path: $['missing']" }),
        ),
        // A state that leads to itself is left like any other.
        (
            json!({ "Type": "Pass", "Next": "TestState" }),
            json!({ "status": "SUCCEEDED", "output": { "number": 2 }, "nextState": "TestState" }),
        ),
    ];
    for (state, expected) in cases {
        let request =
            Request { input: Some(r#"{"number": 2}"#.into()), level: Level::Info, ..request(&state) };
        check(&request, &expected);
    }
}

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

fn task() -> Value {
    json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": { "FunctionName": "f", "Payload.$": "$.x" },
        "ResultSelector": { "code.$": "$.StatusCode" }, "ResultPath": "$.r",
        "Retry": [
            { "ErrorEquals": ["Other"] },
            { "ErrorEquals": ["Lambda.ServiceException"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2.0 },
        ],
        "Catch": [
            { "ErrorEquals": ["Other"], "Next": "O" },
            { "ErrorEquals": ["Lambda.TooManyRequestsException", "Lambda.ServiceException"], "ResultPath": "$.error", "Next": "H" },
        ],
        "Next": "N" })
}

#[test]
fn a_mocked_task_shows_its_data() {
    let request = Request {
        input: Some(r#"{"x":1}"#.into()),
        mock: result(&json!({ "StatusCode": 200, "Payload": 5 })),
        role_arn: None,
        ..request(&task())
    };
    check(
        &request,
        &json!({
            "status": "SUCCEEDED", "output": { "x": 1, "r": { "code": 200 } }, "nextState": "N",
            "input": { "x": 1 }, "AfterInputPath": { "x": 1 }, "AfterParameters": { "FunctionName": "f", "Payload": 1 },
            "Result": { "StatusCode": 200, "Payload": 5 }, "AfterResultSelector": { "code": 200 },
            "AfterResultPath": { "x": 1, "r": { "code": 200 } },
        }),
    );
}

/// The developer guide's examples of retries and catchers.
#[test]
fn a_mocked_error_is_retried_caught_or_fails_the_state() {
    let seen = json!({ "input": { "x": 1 }, "AfterInputPath": { "x": 1 },
        "AfterParameters": { "FunctionName": "f", "Payload": 1 } });
    let mut cases = vec![
        ("Lambda.ServiceException", 1, json!({ "status": "RETRIABLE", "retry": [1, 4000] })),
        (
            "Lambda.ServiceException",
            3,
            json!({ "status": "CAUGHT_ERROR", "catch": 1, "nextState": "H",
                "output": { "x": 1, "error": { "Error": "Lambda.ServiceException", "Cause": "c" } } }),
        ),
        (
            "Lambda.TooManyRequestsException",
            0,
            json!({ "status": "CAUGHT_ERROR", "catch": 1, "nextState": "H",
                "output": { "x": 1, "error": { "Error": "Lambda.TooManyRequestsException", "Cause": "c" } } }),
        ),
        ("Unknown", 0, json!({ "status": "FAILED" })),
    ];
    for (name, times, expected) in &mut cases {
        let configuration = Configuration { retrier_retry_count: Some(*times), ..Configuration::default() };
        let request = Request {
            input: Some(r#"{"x":1}"#.into()),
            mock: error(name, "c"),
            configuration,
            ..request(&task())
        };
        let members = expected.as_object_mut().expect("an object");
        members.extend(seen.as_object().cloned().expect("an object"));
        members.insert("error".into(), (*name).into());
        members.insert("cause".into(), "c".into());
        check(&request, expected);
    }
}

#[test]
fn a_task_without_a_mock_makes_its_call() {
    let state = json!({ "Type": "Task", "Resource": FUNCTION, "End": true });
    let request = Request { level: Level::Info, input: Some("[1]".into()), ..request(&state) };
    let mut test = TestState::begin(&request, &Limits::default(), Arc::new(Zeros), Timestamp(EPOCH_MS))
        .expect("it begins");
    let Next::Do(work) = test.proceed().expect("it goes on") else { panic!("a call") };
    let Job::Call { kind, call, payload } = &work.job else { panic!("a call") };
    assert_eq!((*kind, call.target.as_str(), payload.as_ref()), (CallKind::Lambda, FUNCTION, &b"[1]"[..]));
    let answers = [
        (CallResult::Succeeded("7".into()), json!({ "status": "SUCCEEDED", "output": 7 })),
        (
            CallResult::Failed { error: "E".into(), cause: "c".into() },
            json!({ "status": "FAILED", "error": "E", "cause": "c" }),
        ),
    ];
    for (answer, expected) in answers {
        assert_eq!(show(&run(&request, Some(&answer)).expect("it runs")), expected);
    }
}

#[test]
fn what_waits_for_others_is_mocked() {
    let ends = json!({ "ExecutionArn": "a", "StateMachineArn": "m", "Status": "SUCCEEDED", "StartDate": "d", "Output": { "r": 1 } });
    for (resource, mocked) in [
        ("arn:aws:states:us-east-1:123456789012:activity:a", json!([1])),
        ("arn:aws:states:::states:startExecution.sync:2", ends),
        ("arn:aws:states:::lambda:invoke.waitForTaskToken", json!("anything")),
    ] {
        let mut state = json!({ "Type": "Task", "Resource": resource, "End": true });
        if resource.contains("lambda") {
            state["Parameters"] = json!({ "FunctionName": "f", "Payload": { "t.$": "$$.Task.Token" } });
        } else if resource.contains("startExecution") {
            state["Parameters"] = json!({ "StateMachineArn": "m" });
        }
        let request = Request { mock: result(&mocked), level: Level::Info, ..request(&state) };
        check(&request, &json!({ "status": "SUCCEEDED", "output": mocked }));
    }
}

fn map(fields: &Value) -> Value {
    let mut map = json!({ "Type": "Map", "End": true,
        "ItemProcessor": { "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } } } });
    let members = map.as_object_mut().expect("an object");
    members.extend(fields.as_object().cloned().expect("an object"));
    map
}

#[test]
fn the_items_of_a_map_are_seen() {
    let fields = json!({ "ItemsPath": "$.items", "MaxConcurrency": 3, "ToleratedFailurePercentage": 50.5,
        "ItemSelector": { "i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "x.$": "$.x" } });
    let request = Request {
        input: Some(r#"{"items":["a","b"],"x":0}"#.into()),
        mock: result(&json!([10, 20])),
        ..request(&map(&fields))
    };
    check(
        &request,
        &json!({
            "status": "SUCCEEDED", "output": [10, 20], "input": { "items": ["a", "b"], "x": 0 },
            "AfterInputPath": { "items": ["a", "b"], "x": 0 }, "AfterItemsPath": ["a", "b"],
            "AfterItemSelector": [{ "i": 0, "v": "a", "x": 0 }, { "i": 1, "v": "b", "x": 0 }],
            "Result": [10, 20], "AfterResultSelector": [10, 20], "AfterResultPath": [10, 20],
            "maxConcurrency": 3, "toleratedFailurePercentage": 50.5,
        }),
    );
}

fn distributed(fields: &Value) -> Value {
    let mut map = map(fields);
    map["ItemProcessor"]["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    map
}

#[test]
fn what_an_item_reader_has_read_is_pointed_into_and_batched() {
    let reader = json!({ "ItemReader": { "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": { "InputType": "JSON", "ItemsPointer": "/a/b", "MaxItems": 3 }, "Parameters": { "Bucket": "b", "Key": "k" } },
        "ItemBatcher": { "MaxItemsPerBatch": 2, "BatchInput": { "n": 1 } } });
    let request = Request {
        mock: result(&json!([])),
        configuration: Configuration {
            map_item_reader_data: Some(r#"{"a":{"b":[1,2,3,4]}}"#.into()),
            ..Configuration::default()
        },
        ..request(&distributed(&reader))
    };
    check(
        &request,
        &json!({
            "status": "SUCCEEDED", "output": [], "input": {}, "AfterInputPath": {},
            "AfterItemsPointer": [1, 2, 3, 4], "AfterItemsPath": [1, 2, 3],
            "AfterItemBatcher": [{ "BatchInput": { "n": 1 }, "Items": [1, 2] }, { "BatchInput": { "n": 1 }, "Items": [3] }],
            "Result": [], "AfterResultSelector": [], "AfterResultPath": [], "maxConcurrency": 0,
        }),
    );
}

#[test]
fn a_map_fails_of_more_failures_than_it_tolerates() {
    let failed = json!({ "status": "FAILED", "error": "States.ExceedToleratedFailureThreshold",
        "cause": "The specified tolerated failure threshold was exceeded" });
    let succeeded = json!({ "status": "SUCCEEDED", "output": [] });
    for (fields, failures, expected) in [
        (json!({}), 0, &succeeded),
        (json!({}), 1, &failed),
        (json!({ "ToleratedFailureCount": 2 }), 2, &succeeded),
        (json!({ "ToleratedFailureCount": 2 }), 3, &failed),
        (json!({ "ToleratedFailurePercentage": 50 }), 2, &succeeded),
        (json!({ "ToleratedFailurePercentage": 49 }), 2, &failed),
    ] {
        let request = Request {
            input: Some("[1,2,3,4]".into()),
            level: Level::Info,
            mock: result(&json!([])),
            configuration: Configuration {
                map_iteration_failure_count: Some(failures),
                ..Configuration::default()
            },
            ..request(&distributed(&fields))
        };
        check(&request, expected);
    }
}

fn nested() -> Value {
    json!({ "StartAt": "P", "States": {
        "P": { "Type": "Parallel", "Branches": [
                { "StartAt": "A", "States": { "A": { "Type": "Succeed" } } },
                { "StartAt": "M", "States": { "M": map(&json!({ "ItemProcessor": { "StartAt": "T", "States": {
                    "T": { "Type": "Task", "Resource": FUNCTION, "Parameters": { "i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value" }, "Next": "U" },
                    "U": { "Type": "Pass", "End": true } } } })) } } ],
            "Retry": [{ "ErrorEquals": ["Again"] }],
            "Catch": [{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "C" }],
            "End": true },
        "C": { "Type": "Succeed" } } })
}

#[test]
fn a_state_inside_others_runs_as_if_they_ran() {
    let test = |name: &str, mock: Option<Mock>| Request {
        state_name: Some(name.into()),
        input: Some(r#"{"a":1}"#.into()),
        mock,
        ..request(&nested())
    };
    let seen = |rest: Value| {
        let mut seen = json!({ "input": { "a": 1 }, "AfterInputPath": { "a": 1 },
            "AfterParameters": { "i": 0, "v": { "a": 1 } } });
        let members = seen.as_object_mut().expect("an object");
        members.extend(rest.as_object().cloned().expect("an object"));
        seen
    };
    check(
        &test("T", result(&json!(5))),
        &seen(json!({ "status": "SUCCEEDED", "output": 5, "nextState": "U",
        "Result": 5, "AfterResultSelector": 5, "AfterResultPath": 5 })),
    );
    check(
        &test("T", error("Again", "c")),
        &seen(json!({ "status": "RETRIABLE", "retry": [0, 1000], "error": "Again", "cause": "c" })),
    );
    check(
        &test("T", error("E", "c")),
        &seen(json!({ "status": "CAUGHT_ERROR", "catch": 0, "error": "E", "cause": "c",
        "output": { "a": 1, "e": { "Error": "E", "Cause": "c" } }, "nextState": "C" })),
    );
    // The end of an iteration, and of a branch whose siblings are not there.
    for name in ["U", "A"] {
        let outcome = run(&Request { level: Level::Info, ..test(name, None) }, None).expect("it runs");
        assert_eq!(show(&outcome), json!({ "status": "SUCCEEDED", "output": { "a": 1 } }), "{name}");
    }
    let parallel = Request { level: Level::Info, ..test("P", result(&json!([1, 2]))) };
    check(&parallel, &json!({ "status": "SUCCEEDED", "output": [1, 2] }));
}

#[test]
fn variables_and_context_are_what_was_given() {
    let state = json!({ "Type": "Task", "QueryLanguage": "JSONata", "Resource": FUNCTION,
        "Arguments": { "v": "{% $v %}", "id": "{% $states.context.Execution.Id %}", "name": "{% $states.context.State.Name %}" },
        "Assign": { "v": "{% $v + $states.result %}", "w": true }, "Output": "{% $states.result %}", "End": true });
    let request = Request {
        variables: Some(r#"{"v":1,"z":"kept"}"#.into()),
        context: Some(r#"{"Execution":{"Id":"mine"}}"#.into()),
        mock: result(&json!(2)),
        ..request(&state)
    };
    check(
        &request,
        &json!({
            "status": "SUCCEEDED", "output": 2, "input": {}, "AfterArguments": { "v": 1, "id": "mine", "name": "TestState" },
            "Result": 2, "variables": { "v": 3, "w": true, "z": "kept" },
        }),
    );
}

#[test]
fn requests_that_are_not_in_order_are_refused() {
    let pass = json!({ "Type": "Pass", "End": true });
    let plain = |state: &Value| Request { role_arn: None, ..request(state) };
    let parallel = json!({ "Type": "Parallel", "End": true, "Branches": [{ "StartAt": "B", "States": { "B": { "Type": "Pass", "End": true } } }] });
    let activity = json!({ "Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:a", "End": true });
    let sync = json!({ "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync", "Parameters": { "StateMachineArn": "m" }, "End": true });
    let lambda = json!({ "Type": "Task", "Resource": FUNCTION, "End": true });
    let both = Some(Mock {
        result: Some("1".into()),
        error_output: Some(MockError { error: Some("E".into()), cause: None }),
        validation: FieldValidation::Strict,
    });
    let configuration = |change: fn(&mut Configuration)| {
        let mut configuration = Configuration::default();
        change(&mut configuration);
        configuration
    };
    let cases = [
        (
            plain(&json!({})),
            "InvalidDefinition: Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [Type] at /'",
        ),
        (Request { role_arn: Some("role".into()), ..plain(&pass) }, "InvalidArn: Invalid Role Arn: 'role'"),
        (
            Request { state_name: Some("X".into()), ..plain(&nested()) },
            "ValidationException: The state 'X' given as stateName is not in the definition",
        ),
        (
            Request { input: Some("{".into()), ..plain(&pass) },
            "InvalidExecutionInput: Invalid State Machine Execution Input: '",
        ),
        (
            plain(&parallel),
            "InvalidDefinition: TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]",
        ),
        (
            plain(&activity),
            "ValidationException: TestState API only supports Activity tasks when a mock is specified",
        ),
        (
            plain(&sync),
            "ValidationException: TestState API only supports the .sync service integration pattern when a mock is specified",
        ),
        (
            plain(&lambda),
            "ValidationException: 1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
        ),
        (
            Request { context: Some("{}".into()), ..plain(&pass) },
            "ValidationException: 'context' may only be specified together with 'mock'",
        ),
        (
            Request { mock: result(&json!(1)), ..plain(&pass) },
            "ValidationException: A mock can only be specified for Task, Map, or Parallel states",
        ),
        (
            Request { mock: both, ..plain(&lambda) },
            "ValidationException: A mock can not have both 'result' and 'errorOutput'",
        ),
        (
            Request { mock: Some(Mock::default()), ..plain(&lambda) },
            "ValidationException: A mock must have either 'result' or 'errorOutput'",
        ),
        (
            Request { mock: result(&json!(1)), reveal_secrets: true, ..plain(&lambda) },
            "ValidationException: 'revealSecrets' can not be specified together with 'mock'",
        ),
        (
            Request { mock: result(&json!([1, 2])), ..plain(&parallel) },
            "ValidationException: Mock result schema validation error: The result of a Parallel state with 1 branches must be an array of as many elements",
        ),
        (
            Request { mock: result(&json!({})), ..plain(&sync) },
            "ValidationException: Mock result schema validation error: Field 'ExecutionArn' is required",
        ),
        (
            Request { variables: Some("[]".into()), ..plain(&pass) },
            "ValidationException: The value of 'variables' must be a JSON object",
        ),
        (
            Request {
                mock: result(&json!(1)),
                configuration: configuration(|it| it.retrier_retry_count = Some(1)),
                ..plain(&lambda)
            },
            "ValidationException: 'stateConfiguration.retrierRetryCount' can only be specified together with a mocked error",
        ),
        (
            Request {
                mock: error("E", "c"),
                configuration: configuration(|it| it.error_caused_by_state = Some("X".into())),
                ..plain(&parallel)
            },
            "ValidationException: The state 'X' given as stateConfiguration.errorCausedByState is not in the state under test",
        ),
        (
            Request {
                mock: result(&json!([])),
                input: Some("[1]".into()),
                configuration: configuration(|it| it.map_iteration_failure_count = Some(2)),
                ..plain(&map(&json!({})))
            },
            "ValidationException: 'stateConfiguration.mapIterationFailureCount' can not exceed the number of items, which is 1",
        ),
        (
            Request {
                mock: result(&json!([])),
                configuration: configuration(|it| it.map_item_reader_data = Some("[]".into())),
                ..plain(&map(&json!({})))
            },
            "ValidationException: 'stateConfiguration.mapItemReaderData' can only be specified for a Map state with an ItemReader",
        ),
    ];
    for (request, expected) in cases {
        let refusal = run(&request, None).expect_err(expected);
        assert!(refusal.starts_with(expected), "{refusal}\n{expected}");
    }
}
