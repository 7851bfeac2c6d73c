//! Execution logs in CloudWatch Logs, or in what speaks its API. The log groups are there; streams are made as they are needed.

mod batch;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keepstep_engine::execution::Logged;
use metrics::counter;
use serde_json::{Value, json};

use crate::aws::{Client, Failure};
use crate::backlog::Losses;
use crate::metric;
use batch::{Line, Stream};

/// How often a call is made, and how long is waited before the second time; each further pause is twice as long.
const TRIES_MAX: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);
/// Streams that are known to be there. Beyond that, all are forgotten.
const STREAMS_MAX: usize = 10_000;

/// Writes to log groups.
pub(super) struct CloudWatch {
    client: Client,
    /// What the names of this node's streams end with: several nodes write to the same groups.
    writer: String,
    streams: HashSet<Stream>,
    losses: Arc<Losses>,
    pause: Duration,
}

impl CloudWatch {
    pub(super) fn new(client: Client, writer: String, losses: Arc<Losses>) -> Self {
        Self { client, writer, streams: HashSet::new(), losses, pause: PAUSE }
    }

    /// Writes events, or gives them up.
    pub(super) async fn write(&mut self, logged: Vec<Logged>) {
        for (stream, lines) in batch::by_stream(logged, &self.writer) {
            for call in batch::calls(&lines) {
                match self.put(&stream, call).await {
                    Ok(rejected) => {
                        counter!(metric::LOG_EVENTS).increment(call.len().saturating_sub(rejected) as u64);
                        if rejected > 0 {
                            self.losses.count(rejected, "they are too old or too new for the log group");
                        }
                    }
                    Err(failure) => {
                        let reason = format!("log group {}: {failure}", stream.group);
                        self.losses.count(call.len(), &reason);
                    }
                }
            }
        }
    }

    /// Writes lines to a stream; how many of them the service doesn't want.
    async fn put(&mut self, stream: &Stream, lines: &[Line]) -> Result<usize, Failure> {
        let event = |line: &Line| json!({"timestamp": line.timestamp_ms, "message": line.text});
        let events: Vec<_> = lines.iter().map(event).collect();
        let body = json!({"logGroupName": stream.group, "logStreamName": stream.name, "logEvents": events});
        let body = Bytes::from(body.to_string());
        self.create(stream).await?;
        let put = match self.call("PutLogEvents", stream, body.clone()).await {
            // It was there once.
            Err(failure) if failure.code == "ResourceNotFoundException" => {
                self.streams.remove(stream);
                self.create(stream).await?;
                self.call("PutLogEvents", stream, body).await
            }
            put => put,
        };
        match put {
            Ok(answer) => Ok(rejected(&answer, lines.len())),
            // The answer to an earlier try was lost.
            Err(failure) if failure.code == "DataAlreadyAcceptedException" => Ok(0),
            Err(failure) => Err(failure),
        }
    }

    async fn create(&mut self, stream: &Stream) -> Result<(), Failure> {
        if self.streams.contains(stream) {
            return Ok(());
        }
        let body = json!({"logGroupName": stream.group, "logStreamName": stream.name});
        match self.call("CreateLogStream", stream, Bytes::from(body.to_string())).await {
            Ok(_) => {}
            Err(failure) if failure.code == "ResourceAlreadyExistsException" => {}
            Err(failure) => return Err(failure),
        }
        if self.streams.len() >= STREAMS_MAX {
            self.streams.clear();
        }
        self.streams.insert(stream.clone());
        Ok(())
    }

    async fn call(&self, operation: &str, stream: &Stream, body: Bytes) -> Result<Bytes, Failure> {
        let (mut tried, mut pause) = (1, self.pause);
        loop {
            match self.client.call(operation, Some(&stream.region), body.clone()).await {
                Err(failure) if failure.is_retryable && tried < TRIES_MAX => {
                    tokio::time::sleep(pause).await;
                    (tried, pause) = (tried + 1, pause * 2);
                }
                outcome => return outcome,
            }
        }
    }
}

/// How many of so many events the answer of PutLogEvents says were not taken.
fn rejected(answer: &[u8], count: usize) -> usize {
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return 0 };
    let Some(info) = answer.get("rejectedLogEventsInfo") else { return 0 };
    let index = |member: &str| {
        let index = info.get(member).and_then(Value::as_u64);
        index.and_then(|index| usize::try_from(index).ok()).map(|index| index.min(count))
    };
    let first = index("tooOldLogEventEndIndex").max(index("expiredLogEventEndIndex")).unwrap_or(0);
    let last = index("tooNewLogEventStartIndex").unwrap_or(count);
    count - last.saturating_sub(first)
}

#[cfg(test)]
mod tests;
