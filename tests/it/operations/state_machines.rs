//! CreateStateMachine, UpdateStateMachine, DescribeStateMachine, DescribeStateMachineForExecution, ListStateMachines, DeleteStateMachine.

use aws_sdk_sfn::types::{
    IncludedData, LogLevel, LoggingConfiguration, StateMachineStatus, StateMachineType, TracingConfiguration,
};
use keepstep_tests::wait;

use super::{PASS, ROLE, WAIT, assert_refused, server, state_machine};

#[tokio::test(flavor = "multi_thread")]
async fn create_is_idempotent_and_describe_gives_back_what_was_given() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let create = |definition: &str| {
        client
            .create_state_machine()
            .name("first")
            .definition(definition)
            .role_arn(ROLE)
            .logging_configuration(LoggingConfiguration::builder().level(LogLevel::Off).build())
            .tracing_configuration(TracingConfiguration::builder().enabled(false).build())
    };
    let created = create(PASS).send().await?;
    assert_eq!(created.state_machine_arn, "arn:aws:states:us-east-1:000000000000:stateMachine:first");
    let again = create(PASS).send().await?;
    assert_eq!(
        (again.state_machine_arn, again.creation_date),
        (created.state_machine_arn.clone(), created.creation_date)
    );
    assert_refused(create(WAIT).send().await, "StateMachineAlreadyExists", &created.state_machine_arn);

    let described =
        client.describe_state_machine().state_machine_arn(&created.state_machine_arn).send().await?;
    assert_eq!(described.name, "first");
    assert_eq!(described.definition, PASS);
    assert_eq!(described.role_arn, ROLE);
    assert_eq!(described.r#type, StateMachineType::Standard);
    assert_eq!(described.status, Some(StateMachineStatus::Active));
    assert_eq!(described.creation_date, created.creation_date);
    assert_eq!(described.revision_id, None);
    assert_eq!(described.logging_configuration.and_then(|logging| logging.level), Some(LogLevel::Off));
    assert_eq!(described.tracing_configuration.map(|tracing| tracing.enabled), Some(false));

    let metadata = client
        .describe_state_machine()
        .state_machine_arn(&created.state_machine_arn)
        .included_data(IncludedData::MetadataOnly)
        .send()
        .await?;
    assert_eq!(metadata.definition, "{}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_state_machines_are_refused_in_aws_words() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let create = |name: &str, definition: &str, role: &str| {
        client.create_state_machine().name(name).definition(definition).role_arn(role).send()
    };
    let cases = [
        ("a b", PASS, ROLE, "InvalidName", "Invalid Name: 'a b'"),
        ("x", PASS, "not-an-arn", "InvalidArn", "Invalid Role Arn: 'not-an-arn'"),
        ("x", "{", ROLE, "InvalidDefinition", "Invalid State Machine Definition: '"),
        (
            "x",
            r#"{"StartAt":"A"}"#,
            ROLE,
            "InvalidDefinition",
            "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
        ),
        (
            "x",
            r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"}}}"#,
            ROLE,
            "InvalidDefinition",
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next",
        ),
        (
            "x",
            r#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::nothing:here","End":true}}}"#,
            ROLE,
            "InvalidDefinition",
            "SCHEMA_VALIDATION_FAILED: The resource provided arn:aws:states:::nothing:here is not recognized",
        ),
    ];
    for (name, definition, role, code, text) in cases {
        assert_refused(create(name, definition, role).await, code, text);
    }
    let long = "n".repeat(81);
    assert_refused(
        create(&long, PASS, ROLE).await,
        "ValidationException",
        "Member must have length less than or equal to 80",
    );
    let large = format!(r#"{{"Comment":"{}","StartAt":"A"}}"#, "c".repeat(1 << 20));
    assert_refused(create("x", &large, ROLE).await, "ValidationException", "1048576");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_makes_a_revision_and_running_executions_keep_theirs() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let arn = state_machine(&client, "updated", WAIT).await?;
    let running = client.start_execution().state_machine_arn(&arn).name("old").send().await?.execution_arn;

    assert_refused(
        client.update_state_machine().state_machine_arn(&arn).send().await,
        "MissingRequiredParameter",
        "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
    );
    let updated = client.update_state_machine().state_machine_arn(&arn).definition(PASS).send().await?;
    assert!(updated.revision_id.as_deref().is_some_and(|id| id.len() == 36), "{updated:?}");

    let described = client.describe_state_machine().state_machine_arn(&arn).send().await?;
    assert_eq!((described.definition.as_str(), described.role_arn.as_str()), (PASS, ROLE));
    assert_eq!(described.revision_id, updated.revision_id);
    let old = client.describe_state_machine_for_execution().execution_arn(&running).send().await?;
    assert_eq!((old.definition.as_str(), old.state_machine_arn.as_str()), (WAIT, arn.as_str()));
    let new = client.start_execution().state_machine_arn(&arn).name("new").send().await?.execution_arn;
    let new = client.describe_state_machine_for_execution().execution_arn(&new).send().await?;
    assert_eq!((new.definition.as_str(), new.revision_id), (PASS, updated.revision_id));

    assert_refused(
        client.update_state_machine().state_machine_arn(format!("{arn}-not")).definition(PASS).send().await,
        "StateMachineDoesNotExist",
        &format!("State Machine Does Not Exist: '{arn}-not'"),
    );
    assert_refused(
        client.update_state_machine().state_machine_arn(&arn).definition("{}").send().await,
        "InvalidDefinition",
        "Invalid State Machine Definition",
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_state_machine_ends_its_executions_and_is_gone() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let endless = r#"{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":1,"Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.end","IsPresent":true,"Next":"C"}],"Default":"A"},"C":{"Type":"Succeed"}}}"#;
    let arn = state_machine(&client, "deleted", endless).await?;
    let running = client.start_execution().state_machine_arn(&arn).send().await?.execution_arn;
    client.delete_state_machine().state_machine_arn(&arn).send().await?;
    wait::until("the state machine is gone", || async {
        client.describe_state_machine().state_machine_arn(&arn).send().await.is_err().then_some(())
    })
    .await?;
    assert_refused(
        client.start_execution().state_machine_arn(&arn).send().await,
        "StateMachineDoesNotExist",
        &arn,
    );
    if let Ok(described) = client.describe_execution().execution_arn(&running).send().await {
        assert_ne!(described.status.as_str(), "RUNNING");
    }
    client.delete_state_machine().state_machine_arn(&arn).send().await?;
    let again = state_machine(&client, "deleted", PASS).await?;
    assert_eq!(again, arn);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_in_pages() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let mut names: Vec<String> = (0..7).map(|index| format!("machine-{index}")).collect();
    for name in &names {
        state_machine(&client, name, PASS).await?;
    }
    let mut found = Vec::new();
    let mut pages = client.list_state_machines().max_results(3).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page?;
        assert!(page.state_machines.len() <= 3);
        found.extend(page.state_machines.into_iter().map(|item| item.name));
    }
    found.sort();
    names.sort();
    assert_eq!(found, names);
    assert_refused(
        client.list_state_machines().next_token("nonsense").send().await,
        "InvalidToken",
        "Invalid Token: 'Invalid token'",
    );
    assert_refused(
        client.list_state_machines().max_results(1001).send().await,
        "ValidationException",
        "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000",
    );
    Ok(())
}
