//! RedriveExecution, and what the other operations say of executions and map runs that were redriven.

use aws_sdk_sfn::types::ExecutionStatus::{Aborted, Failed, PendingRedrive, Running, Succeeded};
use aws_sdk_sfn::types::{ExecutionRedriveFilter, ExecutionRedriveStatus, MapRunStatus};
use keepstep_tests::cluster::Cluster;
use keepstep_tests::persistent::Persistent;
use keepstep_tests::sdk::ACCOUNT;
use keepstep_tests::stage::Stage;
use keepstep_tests::wait;
use serde_json::{Value, json};

use super::{PASS, WAIT, assert_refused};

fn task(activity: &str) -> String {
    format!(r#""StartAt": "T", "States": {{"T": {{"Type": "Task", "Resource": "{activity}", "End": true}}}}"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_execution_goes_on_where_it_failed() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let activity = stage.activity("a").await?;
    let definition = format!(
        r#"{{"StartAt": "P", "States": {{"P": {{"Type": "Pass", "Next": "T"}},
            "T": {{"Type": "Task", "Resource": "{activity}", "Next": "Q"}},
            "Q": {{"Type": "Pass", "Parameters": {{"n.$": "$$.Execution.RedriveCount"}}, "End": true}}}}}}"#
    );
    let execution = stage.begin(&definition, "1").await?;
    stage.fail(&stage.take(&activity).await?, "E", "c").await?;
    let failed = stage.ended(&execution).await?;
    assert_eq!((failed.redrive_count, failed.redrive_date), (Some(0), None));
    assert_eq!(failed.redrive_status, Some(ExecutionRedriveStatus::Redrivable));

    let redrive =
        |token: &str| stage.client.redrive_execution().execution_arn(&execution).client_token(token).send();
    let redriven = redrive("token").await?;
    let described = stage.client.describe_execution().execution_arn(&execution).send().await?;
    assert_eq!((described.status, described.stop_date), (Running, None));
    assert_eq!((described.error, described.cause), (None, None));
    assert_eq!((described.redrive_count, described.redrive_date), (Some(1), Some(redriven.redrive_date)));
    assert_eq!(described.redrive_status, Some(ExecutionRedriveStatus::NotRedrivable));
    assert_eq!(
        described.redrive_status_reason.as_deref(),
        Some("Execution is RUNNING and cannot be redriven")
    );
    assert_eq!(described.start_date, failed.start_date);
    assert_eq!(
        redrive("token").await?.redrive_date,
        redriven.redrive_date,
        "the same token, the same answer"
    );
    assert_refused(
        redrive("other").await,
        "ExecutionNotRedrivable",
        "Execution is RUNNING and cannot be redriven",
    );

    stage.succeed(&stage.take(&activity).await?, "2").await?;
    let expected = format!(
        r#"
        1 <0 ExecutionStarted input=1 roleArn=arn:aws:iam::000000000000:role/test
        2 <0 PassStateEntered name=P input=1
        3 <2 PassStateExited name=P output=1
        4 <3 TaskStateEntered name=T input=1
        5 <4 ActivityScheduled resource={activity} input=1
        6 <5 ActivityStarted workerName=tester
        7 <6 ActivityFailed error=E cause=c
        8 <7 ExecutionFailed error=E cause=c
        9 <8 ExecutionRedriven redriveCount=1
        10 <7 ActivityScheduled resource={activity} input=1
        11 <10 ActivityStarted workerName=tester
        12 <11 ActivitySucceeded output=2
        13 <12 TaskStateExited name=T output=2
        14 <13 PassStateEntered name=Q input=2
        15 <14 PassStateExited name=Q output={{"n":1}}
        16 <15 ExecutionSucceeded output={{"n":1}}
        "#
    );
    stage.assert_ended(&execution, Succeeded, &expected).await?;
    let machine = described.state_machine_arn;
    let listed = stage.client.list_executions().state_machine_arn(machine).send().await?;
    let [item] = listed.executions.as_slice() else { panic!("{listed:?}") };
    assert_eq!((&item.status, item.redrive_count), (&Succeeded, Some(1)));
    assert_eq!(item.redrive_date, Some(redriven.redrive_date));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_redriven_is_refused() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let running = stage.begin(WAIT, "{}").await?;
    let succeeded = stage.begin(PASS, "{}").await?;
    stage.ended(&succeeded).await?;
    let missing = "arn:aws:states:us-east-1:000000000000:execution:nothing:here";
    let machine = "arn:aws:states:us-east-1:000000000000:stateMachine:m1";
    let cases = [
        (missing, "token", "ExecutionDoesNotExist", format!("Execution Does Not Exist: '{missing}'")),
        (
            &running,
            "token",
            "ExecutionNotRedrivable",
            "Execution is RUNNING and cannot be redriven".to_owned(),
        ),
        (
            &succeeded,
            "token",
            "ExecutionNotRedrivable",
            "Execution is SUCCEEDED and cannot be redriven".to_owned(),
        ),
        (machine, "token", "InvalidArn", "Resource type not valid in this context: stateMachine".to_owned()),
        (
            &running,
            "no token",
            "ValidationException",
            "at 'clientToken' failed to satisfy constraint".to_owned(),
        ),
    ];
    for (arn, token, code, text) in cases {
        let request = stage.client.redrive_execution().execution_arn(arn).client_token(token);
        assert_refused(request.send().await, code, &text);
    }
    let described = stage.client.describe_execution().execution_arn(&succeeded).send().await?;
    assert_eq!(
        described.redrive_status_reason.as_deref(),
        Some("Execution is SUCCEEDED and cannot be redriven")
    );
    Ok(())
}

/// What an execution goes on with, and what it is at after that, is all on the disk.
#[tokio::test(flavor = "multi_thread")]
async fn a_redrive_outlives_the_node() -> anyhow::Result<()> {
    let mut stage = Stage::start().await?;
    let activity = stage.activity("a").await?;
    let definition = format!(
        r#"{{"StartAt": "M", "States": {{"M": {{"Type": "Map", "End": true, "ItemProcessor": {{{}}}}}}}}}"#,
        task(&activity)
    );
    let execution = stage.begin(&definition, "[0,1]").await?;
    let first = stage.take(&activity).await?;
    stage.succeed(&first, &first.input).await?;
    stage.fail(&stage.take(&activity).await?, "E", "c").await?;
    stage.ended(&execution).await?;
    stage.server.kill().await?;
    stage.restart().await?;
    stage.client.redrive_execution().execution_arn(&execution).send().await?;
    stage.server.kill().await?;
    stage.restart().await?;
    let again = stage.take(&activity).await?;
    assert_ne!(again.input, first.input, "what has succeeded does not run again");
    stage.succeed(&again, &again.input).await?;
    assert_eq!(stage.ended(&execution).await?.output.as_deref(), Some("[0,1]"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_leader_redrives_what_failed_under_the_old_one() -> anyhow::Result<()> {
    let mut cluster = Cluster::start(3).await?;
    let definition = json!({"StartAt": "C", "States": {
        "C": {"Type": "Choice", "Choices": [
            {"Variable": "$$.Execution.RedriveCount", "NumericEquals": 1, "Next": "S"}]},
        "S": {"Type": "Succeed"},
    }});
    let leader = cluster.leader().await?;
    let api = cluster.api(leader);
    let role = format!("arn:aws:iam::{ACCOUNT}:role/r");
    let create = json!({"name": "m", "definition": definition.to_string(), "roleArn": role});
    let machine = api.ok("CreateStateMachine", create).await?["stateMachineArn"].clone();
    let started = api.ok("StartExecution", json!({"stateMachineArn": machine, "name": "e"})).await?;
    let execution = json!({"executionArn": started["executionArn"]});
    assert_eq!(api.ok("DescribeExecution", execution.clone()).await?["status"], "FAILED");
    cluster.nodes[leader].kill().await?;
    let others =
        Persistent::new((0..3).filter(|node| *node != leader).map(|node| cluster.api(node)).collect());
    others.ok("RedriveExecution", execution.clone()).await?;
    let described = others.ok("DescribeExecution", execution.clone()).await?;
    assert_eq!((&described["status"], &described["redriveCount"]), (&json!("SUCCEEDED"), &json!(1)));
    let history = others.ok("GetExecutionHistory", execution).await?;
    let kinds: Vec<_> =
        history["events"].as_array().into_iter().flatten().map(|event| &event["type"]).collect();
    assert_eq!(
        Value::from(kinds.into_iter().cloned().collect::<Vec<_>>()),
        json!([
            "ExecutionStarted",
            "ChoiceStateEntered",
            "ExecutionFailed",
            "ExecutionRedriven",
            "ChoiceStateExited",
            "SucceedStateEntered",
            "SucceedStateExited",
            "ExecutionSucceeded"
        ])
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_map_run_is_redriven_with_its_execution() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let activity = stage.activity("a").await?;
    let definition = format!(
        r#"{{"StartAt": "M", "States": {{"M": {{"Type": "Map", "Label": "L", "MaxConcurrency": 2, "End": true,
            "ItemProcessor": {{"ProcessorConfig": {{"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}, {}}}}}}}}}"#,
        task(&activity)
    );
    let execution = stage.begin(&definition, "[0,1,2]").await?;
    let failed_item = stage.take(&activity).await?;
    stage.fail(&failed_item, "E", "c").await?;
    assert_eq!(stage.ended(&execution).await?.status, Failed);
    let runs = stage.client.list_map_runs().execution_arn(&execution).send().await?.map_runs;
    let run = runs.first().expect("a map run").map_run_arn.clone();
    let list = || stage.client.list_executions().map_run_arn(&run);
    let listed = list().status_filter(Failed).send().await?;
    let [child] = listed.executions.as_slice() else { panic!("{listed:?}") };
    let described = stage.client.describe_execution().execution_arn(&child.execution_arn).send().await?;
    assert_eq!(described.redrive_status, Some(ExecutionRedriveStatus::RedrivableByMapRun));
    assert_refused(
        stage.client.redrive_execution().execution_arn(&child.execution_arn).send().await,
        "ExecutionNotRedrivable",
        "can be redriven by its parent workflow only",
    );

    stage.client.redrive_execution().execution_arn(&execution).send().await?;
    wait::until("two children run again", || async {
        let running = list().status_filter(Running).redrive_filter(ExecutionRedriveFilter::Redriven).send();
        (running.await.ok()?.executions.len() == 2).then_some(())
    })
    .await?;
    for status in [Failed, Aborted, PendingRedrive] {
        assert_eq!(list().status_filter(status).send().await?.executions, []);
    }
    let described = stage.client.describe_map_run().map_run_arn(&run).send().await?;
    assert_eq!((described.status, described.redrive_count), (MapRunStatus::Running, Some(1)));
    assert!(described.redrive_date.is_some() && described.stop_date.is_none());
    for _ in 0..3 {
        let taken = stage.take(&activity).await?;
        stage.succeed(&taken, &taken.input).await?;
    }
    let expected = format!(
        r#"
        1 <0 ExecutionStarted input=[0,1,2] roleArn=arn:aws:iam::000000000000:role/test
        2 <0 MapStateEntered name=M input=[0,1,2]
        3 <2 MapStateStarted length=3
        4 <3 MapRunStarted mapRunArn={run}
        5 <4 MapRunFailed error=States.ExceedToleratedFailureThreshold cause=The specified tolerated failure threshold was exceeded
        6 <5 MapStateFailed
        7 <6 ExecutionFailed error=States.ExceedToleratedFailureThreshold cause=The specified tolerated failure threshold was exceeded
        8 <7 ExecutionRedriven redriveCount=1
        9 <6 MapRunRedriven mapRunArn={run} redriveCount=1
        10 <9 MapRunSucceeded
        11 <10 MapStateSucceeded
        12 <10 MapStateExited name=M output=[0,1,2]
        13 <12 ExecutionSucceeded output=[0,1,2]
        "#
    );
    stage.assert_ended(&execution, Succeeded, &expected).await?;
    let described = stage.client.describe_map_run().map_run_arn(&run).send().await?;
    let children = described.execution_counts.expect("children");
    assert_eq!((children.total, children.succeeded, children.failed, children.aborted), (3, 3, 0, 0));
    assert_eq!((children.failures_not_redrivable, children.pending_redrive), (Some(0), Some(0)));
    let redriven = list().redrive_filter(ExecutionRedriveFilter::Redriven).send().await?.executions.len();
    let others = list().redrive_filter(ExecutionRedriveFilter::NotRedriven).send().await?.executions.len();
    assert_eq!((redriven, others), (2, 1));
    Ok(())
}
