//! Execution logs: what happens to executions whose state machine has a log level other than OFF, as JSON lines in a file or on standard
//! output, or in CloudWatch Logs.
//!
//! Whoever runs executions hands over what the engine gives it to be logged ([`Effect::Log`]), and goes on at once. It is rendered
//! ([`event`]) and written by a task in the background. Delivery is best effort, as AWS's own is: what finds no room in the backlog, and
//! what can't be written, is lost and counted ([`metric::LOG_EVENTS_LOST`]); a node that dies loses what it hadn't written yet.
//!
//! [`Effect::Log`]: keepstep_engine::Effect::Log
//! [`metric::LOG_EVENTS_LOST`]: crate::metric::LOG_EVENTS_LOST

mod event;
mod file;
mod lines;

use std::sync::Arc;

use keepstep_engine::execution::Logged;
use metrics::counter;
use tokio::runtime::Handle;
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use crate::backlog::{Background, Backlog, Losses, Waiting, next_batch};
use crate::metric;
pub(crate) use file::FileConfig;
use lines::Lines;

/// What is taken from the backlog at a time.
const BATCH_MAX: usize = 256;
/// What an event takes up in memory beside its texts, about.
const EVENT_BYTES: usize = 512;

/// Where execution logs go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// To a file, as JSON lines.
    File(FileConfig),
    /// To standard output, as JSON lines.
    Stdout,
}

/// The door to the logs: cheap to clone, and never waits.
#[derive(Clone)]
pub(crate) struct Logs {
    backlog: Backlog<Logged>,
}

impl Logs {
    /// Starts writing to a destination, on `runtime`.
    pub(crate) fn start(destination: Destination, runtime: &Handle) -> (Self, Background) {
        let losses = Losses::new("execution log events", counter!(metric::LOG_EVENTS_LOST));
        let (backlog, receiver) = Backlog::new(Arc::clone(&losses));
        let lines = Lines::new(destination);
        let background = Background::start(runtime, |closing| write(receiver, closing, lines, losses));
        (Self { backlog }, background)
    }

    /// Takes events to be logged.
    pub(crate) fn log(&self, logged: Logged) {
        let count = logged.events.len();
        let bytes = logged.events.iter().map(|event| event.bytes() + EVENT_BYTES).sum();
        self.backlog.put(logged, bytes, count);
    }
}

async fn write(
    mut receiver: Receiver<Waiting<Logged>>,
    closing: CancellationToken,
    mut lines: Lines,
    losses: Arc<Losses>,
) {
    while let Some(batch) = next_batch(&mut receiver, &closing, BATCH_MAX).await {
        let losses = Arc::clone(&losses);
        let done = tokio::task::spawn_blocking(move || {
            batch.into_iter().for_each(|waiting| write_lines(&mut lines, waiting.item, &losses));
            lines
        });
        // The runtime ends, and all with it.
        let Ok(back) = done.await else { return };
        lines = back;
    }
}

/// Writes the events of one step, a line each.
fn write_lines(lines: &mut Lines, logged: Logged, losses: &Losses) {
    let Logged { arn, events, .. } = logged;
    let (mut text, count) = (Vec::new(), events.len());
    for event in events {
        text.extend_from_slice(event::line(&arn, event).as_bytes());
        text.push(b'\n');
    }
    match lines.write(&text) {
        Ok(()) => counter!(metric::LOG_EVENTS).increment(count as u64),
        Err(error) => losses.count(count, &format!("they can't be written: {error}")),
    }
}
