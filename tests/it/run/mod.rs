//! `keepstep run`, as somebody runs it: the whole of what it prints, and its exit code.

use std::process::{Command, Stdio};

use keepstep_tests::process::binary;
use serde_json::{Value, json};
use tempfile::TempDir;

/// What a run printed, and its exit code.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

/// A folder with a definition in `order.asl.json` and mocks in `mocks.json`.
fn folder(definition: &Value, mocks: &Value) -> anyhow::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("order.asl.json"), definition.to_string())?;
    std::fs::write(folder.path().join("mocks.json"), mocks.to_string())?;
    Ok(folder)
}

fn run(folder: &TempDir, arguments: &[&str]) -> anyhow::Result<Ran> {
    let output = Command::new(binary()?)
        .arg("run")
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()?;
    Ok(Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout)?,
        err: String::from_utf8(output.stderr)?,
    })
}

#[track_caller]
fn check(ran: &Ran, code: i32, out: &str, err: &str) {
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (Some(code), out, err),
        "{}{}",
        ran.out,
        ran.err
    );
}

fn order() -> Value {
    json!({ "StartAt": "Wait", "States": {
        "Wait": { "Type": "Wait", "Seconds": 3600, "Next": "Both" },
        "Both": { "Type": "Parallel", "ResultPath": "$.both", "Next": "Ship", "Branches": [
            { "StartAt": "Charge", "States": { "Charge": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": { "FunctionName": "charge", "Payload.$": "$.amount" }, "OutputPath": "$.Payload",
                "Retry": [{ "ErrorEquals": ["Card.Busy"], "IntervalSeconds": 5 }], "End": true } } },
            { "StartAt": "Pack", "States": { "Pack": { "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 1, "End": true,
                "ItemProcessor": { "StartAt": "Wrap", "States": { "Wrap": { "Type": "Pass", "End": true } } } } } } ] },
        "Ship": { "Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:ship", "ResultPath": "$.shipped", "End": true,
            "Catch": [{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Tell" }] },
        "Tell": { "Type": "Pass", "OutputPath": "$.error.Error", "End": true } } })
}

const INPUT: &str = r#"{"amount":5,"items":["a","b"]}"#;

#[test]
fn a_run_shows_what_happened_and_when() -> anyhow::Result<()> {
    let mocks = json!({
        "Charge": [{ "error": "Card.Busy", "cause": "try again", "delaySeconds": 2 }, { "return": { "Payload": { "paid": true } }, "delaySeconds": 0.5 }],
        "Ship": { "error": "No.Truck" },
    });
    let folder = folder(&order(), &mocks)?;
    let ran =
        run(&folder, &["order.asl.json", "--input", INPUT, "--mocks", "mocks.json", "--name", "first"])?;
    let expected = include_str!("order.txt");
    check(&ran, 0, expected, "");
    Ok(())
}

#[test]
fn a_history_is_printed_as_the_api_gives_it() -> anyhow::Result<()> {
    let definition = json!({ "StartAt": "A", "States": { "A": { "Type": "Pass", "Output": "{% $states.input.a + 1 %}", "End": true } } });
    let folder = folder(&definition, &json!({}))?;
    std::fs::write(folder.path().join("input.json"), r#"{"a":1}"#)?;
    let arguments = ["order.asl.json", "--input", "@input.json", "--query-language", "JSONata", "--json"];
    let ran = run(&folder, &arguments)?;
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let mut printed: Value = serde_json::from_str(&ran.out)?;
    for event in printed["events"].as_array_mut().into_iter().flatten() {
        assert!(event["timestamp"].take().is_number());
    }
    let whole = json!({ "truncated": false });
    assert_eq!(
        printed,
        json!({ "events": [
            { "timestamp": null, "type": "ExecutionStarted", "id": 1, "previousEventId": 0, "executionStartedEventDetails":
                { "input": "{\"a\":1}", "inputDetails": whole, "roleArn": "arn:aws:iam::123456789012:role/local" } },
            { "timestamp": null, "type": "PassStateEntered", "id": 2, "previousEventId": 0, "stateEnteredEventDetails":
                { "name": "A", "input": "{\"a\":1}", "inputDetails": whole } },
            { "timestamp": null, "type": "PassStateExited", "id": 3, "previousEventId": 2, "stateExitedEventDetails":
                { "name": "A", "output": "2", "outputDetails": whole } },
            { "timestamp": null, "type": "ExecutionSucceeded", "id": 4, "previousEventId": 3, "executionSucceededEventDetails":
                { "output": "2", "outputDetails": whole } },
        ] })
    );
    Ok(())
}

#[test]
fn a_failed_execution_is_exit_code_1() -> anyhow::Result<()> {
    let definition =
        json!({ "StartAt": "F", "States": { "F": { "Type": "Fail", "Error": "E", "Cause": "a cause" } } });
    let folder = folder(&definition, &json!({}))?;
    let ran = run(&folder, &["order.asl.json"])?;
    let expected = "     0.000  run  started  {}\n     0.000  F    entered  {}\n     0.000  run  failed   E: a cause\n\n\
                    FAILED\nerror: E\ncause: a cause\n";
    check(&ran, 1, expected, "");
    Ok(())
}

#[test]
fn what_cannot_be_used_is_exit_code_2() -> anyhow::Result<()> {
    let folder = folder(&order(), &json!({ "Nowhere": { "return": 1 } }))?;
    std::fs::write(
        folder.path().join("broken.json"),
        r#"{"StartAt":"A","States":{"A":{"Type":"Pass"},"B":{"Type":"Succeed"}}}"#,
    )?;
    for (arguments, err) in [
        (&["missing.json"][..], "keepstep: missing.json: No such file or directory (os error 2)\n"),
        (
            &["broken.json"],
            "keepstep: broken.json: the definition is not valid:\n  SCHEMA_VALIDATION_FAILED: This object should have only one of the following fields: [Next, End] at /States/A\n",
        ),
        (
            &["order.asl.json", "--mocks", "mocks.json"],
            "keepstep: mocks.json: the definition has no state 'Nowhere'\n",
        ),
        (&["order.asl.json", "--name", "a b"], "keepstep: Invalid Name: 'a b'\n"),
        (
            &["order.asl.json", "--input", "{"],
            "keepstep: InvalidExecutionInput: Invalid State Machine Execution Input: 'Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)\"{\"; line: 1, column: 1])'\n",
        ),
    ] {
        check(&run(&folder, arguments)?, 2, "", err);
    }
    Ok(())
}

#[test]
fn a_task_without_a_mock_is_named_with_its_parameters() -> anyhow::Result<()> {
    let definition = json!({ "StartAt": "T", "States": { "T": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": { "FunctionName": "f", "Payload.$": "$.x" }, "End": true } } });
    let folder = folder(&definition, &json!({}))?;
    let ran = run(&folder, &["order.asl.json", "--input", r#"{"x":1}"#])?;
    let out = "     0.000  run  started    {\"x\":1}\n     0.000  T    entered    {\"x\":1}\n     0.000  T    scheduled  {\"FunctionName\":\"f\",\"Payload\":1}\n";
    let err = "keepstep: the Task state 'T' has no mock: say in the file of --mocks what comes of it\n  resource: arn:aws:states:::lambda:invoke\n  \
               parameters: {\n  \"FunctionName\": \"f\",\n  \"Payload\": 1\n}\n  for instance: { \"T\": { \"return\": {} } }\n";
    check(&ran, 2, out, err);
    Ok(())
}

#[test]
fn real_time_passes_if_asked_for() -> anyhow::Result<()> {
    let definition =
        json!({ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 1, "End": true } } });
    let folder = folder(&definition, &json!({}))?;
    let begun = std::time::Instant::now();
    let ran = run(&folder, &["order.asl.json", "--real-time"])?;
    assert_eq!(ran.code, Some(0));
    assert!(begun.elapsed().as_millis() >= 1000);
    Ok(())
}
