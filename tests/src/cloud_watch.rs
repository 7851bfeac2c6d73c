//! A server for tests that speaks the API of CloudWatch Logs.

use anyhow::Context as _;
use hyper::Method;
use serde_json::{Value, json};

use crate::moto::Moto;

/// The server, without log groups at first. It ends with this value.
pub struct CloudWatchLogs(Moto);

impl CloudWatchLogs {
    /// Starts it and waits until it answers.
    pub async fn start() -> anyhow::Result<Self> {
        Ok(Self(Moto::start().await?))
    }

    /// Such as `http://127.0.0.1:5000`.
    pub fn endpoint(&self) -> &str {
        self.0.endpoint()
    }

    /// Makes a log group.
    pub async fn create_group(&self, group: &str) -> anyhow::Result<()> {
        self.call("CreateLogGroup", json!({"logGroupName": group})).await.map(drop)
    }

    /// The streams of a group, and what was written to each.
    pub async fn streams(&self, group: &str) -> anyhow::Result<Vec<(String, Vec<String>)>> {
        let found = self.call("DescribeLogStreams", json!({"logGroupName": group})).await?;
        let found = found.get("logStreams").and_then(Value::as_array).cloned().context("no streams")?;
        let mut streams = Vec::new();
        for stream in found {
            let name = stream.get("logStreamName").and_then(Value::as_str).context("no name")?.to_owned();
            let asked = json!({"logGroupName": group, "logStreamName": name, "startFromHead": true});
            let events = self.call("GetLogEvents", asked).await?;
            let events = events.get("events").and_then(Value::as_array).cloned().context("no events")?;
            let message = |event: &Value| event.get("message").and_then(Value::as_str).map(str::to_owned);
            streams.push((name, events.iter().filter_map(message).collect()));
        }
        Ok(streams)
    }

    async fn call(&self, operation: &str, body: Value) -> anyhow::Result<Value> {
        let target = format!("Logs_20140328.{operation}");
        let answer = self.0.send("logs", Method::POST, "", Some(&target), body.to_string().into()).await?;
        Ok(if answer.is_empty() { Value::Null } else { serde_json::from_slice(&answer)? })
    }
}
