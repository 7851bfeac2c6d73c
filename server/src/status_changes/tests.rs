//! What targets are sent, and what their answers mean.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::Response;
use keepstep_engine::Limits;
use keepstep_engine::id::{ExecutionId, OutboxId, Timestamp};
use keepstep_engine::key::Outgoing;
use keepstep_engine::outbox::Payloads;
use keepstep_engine::record::{ExecutionStatus, Head, PayloadRef};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Config, Event, Target, Verdict};
use crate::http_stub;

const ARN: &str = "arn:aws:states:eu-west-1:123456789012:execution:m:e";
const MACHINE_ARN: &str = "arn:aws:states:eu-west-1:123456789012:stateMachine:m";
const STARTED_MS: i64 = 1_551_225_271_984;

fn head(status: ExecutionStatus) -> Head {
    Head {
        arn: ARN.to_owned(),
        state_machine_arn: MACHINE_ARN.to_owned(),
        status: status as i32,
        started_ms: STARTED_MS,
        ..Head::default()
    }
}

fn event_of(head: &Head, input: Option<&str>, output: Option<&str>) -> Event {
    let outgoing = Outgoing {
        outbox: OutboxId::of_target("t"),
        at: Timestamp(head.stopped_ms.unwrap_or(head.started_ms)),
        execution: ExecutionId::of_arn(&head.arn),
        event_id: 7,
    };
    let bytes = |text: Option<&str>| text.map(|text| Bytes::copy_from_slice(text.as_bytes()));
    let payloads = Payloads { input: bytes(input), output: bytes(output) };
    Event::new(&outgoing, head, &payloads, &Limits::default()).expect("it can be written")
}

/// A running execution's, whose name and input are this.
fn event(name: &str, region: &str, input: &str) -> Event {
    let arn = format!("arn:aws:states:{region}:123456789012:execution:m:{name}");
    event_of(&Head { arn, ..head(ExecutionStatus::Running) }, Some(input), None)
}

fn targets(events_endpoint: &str, webhooks: &[String], secret: Option<&str>) -> Vec<Target> {
    let config = Config::new(Some(events_endpoint), webhooks, secret, "us-east-1", |_| None);
    config.and_then(Config::targets).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn events_are_as_eventbridge_shows_them() {
    let detail = |status: &str| {
        json!({
            "executionArn": ARN, "stateMachineArn": MACHINE_ARN, "name": "e", "status": status, "startDate": STARTED_MS,
            "stopDate": STARTED_MS + 1_000, "input": "{}", "output": null, "stateMachineVersionArn": null,
            "stateMachineAliasArn": null, "redriveCount": 0, "redriveDate": null, "redriveStatus": "REDRIVABLE",
            "redriveStatusReason": null, "inputDetails": {"included": true}, "outputDetails": null, "error": null,
            "cause": null,
        })
    };
    let with = |status: &str, changes: Value| {
        let mut detail = detail(status);
        let (Value::Object(members), Value::Object(changes)) = (&mut detail, changes) else {
            panic!("objects")
        };
        members.extend(changes);
        detail
    };
    let ended = |status| Head { stopped_ms: Some(STARTED_MS + 1_000), ..head(status) };
    let output = Some(PayloadRef { chunk: 4, index: 0 });
    let check = |head: Head, output: Option<&str>, time: &str, expected: Value| {
        let event = event_of(&head, Some("{}"), output);
        let shown: Value = serde_json::from_slice(&event.to_json().expect("JSON")).expect("JSON");
        let whole = json!({
            "version": "0", "id": event.id, "detail-type": "Step Functions Execution Status Change",
            "source": "aws.states", "account": "123456789012", "time": time, "region": "eu-west-1",
            "resources": [ARN], "detail": expected,
        });
        assert_eq!(shown, whole);
    };
    check(
        head(ExecutionStatus::Running),
        None,
        "2019-02-26T23:54:31Z",
        with(
            "RUNNING",
            json!({
                "stopDate": null, "redriveStatus": "NOT_REDRIVABLE",
                "redriveStatusReason": "Execution is RUNNING and cannot be redriven",
            }),
        ),
    );
    check(
        Head { redrive_count: 2, redriven_ms: Some(STARTED_MS + 900), ..ended(ExecutionStatus::Aborted) },
        None,
        "2019-02-26T23:54:32Z",
        with("ABORTED", json!({"redriveCount": 2, "redriveDate": STARTED_MS + 900})),
    );
    check(
        Head { output, version: 3, alias: "LIVE".to_owned(), ..ended(ExecutionStatus::Succeeded) },
        Some(r#""Hello World!""#),
        "2019-02-26T23:54:32Z",
        with(
            "SUCCEEDED",
            json!({
                "output": "\"Hello World!\"", "outputDetails": {"included": true},
                "stateMachineVersionArn": format!("{MACHINE_ARN}:3"), "stateMachineAliasArn": format!("{MACHINE_ARN}:LIVE"),
                "redriveStatus": "NOT_REDRIVABLE",
                "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
            }),
        ),
    );
    check(
        Head { error: Some("E".to_owned()), cause: Some("c".to_owned()), ..ended(ExecutionStatus::Failed) },
        None,
        "2019-02-26T23:54:32Z",
        with("FAILED", json!({"error": "E", "cause": "c"})),
    );
    check(ended(ExecutionStatus::TimedOut), None, "2019-02-26T23:54:32Z", with("TIMED_OUT", json!({})));
    check(ended(ExecutionStatus::Aborted), None, "2019-02-26T23:54:32Z", with("ABORTED", json!({})));
}

#[test]
fn an_event_has_the_same_id_each_time_and_each_change_another() {
    let running = || event("e", "us-east-1", "1");
    assert_eq!(running().id, running().id);
    assert_ne!(running().id, event("f", "us-east-1", "1").id);
    assert_eq!(running().id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
}

#[test]
fn what_is_too_long_is_left_out() {
    // Within a JSON string a quotation mark takes two bytes, and the two around a text four.
    let text = |escaped: usize| format!("\"{}\"", "x".repeat(escaped - 4));
    let kept = |input: Option<usize>, output: Option<usize>, cause: usize| {
        let head = Head {
            output: Some(PayloadRef { chunk: 4, index: 0 }),
            cause: (cause > 0).then(|| "x".repeat(cause)),
            ..head(ExecutionStatus::Succeeded)
        };
        let event = event_of(&head, input.map(text).as_deref(), output.map(text).as_deref());
        let detail: Value = serde_json::from_str(event.detail.get()).expect("JSON");
        let is_included = |payload: &str, details: &str| {
            let included = detail[details]["included"].as_bool().expect("a boolean");
            assert_eq!(included, detail[payload].is_string());
            included
        };
        (is_included("input", "inputDetails"), is_included("output", "outputDetails"))
    };
    const MAX: usize = 253_952;
    assert_eq!(kept(Some(100_000), Some(MAX - 100_000), 0), (true, true));
    assert_eq!(kept(Some(100_000), Some(MAX - 100_000 + 1), 0), (false, true));
    assert_eq!(kept(Some(10), Some(MAX), 0), (false, true));
    assert_eq!(kept(Some(10), Some(MAX + 1), 0), (false, false));
    assert_eq!(kept(Some(MAX - 100), None, 100), (true, false));
    assert_eq!(kept(Some(MAX - 100), None, 101), (false, false));
    assert_eq!(kept(None, None, 0), (false, false), "they are gone");
}

#[tokio::test]
async fn a_webhook_gets_one_request_for_each_event() {
    let plain = "a secret of some length";
    let encoded = format!("whsec_{}", STANDARD.encode(plain));
    for secret in [None, Some(plain), Some(encoded.as_str())] {
        let (url, seen) =
            http_stub::start(|| Response::builder().status(204).body("").expect("a response")).await;
        let hook = targets("none", &[format!("{url}/hook?token=1")], secret).remove(0);
        let events = [event("e", "us-east-1", "1"), event("f", "us-east-1", "1")];
        assert_eq!(hook.tell(&events).await, [Verdict::Taken, Verdict::Taken]);
        let mut seen = std::mem::take(&mut *seen.lock().expect("no panic"));
        seen.sort_by_key(|(head, _)| head.headers["webhook-id"] != events[0].id.as_str());
        for ((head, body), event) in seen.iter().zip(&events) {
            assert_eq!((head.method.as_str(), head.uri.to_string().as_str()), ("POST", "/hook?token=1"));
            assert_eq!(*body, event.to_json().expect("JSON"));
            let header =
                |name: &str| head.headers.get(name).map(|value| value.to_str().expect("text").to_owned());
            assert_eq!(header("content-type").as_deref(), Some("application/json"));
            assert_eq!(header("webhook-id").as_ref(), Some(&event.id));
            let signed = secret.map(|_| {
                let mut mac = Hmac::<Sha256>::new_from_slice(plain.as_bytes()).expect("a key");
                mac.update(
                    format!("{}.{}.", event.id, header("webhook-timestamp").expect("a time")).as_bytes(),
                );
                mac.update(body);
                format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
            });
            assert_eq!(header("webhook-signature"), signed);
        }
        assert_eq!(seen.len(), 2);
    }
}

#[tokio::test]
async fn what_a_webhooks_answer_means() {
    for (status, expected) in [
        (200, Verdict::Taken),
        (302, Verdict::Unavailable("302 Found".to_owned())),
        (400, Verdict::Refused("400 Bad Request".to_owned())),
        (401, Verdict::Unavailable("401 Unauthorized".to_owned())),
        (404, Verdict::Unavailable("404 Not Found".to_owned())),
        (413, Verdict::Refused("413 Payload Too Large".to_owned())),
        (429, Verdict::Unavailable("429 Too Many Requests".to_owned())),
        (500, Verdict::Unavailable("500 Internal Server Error".to_owned())),
    ] {
        let answer = move || Response::builder().status(status).body("").expect("a response");
        let (url, _) = http_stub::start(answer).await;
        let hook = targets("none", &[url], None).remove(0);
        assert_eq!(hook.tell(&[event("e", "us-east-1", "1")]).await, [expected]);
    }
}

#[tokio::test]
async fn a_webhook_may_answer_as_much_as_it_likes() {
    let page: &'static str = "x".repeat(1 << 20).leak();
    let (url, _) = http_stub::start(move || Response::new(page)).await;
    let hook = targets("none", &[url], None).remove(0);
    assert_eq!(hook.tell(&[event("e", "us-east-1", "1")]).await, [Verdict::Taken]);
}

#[tokio::test]
async fn eventbridge_gets_entries_by_region_and_within_its_bounds() {
    let (url, seen) = http_stub::start(|| Response::new("{}")).await;
    let target = targets(&url, &[], None).remove(0);
    let large = format!("\"{}\"", "x".repeat(200_000));
    let mut events: Vec<_> = (0..12).map(|number| event(&number.to_string(), "us-east-1", "1")).collect();
    events.extend([
        event("a", "eu-west-1", "1"),
        event("b", "us-east-1", &large),
        event("c", "us-east-1", &large),
    ]);
    let told = target.tell(&events).await;
    let unusable = "the answer of PutEvents: there isn't an outcome for each entry".to_owned();
    assert_eq!(told, vec![Verdict::Unavailable(unusable); 15]);
    let seen = seen.lock().expect("no panic");
    let mut lens = Vec::new();
    for (head, body) in seen.iter() {
        assert_eq!(head.headers["x-amz-target"], "AWSEvents.PutEvents");
        let body: Value = serde_json::from_slice(body).expect("JSON");
        lens.push(body["Entries"].as_array().expect("a list").len());
    }
    lens.sort_unstable();
    assert_eq!(lens, [1, 1, 1, 2, 10]);
    let first =
        seen.iter().find(|(_, body)| body.len() < 10_000 && body.windows(3).any(|part| part == b":a\""));
    let body: Value = serde_json::from_slice(&first.expect("that of the other region").1).expect("JSON");
    let event = event("a", "eu-west-1", "1");
    assert_eq!(
        body,
        json!({"Entries": [{
            "Time": 1_551_225_271.984, "Source": "aws.states", "Resources": [event.execution_arn],
            "DetailType": "Step Functions Execution Status Change", "Detail": event.detail.get(),
        }]})
    );
}

#[tokio::test]
async fn what_eventbridges_answer_means() {
    let taken = || Verdict::Taken;
    let refused = |text: &str| Verdict::Refused(text.to_owned());
    let unavailable = |text: &str| Verdict::Unavailable(text.to_owned());
    for (status, body, events, expected) in [
        (
            200,
            r#"{"FailedEntryCount":0,"Entries":[{"EventId":"1"},{"EventId":"2"}]}"#,
            2,
            vec![taken(), taken()],
        ),
        (
            200,
            r#"{"FailedEntryCount":2,"Entries":[{"ErrorCode":"ThrottlingException","ErrorMessage":"slowly"},{"EventId":"2"},
                {"ErrorCode":"NotAuthorizedForSourceException","ErrorMessage":"no"}]}"#,
            3,
            vec![
                unavailable("ThrottlingException: slowly"),
                taken(),
                refused("NotAuthorizedForSourceException: no"),
            ],
        ),
        (200, "[]", 1, vec![unavailable("the answer of PutEvents: there isn't an outcome for each entry")]),
        (500, "", 2, vec![unavailable("500 Internal Server Error: "); 2]),
        (
            403,
            r#"{"__type":"AccessDeniedException","message":"no"}"#,
            1,
            vec![unavailable("AccessDeniedException: no")],
        ),
        (
            400,
            r#"{"__type":"ValidationException","message":"large"}"#,
            2,
            vec![refused("ValidationException: large"); 2],
        ),
    ] {
        let answer = move || Response::builder().status(status).body(body).expect("a response");
        let (url, seen) = http_stub::start(answer).await;
        let told: Vec<_> = (0..events).map(|number| event(&number.to_string(), "us-east-1", "1")).collect();
        assert_eq!(targets(&url, &[], None).remove(0).tell(&told).await, expected, "{body}");
        let requests = if status == 400 { 3 } else { 1 };
        assert_eq!(seen.lock().expect("no panic").len(), requests, "each alone after all together");
    }
}

#[test]
fn targets_are_those_that_are_configured() {
    let check = |events: Option<&str>, webhooks: &[&str], variable: Option<&str>, expected: &[&str]| {
        let webhooks: Vec<_> = webhooks.iter().map(|&url| url.to_owned()).collect();
        let variable = |name: &str| variable.filter(|_| name == "AWS_ENDPOINT_URL").map(str::to_owned);
        let config = Config::new(events, &webhooks, None, "us-east-1", variable);
        let names: Vec<_> = match config.and_then(Config::targets) {
            Ok(targets) => targets.iter().map(|target| target.name().to_owned()).collect(),
            Err(error) => vec![error.to_string()],
        };
        assert_eq!(names, expected);
    };
    check(None, &[], None, &[]);
    check(None, &[], Some("http://x"), &["event-bridge"]);
    check(Some("none"), &[], Some("http://x"), &[]);
    check(Some("http://y"), &["http://a", "http://b"], None, &["event-bridge", "webhook-1", "webhook-2"]);
    check(Some("y"), &[], None, &["y is no http:// or https:// URL"]);
    check(None, &["http://a", "b"], None, &["webhook 2 is no http:// or https:// URL"]);
    check(None, &["http://a", "http://a"], None, &["webhook 2 is there twice"]);
    check(None, &["http://a"; 17], None, &["there are more than 16 webhooks"]);
    let bad_secret = Config::new(None, &[], Some("whsec_!"), "us-east-1", |_| None).err();
    assert_eq!(
        bad_secret.map(|error| error.to_string()).as_deref(),
        Some("the webhook secret isn't base64 behind whsec_")
    );
}
