//! What Retry and Catch of a Task state do with its failures.

use aws_sdk_sfn::types::ExecutionStatus::{Failed, Succeeded};
use keepstep_tests::history::seconds_between;
use keepstep_tests::stage::Stage;

use super::STARTED;

const ACTIVITY: &str = "arn:aws:states:us-east-1:000000000000:activity:work";

fn task(fields: &str) -> String {
    format!(
        r#"{{"StartAt": "T", "States": {{"T": {{"Type": "Task", "Resource": "{ACTIVITY}", {fields} "End": true}},
            "S": {{"Type": "Succeed"}}}}}}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn each_retry_waits_longer_and_knows_its_number() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    stage.activity("work").await?;
    let definition = format!(
        r#"{{"StartAt": "T", "States": {{"T": {{"Type": "Task", "Resource": "{ACTIVITY}", "End": true,
            "Parameters": {{"retries.$": "$$.State.RetryCount"}},
            "Retry": [{{"ErrorEquals": ["Other"], "MaxAttempts": 9}},
                {{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "BackoffRate": 2, "MaxAttempts": 2}}]}}}}}}"#
    );
    let execution = stage.begin(&definition, "{}").await?;
    for _ in 0..3 {
        let taken = stage.take(ACTIVITY).await?;
        stage.fail(&taken, "Broken", &taken.input).await?;
    }
    let expected = format!(
        r#"{STARTED}
        2 <0 TaskStateEntered name=T input={{}}
        3 <2 ActivityScheduled resource={ACTIVITY} input={{"retries":0}}
        4 <3 ActivityStarted workerName=tester
        5 <4 ActivityFailed error=Broken cause={{"retries":0}}
        6 <5 ActivityScheduled resource={ACTIVITY} input={{"retries":1}}
        7 <6 ActivityStarted workerName=tester
        8 <7 ActivityFailed error=Broken cause={{"retries":1}}
        9 <8 ActivityScheduled resource={ACTIVITY} input={{"retries":2}}
        10 <9 ActivityStarted workerName=tester
        11 <10 ActivityFailed error=Broken cause={{"retries":2}}
        12 <11 ExecutionFailed error=Broken cause={{"retries":2}}"#
    );
    stage.assert_ended(&execution, Failed, &expected).await?;
    let events = stage.history(&execution).await?;
    for (failed, scheduled, seconds) in [(5, 6, 1.0), (8, 9, 2.0)] {
        let waited = seconds_between(&events, failed, scheduled);
        assert!(waited.is_some_and(|waited| waited > seconds - 0.0005), "{waited:?} < {seconds}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_catcher_that_takes_an_error_goes_on() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    stage.activity("work").await?;
    let caught = r#"{"Error":"Broken","Cause":"why"}"#;
    for (catchers, output) in [
        (r#"{"ErrorEquals": ["States.ALL"], "Next": "S"}"#, caught.to_owned()),
        (
            r#"{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.e", "Next": "S"}"#,
            format!(r#"{{"n":1,"e":{caught}}}"#),
        ),
        (
            r#"{"ErrorEquals": ["Other"], "Next": "T"}, {"ErrorEquals": ["Else", "Broken"], "ResultPath": null, "Next": "S"}"#,
            r#"{"n":1}"#.to_owned(),
        ),
    ] {
        let execution = stage.begin(&task(&format!(r#""Catch": [{catchers}],"#)), r#"{"n":1}"#).await?;
        let taken = stage.take(ACTIVITY).await?;
        stage.fail(&taken, "Broken", "why").await?;
        let expected = format!(
            r#"1 <0 ExecutionStarted input={{"n":1}} roleArn=arn:aws:iam::000000000000:role/test
            2 <0 TaskStateEntered name=T input={{"n":1}}
            3 <2 ActivityScheduled resource={ACTIVITY} input={{"n":1}}
            4 <3 ActivityStarted workerName=tester
            5 <4 ActivityFailed error=Broken cause=why
            6 <5 TaskStateExited name=T output={output}
            7 <6 SucceedStateEntered name=S input={output}
            8 <7 SucceedStateExited name=S output={output}
            9 <8 ExecutionSucceeded output={output}"#
        );
        stage.assert_ended(&execution, Succeeded, &expected).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_is_retried_then_caught() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    stage.activity("work").await?;
    let definition = task(
        r#""TimeoutSeconds": 1, "Retry": [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1, "MaxAttempts": 1}],
           "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "T"}, {"ErrorEquals": ["States.Timeout"], "ResultPath": "$.e", "Next": "S"}],"#,
    );
    let execution = stage.begin(&definition, "{}").await?;
    for _ in 0..2 {
        stage.take(ACTIVITY).await?;
    }
    let output = r#"{"e":{"Error":"States.Timeout","Cause":""}}"#;
    let expected = format!(
        "{STARTED}
         2 <0 TaskStateEntered name=T input={{}}
         3 <2 ActivityScheduled resource={ACTIVITY} input={{}} timeoutInSeconds=1
         4 <3 ActivityStarted workerName=tester
         5 <4 ActivityTimedOut error=States.Timeout
         6 <5 ActivityScheduled resource={ACTIVITY} input={{}} timeoutInSeconds=1
         7 <6 ActivityStarted workerName=tester
         8 <7 ActivityTimedOut error=States.Timeout
         9 <8 TaskStateExited name=T output={output}
         10 <9 SucceedStateEntered name=S input={output}
         11 <10 SucceedStateExited name=S output={output}
         12 <11 ExecutionSucceeded output={output}"
    );
    stage.assert_ended(&execution, Succeeded, &expected).await
}

/// AWS: "A Retry or Catch on States.ALL doesn't catch States.Runtime errors."
#[tokio::test(flavor = "multi_thread")]
async fn an_error_at_run_time_is_neither_retried_nor_caught() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let definition = task(
        r#""InputPath": "$.x", "Retry": [{"ErrorEquals": ["States.ALL"]}], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S"}],"#,
    );
    let expected = format!(
        "{STARTED}
         2 <0 TaskStateEntered name=T input={{}}
         3 <2 ExecutionFailed error=States.Runtime cause=An error occurred while executing the state 'T' (entered at the event id #2). Invalid path '$.x' : No results for path: $['x']"
    );
    stage.check(&definition, "{}", Failed, &expected).await
}
