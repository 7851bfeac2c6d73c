//! PublishStateMachineVersion, ListStateMachineVersions, DeleteStateMachineVersion, and versions wherever else they show.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent};
use keepstep_tests::wait;

use super::{PASS, ROLE, WAIT, assert_refused, server, state_machine};

async fn listed(client: &Client, arn: &str, page: i32) -> anyhow::Result<Vec<Vec<String>>> {
    let mut pages = Vec::new();
    let mut token = None;
    loop {
        let request = client.list_state_machine_versions().state_machine_arn(arn).max_results(page);
        let answer = request.set_next_token(token).send().await?;
        let versions = answer.state_machine_versions.into_iter();
        pages.push(versions.map(|version| version.state_machine_version_arn).collect());
        token = answer.next_token;
        if token.is_none() {
            return Ok(pages);
        }
    }
}

/// A role that differs from every other number's.
fn role(number: u32) -> String {
    format!("{ROLE}-{number}")
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_published_with_a_state_machine_and_alone() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let create = |publish: bool| {
        let request = client.create_state_machine().name("released").definition(PASS).role_arn(ROLE);
        request.publish(publish).set_version_description(publish.then(|| "the first".to_owned()))
    };
    let created = create(true).send().await?;
    let arn = created.state_machine_arn.clone();
    let version = |number: u32| format!("{arn}:{number}");
    assert_eq!(created.state_machine_version_arn, Some(version(1)));
    let again = create(true).send().await?;
    assert_eq!(
        (again.state_machine_version_arn, again.creation_date),
        (Some(version(1)), created.creation_date)
    );
    assert_refused(create(false).send().await, "StateMachineAlreadyExists", &arn);
    assert_refused(
        create(false).version_description("x").send().await,
        "ValidationException",
        "Version description can only be set when publish is true",
    );

    let publish = || client.publish_state_machine_version().state_machine_arn(&arn);
    let same = publish().revision_id("INITIAL").description("of no account").send().await?;
    assert_eq!(same.state_machine_version_arn, version(1), "a revision has one version");
    assert_eq!(same.creation_date, created.creation_date);
    let updated = client.update_state_machine().state_machine_arn(&arn).role_arn(role(2)).send().await?;
    assert_eq!(updated.state_machine_version_arn, None);
    let revision = updated.revision_id.unwrap_or_default();
    assert_refused(publish().revision_id("INITIAL").send().await, "ConflictException", &revision);
    let second = publish().revision_id(&revision).description("the second").send().await?;
    assert_eq!(second.state_machine_version_arn, version(2));
    let update = client.update_state_machine().state_machine_arn(&arn).role_arn(role(3)).publish(true);
    let third = update.version_description("the third").send().await?;
    assert_eq!(third.state_machine_version_arn, Some(version(3)));

    for (number, role, description) in
        [(1, ROLE.to_owned(), "the first"), (2, role(2), "the second"), (3, role(3), "the third")]
    {
        let described = client.describe_state_machine().state_machine_arn(version(number)).send().await?;
        assert_eq!((described.state_machine_arn, described.name.as_str()), (version(number), "released"));
        assert_eq!((described.role_arn, described.description.as_deref()), (role, Some(description)));
    }
    let described = client.describe_state_machine().state_machine_arn(version(2)).send().await?;
    assert_eq!((described.revision_id, described.creation_date), (Some(revision), second.creation_date));
    let described = client.describe_state_machine().state_machine_arn(&arn).send().await?;
    assert_eq!((described.state_machine_arn, described.description), (arn.clone(), None));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_listed_newest_first_and_deleted() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let arn = state_machine(&client, "listed", PASS).await?;
    let version = |number: u32| format!("{arn}:{number}");
    let none: [Vec<String>; 1] = [Vec::new()];
    assert_eq!(listed(&client, &arn, 0).await?, none, "Terraform asks this of every state machine");
    for number in 1..=5 {
        let update = client.update_state_machine().state_machine_arn(&arn).role_arn(role(number));
        assert_eq!(update.publish(true).send().await?.state_machine_version_arn, Some(version(number)));
    }
    let pages = |pages: &[&[u32]]| -> Vec<Vec<String>> {
        pages.iter().map(|page| page.iter().map(|number| version(*number)).collect()).collect()
    };
    assert_eq!(listed(&client, &arn, 0).await?, pages(&[&[5, 4, 3, 2, 1]]));
    assert_eq!(listed(&client, &arn, 2).await?, pages(&[&[5, 4], &[3, 2], &[1]]));
    assert_refused(
        client.list_state_machine_versions().state_machine_arn(&arn).next_token("nonsense").send().await,
        "InvalidToken",
        "Invalid Token: 'Invalid token'",
    );

    let delete = |arn: String| client.delete_state_machine_version().state_machine_version_arn(arn).send();
    delete(version(5)).await?;
    delete(version(5)).await?;
    delete(version(2)).await?;
    assert_eq!(listed(&client, &arn, 0).await?, pages(&[&[4, 3, 1]]));
    let published = client.publish_state_machine_version().state_machine_arn(&arn).send().await?;
    assert_eq!(published.state_machine_version_arn, version(6), "numbers are never used again");
    assert_refused(delete(arn.clone()).await, "InvalidArn", &arn);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_keeps_the_version_that_started_it() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let created = client
        .create_state_machine()
        .name("started")
        .definition(WAIT)
        .role_arn(ROLE)
        .publish(true)
        .send()
        .await?;
    let arn = created.state_machine_arn;
    let version = created.state_machine_version_arn.unwrap_or_default();
    client.update_state_machine().state_machine_arn(&arn).definition(PASS).send().await?;
    let start = |arn: &str, name: &str| client.start_execution().state_machine_arn(arn).name(name).send();
    let by_version = start(&version, "by-version").await?.execution_arn;
    assert_eq!(by_version, "arn:aws:states:us-east-1:000000000000:execution:started:by-version");
    let plain = start(&arn, "plain").await?.execution_arn;

    let described = client.describe_execution().execution_arn(&by_version).send().await?;
    assert_eq!(described.state_machine_arn, arn);
    assert_eq!(described.state_machine_version_arn.as_ref(), Some(&version));
    assert_eq!(described.state_machine_alias_arn, None);
    let ended = wait::until("the plain execution has ended", || async {
        let described = client.describe_execution().execution_arn(&plain).send().await.ok()?;
        (described.status == ExecutionStatus::Succeeded).then_some(described)
    })
    .await?;
    assert_eq!((ended.state_machine_version_arn, ended.state_machine_alias_arn), (None, None));

    let history = client.get_execution_history().execution_arn(&by_version).send().await?;
    let started = history.events.iter().find_map(HistoryEvent::execution_started_event_details);
    let started = started.expect("every history begins with it");
    assert_eq!(started.state_machine_version_arn.as_ref(), Some(&version));
    assert_eq!(started.state_machine_alias_arn, None);
    let machine = client.describe_state_machine_for_execution().execution_arn(&by_version).send().await?;
    assert_eq!((machine.state_machine_arn.as_str(), machine.definition.as_str()), (arn.as_str(), WAIT));

    let list = client.list_executions().state_machine_arn(&version).send().await?;
    let found: Vec<_> =
        list.executions.iter().map(|item| (item.name.as_str(), item.state_machine_version_arn())).collect();
    assert_eq!(found, [("by-version", Some(version.as_str()))]);
    assert_eq!(client.list_executions().state_machine_arn(&arn).send().await?.executions.len(), 2);

    client.delete_state_machine_version().state_machine_version_arn(&version).send().await?;
    let missing = format!("State Machine Does Not Exist: '{version}'");
    assert_refused(start(&version, "late").await, "StateMachineDoesNotExist", &missing);
    assert_refused(
        client.describe_state_machine().state_machine_arn(&version).send().await,
        "StateMachineDoesNotExist",
        &missing,
    );
    let described = client.describe_execution().execution_arn(&by_version).send().await?;
    assert_eq!(described.status, ExecutionStatus::Running, "it runs on");
    assert_eq!(described.state_machine_version_arn.as_ref(), Some(&version));
    let machine = client.describe_state_machine_for_execution().execution_arn(&by_version).send().await?;
    assert_eq!(machine.definition, WAIT);
    client.stop_execution().execution_arn(&by_version).send().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_no_version_refuses_it() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let arn = state_machine(&client, "strict", PASS).await?;
    let published = client.publish_state_machine_version().state_machine_arn(&arn).send().await?;
    let version = published.state_machine_version_arn;
    assert_refused(
        client.update_state_machine().state_machine_arn(&version).definition(PASS).send().await,
        "StateMachineDoesNotExist",
        &format!("State Machine Does Not Exist: '{version}'"),
    );
    assert_refused(
        client.publish_state_machine_version().state_machine_arn(&version).send().await,
        "StateMachineDoesNotExist",
        &version,
    );
    assert_refused(
        client.delete_state_machine().state_machine_arn(&version).send().await,
        "InvalidArn",
        &version,
    );
    assert_refused(
        client.list_state_machine_versions().state_machine_arn(&version).send().await,
        "InvalidArn",
        &version,
    );
    assert_refused(
        client.list_tags_for_resource().resource_arn(&version).send().await,
        "InvalidArn",
        &version,
    );
    assert_refused(
        client.publish_state_machine_version().state_machine_arn(format!("{arn}-not")).send().await,
        "StateMachineDoesNotExist",
        &format!("{arn}-not"),
    );
    Ok(())
}
