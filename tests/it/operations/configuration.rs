//! Logging, tracing and encryption: what is given is described, of state machines, of versions, and for executions.

use aws_sdk_sfn::types::{
    CloudWatchLogsLogGroup, EncryptionConfiguration, EncryptionType, LogDestination, LogLevel,
    LoggingConfiguration, TracingConfiguration,
};

use super::{PASS, ROLE, assert_refused, server};

const GROUP: &str = "arn:aws:logs:us-east-1:000000000000:log-group:g:*";

fn logging(level: LogLevel, groups: &[&str]) -> LoggingConfiguration {
    let destination = |group: &&str| {
        let group = CloudWatchLogsLogGroup::builder().log_group_arn(*group).build();
        LogDestination::builder().cloud_watch_logs_log_group(group).build()
    };
    LoggingConfiguration::builder()
        .level(level)
        .include_execution_data(true)
        .set_destinations(Some(groups.iter().map(destination).collect()))
        .build()
}

fn tracing(enabled: bool) -> TracingConfiguration {
    TracingConfiguration::builder().enabled(enabled).build()
}

fn owned() -> EncryptionConfiguration {
    EncryptionConfiguration::builder().r#type(EncryptionType::AwsOwnedKey).build().expect("it has a type")
}

#[tokio::test(flavor = "multi_thread")]
async fn configurations_are_described_as_given() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let request = client.create_state_machine().name("m").definition(PASS).role_arn(ROLE);
    let request = request.logging_configuration(logging(LogLevel::All, &[GROUP]));
    let request = request.tracing_configuration(tracing(true)).encryption_configuration(owned());
    let created = request.publish(true).send().await?;
    let machine = created.state_machine_arn;
    let version = created.state_machine_version_arn.unwrap_or_default();
    let start = client.start_execution().state_machine_arn(&version).send().await?;

    let update = client.update_state_machine().state_machine_arn(&machine);
    let updated = update.logging_configuration(logging(LogLevel::Error, &[GROUP])).send().await?;
    assert!(updated.revision_id.is_some(), "another log level makes a new revision");
    let update = client.update_state_machine().state_machine_arn(&machine);
    let same = update.encryption_configuration(owned()).send().await?;
    assert_eq!(same.revision_id, updated.revision_id, "nothing else can be chosen");

    for (arn, level) in [(&machine, LogLevel::Error), (&version, LogLevel::All)] {
        let described = client.describe_state_machine().state_machine_arn(arn).send().await?;
        assert_eq!(described.logging_configuration, Some(logging(level, &[GROUP])));
        assert_eq!(described.tracing_configuration, Some(tracing(true)));
        assert_eq!(described.encryption_configuration, Some(owned()));
    }
    let describe = client.describe_state_machine_for_execution();
    let described = describe.execution_arn(start.execution_arn).send().await?;
    assert_eq!(described.logging_configuration, Some(logging(LogLevel::All, &[GROUP])));
    assert_eq!(described.tracing_configuration, Some(tracing(true)));
    assert_eq!(described.encryption_configuration, Some(owned()));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let create = || client.create_state_machine().name("m").definition(PASS).role_arn(ROLE);
    for (level, groups, message) in [
        (LogLevel::All, vec![], "Must specify exactly one Log Destination."),
        (LogLevel::Off, vec![GROUP, GROUP], "Must specify exactly one Log Destination."),
        (
            LogLevel::Fatal,
            vec!["arn:aws:logs:us-east-1:000000000000:log-group:g"],
            "Log Group ARN must be provided with '*' qualifier.",
        ),
    ] {
        let refused = create().logging_configuration(logging(level, &groups)).send().await;
        let message = format!("Invalid Logging Configuration: {message}");
        assert_refused(refused, "InvalidLoggingConfiguration", &message);
    }
    let customers = || {
        let encryption = EncryptionConfiguration::builder().r#type(EncryptionType::CustomerManagedKmsKey);
        encryption.kms_key_id("key").build().expect("it has a type")
    };
    let message = "This server has no KMS";
    let refused = create().encryption_configuration(customers()).send().await;
    assert_refused(refused, "InvalidEncryptionConfiguration", message);
    let activity = client.create_activity().name("a");
    let refused = activity.encryption_configuration(customers()).send().await;
    assert_refused(refused, "InvalidEncryptionConfiguration", message);

    let activity = client.create_activity().name("a").encryption_configuration(owned()).send().await?;
    let described = client.describe_activity().activity_arn(activity.activity_arn).send().await?;
    assert_eq!(described.encryption_configuration, Some(owned()));
    Ok(())
}
