//! Invalid definitions and AWS's message for each. The comments in `definition/wording.rs` say which texts
//! are known to be AWS's own.

use keepstep_asl::definition::{Kind, ParseOptions, parse};
use serde_json::{Value, json};

/// `expected` is what AWS puts between the quotes of `Invalid State Machine Definition: '...'`; empty for a
/// valid one.
fn check(definition: Value, expected: &str) {
    check_kind(Kind::Standard, definition, expected);
}

fn check_kind(kind: Kind, definition: Value, expected: &str) {
    let message = match parse(&definition.to_string(), &ParseOptions { kind }) {
        Ok(_) => String::new(),
        Err(invalid) => invalid.invalid_definition_message(),
    };
    assert_eq!(message, expected, "{definition}");
}

/// A definition whose only state is `X`, with `"End": true` unless the state is a terminal one.
fn only(mut state: Value) -> Value {
    let ends = matches!(state["Type"].as_str(), Some("Succeed" | "Fail" | "Choice"));
    if let (false, Value::Object(fields)) = (ends, &mut state) {
        fields.entry("End").or_insert(json!(true));
    }
    json!({"StartAt": "X", "States": {"X": state}})
}

/// [`check`] of a state on its own, for problems of the schema: `SCHEMA_VALIDATION_FAILED: MESSAGE at
/// /States/XPLACE`.
fn check_state(state: Value, place: &str, message: &str) {
    check(only(state), &format!("SCHEMA_VALIDATION_FAILED: {message} at /States/X{place}"));
}

#[test]
fn the_top() {
    check(json!({}), "SCHEMA_VALIDATION_FAILED: These fields are required: [StartAt, States] at /");
    check(json!({"StartAt": "X"}), "SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /");
    let states = json!({"StartState": {"Type": "Pass", "End": true}});
    check(json!({"States": states}), "SCHEMA_VALIDATION_FAILED: These fields are required: [StartAt] at /");
    check(json!([]), "SCHEMA_VALIDATION_FAILED: Expected value of type Object at /");
    check(
        json!({"StartAt": 1, "States": {}}),
        "SCHEMA_VALIDATION_FAILED: Expected value of type String at /StartAt",
    );
    check(
        json!({"StartAt": "X", "States": []}),
        "SCHEMA_VALIDATION_FAILED: Expected value of type Object at /States",
    );
    let with = |name: &str, value: Value| {
        let mut definition = only(json!({"Type": "Succeed"}));
        definition[name] = value;
        definition
    };
    check(with("Version", json!("1.0")), "");
    check(
        with("Version", json!("2.0")),
        "SCHEMA_VALIDATION_FAILED: Value should be one of the following: [1.0] at /Version",
    );
    check(with("Comment", json!(1)), "SCHEMA_VALIDATION_FAILED: Expected value of type String at /Comment");
    check(
        with("TimeoutSeconds", json!(-1)),
        "SCHEMA_VALIDATION_FAILED: Minimum value is 0 at /TimeoutSeconds",
    );
    check(with("TimeoutSeconds", json!(0)), "");
    check(with("TimeoutSeconds", json!(99_999_999)), "");
    check(with("Coment", json!("x")), "SCHEMA_VALIDATION_FAILED: Field 'Coment' is not supported at /");
}

#[test]
fn transitions() {
    check(
        json!({"StartAt": "pass1", "States": {
            "pass1": {"Type": "Pass", "Next": "pass3"},
            "pass2": {"Type": "Pass", "End": true},
        }}),
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at /States/pass1/Next, \
         MISSING_TRANSITION_TARGET: State \"pass2\" is not reachable. at /States/pass2",
    );
    check(
        json!({"StartAt": "Not sure", "States": {
            "Pass One": {"Type": "Pass", "Next": "Success"},
            "Success": {"Type": "Succeed"},
        }}),
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: Not sure at /StartAt, \
         MISSING_TRANSITION_TARGET: State \"Pass One\" is not reachable. at /States/Pass One",
    );
    let rule = json!({"Variable": "$.a", "IsPresent": true, "Next": "N1"});
    let catch = json!([{"ErrorEquals": ["States.ALL"], "Next": "N3"}]);
    check(
        json!({"StartAt": "T", "States": {
            "T": {"Type": "Task", "Resource": ACTIVITY, "Next": "C", "Catch": catch},
            "C": {"Type": "Choice", "Choices": [rule], "Default": "N2"},
            "S": {"Type": "Succeed"},
        }}),
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: N3 at /States/T/Catch[0]/Next, \
         MISSING_TRANSITION_TARGET: Missing 'Next' target: N1 at /States/C/Choices[0]/Next, \
         MISSING_TRANSITION_TARGET: Missing 'Next' target: N2 at /States/C/Default, \
         MISSING_TRANSITION_TARGET: State \"S\" is not reachable. at /States/S",
    );
    // A target in another flow is none.
    check(
        json!({"StartAt": "P", "States": {
            "P": {"Type": "Parallel", "Next": "S", "Branches": [
                {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "S"}, "B": {"Type": "Succeed"}}},
            ]},
            "S": {"Type": "Succeed"},
        }}),
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: S at /States/P/Branches[0]/States/A/Next, \
         MISSING_TRANSITION_TARGET: State \"B\" is not reachable. at /States/P/Branches[0]/States/B",
    );
}

#[test]
fn ends() {
    let pass = |next: &str| json!({"Type": "Pass", "Next": next});
    let end = "MISSING_END_STATE: Workflow has no terminal state at null";
    check(json!({"StartAt": "A", "States": {"A": pass("B"), "B": pass("A"), "C": pass("A")}}), end);
    check(
        json!({"StartAt": "A", "States": {"A": pass("NOPE")}}),
        &format!("MISSING_TRANSITION_TARGET: Missing 'Next' target: NOPE at /States/A/Next, {end}"),
    );
    check(
        json!({"StartAt": "A", "States": {"A": pass("B"), "B": pass("A"), "C": {"Type": "Succeed"}}}),
        "MISSING_TRANSITION_TARGET: State \"C\" is not reachable. at /States/C",
    );
    check_state(
        json!({"Type": "Pass", "End": false}),
        "",
        "This object should have only one of the following fields: [Next, End]",
    );
    check_state(
        json!({"Type": "Pass", "Next": "X"}),
        "",
        "There should only be one of the following fields: [Next, End]",
    );
    check_state(json!({"Type": "Pass", "End": "yes"}), "/End", "Expected value of type Boolean");
}

#[test]
fn names() {
    let name = "This is an exceptionally long state name that I know will fail when I try to deploy to AWS";
    check(
        json!({"StartAt": name, "States": {name: {"Type": "Succeed"}}}),
        &format!(
            "INVALID_STATE_NAME: Invalid State name: State '{name}' exceeds the 80-character limit allowed by the service at \
             /States/{name}"
        ),
    );
    let name = "ü".repeat(80);
    check(json!({"StartAt": name, "States": {name.clone(): {"Type": "Succeed"}}}), "");
    let inner = json!({"StartAt": "X", "States": {"X": {"Type": "Succeed"}}});
    check(
        only(json!({"Type": "Map", "Iterator": inner})),
        "DUPLICATE_STATE_NAME: Duplicate State name: X at /States/X/Iterator/States/X",
    );
}

#[test]
fn a_name_twice_in_one_flow() {
    let twice = r#"{"StartAt": "D", "States": {"D": {"Type": "Pass", "Next": "S"}, "D": {"Type": "Pass", "Next": "S"},
                    "S": {"Type": "Succeed"}}}"#;
    let in_branch = format!(
        r#"{{"StartAt": "P", "States": {{"P": {{"Type": "Parallel", "End": true, "Branches": [{twice}]}}}}}}"#
    );
    for (text, place) in [(twice, "/States/D"), (&in_branch, "/States/P/Branches[0]/States/D")] {
        let invalid = parse(text, &ParseOptions::default()).expect_err("a duplicate");
        let expected = format!("DUPLICATE_STATE_NAME: Duplicate State name: D at {place}");
        assert_eq!(invalid.invalid_definition_message(), expected);
    }
    // Data may look like states.
    let data = r#"{"StartAt": "X", "States": {"X": {"Type": "Pass", "End": true,
                   "Result": {"States": {"a": 1, "a": 2}}}}}"#;
    assert!(parse(data, &ParseOptions::default()).is_ok());
}

#[test]
fn what_all_states_have() {
    check_state(json!({"End": true}), "", "These fields are required: [Type]");
    check_state(json!([]), "", "Expected value of type Object");
    let types = "Task, Parallel, Map, Pass, Wait, Choice, Succeed, Fail";
    check_state(
        json!({"Type": "Loop"}),
        "/Type",
        &format!("Value should be one of the following: [{types}]"),
    );
    check_state(
        json!({"Type": "Pass", "OutputPath": "Test"}),
        "/OutputPath",
        "Value must be a valid JSONPath.",
    );
    check_state(json!({"Type": "Pass", "InputPath": 1}), "/InputPath", "Expected value of type String");
    let path = "Value must be a valid JSONPath.";
    check_state(json!({"Type": "Pass", "ResultPath": "a"}), "/ResultPath", path);
    let path = "Value is not a Reference Path: '$.a[*]' can name more than one node";
    check_state(json!({"Type": "Pass", "ResultPath": "$.a[*]"}), "/ResultPath", path);
    check_state(
        json!({"Type": "Wait", "Seconds": 1, "ResultPath": null}),
        "",
        "Field 'ResultPath' is not supported",
    );
    check_state(json!({"Type": "Succeed", "Result": {}}), "", "Field 'Result' is not supported");
    check_state(json!({"Type": "Fail", "OutputPath": "$"}), "", "Field 'OutputPath' is not supported");
    check(only(json!({"Type": "Pass", "InputPath": null, "OutputPath": "$$", "ResultPath": null})), "");
}

#[test]
fn pass_and_fail() {
    check_state(
        json!({"Type": "Pass", "Parameters": {"a": [{"Variable.$": "Test"}]}}),
        "/Parameters/a[0]",
        "The value for the field 'Variable.$' must be a valid JSONPath or a valid intrinsic function call",
    );
    check(only(json!({"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('{}', $.c)"})), "");
    let both = "There should only be one of the following fields: [Error, ErrorPath]";
    check_state(json!({"Type": "Fail", "Error": "e", "ErrorPath": "$.e"}), "", both);
    let text = "Value must be a valid JSONPath or a valid intrinsic function call";
    check_state(json!({"Type": "Fail", "CausePath": "c"}), "/CausePath", text);
    check_state(json!({"Type": "Fail", "Cause": 1}), "/Cause", "Expected value of type String");
}

#[test]
fn wait() {
    let forms = "[SecondsPath, Seconds, TimestampPath, Timestamp]";
    check_state(
        json!({"Type": "Wait"}),
        "",
        &format!("This object should have only one of the following fields: {forms}"),
    );
    check_state(
        json!({"Type": "Wait", "Seconds": 1, "SecondsPath": "$.a"}),
        "",
        &format!("There should only be one of the following fields: {forms}"),
    );
    check_state(
        json!({"Type": "Wait", "Seconds": 10_000_000_000_000_000_u64}),
        "/Seconds",
        "Maximum value is 99999999",
    );
    check_state(json!({"Type": "Wait", "Seconds": -1}), "/Seconds", "Minimum value is 0");
    check_state(json!({"Type": "Wait", "Seconds": 1.5}), "/Seconds", "Expected value of type Integer");
    check_state(json!({"Type": "Wait", "Seconds": "1"}), "/Seconds", "Expected value of type Integer");
    check(only(json!({"Type": "Wait", "Seconds": 5.0})), "");
    let path = "Value must be a valid JSONPath.";
    check_state(json!({"Type": "Wait", "SecondsPath": "a"}), "/SecondsPath", path);
    let path = "Value is not a Reference Path: '$.a[*]' can name more than one node";
    check_state(json!({"Type": "Wait", "TimestampPath": "$.a[*]"}), "/TimestampPath", path);
    check_state(
        json!({"Type": "Wait", "Timestamp": "tomorrow"}),
        "/Timestamp",
        "String does not match RFC3339 timestamp",
    );
    check(only(json!({"Type": "Wait", "Timestamp": "2016-03-14T01:59:00Z"})), "");
}

#[test]
fn choice() {
    check_state(json!({"Type": "Choice"}), "", "These fields are required: [Choices]");
    check_state(json!({"Type": "Choice", "Choices": []}), "/Choices", "Value cannot be empty");
    check_state(
        json!({"Type": "Choice", "Choices": [{"Variable": "$", "StringMatches": "Test"}]}),
        "/Choices[0]",
        "These fields are required: [Next]",
    );
    check_state(json!({"Type": "Choice", "Choices": [1]}), "/Choices[0]", "Expected value of type Object");
    check_state(
        json!({"Type": "Choice", "Choices": [{"Variable": "Test", "StringMatches": "Test", "Next": "X"}]}),
        "/Choices[0]/Variable",
        "Value is not a Reference Path: Reference path didn't start with '$'",
    );
    let rule = |rule: Value, place: &str, message: &str| {
        let mut rule = rule;
        rule["Next"] = json!("X");
        check_state(json!({"Type": "Choice", "Choices": [rule]}), &format!("/Choices[0]{place}"), message);
    };
    let forms = "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]";
    rule(json!({}), "", forms);
    rule(json!({"IsNull": true}), "", forms);
    rule(json!({"Variable": "$.a", "IsNull": true, "And": []}), "", forms);
    rule(json!({"Not": {"StringEquals": "a"}}), "/Not", forms);
    rule(json!({"And": []}), "/And", "Value cannot be empty");
    rule(json!({"And": [], "IsNull": true}), "", "Field 'IsNull' is not supported");
    rule(json!({"Variable": "$.a"}), "", "A Choice Rule must have a comparison operator");
    rule(
        json!({"Variable": "$.a", "IsNull": true, "StringEquals": "a"}),
        "",
        "There should only be one of the following fields: [IsNull, StringEquals]",
    );
    rule(
        json!({"Or": [{"Variable": "$.a", "IsNull": true, "Next": "X"}]}),
        "/Or[0]",
        "Field 'Next' is not supported",
    );
    let rules = json!([{"Variable": "$.a", "IsNull": true, "Next": "X"}]);
    check_state(json!({"Type": "Choice", "Choices": rules, "End": true}), "", "Field 'End' is not supported");
}

const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:a";

fn task(more: Value) -> Value {
    let mut state = json!({"Type": "Task", "Resource": ACTIVITY});
    if let (Value::Object(fields), Value::Object(more)) = (&mut state, more) {
        fields.extend(more);
    }
    state
}

#[test]
fn task_resources() {
    check_state(json!({"Type": "Task"}), "", "These fields are required: [Resource]");
    check_state(task(json!({"Resource": "createToken"})), "/Resource", "Value is not a valid resource ARN");
    check_state(
        task(json!({"Resource": "arn:aws:states:::sqs:sendMassage"})),
        "/Resource",
        "The resource provided arn:aws:states:::sqs:sendMassage is not recognized. The value is not a valid resource ARN, \
         or the resource is not available in this region.",
    );
    let start = |parameters: Value| {
        task(json!({"Resource": "arn:aws:states:::states:startExecution", "Parameters": parameters}))
    };
    check(only(start(json!({"StateMachineArn.$": "$.arn", "Name": "n", "Input": {}}))), "");
    check_state(
        start(json!({"Name": "n"})),
        "/Parameters",
        "The field 'StateMachineArn' is required but was missing",
    );
    check_state(
        start(json!({"StateMachineArn": "a", "static": 1})),
        "/Parameters",
        "The field \"static\" is not supported by Step Functions",
    );
    check_state(start(json!("$")), "/Parameters", "Expected value of type Object");
    let invoke = task(json!({"Resource": "arn:aws:states:::lambda:invoke"}));
    check_state(invoke, "", "Parameters field is required for resource ARN: arn:aws:states:::lambda:invoke");
    let with_role = |credentials: Value| {
        let resource = "arn:aws:lambda:us-east-1:123456789012:function:f";
        task(json!({"Resource": resource, "Credentials": credentials}))
    };
    check(only(with_role(json!({"RoleArn.$": "$.role"}))), "");
    check_state(with_role(json!({})), "/Credentials", "The field 'RoleArn' is required but was missing");
    check_state(
        task(json!({"Credentials": {"RoleArn": "r"}})),
        "/Credentials",
        "The field 'Credentials' is not supported for activities",
    );
    check_state(
        task(json!({"Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {}})),
        "/Resource",
        "The resource provided arn:aws:states:::sqs:sendMessage is not supported by this server. It runs activities, Lambda \
         functions, and the service integrations lambda:invoke and states:startExecution.",
    );
}

#[test]
fn express() {
    let express = |resource: &str, expected: &str| {
        let parameters = json!({"FunctionName": "f"});
        let mut definition = only(json!({"Type": "Task", "Resource": resource}));
        if resource.contains("invoke") {
            definition["States"]["X"]["Parameters"] = parameters;
        }
        if resource.contains("startExecution") {
            definition["States"]["X"]["Parameters"] = json!({"StateMachineArn": "a"});
        }
        check_kind(Kind::Express, definition, expected);
    };
    express("arn:aws:states:::lambda:invoke", "");
    express("arn:aws:lambda:us-east-1:123456789012:function:f", "");
    express(
        "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "SCHEMA_VALIDATION_FAILED: Express state machine does not support '.waitForTaskToken' service integration  at \
         /States/X/Resource",
    );
    express(
        "arn:aws:states:::states:startExecution.sync:2",
        "SCHEMA_VALIDATION_FAILED: Express state machine does not support '.sync' service integration  at \
         /States/X/Resource",
    );
    express(
        ACTIVITY,
        "SCHEMA_VALIDATION_FAILED: Express state machine does not support Activity ARN at /States/X/Resource",
    );
}

#[test]
fn timeouts() {
    check(only(task(json!({"TimeoutSeconds": 2, "HeartbeatSeconds": 1}))), "");
    check(only(task(json!({"TimeoutSecondsPath": "$.t", "HeartbeatSecondsPath": "$.h"}))), "");
    check_state(
        task(json!({"TimeoutSeconds": 2, "HeartbeatSeconds": 2})),
        "",
        "HeartbeatSeconds must be smaller than TimeoutSeconds",
    );
    check_state(
        task(json!({"TimeoutSeconds": 2, "TimeoutSecondsPath": "$.t"})),
        "",
        "There should only be one of the following fields: [TimeoutSeconds, TimeoutSecondsPath]",
    );
    check_state(task(json!({"HeartbeatSeconds": 0})), "/HeartbeatSeconds", "Minimum value is 1");
    let flow = json!({"StartAt": "I", "States": {"I": {"Type": "Succeed"}}});
    let map = json!({"Type": "Map", "TimeoutSeconds": 1, "Iterator": flow});
    check_state(map, "", "Field 'TimeoutSeconds' is not supported");
}

#[test]
fn retry_and_catch() {
    let all = json!({"ErrorEquals": ["States.ALL"]});
    check(only(task(json!({"Retry": [{"ErrorEquals": ["a", "b"]}, all], "Catch": []}))), "");
    let retry = |retrier: Value| task(json!({"Retry": [retrier]}));
    check_state(retry(json!({})), "/Retry[0]", "These fields are required: [ErrorEquals]");
    check_state(retry(json!({"ErrorEquals": []})), "/Retry[0]/ErrorEquals", "Value cannot be empty");
    check_state(
        retry(json!({"ErrorEquals": [1]})),
        "/Retry[0]/ErrorEquals[0]",
        "Expected value of type String",
    );
    check_state(retry(json!({"ErrorEquals": "a"})), "/Retry[0]/ErrorEquals", "Expected value of type Array");
    let alone = "States.ALL must appear alone and at end of list";
    check_state(task(json!({"Retry": [all, {"ErrorEquals": ["a"]}]})), "/Retry[0]/ErrorEquals[0]", alone);
    check_state(retry(json!({"ErrorEquals": ["a", "States.ALL"]})), "/Retry[0]/ErrorEquals[1]", alone);
    let with = |name: &str, value: Value| retry(json!({"ErrorEquals": ["a"], name: value}));
    check(only(with("IntervalSeconds", json!(0))), "");
    check_state(with("IntervalSeconds", json!(-1)), "/Retry[0]/IntervalSeconds", "Minimum value is 0");
    check_state(
        with("MaxAttempts", json!(100_000_000)),
        "/Retry[0]/MaxAttempts",
        "Maximum value is 99999999",
    );
    check_state(with("BackoffRate", json!(0.9)), "/Retry[0]/BackoffRate", "Minimum value is 1.0");
    check_state(
        with("MaxDelaySeconds", json!(31_622_401)),
        "/Retry[0]/MaxDelaySeconds",
        "Maximum value is 31622400",
    );
    check_state(
        with("JitterStrategy", json!("SOME")),
        "/Retry[0]/JitterStrategy",
        "Value should be one of the following: [NONE, FULL]",
    );
    check_state(with("Foo", json!(1)), "/Retry[0]", "Field 'Foo' is not supported");
    check_state(
        retry(json!({"ErrorEquals": ["a"], "IntervalSeconds": 5, "MaxDelaySeconds": 5})),
        "/Retry[0]/MaxDelaySeconds",
        "MaxDelaySeconds must be greater than IntervalSeconds",
    );
    let catch = |catcher: Value| task(json!({"Catch": [catcher]}));
    check_state(catch(json!({"ErrorEquals": ["a"]})), "/Catch[0]", "These fields are required: [Next]");
    check_state(
        catch(json!({"ErrorEquals": ["a"], "Next": "X", "ResultPath": "$.a[*]"})),
        "/Catch[0]/ResultPath",
        "Value is not a Reference Path: '$.a[*]' can name more than one node",
    );
    // Two problems of one state are one message.
    check(
        only(task(json!({
            "Retry": [all, {"ErrorEquals": ["a"]}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "X"}, {"ErrorEquals": ["a"], "Next": "X"}],
        }))),
        &format!(
            "SCHEMA_VALIDATION_FAILED: {alone} at /States/X/Retry[0]/ErrorEquals[0], \
             SCHEMA_VALIDATION_FAILED: {alone} at /States/X/Catch[0]/ErrorEquals[0]"
        ),
    );
}

#[test]
fn parallel_and_map() {
    check_state(json!({"Type": "Parallel"}), "", "These fields are required: [Branches]");
    check_state(json!({"Type": "Parallel", "Branches": []}), "/Branches", "Value cannot be empty");
    let flow = json!({"StartAt": "I", "States": {"I": {"Type": "Succeed"}}});
    check_state(
        json!({"Type": "Parallel", "Branches": [{"StartAt": "I"}]}),
        "/Branches[0]",
        "These fields are required: [States]",
    );
    check_state(
        json!({"Type": "Map"}),
        "",
        "This object should have only one of the following fields: [ItemProcessor, Iterator]",
    );
    check_state(
        json!({"Type": "Map", "ItemProcessor": flow, "Iterator": flow}),
        "",
        "There should only be one of the following fields: [ItemProcessor, Iterator]",
    );
    let map = |name: &str, value: Value| json!({"Type": "Map", "ItemProcessor": flow, name: value});
    check_state(map("MaxConcurrency", json!(-1)), "/MaxConcurrency", "Minimum value is 0");
    check_state(map("ItemsPath", json!("items")), "/ItemsPath", "Value must be a valid JSONPath.");
    check_state(
        map("ItemsPath", json!("$.a[*]")),
        "/ItemsPath",
        "Value is not a Reference Path: '$.a[*]' can name more than one node",
    );
    check_state(
        json!({"Type": "Map", "ItemProcessor": flow, "ItemSelector": {}, "Parameters": {}}),
        "",
        "There should only be one of the following fields: [ItemSelector, Parameters]",
    );
}
