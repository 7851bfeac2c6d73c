//! CreateStateMachineAlias, DescribeStateMachineAlias, UpdateStateMachineAlias, DeleteStateMachineAlias, ListStateMachineAliases, and
//! executions that aliases start.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::{HistoryEvent, RoutingConfigurationListItem};
use keepstep_tests::wait;

use super::{PASS, ROLE, assert_refused, refused, server};

fn route(version: &str, weight: i32) -> RoutingConfigurationListItem {
    RoutingConfigurationListItem::builder()
        .state_machine_version_arn(version)
        .weight(weight)
        .build()
        .expect("both members are there")
}

/// A state machine with two versions; the ARNs of all three.
async fn released(client: &Client, name: &str) -> anyhow::Result<[String; 3]> {
    let create = client.create_state_machine().name(name).definition(PASS).role_arn(ROLE).publish(true);
    let created = create.send().await?;
    let arn = created.state_machine_arn;
    let update = client.update_state_machine().state_machine_arn(&arn).role_arn(format!("{ROLE}-2"));
    let updated = update.publish(true).send().await?;
    let version = |arn: Option<String>| arn.ok_or_else(|| anyhow::anyhow!("no version was published"));
    Ok([arn, version(created.state_machine_version_arn)?, version(updated.state_machine_version_arn)?])
}

async fn create(
    client: &Client,
    name: &str,
    routes: &[RoutingConfigurationListItem],
) -> anyhow::Result<String> {
    let request = client.create_state_machine_alias().name(name);
    let created = request.set_routing_configuration(Some(routes.to_vec())).send().await?;
    Ok(created.state_machine_alias_arn)
}

async fn listed(client: &Client, arn: &str, page: i32) -> anyhow::Result<Vec<Vec<String>>> {
    let mut pages = Vec::new();
    let mut token = None;
    loop {
        let request = client.list_state_machine_aliases().state_machine_arn(arn).max_results(page);
        let answer = request.set_next_token(token).send().await?;
        let aliases = answer.state_machine_aliases.into_iter();
        pages.push(aliases.map(|alias| alias.state_machine_alias_arn).collect());
        token = answer.next_token;
        if token.is_none() {
            return Ok(pages);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_is_created_described_updated_and_deleted() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let [arn, first, second] = released(&client, "aliased").await?;
    let create = |description: &str| {
        let request = client.create_state_machine_alias().name("PROD").description(description);
        request.routing_configuration(route(&first, 30)).routing_configuration(route(&second, 70)).send()
    };
    let created = create("live").await?;
    let alias = created.state_machine_alias_arn;
    assert_eq!(alias, format!("{arn}:PROD"));
    let again = create("live").await?;
    assert_eq!(
        (again.state_machine_alias_arn.as_str(), again.creation_date),
        (alias.as_str(), created.creation_date)
    );
    assert_refused(
        create("another").await,
        "ConflictException",
        "Failed to create alias because an alias with the same name and a different routing configuration already exists.",
    );

    let describe = || client.describe_state_machine_alias().state_machine_alias_arn(&alias).send();
    let described = describe().await?;
    assert_eq!(
        (described.state_machine_alias_arn.as_deref(), described.name.as_deref()),
        (Some(alias.as_str()), Some("PROD"))
    );
    assert_eq!(described.description.as_deref(), Some("live"));
    assert_eq!(described.routing_configuration, Some(vec![route(&first, 30), route(&second, 70)]));
    assert_eq!(described.creation_date, Some(created.creation_date));
    assert_eq!(described.update_date, described.creation_date);

    let update = || client.update_state_machine_alias().state_machine_alias_arn(&alias);
    let unchanged = update().description("live").send().await?;
    assert_eq!(unchanged.update_date, created.creation_date);
    let updated = update().routing_configuration(route(&second, 100)).send().await?;
    assert!(updated.update_date >= created.creation_date);
    let described = describe().await?;
    assert_eq!(described.description.as_deref(), Some("live"));
    assert_eq!(described.routing_configuration, Some(vec![route(&second, 100)]));
    assert_eq!(described.update_date, Some(updated.update_date));
    assert_refused(
        update().send().await,
        "ValidationException",
        "You must specify at least one of the description or routingConfiguration parameters",
    );

    client.delete_state_machine_alias().state_machine_alias_arn(&alias).send().await?;
    let missing = "Request references a resource that does not exist.";
    assert_refused(describe().await, "ResourceNotFound", missing);
    assert_refused(update().description("x").send().await, "ResourceNotFound", missing);
    assert_refused(
        client.delete_state_machine_alias().state_machine_alias_arn(&alias).send().await,
        "ResourceNotFound",
        missing,
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_aliases_are_refused() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let [_, first, second] = released(&client, "strict").await?;
    let [other, foreign, _] = released(&client, "other").await?;
    let nothing = format!("{other}:9");
    let cases = [
        (
            "a b",
            vec![route(&first, 100)],
            "ValidationException",
            "Member must satisfy regular expression pattern",
        ),
        (
            "12",
            vec![route(&first, 100)],
            "ValidationException",
            "Member must satisfy regular expression pattern",
        ),
        ("a", vec![], "ValidationException", "Member must have length greater than or equal to 1"),
        (
            "a",
            vec![route(&first, 40), route(&second, 30), route(&first, 30)],
            "ValidationException",
            "Member must have length less than or equal to 2",
        ),
        (
            "a",
            vec![route(&first, 101)],
            "ValidationException",
            "Member must have value less than or equal to 100",
        ),
        (
            "a",
            vec![route(&first, 50), route(&second, 49)],
            "ValidationException",
            "The sum of the weights in the routing configuration must be equal to 100.",
        ),
        ("a", vec![route(&first, 50), route(&first, 50)], "ValidationException", "must differ"),
        ("a", vec![route(&first, 50), route(&foreign, 50)], "ValidationException", "the same state machine"),
        (
            "a",
            vec![route(&nothing, 100)],
            "ResourceNotFound",
            "Request references a resource that does not exist.",
        ),
        ("a", vec![route(&other, 100)], "InvalidArn", "Invalid Arn: '"),
    ];
    for (name, routes, code, text) in cases {
        let request = client.create_state_machine_alias().name(name).set_routing_configuration(Some(routes));
        assert_refused(request.send().await, code, text);
    }
    assert_eq!(listed(&client, &other, 0).await?, [Vec::<String>::new()]);
    let plain = client.describe_state_machine_alias().state_machine_alias_arn(&first).send().await;
    assert_refused(plain, "InvalidArn", &first);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn aliases_are_listed_and_hold_their_versions() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let [arn, first, second] = released(&client, "listed").await?;
    let alias = |name: &str| format!("{arn}:{name}");
    create(&client, "a", &[route(&first, 100)]).await?;
    create(&client, "b", &[route(&first, 1), route(&second, 99)]).await?;
    create(&client, "c", &[route(&second, 100)]).await?;
    assert_eq!(listed(&client, &arn, 0).await?, [vec![alias("a"), alias("b"), alias("c")]]);
    assert_eq!(listed(&client, &arn, 2).await?, [vec![alias("a"), alias("b")], vec![alias("c")]]);
    assert_eq!(listed(&client, &first, 0).await?, [vec![alias("a"), alias("b")]]);
    assert_eq!(listed(&client, &second, 1).await?, [vec![alias("b")], vec![alias("c")]]);
    let list = |arn: String| client.list_state_machine_aliases().state_machine_arn(arn);
    assert_refused(
        list(arn.clone()).next_token("x").send().await,
        "InvalidToken",
        "Invalid Token: 'Invalid token'",
    );
    assert_refused(list(format!("{arn}:9")).send().await, "ResourceNotFound", "");
    assert_refused(list(format!("{arn}-not")).send().await, "StateMachineDoesNotExist", &arn);

    let delete = || client.delete_state_machine_version().state_machine_version_arn(&first).send();
    assert_refused(
        delete().await,
        "ConflictException",
        "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [a, b]",
    );
    client.delete_state_machine_alias().state_machine_alias_arn(alias("a")).send().await?;
    let update = client.update_state_machine_alias().state_machine_alias_arn(alias("b"));
    update.routing_configuration(route(&second, 100)).send().await?;
    delete().await?;

    client.delete_state_machine().state_machine_arn(&arn).send().await?;
    wait::until("the state machine is gone", || async {
        client.describe_state_machine().state_machine_arn(&arn).send().await.is_err().then_some(())
    })
    .await?;
    let gone = client.describe_state_machine_alias().state_machine_alias_arn(alias("c")).send().await;
    assert_refused(gone, "ResourceNotFound", "Request references a resource that does not exist.");
    let [again, first, _] = released(&client, "listed").await?;
    assert_eq!(
        (again.as_str(), first),
        (arn.as_str(), format!("{arn}:1")),
        "numbers begin anew with a new one"
    );
    assert_eq!(listed(&client, &arn, 0).await?, [Vec::<String>::new()]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_starts_executions_of_its_versions() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let [arn, first, second] = released(&client, "routed").await?;
    let alias = create(&client, "PROD", &[route(&first, 50), route(&second, 50)]).await?;
    let mut versions = Vec::new();
    for number in 0..40 {
        let start = client.start_execution().state_machine_arn(&alias).name(format!("e{number}"));
        let execution = start.send().await?.execution_arn;
        let described = client.describe_execution().execution_arn(&execution).send().await?;
        assert_eq!(described.state_machine_arn, arn);
        assert_eq!(described.state_machine_alias_arn.as_ref(), Some(&alias));
        let version = described.state_machine_version_arn.unwrap_or_default();
        let history = client.get_execution_history().execution_arn(&execution).send().await?;
        let started = history.events.iter().find_map(HistoryEvent::execution_started_event_details);
        let started = started.expect("every history begins with it");
        assert_eq!(started.state_machine_alias_arn.as_ref(), Some(&alias));
        assert_eq!(started.state_machine_version_arn.as_ref(), Some(&version));
        assert_eq!(
            started.role_arn,
            (version == first).then(|| ROLE.to_owned()).or(Some(format!("{ROLE}-2")))
        );
        versions.push(version);
    }
    let count = |version: &String| versions.iter().filter(|found| *found == version).count();
    assert_eq!(count(&first) + count(&second), 40);
    assert!(count(&first) > 0 && count(&second) > 0, "one in 2^39 runs fails here by chance");

    let executions = |arn: String| {
        let client = client.clone();
        async move {
            let request = client.list_executions().state_machine_arn(arn).max_results(1000);
            anyhow::Ok(request.send().await?.executions)
        }
    };
    let by_alias = executions(alias.clone()).await?;
    assert_eq!(by_alias.len(), 40);
    assert!(by_alias.iter().all(|item| item.state_machine_alias_arn.as_ref() == Some(&alias)));
    assert_eq!(executions(first.clone()).await?.len(), count(&first));
    assert_eq!(executions(second.clone()).await?.len(), count(&second));

    let nobody = format!("{arn}:NOBODY");
    let missing = format!("State Machine Does Not Exist: '{nobody}'");
    let (code, message) = refused(client.start_execution().state_machine_arn(&nobody).send().await);
    assert_eq!((code.as_str(), message), ("StateMachineDoesNotExist", missing));
    Ok(())
}
