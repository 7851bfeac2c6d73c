//! Who a request is taken to come from, and what the gateway adds before a node sees it.

use keepstep_proto::workflow::v1::{
    Caller, ListActivitiesRequest, ListActivitiesResponse, StartExecutionRequest, StartExecutionResponse,
};

use super::*;

async fn caller(options: Options, authorization: Option<&str>) -> Caller {
    let fake = Fake::new(vec![Reply::answer(ListActivitiesResponse::default())]);
    let gateway = Running::start(options, &fake).await;
    let headers = authorization.map(|value| ("Authorization", value));
    let answer = gateway.request("ListActivities", headers.as_slice(), b"{}").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    gateway.stop().await;
    let [request] = &fake.requests::<ListActivitiesRequest>()[..] else { panic!("one request") };
    request.caller.clone().unwrap()
}

#[tokio::test]
async fn callers() {
    let scope = |id: &str, region: &str| {
        format!(
            "AWS4-HMAC-SHA256 Credential={id}/20260101/{region}/states/aws4_request, SignedHeaders=host, Signature=0"
        )
    };
    let configured = || Options {
        default_account: "000000000000".to_owned(),
        default_region: "eu-central-1".to_owned(),
        ..any_port()
    };
    let table = [
        (any_port(), None, ["123456789012", "us-east-1", "aws"]),
        (any_port(), Some(scope("AKID", "cn-north-1")), ["123456789012", "cn-north-1", "aws-cn"]),
        (any_port(), Some(scope("111111111111", "us-east-2")), ["111111111111", "us-east-2", "aws"]),
        (configured(), None, ["000000000000", "eu-central-1", "aws"]),
        (
            Options { partition: Some("home".to_owned()), ..configured() },
            Some(scope("AKID", "here")),
            ["000000000000", "here", "home"],
        ),
    ];
    for (options, authorization, expected) in table {
        let caller = caller(options, authorization.as_deref()).await;
        assert_eq!([&caller.account, &caller.region, &caller.partition], expected, "{authorization:?}");
    }
}

#[tokio::test]
async fn a_name_is_made_where_none_is_given() {
    let replies = (0..4).map(|_| Reply::answer(StartExecutionResponse::default())).collect();
    let fake = Fake::new(replies);
    let gateway = Running::start(any_port(), &fake).await;
    let body = br#"{"stateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m"}"#;
    for headers in [&[("amz-sdk-invocation-id", "i")][..], &[("amz-sdk-invocation-id", "i")][..], &[], &[]] {
        assert_eq!(gateway.request("StartExecution", headers, body).await.status, 200);
    }
    gateway.stop().await;
    let requests = fake.requests::<StartExecutionRequest>();
    assert!(
        requests.iter().all(|request| request.input == "{}" && uuid::Uuid::parse_str(&request.name).is_ok())
    );
    assert_eq!(requests[0].name, requests[1].name);
    assert_ne!(requests[1].name, requests[2].name);
    assert_ne!(requests[2].name, requests[3].name);
}
