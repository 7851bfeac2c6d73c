//! Tasks of activities, done by a worker.

use aws_sdk_sfn::types::ExecutionStatus::{Failed, Succeeded};
use keepstep_tests::stage::Stage;

use super::STARTED;

const ACTIVITY: &str = "arn:aws:states:us-east-1:000000000000:activity:work";

fn task(fields: &str) -> String {
    format!(
        r#"{{"StartAt": "T", "States": {{"T": {{"Type": "Task", "Resource": "{ACTIVITY}", {fields} "End": true}}}}}}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_gets_parameters_and_gives_a_result() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    stage.activity("work").await?;
    let definition = task(
        r#""InputPath": "$.in", "Parameters": {"p.$": "$.a", "n.$": "$$.State.RetryCount"}, "TimeoutSeconds": 600,
           "HeartbeatSecondsPath": "$.h", "ResultSelector": {"first.$": "$.r[0]"}, "ResultPath": "$.out", "OutputPath": "$.out","#,
    );
    let execution = stage.begin(&definition, r#"{"in":{"a":"x","h":60}}"#).await?;
    let taken = stage.take(ACTIVITY).await?;
    assert_eq!(taken.input, r#"{"p":"x","n":0}"#);
    stage.client.send_task_heartbeat().task_token(&taken.token).send().await?;
    stage.succeed(&taken, r#"{ "r": [1, 2] }"#).await?;
    stage
        .assert_ended(
            &execution,
            Succeeded,
            r#"
            1 <0 ExecutionStarted input={"in":{"a":"x","h":60}} roleArn=arn:aws:iam::000000000000:role/test
            2 <0 TaskStateEntered name=T input={"in":{"a":"x","h":60}}
            3 <2 ActivityScheduled resource=arn:aws:states:us-east-1:000000000000:activity:work input={"p":"x","n":0} timeoutInSeconds=600 heartbeatInSeconds=60
            4 <3 ActivityStarted workerName=tester
            5 <4 ActivitySucceeded output={ "r": [1, 2] }
            6 <5 TaskStateExited name=T output={"first":1}
            7 <6 ExecutionSucceeded output={"first":1}
            "#,
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_fails_fails_the_execution() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    stage.activity("work").await?;
    for (error, cause, details) in [
        (Some("Broken"), Some("it broke"), " error=Broken cause=it broke"),
        (Some("Broken"), None, " error=Broken"),
        (None, None, ""),
    ] {
        let execution = stage.begin(&task(""), "{}").await?;
        let taken = stage.take(ACTIVITY).await?;
        let failure = stage.client.send_task_failure().task_token(&taken.token);
        failure.set_error(error.map(str::to_owned)).set_cause(cause.map(str::to_owned)).send().await?;
        let expected = format!(
            "{STARTED}
             2 <0 TaskStateEntered name=T input={{}}
             3 <2 ActivityScheduled resource={ACTIVITY} input={{}}
             4 <3 ActivityStarted workerName=tester
             5 <4 ActivityFailed{details}
             6 <5 ExecutionFailed{details}"
        );
        stage.assert_ended(&execution, Failed, &expected).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_late_or_silent_times_out() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    stage.activity("work").await?;
    for (fields, scheduled) in [
        (r#""TimeoutSeconds": 1,"#, "timeoutInSeconds=1"),
        (r#""TimeoutSeconds": 600, "HeartbeatSeconds": 1,"#, "timeoutInSeconds=600 heartbeatInSeconds=1"),
    ] {
        let execution = stage.begin(&task(fields), "{}").await?;
        stage.take(ACTIVITY).await?;
        let expected = format!(
            "{STARTED}
             2 <0 TaskStateEntered name=T input={{}}
             3 <2 ActivityScheduled resource={ACTIVITY} input={{}} {scheduled}
             4 <3 ActivityStarted workerName=tester
             5 <4 ActivityTimedOut error=States.Timeout
             6 <5 ExecutionFailed error=States.Timeout"
        );
        stage.assert_ended(&execution, Failed, &expected).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activity_that_does_not_exist_fails_the_task_when_it_runs() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let gone = format!("error=ActivityDoesNotExist cause=Activity Does Not Exist: '{ACTIVITY}'");
    let expected = format!(
        "{STARTED}
         2 <0 TaskStateEntered name=T input={{}}
         3 <2 ActivityScheduleFailed {gone}
         4 <3 ExecutionFailed {gone}"
    );
    stage.check(&task(""), "{}", Failed, &expected).await
}
