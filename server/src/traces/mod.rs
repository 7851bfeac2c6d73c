//! Traces: of each execution whose state machine has tracing enabled, when it has ended, a trace with a span for each state, each
//! iteration and each attempt of a task, for a collector that speaks OTLP over gRPC.
//!
//! Spans are made of the history ([`spans`]), and their ids are derived from the execution's ARN and its events' ids: a trace that is sent
//! twice is the same trace. Like logs, traces are told on a best effort basis: see [`crate::backlog`].

mod config;
mod context;
mod export;
mod spans;

use std::sync::Arc;
use std::time::{Duration, Instant};

use keepstep_engine::record::{Event, Head};
use metrics::counter;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::backlog::{Background, Backlog, Losses};
use crate::metric;
pub(crate) use config::Config;

/// Histories that are read at a time.
const READING_MAX: usize = 64;
/// The least time between two reminders that there is no collector.
const REMINDER_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// The door to the traces: cheap to clone, and never waits.
#[derive(Clone)]
pub(crate) struct Traces {
    /// `None` where there is no collector.
    backlog: Option<Backlog<Vec<Span>>>,
    losses: Arc<Losses>,
    reading: Arc<Semaphore>,
    reminded: Arc<std::sync::Mutex<Option<Instant>>>,
}

impl Traces {
    /// Starts sending to a collector, if there is one, on `runtime`.
    pub(crate) fn start(config: Option<Config>, runtime: &Handle) -> (Self, Option<Background>) {
        let losses = Losses::new("traces of executions", counter!(metric::TRACES_LOST));
        let started = config.map(|config| {
            let (backlog, receiver) = Backlog::new(Arc::clone(&losses));
            // The channel of the client needs the runtime.
            let _entered = runtime.enter();
            let exporter = export::Exporter::new(config, Arc::clone(&losses));
            (backlog, Background::start(runtime, |closing| exporter.run(receiver, closing)))
        });
        let (backlog, background) = started.unzip();
        let reading = Arc::new(Semaphore::new(READING_MAX));
        (Self { backlog, losses, reading, reminded: Arc::default() }, background)
    }

    /// Leave to read a history and to give it to [`Traces::trace`], as long as it is kept. `None` if there is no collector, or if too many
    /// are being read.
    pub(crate) fn begin(&self) -> Option<OwnedSemaphorePermit> {
        if self.backlog.is_none() {
            self.remind();
            return None;
        }
        let leave = Arc::clone(&self.reading).try_acquire_owned();
        leave.map_err(|_| self.lose("too many end at a time")).ok()
    }

    /// Tells of an execution that has ended.
    pub(crate) fn trace(&self, head: &Head, events: &[Event]) {
        let Some(backlog) = &self.backlog else { return };
        if let Some(spans) = spans::of(head, events) {
            let bytes = spans.iter().map(|span| span.encoded_len() + size_of::<Span>()).sum();
            backlog.put(spans, bytes, 1);
        }
    }

    /// An execution's trace is lost.
    pub(crate) fn lose(&self, reason: &str) {
        self.losses.count(1, reason);
    }

    fn remind(&self) {
        let mut reminded = self.reminded.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if reminded.is_none_or(|last| last.elapsed() >= REMINDER_INTERVAL) {
            *reminded = Some(Instant::now());
            tracing::warn!(
                "an execution of a state machine with tracing enabled has ended, and nobody is told: set --otlp-endpoint or \
                 OTEL_EXPORTER_OTLP_ENDPOINT"
            );
        }
    }
}
