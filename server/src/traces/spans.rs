//! The spans of an execution: its own, and beneath it those of states, iterations and attempts of tasks, as they lie in each other.
//! Pure. Data of executions is never in them, but for errors and their causes.

use std::collections::HashMap;

use keepstep_engine::record::{Event, EventType, ExecutionStatus, Head, LogLevel};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::{Event as SpanEvent, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, SpanFlags, Status};

use super::context::{Context, span_id};
use crate::places::{Places, is_entered};

/// The W3C flag of what is sampled.
const SAMPLED: u32 = 1;
/// Characters of an error and its cause that are told.
const MESSAGE_CHARACTERS_MAX: usize = 1_024;

/// The spans of an execution that has ended, the execution's own first; `None` if whoever started it doesn't want it traced.
pub(super) fn of(head: &Head, events: &[Event]) -> Option<Vec<Span>> {
    let context = Context::of(head)?;
    let mut making = Making {
        head,
        places: Places::default(),
        spans: vec![execution(head, &context)],
        nodes: vec![Node { parent: 0, is_open: false, failure: None }],
        of_place: HashMap::new(),
        of_event: HashMap::new(),
        attempts: HashMap::new(),
        context,
    };
    for event in events {
        making.take(event);
    }
    Some(making.finish())
}

/// What is known of the span at the same place in the list.
struct Node {
    /// Which span it lies in: one before it, or itself.
    parent: usize,
    is_open: bool,
    /// The message of the failure that it came to last.
    failure: Option<String>,
}

struct Making<'a> {
    head: &'a Head,
    context: Context,
    places: Places,
    spans: Vec<Span>,
    nodes: Vec<Node>,
    /// The spans of places.
    of_place: HashMap<usize, usize>,
    /// The spans of the places of events.
    of_event: HashMap<u64, usize>,
    /// The spans of attempts under way, by those of their states, and how many there were.
    attempts: HashMap<usize, (Option<usize>, i64)>,
}

impl Making<'_> {
    fn take(&mut self, event: &Event) {
        let place = self.places.of(event);
        let begins = is_entered(event.kind()) || event.kind() == EventType::MapIterationStarted;
        let span = match place {
            Some(place) if begins => self.begin(event, place),
            Some(place) => self.of_place.get(&place).copied().unwrap_or_default(),
            None => 0,
        };
        self.of_event.insert(event.id, span);
        match change(event.kind()) {
            Change::None => {}
            Change::Scheduled => self.schedule(event, span),
            Change::Note => self.note(event, span),
            Change::WorkEnded => {
                self.end_attempt(event, span, None);
                self.fail(span, None);
            }
            Change::WorkFailed => {
                let message = message(event.details.error.as_deref(), event.details.cause.as_deref());
                self.end_attempt(event, span, Some(message.clone()));
                self.fail(span, Some(message));
            }
            Change::Left => self.end(event, span),
            Change::Stopped(message) => {
                self.fail(span, Some(message.to_owned()));
                self.end(event, span);
            }
            Change::ExecutionFailed => self.blame(event),
        }
    }

    /// The span of a state or an iteration that begins with an event.
    fn begin(&mut self, event: &Event, place: usize) -> usize {
        let found = self.places.get(place);
        let (name, parent) = found.map(|found| (found.name.clone(), found.parent)).unwrap_or_default();
        let parent = parent.and_then(|parent| self.of_place.get(&parent).copied()).unwrap_or_default();
        let kind = event.kind().api_name();
        let attributes = match kind.strip_suffix("StateEntered") {
            Some(kind) => {
                vec![
                    text("aws.step_functions.state.name", &name),
                    text("aws.step_functions.state.type", kind),
                ]
            }
            None => {
                let index = event.details.index.and_then(|index| i64::try_from(index).ok());
                vec![number("aws.step_functions.map.index", index.unwrap_or_default())]
            }
        };
        let span = self.add(event, parent, name, SpanKind::Internal, attributes);
        self.of_place.insert(place, span);
        span
    }

    /// The span of an attempt of a state's task.
    fn schedule(&mut self, event: &Event, state: usize) {
        let details = &event.details;
        let resource = details.resource.as_deref().unwrap_or_default();
        let name = match &details.resource_type {
            Some(service) => format!("{service}:{resource}"),
            // An ARN: of an activity or a function.
            None => resource.rsplit(':').next().unwrap_or_default().to_owned(),
        };
        let number_of = self.attempts.get(&state).map_or(1, |(_, made)| made + 1);
        let attributes = vec![
            text("aws.step_functions.resource", resource),
            number("aws.step_functions.attempt", number_of),
        ];
        let span = self.add(event, state, name, SpanKind::Client, attributes);
        self.attempts.insert(state, (Some(span), number_of));
    }

    fn add(
        &mut self,
        event: &Event,
        parent: usize,
        name: String,
        kind: SpanKind,
        attributes: Vec<KeyValue>,
    ) -> usize {
        self.spans.push(Span {
            trace_id: self.context.trace_id.clone(),
            span_id: span_id(self.head, event.id),
            parent_span_id: self.spans.get(parent).map(|parent| parent.span_id.clone()).unwrap_or_default(),
            flags: SAMPLED,
            name,
            kind: kind as i32,
            start_time_unix_nano: nanoseconds(event.timestamp_ms),
            attributes,
            ..Span::default()
        });
        self.nodes.push(Node { parent, is_open: true, failure: None });
        self.nodes.len() - 1
    }

    /// Something that happened within a state: to its attempt, if one is under way.
    fn note(&mut self, event: &Event, state: usize) {
        let attempt = self.attempts.get(&state).and_then(|(attempt, _)| *attempt);
        let map_run = event.details.map_run_arn.as_deref();
        if let Some(span) = self.spans.get_mut(attempt.unwrap_or(state)) {
            span.events.push(SpanEvent {
                time_unix_nano: nanoseconds(event.timestamp_ms),
                name: event.kind().api_name().to_owned(),
                attributes: map_run
                    .map(|arn| text("aws.step_functions.map_run.arn", arn))
                    .into_iter()
                    .collect(),
                ..SpanEvent::default()
            });
        }
    }

    fn end_attempt(&mut self, event: &Event, state: usize, failure: Option<String>) {
        if let Some(attempt) = self.attempts.get_mut(&state).and_then(|(attempt, _)| attempt.take()) {
            self.fail(attempt, failure);
            self.end(event, attempt);
        }
    }

    fn fail(&mut self, span: usize, failure: Option<String>) {
        if let Some(node) = self.nodes.get_mut(span) {
            node.failure = failure;
        }
    }

    fn end(&mut self, event: &Event, span: usize) {
        if let (Some(node), Some(span)) = (self.nodes.get_mut(span), self.spans.get_mut(span)) {
            node.is_open = false;
            span.end_time_unix_nano = nanoseconds(event.timestamp_ms);
            span.status = status(node.failure.take());
        }
    }

    /// All that the failure of the execution went through has failed.
    fn blame(&mut self, event: &Event) {
        let message = message(event.details.error.as_deref(), event.details.cause.as_deref());
        let mut span = self.of_event.get(&event.previous_id).copied().unwrap_or_default();
        while span != 0 {
            let Some(node) = self.nodes.get_mut(span) else { return };
            // The failure of a Parallel or a Map doesn't say itself what it was.
            if node.failure.as_ref().is_none_or(String::is_empty) {
                node.failure = Some(message.clone());
            }
            span = node.parent;
        }
    }

    /// Ends what was still under way: together with what it lies in, and for the same reason where none is known.
    fn finish(mut self) -> Vec<Span> {
        for place in 1..self.spans.len() {
            let (before, rest) = self.spans.split_at_mut(place);
            let (Some(span), Some(node)) = (rest.first_mut(), self.nodes.get_mut(place)) else { continue };
            let Some(around) = before.get(node.parent).filter(|_| node.is_open) else { continue };
            span.end_time_unix_nano = around.end_time_unix_nano.max(span.start_time_unix_nano);
            let reason = || around.status.as_ref().map(|status| status.message.clone()).unwrap_or_default();
            span.status = status(Some(node.failure.take().unwrap_or_else(reason)));
        }
        self.spans
    }
}

/// What an event means for the span of its place.
enum Change {
    None,
    /// An attempt begins.
    Scheduled,
    /// Something happens to it.
    Note,
    /// An attempt succeeded.
    WorkEnded,
    /// An attempt failed, or the work of the state itself.
    WorkFailed,
    /// It is over.
    Left,
    /// It is over, and that not by itself.
    Stopped(&'static str),
    ExecutionFailed,
}

fn change(kind: EventType) -> Change {
    use EventType as Type;
    match kind {
        Type::ActivityScheduled | Type::LambdaFunctionScheduled | Type::TaskScheduled => Change::Scheduled,
        Type::ActivityStarted
        | Type::LambdaFunctionStarted
        | Type::TaskStarted
        | Type::TaskSubmitted
        | Type::MapRunStarted
        | Type::MapRunSucceeded
        | Type::MapRunAborted => Change::Note,
        Type::ActivitySucceeded | Type::LambdaFunctionSucceeded | Type::TaskSucceeded => Change::WorkEnded,
        Type::PassStateExited
        | Type::TaskStateExited
        | Type::ChoiceStateExited
        | Type::WaitStateExited
        | Type::SucceedStateExited
        | Type::ParallelStateExited
        | Type::MapStateExited
        | Type::MapIterationSucceeded => Change::Left,
        Type::MapIterationFailed => Change::Stopped("failed"),
        Type::MapIterationAborted
        | Type::TaskStateAborted
        | Type::WaitStateAborted
        | Type::ParallelStateAborted
        | Type::MapStateAborted => Change::Stopped("aborted"),
        Type::ExecutionFailed => Change::ExecutionFailed,
        Type::ExecutionAborted | Type::ExecutionTimedOut | Type::FailStateEntered => Change::None,
        // Whatever else is logged as an error is a failure of an attempt or of a state's own work.
        kind if LogLevel::Error.logs(kind) => Change::WorkFailed,
        _ => Change::None,
    }
}

/// The execution's own span.
fn execution(head: &Head, context: &Context) -> Span {
    let failure = match head.status() {
        ExecutionStatus::Succeeded | ExecutionStatus::Running => None,
        status => Some(match &head.error {
            Some(error) => message(Some(error), head.cause.as_deref()),
            None => message(Some(status.api_name()), head.cause.as_deref()),
        }),
    };
    let remote = match context.parent_span_id.is_empty() {
        true => 0,
        false => SpanFlags::ContextHasIsRemoteMask as u32 | SpanFlags::ContextIsRemoteMask as u32,
    };
    Span {
        trace_id: context.trace_id.clone(),
        span_id: span_id(head, 0),
        parent_span_id: context.parent_span_id.clone(),
        flags: SAMPLED | remote,
        name: head.state_machine_arn.rsplit(':').next().unwrap_or_default().to_owned(),
        kind: SpanKind::Server as i32,
        start_time_unix_nano: nanoseconds(head.started_ms),
        end_time_unix_nano: nanoseconds(head.stopped_ms.unwrap_or(head.started_ms)),
        attributes: vec![
            text("aws.step_functions.state_machine.arn", &head.state_machine_arn),
            text("aws.step_functions.execution.arn", &head.arn),
            text("aws.step_functions.execution.status", head.status().api_name()),
        ],
        status: status(failure),
        ..Span::default()
    }
}

fn status(failure: Option<String>) -> Option<Status> {
    failure.map(|message| Status { message, code: StatusCode::Error as i32 })
}

fn message(error: Option<&str>, cause: Option<&str>) -> String {
    let parts = [error, cause].map(|part| part.unwrap_or_default()).into_iter();
    let text = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
    text.chars().take(MESSAGE_CHARACTERS_MAX).collect()
}

fn nanoseconds(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or_default().saturating_mul(1_000_000)
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

fn number(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::IntValue(value))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

#[cfg(test)]
mod tests;
