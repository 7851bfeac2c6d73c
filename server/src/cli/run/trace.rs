//! A history for people: a line for each event that tells something, indented by the places that it lies in.

use keepstep_engine::query::HistoryEvent;
use keepstep_engine::record::{EventType, ExecutionStatus, Head};

use super::style::{Style, Tone};
use crate::places::{Place, Places, is_entered};

/// How many characters of an input or output are shown in a line.
const DATA_CHARACTERS_MAX: usize = 100;
/// How wide the column of names may become.
const NAME_COLUMN_MAX: usize = 40;

/// A line.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    offset_ms: i64,
    depth: usize,
    name: String,
    tone: Tone,
    what: String,
    data: String,
}

/// All lines of a history.
pub(super) struct Trace(Vec<Line>);

impl Trace {
    /// The trace of a whole history.
    pub(super) fn of(events: &[HistoryEvent], execution_arn: &str) -> Self {
        let started_ms = events.first().map_or(0, |first| first.event.timestamp_ms);
        let execution = execution_arn.rsplit(':').next().unwrap_or_default();
        let mut places = Places::default();
        let mut lines = Vec::new();
        for event in events {
            let place = places.of(&event.event);
            let Some((tone, what, data)) = told(event, place.and_then(|place| places.get_mut(place))) else {
                continue;
            };
            let place = place.and_then(|place| places.get(place));
            lines.push(Line {
                offset_ms: event.event.timestamp_ms.saturating_sub(started_ms),
                depth: place.map_or(0, |place| place.depth),
                name: place.map_or_else(|| execution.to_owned(), |place| place.name.clone()),
                tone,
                what,
                data,
            });
        }
        Self(lines)
    }

    /// The text, ending with a line break.
    pub(super) fn show(&self, style: &Style) -> String {
        let width = |line: &Line| line.depth * 2 + line.name.chars().count();
        let names = self.0.iter().map(width).max().unwrap_or(0).min(NAME_COLUMN_MAX);
        let whats = self.0.iter().map(|line| line.what.chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        for line in &self.0 {
            let time = format!("{:>6}.{:03}", line.offset_ms / 1000, line.offset_ms % 1000);
            let name = format!("{}{}", "  ".repeat(line.depth), line.name);
            let shown = [
                style.paint(Tone::Dim, &time),
                format!("{name:names$}"),
                style.paint(line.tone, &format!("{:whats$}", line.what)),
                line.data.clone(),
            ];
            text.push_str(shown.join("  ").trim_end());
            text.push('\n');
        }
        text
    }
}

/// What an execution came to: its status, and its whole output or its error and cause.
pub(super) fn ending(head: &Head, output: Option<&[u8]>, style: &Style) -> String {
    let status = head.status();
    let tone = if status == ExecutionStatus::Succeeded { Tone::Good } else { Tone::Bad };
    let mut text = format!("\n{}\n", style.paint(tone, status.api_name()));
    let mut line = |name: &str, value: &str| text.push_str(&format!("{name}: {value}\n"));
    if let Some(output) = output {
        line("output", &String::from_utf8_lossy(output));
    }
    if let Some(error) = &head.error {
        line("error", error);
    }
    if let Some(cause) = &head.cause {
        line("cause", cause);
    }
    text
}

/// What an event tells; `None` for one that tells nothing new.
fn told(event: &HistoryEvent, place: Option<&mut Place>) -> Option<(Tone, String, String)> {
    use EventType as Type;
    let HistoryEvent { event: record, input, output, assigned, .. } = event;
    let details = &record.details;
    let shown = |text: &Option<bytes::Bytes>| {
        text.as_ref().map(|text| short(&String::from_utf8_lossy(text))).unwrap_or_default()
    };
    let failure = || {
        let parts = [details.location.as_deref(), details.error.as_deref(), details.cause.as_deref()];
        let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
        short(&parts.collect::<Vec<_>>().join(": "))
    };
    let plain = |what: &str, data: String| Some((Tone::Plain, what.to_owned(), data));
    let bad = |what: &str| Some((Tone::Bad, what.to_owned(), failure()));
    match record.kind() {
        Type::ExecutionStarted => plain("started", shown(input)),
        Type::ExecutionSucceeded => Some((Tone::Good, "succeeded".to_owned(), shown(output))),
        Type::ExecutionFailed => bad("failed"),
        Type::ExecutionAborted => bad("aborted"),
        Type::ExecutionTimedOut => bad("timed out"),
        kind if is_entered(kind) => plain("entered", shown(input)),
        Type::LambdaFunctionScheduled | Type::ActivityScheduled | Type::TaskScheduled => {
            let (tone, what) = begun(place, "scheduled")?;
            Some((tone, what, shown(input)))
        }
        Type::MapStateStarted => {
            let (tone, what) = begun(place, "began")?;
            let length = details.length.unwrap_or_default();
            Some((tone, what, format!("{length} item{}", if length == 1 { "" } else { "s" })))
        }
        // Its first start tells nothing.
        Type::ParallelStateStarted => {
            let (tone, what) = begun(place, "")?;
            (!what.is_empty()).then_some((tone, what, String::new()))
        }
        Type::LambdaFunctionStarted
        | Type::ActivityStarted
        | Type::TaskStarted
        | Type::ParallelStateSucceeded
        | Type::MapStateSucceeded
        | Type::MapRunSucceeded => None,
        Type::MapRunStarted => plain("map run began", String::new()),
        Type::TaskSubmitted => plain("submitted", shown(output)),
        Type::LambdaFunctionSucceeded | Type::ActivitySucceeded | Type::TaskSucceeded => {
            if let Some(place) = place {
                place.has_failed = false;
            }
            plain("succeeded", shown(output))
        }
        Type::MapIterationStarted => plain("began", String::new()),
        Type::MapIterationSucceeded => plain("succeeded", String::new()),
        kind => {
            let name = kind.api_name();
            if name.ends_with("Exited") {
                let variables: Vec<_> = assigned
                    .iter()
                    .map(|(name, value)| format!("${name}={}", String::from_utf8_lossy(value)))
                    .collect();
                let data = [shown(output), short(&variables.join(" "))].join("  ").trim_end().to_owned();
                return match place {
                    Some(place) if place.has_failed => Some((Tone::Warning, "caught".to_owned(), data)),
                    _ => plain("left", data),
                };
            }
            let is_aborted = name.ends_with("Aborted");
            if let Some(place) = place {
                place.has_failed |= !is_aborted;
            }
            match kind {
                _ if is_aborted => Some((Tone::Dim, "aborted".to_owned(), String::new())),
                Type::EvaluationFailed => bad("evaluation failed"),
                _ if name.ends_with("TimedOut") => bad("timed out"),
                _ => bad("failed"),
            }
        }
    }
}

/// The work of a place begins, or begins again.
fn begun(place: Option<&mut Place>, what: &str) -> Option<(Tone, String)> {
    let place = place?;
    place.attempts += 1;
    place.has_failed = false;
    Some(match place.attempts {
        1 => (Tone::Plain, what.to_owned()),
        attempts => (Tone::Warning, format!("retry {}", attempts - 1)),
    })
}

fn short(text: &str) -> String {
    let text = text.replace(['\n', '\r', '\t'], " ");
    match text.char_indices().nth(DATA_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(&text)),
        None => text,
    }
}
