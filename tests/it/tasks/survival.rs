//! Tasks outlive the only node: what was under way when it was killed, or told to stop, goes on when it is started again.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_sfn::types::ExecutionStatus::Succeeded;
use keepstep_tests::lambda::{LambdaEndpoint, Reply};
use keepstep_tests::process::Server;
use keepstep_tests::stage::Stage;
use keepstep_tests::wait;

use super::STARTED;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

enum End {
    Kill,
    Terminate,
}

/// A function that never answers its first call; the second one's answer is recorded, once.
async fn a_call_under_way_is_made_again(end: End) -> anyhow::Result<()> {
    let calls = AtomicUsize::new(0);
    let functions = LambdaEndpoint::start(move |_| match calls.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::never(),
        number => Reply::payload(number.to_string()),
    })
    .await?;
    let mut stage = Stage::start_with(Server::builder().flag("--lambda-endpoint", functions.url())).await?;
    let definition = format!(
        r#"{{"StartAt": "L", "States": {{"L": {{"Type": "Task", "Resource": "{FUNCTION}", "End": true}}}}}}"#
    );
    let execution = stage.begin(&definition, "{}").await?;
    wait::until("the function is called", || async { functions.seen().first().map(drop) }).await?;
    match end {
        End::Kill => stage.server.kill().await?,
        End::Terminate => assert_eq!(stage.server.terminate().await?, Some(0), "{}", stage.server.log()),
    }
    stage.restart().await?;
    let expected = format!(
        "{STARTED}
         2 <0 TaskStateEntered name=L input={{}}
         3 <2 LambdaFunctionScheduled resource={FUNCTION} input={{}}
         4 <3 LambdaFunctionStarted
         5 <4 LambdaFunctionSucceeded output=1
         6 <5 TaskStateExited name=L output=1
         7 <6 ExecutionSucceeded output=1"
    );
    stage.assert_ended(&execution, Succeeded, &expected).await?;
    let seen = functions.seen();
    let ids: Vec<_> = seen.iter().map(|call| call.header("x-keepstep-idempotency-id")).collect();
    assert!(matches!(ids[..], [Some(first), Some(second)] if first == second), "{ids:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_under_way_at_sigkill_is_made_again() -> anyhow::Result<()> {
    a_call_under_way_is_made_again(End::Kill).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_under_way_at_sigterm_is_made_again() -> anyhow::Result<()> {
    a_call_under_way_is_made_again(End::Terminate).await
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_workers_and_children_go_on_after_sigterm() -> anyhow::Result<()> {
    let mut stage = Stage::start().await?;
    let activity = stage.activity("work").await?;
    let waiting = r#"{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": true}}}"#;
    let task = format!(
        r#"{{"StartAt": "T", "States": {{"T": {{"Type": "Task", "Resource": "{activity}", "End": true}}}}}}"#
    );
    let child = stage.create("child", &task).await?;
    let parent = format!(
        r#"{{"StartAt": "N", "States": {{"N": {{"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Parameters": {{"StateMachineArn": "{child}"}}, "OutputPath": "$.Output", "End": true}}}}}}"#
    );
    let waiting = stage.begin(waiting, "{}").await?;
    let taken = stage.begin(&task, "1").await?;
    let task = stage.take(&activity).await?;
    let parent = stage.begin(&parent, "{}").await?;
    stage.reached(&parent, "TaskSubmitted").await?;
    let poll = tokio::spawn(stage.client.get_activity_task().activity_arn(&activity).send());
    let childs = poll.await??.task_token.unwrap_or_default();

    assert_eq!(stage.server.terminate().await?, Some(0), "{}", stage.server.log());
    stage.restart().await?;
    stage.succeed(&task, "2").await?;
    stage.client.send_task_success().task_token(childs).output("3").send().await?;
    for (execution, output) in [(waiting, "{}"), (taken, "2"), (parent, "3")] {
        let described = stage.ended(&execution).await?;
        assert_eq!((described.status, described.output.as_deref()), (Succeeded, Some(output)), "{execution}");
    }
    Ok(())
}
