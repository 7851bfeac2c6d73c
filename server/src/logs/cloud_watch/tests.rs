//! Calls before a stub.

use std::sync::Mutex;

use http::Response;
use keepstep_engine::query::HistoryEvent;
use keepstep_engine::record::{Configuration, Event};
use metrics::Counter;

use super::*;
use crate::http_stub;
use crate::{aws, backlog};

/// 2026-08-24T03:25:42.883Z.
const TIME_MS: i64 = 1_787_541_942_883;
const ARN: &str = "arn:aws:states:us-east-1:123456789012:execution:m:e";

fn logged(group: &str, ids: &[u64]) -> Logged {
    let configuration = Configuration {
        log_group_arns: vec![format!("arn:aws:logs:eu-west-1:123456789012:log-group:{group}:*")],
        ..Configuration::default()
    };
    let event = |id: &u64| {
        HistoryEvent::without_payloads(Event { id: *id, timestamp_ms: TIME_MS, ..Event::default() })
    };
    Logged { arn: ARN.to_owned(), redrive_count: 0, configuration, events: ids.iter().map(event).collect() }
}

/// Writes to a service that answers like this, and then with successes. What it was asked: `CreateLogStream GROUP`, or `PutLogEvents
/// GROUP` and the ids of the events.
async fn write(batches: Vec<Vec<Logged>>, answers: Vec<(u16, &'static str)>) -> Vec<String> {
    let answers = Arc::new(Mutex::new(answers.into_iter()));
    let answer = move || {
        let (status, body) = answers.lock().expect("no panic").next().unwrap_or((200, "{}"));
        Response::builder().status(status).body(body).expect("a status")
    };
    let (url, seen) = http_stub::start(answer).await;
    let config = aws::Config::new(&aws::LOGS, Some(&url), "us-east-1", |name| match name {
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("key".to_owned()),
        _ => None,
    });
    let client = aws::Client::new(config.expect("a URL")).expect("keys");
    let losses = backlog::Losses::new("events", Counter::noop());
    let mut cloud_watch = CloudWatch::new(client, "01234567".into(), losses);
    cloud_watch.pause = Duration::from_millis(1);
    for batch in batches {
        cloud_watch.write(batch).await;
    }
    let seen = seen.lock().expect("no panic");
    let shown = seen.iter().map(|(head, body)| {
        let header =
            |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert!(header("authorization").contains("/eu-west-1/logs/aws4_request"), "the group's region");
        let operation =
            header("x-amz-target").strip_prefix("Logs_20140328.").expect("the service").to_owned();
        let body: Value = serde_json::from_slice(body).expect("JSON");
        assert_eq!(body.get("logStreamName"), Some(&json!("states/m/2026-08-24-03/01234567")));
        let group = body.get("logGroupName").and_then(Value::as_str).expect("a group").to_owned();
        let events = body.get("logEvents").and_then(Value::as_array).cloned().unwrap_or_default();
        let ids = events.iter().map(|event| {
            assert_eq!(event.get("timestamp"), Some(&json!(TIME_MS)));
            let line = event.get("message").and_then(Value::as_str).expect("a text");
            let line: Value = serde_json::from_str(line).expect("JSON");
            format!(" {}", line.get("id").and_then(Value::as_str).expect("an id"))
        });
        format!("{operation} {group}{}", ids.collect::<String>())
    });
    shown.collect()
}

#[tokio::test]
async fn streams_are_made_once() {
    let seen = write(
        vec![vec![logged("g", &[1, 2]), logged("h", &[3]), logged("g", &[4])], vec![logged("g", &[5])]],
        vec![(400, r#"{"__type": "ResourceAlreadyExistsException"}"#)],
    )
    .await;
    let expected = [
        "CreateLogStream g",
        "PutLogEvents g 1 2 4",
        "CreateLogStream h",
        "PutLogEvents h 3",
        "PutLogEvents g 5",
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn what_passes_is_tried_again_and_what_does_not_is_given_up() {
    const GONE: (u16, &str) = (400, r#"{"__type": "ResourceNotFoundException"}"#);
    const BUSY: (u16, &str) = (400, r#"{"__type": "ThrottlingException"}"#);
    const OK: (u16, &str) = (200, "{}");
    let twice = || vec![vec![logged("g", &[1])], vec![logged("g", &[2])]];
    let (create, put) = ("CreateLogStream g", |id| format!("PutLogEvents g {id}"));
    let check = async |answers: Vec<(u16, &'static str)>, expected: &[String]| {
        assert_eq!(write(twice(), answers).await, expected);
    };
    let create = || create.to_owned();
    check(vec![BUSY, OK, (503, ""), BUSY], &[create(), create(), put(1), put(1), put(1), put(2)]).await;
    // There is no such group.
    check(vec![GONE], &[create(), create(), put(2)]).await;
    // The stream was deleted.
    check(vec![OK, GONE], &[create(), put(1), create(), put(1), put(2)]).await;
    let given_up = [create(), put(1), put(1), put(1), put(1), put(1), put(2)];
    check(vec![OK, BUSY, BUSY, BUSY, BUSY, BUSY], &given_up).await;
}

#[test]
fn rejected_events_are_counted() {
    for (info, expected) in [
        (json!({}), 0),
        (json!({"tooNewLogEventStartIndex": 7}), 3),
        (json!({"tooOldLogEventEndIndex": 2}), 2),
        (
            json!({"expiredLogEventEndIndex": 4, "tooOldLogEventEndIndex": 2, "tooNewLogEventStartIndex": 9}),
            5,
        ),
        (json!({"tooOldLogEventEndIndex": 99}), 10),
    ] {
        let answer = json!({"rejectedLogEventsInfo": info}).to_string();
        assert_eq!(rejected(answer.as_bytes(), 10), expected, "{answer}");
    }
    assert_eq!(rejected(b"", 10), 0);
}
