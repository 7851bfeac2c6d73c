//! Calls through HTTP: before a stub that answers everything alike, and before the gateway, which verifies signatures.

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use keepstep_gateway::{Gateway, Options, Probes};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio_util::sync::CancellationToken;

use super::{Client, Config, EVENTS, Error, Failure, Service};
use crate::http_stub;

const KEYS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    ("AWS_SESSION_TOKEN", "a token"),
];

fn config(
    service: &'static Service,
    endpoint: Option<&str>,
    variables: &[(&str, &str)],
) -> Result<Config, Error> {
    Config::new(service, endpoint, "eu-west-1", |name| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

fn client(service: &'static Service, endpoint: &str, variables: &[(&str, &str)]) -> Client {
    Client::new(config(service, Some(endpoint), variables).expect("valid")).expect("a client")
}

#[test]
fn services_are_found_where_settings_and_variables_say() {
    let check = |endpoint: Option<&str>, variables: &[(&str, &str)], region: Option<&str>, expected: &str| {
        let config = config(&EVENTS, endpoint, variables).expect("valid");
        assert_eq!(config.url(config.region(region)), expected, "{endpoint:?} {variables:?} {region:?}");
    };
    let own = ("AWS_ENDPOINT_URL_EVENTS", "https://events:2/base/");
    let all = ("AWS_ENDPOINT_URL", "http://all:1");
    check(None, &[], None, "https://events.eu-west-1.amazonaws.com/");
    check(None, &[("AWS_REGION", "us-east-2")], None, "https://events.us-east-2.amazonaws.com/");
    check(None, &[], Some("cn-north-1"), "https://events.cn-north-1.amazonaws.com.cn/");
    check(None, &[all], None, "http://all:1/");
    check(None, &[all, own], None, "https://events:2/base/");
    check(Some("http://mine"), &[all, own], None, "http://mine/");
    check(Some(""), &[("AWS_ENDPOINT_URL_EVENTS", ""), all], None, "http://all:1/");
}

#[test]
fn what_cannot_be_used_is_refused() {
    assert_eq!(config(&EVENTS, Some("localhost:1"), &[]).err(), Some(Error::Url("localhost:1".to_owned())));
    assert_eq!(
        config(&EVENTS, None, &[("AWS_ENDPOINT_URL", "http://x/?a")]).err(),
        Some(Error::Url("http://x/?a".to_owned()))
    );
    let half = config(&EVENTS, None, &KEYS[..1]).expect("an endpoint");
    assert!(matches!(Client::new(half).err(), Some(Error::Credentials(_))));
}

#[tokio::test]
async fn a_call_is_a_request_of_the_json_protocol() {
    for (keys, signed_for) in [(&KEYS[..], Some("us-west-2/events/aws4_request")), (&[], None)] {
        let (url, seen) = http_stub::start(|| Response::new(r#"{"FailedEntryCount":0}"#)).await;
        let answer =
            client(&EVENTS, &url, keys).call("PutEvents", Some("us-west-2"), Bytes::from_static(b"{}")).await;
        assert_eq!(answer, Ok(Bytes::from_static(br#"{"FailedEntryCount":0}"#)));
        let seen = seen.lock().expect("no panic");
        let [(head, body)] = &seen[..] else { panic!("one request") };
        assert_eq!((head.method.as_str(), head.uri.path(), &body[..]), ("POST", "/", &b"{}"[..]));
        let header = |name: &str| head.headers.get(name).map(|value| value.to_str().expect("text"));
        assert_eq!(header("content-type"), Some("application/x-amz-json-1.1"));
        assert_eq!(header("x-amz-target"), Some("AWSEvents.PutEvents"));
        assert_eq!(header("x-amz-security-token"), signed_for.map(|_| "a token"));
        match (header("authorization"), signed_for) {
            (Some(authorization), Some(scope)) => assert!(authorization.contains(scope), "{authorization}"),
            (None, None) => {}
            (authorization, _) => panic!("{authorization:?}"),
        }
    }
}

#[tokio::test]
async fn errors_have_their_names_and_say_whether_to_ask_again() {
    type Case =
        (u16, &'static [(&'static str, &'static str)], &'static str, &'static str, &'static str, bool);
    let cases: [Case; 7] = [
        (
            400,
            &[],
            r#"{"__type":"com.amazonaws.events#ValidationException","message":"no"}"#,
            "ValidationException",
            "no",
            false,
        ),
        (
            400,
            &[("x-amzn-errortype", "ThrottlingException:http://x/")],
            r#"{"Message":"slowly"}"#,
            "ThrottlingException",
            "slowly",
            true,
        ),
        (400, &[], r#"{"code":"AccessDenied"}"#, "AccessDenied", r#"{"code":"AccessDenied"}"#, false),
        (429, &[], "", "429 Too Many Requests", "", true),
        (500, &[], r#"{"__type":"InternalException","message":null}"#, "InternalException", "", true),
        (503, &[], "<html>", "503 Service Unavailable", "<html>", true),
        (404, &[], "lost", "404 Not Found", "lost", false),
    ];
    for (status, headers, body, code, message, is_retryable) in cases {
        let (url, _) = http_stub::start(move || {
            let builder = Response::builder().status(status);
            let builder =
                headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
            builder.body(body).expect("a response")
        })
        .await;
        let failed =
            client(&EVENTS, &url, &[]).call("PutEvents", None, Bytes::new()).await.expect_err("failed");
        let message = if message.is_empty() { body } else { message };
        let expected = Failure {
            status: Some(StatusCode::from_u16(status).expect("a status")),
            code: code.to_owned(),
            message: message.to_owned(),
            is_retryable,
        };
        assert_eq!(failed, expected);
    }
}

#[tokio::test]
async fn without_an_answer_the_call_may_be_made_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    drop(listener);
    let failed = client(&EVENTS, &url, &[]).call("PutEvents", None, Bytes::new()).await.expect_err("failed");
    assert_eq!(
        (failed.status, failed.code.as_str(), failed.is_retryable),
        (None, "SdkClientException", true)
    );
    assert!(failed.message.contains("Connection refused"), "{failed}");
}

struct Well;

impl Probes for Well {
    fn ready(&self) -> Result<(), String> {
        Ok(())
    }

    fn alive(&self) -> Result<(), String> {
        Ok(())
    }
}

/// The URL of a gateway that asks for a signature with [`KEYS`], and has no node behind it.
async fn gateway() -> String {
    let file = tempfile::Builder::new().suffix(".toml").tempfile().expect("a file");
    let [(_, id), (_, secret), (_, token)] = KEYS;
    let text = format!(
        "[[credentials]]\naccess_key_id = {id:?}\nsecret_access_key = {secret:?}\nsession_token = {token:?}\naccount = \"123456789012\"\n"
    );
    std::fs::write(file.path(), text).expect("written");
    let options = Options {
        listen: vec!["127.0.0.1:0".parse().expect("an address")],
        credentials: Some(file.path().to_owned()),
        ..Options::default()
    };
    let nobody = tower::service_fn(|_| async { Err::<Response<tonic::body::Body>, _>("no node") });
    let workflow = keepstep_gateway::workflow::over(nobody);
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    let gateway = Gateway::bind(options, workflow, Arc::new(Well), metrics).await.expect("bound");
    let url = format!("http://{}", gateway.local_addr());
    tokio::spawn(gateway.serve(CancellationToken::new()));
    url
}

#[tokio::test]
async fn a_verifier_accepts_the_signature_and_no_other() {
    const STATES: Service =
        Service { name: "states", target: "AWSStepFunctions", endpoint_variable: "AWS_ENDPOINT_URL_STATES" };
    let url = gateway().await;
    let other_secret = [KEYS[0], ("AWS_SECRET_ACCESS_KEY", "another"), KEYS[2]];
    for (keys, code) in [
        (&KEYS[..], "ValidationException"),
        (&other_secret[..], "InvalidSignatureException"),
        (&KEYS[..2], "UnrecognizedClientException"),
        (&[], "MissingAuthenticationTokenException"),
    ] {
        // Members are judged after the signature.
        let answer =
            client(&STATES, &url, keys).call("CreateActivity", None, Bytes::from_static(b"{}")).await;
        assert_eq!(answer.expect_err("refused").code, code);
    }
}
