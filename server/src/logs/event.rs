//! An event as Step Functions writes it to CloudWatch Logs: one JSON object. A pure function of the event.
//!
//! The form is that of AWS's own log lines of 2026, which users show in public: `details` first, with sorted members named as in the
//! history, then the rest in snake case, with numbers as texts. Inputs and outputs are there only if data was asked for; errors and their
//! causes always. A payload of more than 248 KiB as JSON text is cut there (developer guide, "Using CloudWatch Logs to log execution
//! history in Step Functions"), and `truncated` says so.

use keepstep_engine::query::HistoryEvent;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::service::history_event;

/// The longest payload, in bytes of its JSON text.
const PAYLOAD_BYTES_MAX: usize = 248 << 10;

#[derive(Serialize)]
struct Line<'a> {
    details: Map<String, Value>,
    redrive_count: String,
    id: String,
    r#type: &'a str,
    previous_event_id: String,
    event_timestamp: String,
    execution_arn: &'a str,
}

/// The line, without a newline at its end.
pub(super) fn line(execution_arn: &str, redrive_count: u32, event: HistoryEvent) -> String {
    let event = history_event::to_proto(event);
    let mut details = keepstep_gateway::event_details(&event);
    for (payload, told_in) in [
        ("input", "inputDetails"),
        ("output", "outputDetails"),
        ("parameters", ""),
        ("assignedVariables", "assignedVariablesDetails"),
    ] {
        let is_cut = details.get_mut(payload).is_some_and(|value| cut(value, PAYLOAD_BYTES_MAX));
        if is_cut && let Some(Value::Object(told)) = details.get_mut(told_in) {
            told.insert("truncated".to_owned(), Value::Bool(true));
        }
    }
    details.sort_keys();
    let line = Line {
        details,
        redrive_count: redrive_count.to_string(),
        id: event.id.to_string(),
        r#type: &event.r#type,
        previous_event_id: event.previous_event_id.to_string(),
        event_timestamp: event.timestamp_ms.to_string(),
        execution_arn,
    };
    serde_json::to_string(&line).expect("the keys are texts, and no part fails")
}

/// Cuts a text, or the texts of an object one after the other, to so many bytes as JSON. Returns whether anything was cut.
fn cut(value: &mut Value, bytes_max: usize) -> bool {
    let mut room = bytes_max;
    let texts = match value {
        Value::String(text) => vec![text],
        Value::Object(members) => members
            .values_mut()
            .filter_map(|member| match member {
                Value::String(text) => Some(text),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let mut is_cut = false;
    for text in texts {
        match end(text, room) {
            Ok(left) => room = left,
            Err(end) => {
                text.truncate(end);
                (room, is_cut) = (0, true);
            }
        }
    }
    is_cut
}

/// How much room a text leaves, or where it has to end.
fn end(text: &str, mut room: usize) -> Result<usize, usize> {
    for (place, character) in text.char_indices() {
        let bytes = match character {
            '"' | '\\' | '\u{8}' | '\u{c}' | '\n' | '\r' | '\t' => 2,
            '\0'..='\u{1f}' => 6,
            other => other.len_utf8(),
        };
        room = room.checked_sub(bytes).ok_or(place)?;
    }
    Ok(room)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use keepstep_engine::record::{Event, EventDetails, EventType};
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:states:us-east-1:123456789012:execution:m:e";

    fn event(kind: EventType, details: EventDetails) -> HistoryEvent {
        HistoryEvent::without_payloads(Event {
            id: 3,
            previous_id: 2,
            timestamp_ms: 1_787_541_942_883,
            kind: kind as i32,
            details,
        })
    }

    fn named(name: &str) -> EventDetails {
        EventDetails { name: Some(name.into()), ..EventDetails::default() }
    }

    #[test]
    fn a_line_is_as_on_aws() {
        let bytes = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
        let task = || EventDetails {
            resource: Some("invoke".into()),
            resource_type: Some("lambda".into()),
            region: Some("us-east-1".into()),
            ..EventDetails::default()
        };
        let failure = EventDetails {
            error: Some("E".into()),
            cause: Some("c".into()),
            resource: Some("invoke".into()),
            resource_type: Some("lambda".into()),
            ..EventDetails::default()
        };
        for (kind, event, details) in [
            (
                "ExecutionStarted",
                HistoryEvent {
                    input: bytes(r#"{"a": "b"}"#),
                    alias_arn: Some("alias".into()),
                    ..event(
                        EventType::ExecutionStarted,
                        EventDetails { role_arn: Some("role".into()), ..EventDetails::default() },
                    )
                },
                r#"{"input":"{\"a\": \"b\"}","inputDetails":{"truncated":false},"roleArn":"role","stateMachineAliasArn":"alias"}"#,
            ),
            ("PassStateEntered", event(EventType::PassStateEntered, named("P")), r#"{"name":"P"}"#),
            (
                "PassStateExited",
                HistoryEvent {
                    output: bytes("1"),
                    assigned: vec![("v".into(), Bytes::from_static(b"2"))],
                    ..event(EventType::PassStateExited, named("P"))
                },
                r#"{"assignedVariables":{"v":"2"},"assignedVariablesDetails":{"truncated":false},"name":"P","output":"1","outputDetails":{"truncated":false}}"#,
            ),
            (
                "TaskScheduled",
                event(EventType::TaskScheduled, task()),
                r#"{"region":"us-east-1","resource":"invoke","resourceType":"lambda"}"#,
            ),
            (
                "TaskScheduled",
                HistoryEvent { input: bytes("{}"), ..event(EventType::TaskScheduled, task()) },
                r#"{"parameters":"{}","region":"us-east-1","resource":"invoke","resourceType":"lambda"}"#,
            ),
            (
                "TaskFailed",
                event(EventType::TaskFailed, failure),
                r#"{"cause":"c","error":"E","resource":"invoke","resourceType":"lambda"}"#,
            ),
            ("LambdaFunctionStarted", event(EventType::LambdaFunctionStarted, EventDetails::default()), "{}"),
            ("ExecutionSucceeded", event(EventType::ExecutionSucceeded, EventDetails::default()), "{}"),
        ] {
            let expected = format!(
                r#"{{"details":{details},"redrive_count":"0","id":"3","type":"{kind}","previous_event_id":"2","event_timestamp":"1787541942883","execution_arn":"{ARN}"}}"#
            );
            assert_eq!(line(ARN, 0, event), expected);
        }
        let redriven = EventDetails { redrive_count: Some(2), ..EventDetails::default() };
        let shown = line(ARN, 2, event(EventType::ExecutionRedriven, redriven));
        assert!(
            shown.starts_with(r#"{"details":{"redriveCount":2},"redrive_count":"2","id":"3""#),
            "{shown}"
        );
    }

    #[test]
    fn long_payloads_are_cut() {
        let text = format!("\"{}\"", "x".repeat(PAYLOAD_BYTES_MAX));
        let long = HistoryEvent {
            output: Some(text.clone().into()),
            ..event(EventType::PassStateExited, named("P"))
        };
        let shown: Value = serde_json::from_str(&line(ARN, 0, long)).expect("JSON");
        let kept = text.get(..PAYLOAD_BYTES_MAX - 1);
        let expected = json!({"name": "P", "output": kept, "outputDetails": {"truncated": true}});
        assert_eq!(shown.get("details"), Some(&expected));
    }

    #[test]
    fn texts_are_cut_between_characters() {
        for (value, bytes_max, expected) in [
            (json!("abc"), 3, None),
            (json!("abc"), 2, Some(json!("ab"))),
            (json!("a\"c"), 3, Some(json!("a\""))),
            (json!("a\u{1}c"), 6, Some(json!("a"))),
            (json!("aé"), 2, Some(json!("a"))),
            (json!({"a": "12", "b": "345", "c": "6"}), 4, Some(json!({"a": "12", "b": "34", "c": ""}))),
        ] {
            let mut found = value.clone();
            assert_eq!(
                (cut(&mut found, bytes_max), &found),
                (expected.is_some(), expected.as_ref().unwrap_or(&value))
            );
        }
    }
}
