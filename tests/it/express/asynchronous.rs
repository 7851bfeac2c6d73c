//! StartExecution of state machines of the type EXPRESS.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use keepstep_tests::stage::Stage;
use keepstep_tests::wait;

use super::{express, leaves_a_trace};
use crate::operations::PASS;

/// Waits until the execution that an Express execution starts has ended, and gives its input.
async fn trace(client: &Client, name: &str) -> anyhow::Result<Option<String>> {
    let arn = format!("arn:aws:states:us-east-1:000000000000:execution:child:{name}");
    wait::until("the Express execution has done its work", || async {
        let found = client.describe_execution().execution_arn(&arn).send().await.ok()?;
        (found.status == ExecutionStatus::Succeeded).then_some(found.input)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_execution_runs_and_names_may_recur() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let client = &stage.client;
    stage.create("child", PASS).await?;
    let machine = express(client, "m", &leaves_a_trace(0)).await?;
    let mut arns = Vec::new();
    for trace in ["one", "two"] {
        let input = format!(r#"{{"name":"{trace}"}}"#);
        let start = client.start_execution().state_machine_arn(&machine).name("e").input(input);
        arns.push(start.send().await?.execution_arn);
    }
    for arn in &arns {
        assert!(arn.starts_with("arn:aws:states:us-east-1:000000000000:express:m:e:"), "{arn}");
    }
    assert_ne!(arns[0], arns[1]);
    assert_eq!(trace(client, "one").await?.as_deref(), Some(r#"{"name":"one"}"#));
    assert_eq!(trace(client, "two").await?.as_deref(), Some(r#"{"name":"two"}"#));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_start_them_but_cannot_wait_for_their_end() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let client = &stage.client;
    stage.create("child", PASS).await?;
    let machine = express(client, "m", &leaves_a_trace(0)).await?;
    let task = |pattern: &str| {
        format!(
            r#"{{"StartAt":"N","States":{{"N":{{"Type":"Task","Resource":"arn:aws:states:::states:startExecution{pattern}",
                "Parameters":{{"StateMachineArn":"{machine}","Input.$":"$"}},"OutputPath":"$.ExecutionArn","End":true}}}}}}"#
        )
    };
    let parent = stage.begin(&task(""), r#"{"name":"nested"}"#).await?;
    let ended = stage.ended(&parent).await?;
    let output = ended.output().unwrap_or_default();
    assert!(output.starts_with(r#""arn:aws:states:us-east-1:000000000000:express:m:"#), "{ended:?}");
    trace(client, "nested").await?;
    for pattern in [".sync", ".sync:2"] {
        let parent = stage.begin(&task(pattern), r#"{"name":"never"}"#).await?;
        let ended = stage.ended(&parent).await?;
        assert_eq!(ended.error(), Some("StepFunctions.StateMachineTypeNotSupportedException"), "{ended:?}");
    }
    Ok(())
}
