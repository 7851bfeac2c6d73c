//! What the gateway does with failures of the nodes, and with clients that don't wait.

use std::time::Duration;

use keepstep_proto::workflow::v1::{
    ApiError, Caller, CreateActivityRequest, CreateActivityResponse, GetActivityTaskRequest,
    GetActivityTaskResponse, SendTaskHeartbeatResponse,
};
use serde_json::json;
use tonic::Status;

use super::*;

const POLL: &str = r#"{"activityArn":"arn:aws:states:us-east-1:123456789012:activity:a"}"#;

fn created() -> CreateActivityResponse {
    CreateActivityResponse { activity_arn: "arn".to_owned(), creation_date_ms: 1_000 }
}

fn callers(fake: &Fake) -> Vec<Caller> {
    fake.requests::<CreateActivityRequest>().into_iter().filter_map(|request| request.caller).collect()
}

#[tokio::test]
async fn a_call_is_made_again_with_its_id_until_it_is_answered() {
    let fake = Fake::new(vec![
        Reply::Status(Status::unavailable("no leader")),
        Reply::Status(Status::unknown("the leader is gone")),
        Reply::Status(Status::resource_exhausted("busy")),
        Reply::answer(created()),
    ]);
    let gateway = Running::start(any_port(), &fake).await;
    let answer = gateway.call("CreateActivity", r#"{"name":"a"}"#).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"activityArn": "arn", "creationDate": 1.0})));
    let callers = callers(&fake);
    assert_eq!(callers.len(), 4);
    assert_eq!(callers[0].request_id.len(), 16);
    assert!(callers.iter().all(|caller| *caller == callers[0]), "{callers:?}");
    gateway.stop().await;
}

#[tokio::test]
async fn an_sdks_own_retry_has_the_same_id() {
    let fake = Fake::new(vec![Reply::answer(created()), Reply::answer(created()), Reply::answer(created())]);
    let gateway = Running::start(any_port(), &fake).await;
    for invocation in ["one", "one", "two"] {
        let headers = [("amz-sdk-invocation-id", invocation)];
        gateway.request("CreateActivity", &headers, br#"{"name":"a"}"#).await;
    }
    let ids = callers(&fake).into_iter().map(|caller| caller.request_id).collect::<Vec<_>>();
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    gateway.stop().await;
}

#[tokio::test]
async fn failures_at_the_end_of_the_time() {
    let service = |code: &str, message: &str| json!({"__type": format!("com.amazon.coral.service#{code}"), "message": message});
    let unavailable =
        service("ServiceUnavailableException", "The service is temporarily unavailable. Please try again.");
    let internal = service("InternalFailure", "The request failed because of an internal error.");
    let table = [
        (Reply::Status(Status::unavailable("")), 503, unavailable.clone()),
        (Reply::Hang, 503, unavailable),
        (Reply::Status(Status::resource_exhausted("")), 400, service("ThrottlingException", "Rate exceeded")),
        (Reply::Status(Status::internal("")), 500, internal.clone()),
        (Reply::Status(Status::unauthenticated("")), 500, internal.clone()),
        (Reply::Status(Status::failed_precondition("no details")), 500, internal),
        (
            Reply::error(&ApiError {
                code: "ValidationException".to_owned(),
                message: "m".to_owned(),
                reason: "r".to_owned(),
                resource_name: String::new(),
            }),
            400,
            json!({"__type": "com.amazonaws.swf.service.v2.model#ValidationException", "message": "m", "reason": "r"}),
        ),
        (
            Reply::error(&ApiError {
                code: "TooManyTags".to_owned(),
                message: "m".to_owned(),
                reason: String::new(),
                resource_name: "n".to_owned(),
            }),
            400,
            json!({"__type": "com.amazonaws.swf.service.v2.model#TooManyTags", "message": "m", "resourceName": "n"}),
        ),
    ];
    for (reply, status, expected) in table {
        let fake = Fake::new(vec![reply]);
        let mut options = any_port();
        // Too short for a second try.
        options.limits.call_timeout = Duration::from_millis(5);
        let gateway = Running::start(options, &fake).await;
        let answer = gateway.call("CreateActivity", r#"{"name":"a"}"#).await;
        assert_eq!((answer.status, answer.json()), (status, expected));
        assert_eq!(callers(&fake).len(), 1);
        gateway.stop().await;
    }
}

#[tokio::test]
async fn a_poll_outlives_a_change_of_leader() {
    let task = GetActivityTaskResponse {
        task_token: "t".to_owned(),
        input: bytes::Bytes::from_static(b"{\"a\":1}"),
    };
    let fake = Fake::new(vec![Reply::Status(Status::unknown("the leader is gone")), Reply::answer(task)]);
    let gateway = Running::start(any_port(), &fake).await;
    let answer = gateway.call("GetActivityTask", POLL).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"taskToken": "t", "input": "{\"a\":1}"})));
    let polls = fake.requests::<GetActivityTaskRequest>();
    assert_eq!(polls[0].caller, polls[1].caller);
    assert!(polls[0].wait_ms > 50_000 && polls[1].wait_ms <= polls[0].wait_ms, "{polls:?}");
    gateway.stop().await;
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_its_call() {
    let fake = Fake::new(vec![Reply::Hang]);
    let gateway = Running::start(any_port(), &fake).await;
    let mut stream = gateway.connect().await;
    stream.write_all(&message("GetActivityTask", &[], POLL.as_bytes())).await.unwrap();
    fake.until_hanging(1).await;
    drop(stream);
    fake.until_hanging(0).await;
    gateway.stop().await;
}

#[tokio::test]
async fn a_shutdown_ends_polls_with_the_task_that_they_were_given() {
    let task = GetActivityTaskResponse { task_token: "t".to_owned(), input: bytes::Bytes::from_static(b"1") };
    let table = [
        (Reply::answer(task), json!({"taskToken": "t", "input": "1"})),
        (Reply::answer(GetActivityTaskResponse::default()), json!({})),
        (Reply::Status(Status::unavailable("")), json!({})),
    ];
    for (last, expected) in table {
        let fake = Fake::new(vec![Reply::Hang, last]);
        let gateway = Running::start(any_port(), &fake).await;
        let mut stream = gateway.connect().await;
        stream.write_all(&message("GetActivityTask", &[], POLL.as_bytes())).await.unwrap();
        fake.until_hanging(1).await;
        gateway.stop().await;
        let answer = read(&mut stream).await;
        assert_eq!((answer.status, answer.json()), (200, expected));
        let polls = fake.requests::<GetActivityTaskRequest>();
        assert_eq!((polls[0].caller.clone(), polls[1].wait_ms), (polls[1].caller.clone(), 0));
    }
}

#[tokio::test]
async fn a_shutdown_waits_for_requests_and_cuts_what_outlives_its_grace() {
    let fake = Fake::new(vec![Reply::Hang]);
    let mut options = any_port();
    options.limits.shutdown_grace = Duration::from_millis(50);
    let gateway = Running::start(options, &fake).await;
    let mut stream = gateway.connect().await;
    stream.write_all(&message("SendTaskHeartbeat", &[], br#"{"taskToken":"t"}"#)).await.unwrap();
    fake.until_hanging(1).await;
    gateway.stop().await;
    fake.until_hanging(0).await;
}

#[tokio::test]
async fn what_carries_tasks_on_has_room_when_everything_else_is_taken() {
    let fake = Fake::new(vec![Reply::Hang]);
    let mut options = any_port();
    options.limits.in_flight = 4;
    options.limits.shutdown_grace = Duration::from_millis(1);
    let gateway = Running::start(options, &fake).await;
    let mut taken = Vec::new();
    for count in 1..=4 {
        let mut stream = gateway.connect().await;
        stream.write_all(&message("CreateActivity", &[], br#"{"name":"a"}"#)).await.unwrap();
        taken.push(stream);
        fake.until_hanging(count).await;
        fake.then(if count < 4 { Reply::Hang } else { Reply::answer(SendTaskHeartbeatResponse {}) });
    }
    let begins = gateway.call("CreateActivity", r#"{"name":"a"}"#).await;
    assert!(begins.body.contains("ThrottlingException"), "{begins:?}");
    let goes_on = gateway.call("SendTaskHeartbeat", r#"{"taskToken":"t"}"#).await;
    assert_eq!((goes_on.status, goes_on.body.as_str()), (200, "{}"));
    gateway.stop().await;
}

#[tokio::test]
async fn an_account_that_asks_too_often_is_throttled() {
    let fake = Fake::new(vec![Reply::answer(created())]);
    let mut options = any_port();
    options.throttling.set("CreateActivity=1/1").unwrap();
    let gateway = Running::start(options, &fake).await;
    assert_eq!(gateway.call("CreateActivity", r#"{"name":"a"}"#).await.status, 200);
    let refused = gateway.call("CreateActivity", r#"{"name":"a"}"#).await;
    let expected =
        json!({"__type": "com.amazon.coral.service#ThrottlingException", "message": "Rate exceeded"});
    assert_eq!((refused.status, refused.json()), (400, expected));
    assert_eq!(callers(&fake).len(), 1, "no node is asked");
    gateway.stop().await;
}

#[tokio::test]
async fn more_requests_than_there_is_room_for_are_throttled() {
    let fake = Fake::new(vec![Reply::Hang, Reply::answer(SendTaskHeartbeatResponse {})]);
    let mut options = any_port();
    options.limits.polls = 1;
    let gateway = Running::start(options, &fake).await;
    let mut stream = gateway.connect().await;
    stream.write_all(&message("GetActivityTask", &[], POLL.as_bytes())).await.unwrap();
    fake.until_hanging(1).await;
    let answer = gateway.call("GetActivityTask", POLL).await;
    let expected =
        json!({"__type": "com.amazon.coral.service#ThrottlingException", "message": "Rate exceeded"});
    assert_eq!((answer.status, answer.json()), (400, expected));
    let other = gateway.call("SendTaskHeartbeat", r#"{"taskToken":"t"}"#).await;
    assert_eq!((other.status, other.body.as_str()), (200, "{}"));
    drop(stream);
    fake.until_hanging(0).await;
    gateway.stop().await;
}
