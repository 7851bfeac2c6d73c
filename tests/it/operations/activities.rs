//! The activity operations and SendTask*.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use keepstep_tests::wait;

use super::{assert_refused, server, state_machine};

/// An activity and a state machine with one task of it.
async fn one_task(client: &Client, more: &str) -> anyhow::Result<(String, String)> {
    let activity = client.create_activity().name("work").send().await?.activity_arn;
    let definition = format!(
        r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{activity}"{more},"End":true}}}}}}"#
    );
    let machine = state_machine(client, "one-task", &definition).await?;
    Ok((activity, machine))
}

async fn take(client: &Client, activity: &str) -> anyhow::Result<(String, String)> {
    let task = client.get_activity_task().activity_arn(activity).worker_name("tester").send().await?;
    let token = task.task_token.filter(|token| !token.is_empty());
    Ok((token.ok_or_else(|| anyhow::anyhow!("no task came"))?, task.input.unwrap_or_default()))
}

async fn ended(
    client: &Client,
    execution: &str,
) -> anyhow::Result<aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput> {
    wait::until("the execution has ended", || async {
        let described = client.describe_execution().execution_arn(execution).send().await.ok()?;
        (described.status != ExecutionStatus::Running).then_some(described)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn activities_are_created_described_listed_and_deleted() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let created = client.create_activity().name("a").send().await?;
    assert_eq!(created.activity_arn, "arn:aws:states:us-east-1:000000000000:activity:a");
    let again = client.create_activity().name("a").send().await?;
    assert_eq!(
        (again.activity_arn, again.creation_date),
        (created.activity_arn.clone(), created.creation_date)
    );
    let described = client.describe_activity().activity_arn(&created.activity_arn).send().await?;
    assert_eq!((described.name.as_str(), described.creation_date), ("a", created.creation_date));
    for name in ["b", "c"] {
        client.create_activity().name(name).send().await?;
    }
    let mut names = Vec::new();
    let mut pages = client.list_activities().max_results(2).into_paginator().send();
    while let Some(page) = pages.next().await {
        names.extend(page?.activities.into_iter().map(|item| item.name));
    }
    names.sort();
    assert_eq!(names, ["a", "b", "c"]);
    client.delete_activity().activity_arn(&created.activity_arn).send().await?;
    client.delete_activity().activity_arn(&created.activity_arn).send().await?;
    let gone = format!("Activity Does Not Exist: '{}'", created.activity_arn);
    assert_refused(
        client.describe_activity().activity_arn(&created.activity_arn).send().await,
        "ActivityDoesNotExist",
        &gone,
    );
    assert_refused(
        client.get_activity_task().activity_arn(&created.activity_arn).send().await,
        "ActivityDoesNotExist",
        &gone,
    );
    assert_refused(client.create_activity().name("a b").send().await, "InvalidName", "Invalid Name: 'a b'");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_completes_a_task_once() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let (activity, machine) = one_task(&client, "").await?;
    let execution =
        client.start_execution().state_machine_arn(&machine).input(r#"{"n":1}"#).send().await?.execution_arn;
    let (token, input) = take(&client, &activity).await?;
    assert_eq!(input, r#"{"n":1}"#);
    client.send_task_heartbeat().task_token(&token).send().await?;
    assert_refused(
        client.send_task_success().task_token(&token).output("{not json").send().await,
        "InvalidOutput",
        "Invalid Output:",
    );
    client.send_task_success().task_token(&token).output(r#"{"m":2}"#).send().await?;
    assert_eq!(ended(&client, &execution).await?.output.as_deref(), Some(r#"{"m":2}"#));
    let late = "Task Timed Out: 'Provided task does not exist anymore'";
    assert_refused(
        client.send_task_success().task_token(&token).output("1").send().await,
        "TaskTimedOut",
        late,
    );
    assert_refused(client.send_task_failure().task_token(&token).send().await, "TaskTimedOut", late);
    assert_refused(client.send_task_heartbeat().task_token(&token).send().await, "TaskTimedOut", late);
    assert_refused(
        client.send_task_success().task_token("nonsense").output("1").send().await,
        "InvalidToken",
        "Invalid Token: 'Invalid token'",
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_task_is_retried_and_then_fails_its_execution() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let retry = r#","Retry":[{"ErrorEquals":["Again"],"IntervalSeconds":1,"MaxAttempts":1}]"#;
    let (activity, machine) = one_task(&client, retry).await?;
    let execution = client.start_execution().state_machine_arn(&machine).send().await?.execution_arn;
    let (first, _) = take(&client, &activity).await?;
    client.send_task_failure().task_token(&first).error("Again").cause("once").send().await?;
    let (second, _) = take(&client, &activity).await?;
    assert_ne!(first, second);
    assert_refused(
        client.send_task_success().task_token(&first).output("1").send().await,
        "TaskTimedOut",
        "Provided task does not exist anymore",
    );
    client.send_task_failure().task_token(&second).error("Again").cause("twice").send().await?;
    let described = ended(&client, &execution).await?;
    assert_eq!(described.status, ExecutionStatus::Failed);
    assert_eq!((described.error.as_deref(), described.cause.as_deref()), (Some("Again"), Some("twice")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_heartbeat_times_a_task_out() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let (activity, machine) = one_task(&client, r#","HeartbeatSeconds":1,"TimeoutSeconds":600"#).await?;
    let execution = client.start_execution().state_machine_arn(&machine).send().await?.execution_arn;
    let (token, _) = take(&client, &activity).await?;
    let described = ended(&client, &execution).await?;
    assert_eq!(
        (described.status, described.error.as_deref()),
        (ExecutionStatus::Failed, Some("States.Timeout"))
    );
    assert_refused(
        client.send_task_heartbeat().task_token(&token).send().await,
        "TaskTimedOut",
        "Provided task does not exist anymore",
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poller_that_has_gone_away_is_given_no_task() -> anyhow::Result<()> {
    let (server, client) = server().await?;
    let (activity, machine) = one_task(&client, "").await?;
    for _ in 0..20 {
        let poll = tokio::spawn(client.get_activity_task().activity_arn(&activity).send());
        wait::until("the poll is there", || async {
            let (_, text) =
                keepstep_tests::api::Api::new(&server.endpoint(), "0").get("/metrics").await.ok()?;
            (keepstep_tests::cluster::metric(&text, "keepstep_activity_pollers")? >= 1.0).then_some(())
        })
        .await?;
        poll.abort();
        assert!(poll.await.is_err_and(|error| error.is_cancelled()));
    }
    let execution = client.start_execution().state_machine_arn(&machine).send().await?.execution_arn;
    let (token, _) = take(&client, &activity).await?;
    client.send_task_success().task_token(&token).output("1").send().await?;
    assert_eq!(ended(&client, &execution).await?.status, ExecutionStatus::Succeeded);
    Ok(())
}
