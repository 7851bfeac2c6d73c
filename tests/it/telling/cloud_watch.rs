//! Execution logs in CloudWatch Logs.

use aws_sdk_sfn::types::LogLevel;
use keepstep_tests::cloud_watch::CloudWatchLogs;
use keepstep_tests::process::Server;
use keepstep_tests::stage::Stage;
use keepstep_tests::wait;

use super::logs::{logging, run};

#[tokio::test]
async fn a_log_group_gets_the_events_in_their_order() -> anyhow::Result<()> {
    let logs = CloudWatchLogs::start().await?;
    logs.create_group("g").await?;
    let server = Server::builder()
        .env("AWS_ENDPOINT_URL_LOGS", logs.endpoint())
        .env("AWS_ACCESS_KEY_ID", "any")
        .env("AWS_SECRET_ACCESS_KEY", "any");
    let stage = Stage::start_with(server).await?;
    const TEXT: &str = r#"{"StartAt":"P","States":{"P":{"Type":"Pass","Next":"S"},"S":{"Type":"Succeed"}}}"#;
    run(&stage, "m", logging(LogLevel::All, false), TEXT).await?;
    let line = |message: &String| -> Option<String> {
        let line: serde_json::Value = serde_json::from_str(message).ok()?;
        Some(format!("{} {}", line.get("id")?.as_str()?, line.get("type")?.as_str()?))
    };
    let expected = [
        "1 ExecutionStarted",
        "2 PassStateEntered",
        "3 PassStateExited",
        "4 SucceedStateEntered",
        "5 SucceedStateExited",
        "6 ExecutionSucceeded",
    ];
    let (name, lines) = wait::until("the log group has all events", || async {
        let streams = logs.streams("g").await.ok()?;
        let (name, messages) = streams.into_iter().next()?;
        let lines: Vec<_> = messages.iter().filter_map(line).collect();
        (lines.len() == expected.len()).then_some((name, lines))
    })
    .await?;
    assert_eq!(lines, expected);
    assert!(name.starts_with("states/m/"), "{name}");
    assert!(!stage.server.data().join("execution-log.jsonl").exists(), "logs go to one place");
    Ok(())
}
