//! Each operation: what a node is asked for a request, and what the client gets for the node's answer.

mod activities;
mod aliases;
mod definitions;
mod executions;
mod lists;
mod map_runs;
mod state_machines;
mod tags;
mod tasks;
mod test_state;
mod versions;

use std::fmt::Debug;

use bytes::Bytes;
use keepstep_proto::workflow::v1::*;
use serde_json::json;

use super::*;

pub(super) const MAP_RUN: &str = "arn:aws:states:us-east-1:123456789012:mapRun:m/l:r";
pub(super) const MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:m";
pub(super) const VERSION: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:m:2";
pub(super) const ALIAS: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:m:PROD";
pub(super) const EXECUTION: &str = "arn:aws:states:us-east-1:123456789012:execution:m:e";
pub(super) const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:a";
pub(super) const ROLE: &str = "arn:aws:iam::123456789012:role/r";
const INVOCATION: &str = "invocation";

/// Makes a request, and holds what a node was asked and what came back against the expected.
pub(super) async fn check<Q, A>(
    operation: &str,
    body: Value,
    asked: impl FnOnce(Option<Caller>) -> Q,
    answer: A,
    expected: Value,
) where
    Q: Clone + PartialEq + Debug + 'static,
    A: Send + Sync + 'static,
{
    let fake = Fake::new(vec![Reply::answer(answer)]);
    let gateway = Running::start(any_port(), &fake).await;
    let headers = [("amz-sdk-invocation-id", INVOCATION)];
    let answer = gateway.request(operation, &headers, body.to_string().as_bytes()).await;
    assert_eq!((answer.status, answer.json()), (200, expected), "{operation} {body}");
    assert_eq!(answer.header("content-type"), Some("application/x-amz-json-1.0"));
    assert_eq!(answer.header("x-amzn-requestid").map(str::len), Some(36));
    assert_eq!(answer.header("x-amzn-errortype"), None);
    let headers = http::HeaderMap::from_iter([(
        http::HeaderName::from_static("amz-sdk-invocation-id"),
        http::HeaderValue::from_static(INVOCATION),
    )]);
    let id = crate::request_id::of(&headers, "123456789012", "us-east-1", operation);
    let caller = Caller {
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        partition: "aws".to_owned(),
        request_id: Bytes::copy_from_slice(&id),
    };
    assert_eq!(fake.requests::<Q>(), [asked(Some(caller))], "{operation} {body}");
    gateway.stop().await;
}

pub(super) fn text(text: &str) -> String {
    text.to_owned()
}
