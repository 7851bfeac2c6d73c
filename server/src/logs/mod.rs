//! Execution logs: what happens to executions whose state machine has a log level other than OFF, as JSON lines in a file or on standard
//! output, or in CloudWatch Logs.
//!
//! Whoever runs executions hands over what the engine gives it to be logged ([`Effect::Log`]), and goes on at once. It is rendered
//! ([`event`]) and written by a task in the background. Delivery is best effort, as AWS's own is: what finds no room in the backlog, and
//! what can't be written, is lost and counted ([`metric::LOG_EVENTS_LOST`]); a node that dies loses what it hadn't written yet.
//!
//! [`Effect::Log`]: keepstep_engine::Effect::Log
//! [`metric::LOG_EVENTS_LOST`]: crate::metric::LOG_EVENTS_LOST

mod cloud_watch;
mod config;
mod event;
mod file;
mod lines;

use std::sync::Arc;

use keepstep_engine::execution::Logged;
use metrics::counter;
use tokio::runtime::Handle;
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use crate::aws;
use crate::backlog::{Background, Backlog, Losses, Waiting, next_batch};
use crate::metric;
use cloud_watch::CloudWatch;
pub(crate) use config::{Destination, Wanted};
use file::RotatedFile;
use lines::Lines;

/// What is taken from the backlog at a time.
const BATCH_MAX: usize = 256;
/// Events of one step are put into the backlog in pieces of about so many bytes.
const PIECE_BYTES: usize = 1 << 20;
/// What an event takes up in memory beside its texts, about.
const EVENT_BYTES: usize = 512;

/// The door to the logs: cheap to clone, and never waits.
#[derive(Clone)]
pub(crate) struct Logs {
    backlog: Backlog<Logged>,
}

impl Logs {
    /// Starts writing to a destination, on `runtime`.
    ///
    /// # Errors
    ///
    /// Credentials that are half there.
    pub(crate) fn start(
        destination: Destination,
        runtime: &Handle,
    ) -> Result<(Self, Background), aws::Error> {
        let losses = Losses::new("execution log events", counter!(metric::LOG_EVENTS_LOST));
        let (backlog, receiver) = Backlog::new(Arc::clone(&losses));
        let writer = match destination {
            Destination::File(config) => Writer::Lines(Lines::File(Box::new(RotatedFile::new(config)))),
            Destination::Stdout => Writer::Lines(Lines::Stdout),
            Destination::CloudWatch { config, writer } => {
                let client = aws::Client::new(config)?;
                Writer::CloudWatch(Box::new(CloudWatch::new(client, writer, Arc::clone(&losses))))
            }
        };
        let background = Background::start(runtime, |closing| write(receiver, closing, writer, losses));
        Ok((Self { backlog }, background))
    }

    /// Takes events to be logged.
    pub(crate) fn log(&self, logged: Logged) {
        let Logged { arn, configuration, events, redrive_count } = logged;
        let mut events = events.into_iter().peekable();
        // The events of one step may all show the same large payload: they wait in pieces, so that none asks for all the room.
        while events.peek().is_some() {
            let (mut piece, mut bytes) = (Vec::new(), 0);
            while let Some(event) = events.next_if(|_| bytes < PIECE_BYTES) {
                bytes += event.bytes() + EVENT_BYTES;
                piece.push(event);
            }
            let count = piece.len();
            let logged = Logged {
                arn: arn.clone(),
                configuration: configuration.clone(),
                events: piece,
                redrive_count,
            };
            self.backlog.put(logged, bytes, count);
        }
    }
}

/// Who writes.
enum Writer {
    Lines(Lines),
    CloudWatch(Box<CloudWatch>),
}

async fn write(
    mut receiver: Receiver<Waiting<Logged>>,
    closing: CancellationToken,
    mut writer: Writer,
    losses: Arc<Losses>,
) {
    while let Some(batch) = next_batch(&mut receiver, &closing, BATCH_MAX).await {
        // The room is taken up until all is written.
        let (logged, _room): (Vec<_>, Vec<_>) = batch.into_iter().map(Waiting::into_parts).unzip();
        match writer {
            Writer::CloudWatch(ref mut cloud_watch) => cloud_watch.write(logged).await,
            Writer::Lines(mut lines) => {
                let losses = Arc::clone(&losses);
                let written = tokio::task::spawn_blocking(move || {
                    logged.into_iter().for_each(|logged| write_lines(&mut lines, logged, &losses));
                    lines
                });
                // The runtime ends, and all with it.
                let Ok(lines) = written.await else { return };
                writer = Writer::Lines(lines);
            }
        }
    }
}

/// Writes the events of one step, a line each.
fn write_lines(lines: &mut Lines, logged: Logged, losses: &Losses) {
    let Logged { arn, redrive_count, events, .. } = logged;
    let (mut text, count) = (Vec::new(), events.len());
    for event in events {
        text.extend_from_slice(event::line(&arn, redrive_count, event).as_bytes());
        text.push(b'\n');
    }
    match lines.write(&text) {
        Ok(()) => counter!(metric::LOG_EVENTS).increment(count as u64),
        Err(error) => losses.count(count, &format!("they can't be written: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use keepstep_engine::query::HistoryEvent;
    use keepstep_engine::record::{Configuration, Event, EventType};

    use super::*;

    #[tokio::test]
    async fn a_large_step_is_written_whole_and_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let config = file::FileConfig { path: path.clone(), bytes_max: u64::MAX, files_max: 1 };
        let (logs, writing) =
            Logs::start(Destination::File(config), &Handle::current()).expect("no credentials");
        let payload = Bytes::from(format!("\"{}\"", "x".repeat(300_000)));
        let event = |id| HistoryEvent {
            input: Some(payload.clone()),
            ..HistoryEvent::without_payloads(Event {
                id,
                kind: EventType::PassStateEntered as i32,
                ..Event::default()
            })
        };
        let events = (1..=100).map(event).collect();
        logs.log(Logged {
            arn: "arn".into(),
            configuration: Configuration::default(),
            events,
            redrive_count: 0,
        });
        writing.close(Duration::from_secs(60)).await;
        let text = std::fs::read_to_string(path).expect("a file");
        let id = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
            line.get("id").and_then(|id| id.as_str()?.parse::<u64>().ok())
        };
        assert!(text.lines().filter_map(id).eq(1..=100));
    }
}
