//! What ends an execution from outside its states: time, StopExecution, and the limits of histories and payloads.

use std::fmt::Write as _;

use aws_sdk_sfn::types::ExecutionStatus::{Aborted, Failed, Succeeded, TimedOut};
use keepstep_tests::process::Server;
use keepstep_tests::stage::Stage;

const STARTED: &str = "1 <0 ExecutionStarted input={} roleArn=arn:aws:iam::000000000000:role/test";
const SIDE_BY_SIDE: &str = r#"{"StartAt": "P", FIELDS "States": {"P": {"Type": "Parallel", "End": true, "Branches": [
    {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": true}}},
    {"StartAt": "V", "States": {"V": {"Type": "Wait", "Seconds": 3600, "End": true}}}]}}}"#;
const SIDE_BY_SIDE_BEGINS: &str = "
    1 <0 ExecutionStarted input={} roleArn=arn:aws:iam::000000000000:role/test
    2 <0 ParallelStateEntered name=P input={}
    3 <2 ParallelStateStarted
    4 <3 WaitStateEntered name=W input={}
    5 <3 WaitStateEntered name=V input={}";

#[tokio::test(flavor = "multi_thread")]
async fn a_state_machines_own_timeout_ends_the_execution() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let definition = SIDE_BY_SIDE.replace("FIELDS", r#""TimeoutSeconds": 1,"#);
    stage
        .check(
            &definition,
            "{}",
            TimedOut,
            &format!("{SIDE_BY_SIDE_BEGINS}\n6 <0 ExecutionTimedOut error=States.Timeout"),
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_execution_says_why() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    for (error, cause, details) in [
        (None, None, ""),
        (Some("Enough"), None, " error=Enough"),
        (Some("Enough"), Some("of it"), " error=Enough cause=of it"),
    ] {
        let execution = stage.begin(&SIDE_BY_SIDE.replace("FIELDS", ""), "{}").await?;
        let stop = stage.client.stop_execution().execution_arn(&execution);
        stop.set_error(error.map(str::to_owned)).set_cause(cause.map(str::to_owned)).send().await?;
        let expected = format!("{SIDE_BY_SIDE_BEGINS}\n6 <0 ExecutionAborted{details}");
        stage.assert_ended(&execution, Aborted, &expected).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_event_of_a_full_history_is_its_failure() -> anyhow::Result<()> {
    let stage = Stage::start_with(Server::builder().flag("--history-events-max", 100)).await?;
    let definition = r#"{"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Next": "C"},
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.end", "IsPresent": true, "Next": "S"}], "Default": "A"},
        "S": {"Type": "Succeed"}}}"#;
    let mut expected = format!("{STARTED}\n2 <0 PassStateEntered name=A input={{}}\n");
    for id in 3..100 {
        let state = if (id - 2) % 4 < 2 { ("Pass", "A") } else { ("Choice", "C") };
        let event = if id % 2 == 0 { ("Entered", "input") } else { ("Exited", "output") };
        let ((kind, name), (what, member)) = (state, event);
        let _ = writeln!(expected, "{id} <{} {kind}State{what} name={name} {member}={{}}", id - 1);
    }
    expected.push_str(
        "100 <99 ExecutionFailed error=States.Runtime cause=The execution reached the maximum number of history events (100).",
    );
    stage.check(definition, "{}", Failed, &expected).await
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_have_a_limit() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let double = r#"{"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}, "Next": "S"}, "S": {"Type": "Succeed"}}}"#;
    // {"a":"xx","b":"xx"}: twice the text, with its quotation marks, and 11 bytes.
    let fits = format!("\"{}\"", "x".repeat((262_144 - 11) / 2 - 2));
    let output = format!(r#"{{"a":{fits},"b":{fits}}}"#);
    assert_eq!(output.len(), 262_143);
    let expected = format!(
        "1 <0 ExecutionStarted input={fits} roleArn=arn:aws:iam::000000000000:role/test
         2 <0 PassStateEntered name=A input={fits}
         3 <2 PassStateExited name=A output={output}
         4 <3 SucceedStateEntered name=S input={output}
         5 <4 SucceedStateExited name=S output={output}
         6 <5 ExecutionSucceeded output={output}"
    );
    stage.check(double, &fits, Succeeded, &expected).await?;

    let too_large = format!("\"{}\"", "x".repeat((262_144 - 11) / 2 - 1));
    let expected = format!(
        "1 <0 ExecutionStarted input={too_large} roleArn=arn:aws:iam::000000000000:role/test
         2 <0 PassStateEntered name=A input={too_large}
         3 <2 ExecutionFailed error=States.DataLimitExceeded cause=The state/task 'A' returned a result with a size exceeding the maximum number of bytes service limit."
    );
    stage.check(double, &too_large, Failed, &expected).await
}
