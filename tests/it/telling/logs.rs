//! Execution logs in a file: whole files, by level, with and without data.

use aws_sdk_sfn::types::{
    CloudWatchLogsLogGroup, LogDestination, LogLevel, LoggingConfiguration, StateMachineType,
};
use keepstep_tests::process::Server;
use keepstep_tests::stage::Stage;
use keepstep_tests::wait;

const GROUP: &str = "arn:aws:logs:us-east-1:000000000000:log-group:g:*";
const ROLE: &str = "arn:aws:iam::000000000000:role/test";

pub(super) fn logging(level: LogLevel, data: bool) -> LoggingConfiguration {
    let group = CloudWatchLogsLogGroup::builder().log_group_arn(GROUP).build();
    LoggingConfiguration::builder()
        .level(level)
        .include_execution_data(data)
        .destinations(LogDestination::builder().cloud_watch_logs_log_group(group).build())
        .build()
}

/// Runs a workflow to its end.
pub(super) async fn run(
    stage: &Stage,
    name: &str,
    logging: LoggingConfiguration,
    definition: &str,
) -> anyhow::Result<()> {
    let create = stage.client.create_state_machine().name(name).definition(definition).role_arn(ROLE);
    let machine = create.logging_configuration(logging).send().await?.state_machine_arn;
    let start = stage.client.start_execution().state_machine_arn(machine).name("e").input(r#"{"a": 1}"#);
    let execution = start.send().await?.execution_arn;
    stage.ended(&execution).await?;
    Ok(())
}

/// A line with its time masked.
fn masked(line: &str) -> String {
    const BEFORE: &str = "\"event_timestamp\":\"";
    let (front, back) = line.split_once(BEFORE).unwrap_or((line, ""));
    let rest = back.trim_start_matches(|character: char| character.is_ascii_digit());
    format!("{front}{BEFORE}{rest}")
}

/// A line with its time masked, as it has to be.
fn line(arn: &str, id: u64, kind: &str, previous: u64, details: &str) -> String {
    format!(
        r#"{{"details":{details},"redrive_count":"0","id":"{id}","type":"{kind}","previous_event_id":"{previous}","event_timestamp":"","execution_arn":"{arn}"}}"#
    )
}

#[tokio::test]
async fn a_file_has_the_events_of_each_level() -> anyhow::Result<()> {
    const TEXT: &str = r#"{"StartAt":"P","States":{
        "P":{"Type":"Pass","Assign":{"v.$":"$.a"},"Next":"W"},
        "W":{"Type":"Wait","Seconds":0,"Next":"F"},
        "F":{"Type":"Fail","Error":"E","Cause":"c"}}}"#;
    let line = |name: &str, id: u64, kind: &str, previous: u64, details: &str| {
        line(
            &format!("arn:aws:states:us-east-1:000000000000:execution:{name}:e"),
            id,
            kind,
            previous,
            details,
        )
    };
    let mut stage = Stage::start().await?;
    let mut expected = Vec::new();
    for (name, level, data) in [
        ("off", LogLevel::Off, true),
        ("fatal", LogLevel::Fatal, false),
        ("error", LogLevel::Error, true),
        ("error-bare", LogLevel::Error, false),
        ("all", LogLevel::All, true),
        ("all-bare", LogLevel::All, false),
    ] {
        let payload = |name: &str| match data {
            true => format!(r#","{name}":"{{\"a\": 1}}","{name}Details":{{"truncated":false}}"#),
            false => String::new(),
        };
        let input = match data {
            true => r#""input":"{\"a\": 1}","inputDetails":{"truncated":false},"#,
            false => "",
        };
        let assigned = match data {
            true => r#""assignedVariables":{"v":"1"},"assignedVariablesDetails":{"truncated":false},"#,
            false => "",
        };
        let entered = |state: &str| format!(r#"{{{input}"name":"{state}"}}"#);
        let output = payload("output");
        let all = [
            line(name, 1, "ExecutionStarted", 0, &format!(r#"{{{input}"roleArn":"{ROLE}"}}"#)),
            line(name, 2, "PassStateEntered", 0, &entered("P")),
            line(name, 3, "PassStateExited", 2, &format!(r#"{{{assigned}"name":"P"{output}}}"#)),
            line(name, 4, "WaitStateEntered", 3, &entered("W")),
            line(name, 5, "WaitStateExited", 4, &format!(r#"{{"name":"W"{output}}}"#)),
            line(name, 6, "FailStateEntered", 5, &entered("F")),
            line(name, 7, "ExecutionFailed", 6, r#"{"cause":"c","error":"E"}"#),
        ];
        let first = match level {
            LogLevel::Off => 7,
            LogLevel::Fatal => 6,
            LogLevel::Error => 5,
            _ => 0,
        };
        expected.extend(all.into_iter().skip(first));
        run(&stage, name, logging(level, data), TEXT).await?;
    }
    // What waits to be written is written before the process ends.
    assert_eq!(stage.server.terminate().await?, Some(0));
    let text = std::fs::read_to_string(stage.server.data().join("execution-log.jsonl"))?;
    assert_eq!(text.lines().map(masked).collect::<Vec<_>>(), expected);
    Ok(())
}

#[tokio::test]
async fn standard_output_has_them_where_it_is_asked_for() -> anyhow::Result<()> {
    const TEXT: &str = r#"{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}"#;
    let stage = Stage::start_with(Server::builder().flag("--execution-log", "-")).await?;
    run(&stage, "m", logging(LogLevel::All, false), TEXT).await?;
    let line =
        r#"{"details":{},"redrive_count":"0","id":"4","type":"ExecutionSucceeded","previous_event_id":"3","#;
    wait::until("the end is logged", || async {
        stage.server.log().lines().any(|logged| logged.starts_with(line)).then_some(())
    })
    .await?;
    assert!(!stage.server.data().join("execution-log.jsonl").exists(), "they go to one place");
    Ok(())
}

#[tokio::test]
async fn the_log_is_the_history_of_an_express_execution() -> anyhow::Result<()> {
    const TEXT: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"F"},
        "F":{"Type":"Fail","Error":"E","Cause":"c"}}}"#;
    let mut stage = Stage::start().await?;
    let create = stage.client.create_state_machine().name("m").definition(TEXT).role_arn(ROLE);
    let create =
        create.r#type(StateMachineType::Express).logging_configuration(logging(LogLevel::All, false));
    let machine = create.send().await?.state_machine_arn;
    let start = stage.client.start_execution().state_machine_arn(&machine).name("asynchronous");
    let asynchronous = start.send().await?.execution_arn;
    let start = stage.client.start_sync_execution().state_machine_arn(&machine).name("synchronous");
    let synchronous = start.send().await?.execution_arn;
    let path = stage.server.data().join("execution-log.jsonl");
    wait::until("both have ended", || async {
        let text = std::fs::read_to_string(&path).ok()?;
        (text.matches("ExecutionFailed").count() == 2).then_some(())
    })
    .await?;
    assert_eq!(stage.server.terminate().await?, Some(0));
    let text = std::fs::read_to_string(&path)?;
    for arn in [asynchronous, synchronous] {
        let found: Vec<_> = text.lines().filter(|line| line.contains(&arn)).map(masked).collect();
        let expected = [
            line(&arn, 1, "ExecutionStarted", 0, &format!(r#"{{"roleArn":"{ROLE}"}}"#)),
            line(&arn, 2, "WaitStateEntered", 0, r#"{"name":"W"}"#),
            line(&arn, 3, "WaitStateExited", 2, r#"{"name":"W"}"#),
            line(&arn, 4, "FailStateEntered", 3, r#"{"name":"F"}"#),
            line(&arn, 5, "ExecutionFailed", 4, r#"{"cause":"c","error":"E"}"#),
        ];
        assert_eq!(found, expected);
    }
    assert_eq!(text.lines().count(), 10);
    Ok(())
}
