//! Connections, paths beside the API, and HTTP/2.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use keepstep_proto::workflow::v1::ListActivitiesResponse;
use metrics_exporter_prometheus::Matcher;
use serde_json::json;

use super::*;
use crate::metric;

async fn get(gateway: &Running, path: &str) -> (u16, String) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let answer = gateway.raw(request.as_bytes()).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn pages_for_people_and_machines() {
    let fake = Fake::new(Vec::new());
    let well = Running::start(any_port(), &fake).await;
    assert_eq!(get(&well, "/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(get(&well, "/readyz").await, (200, "ok\n".to_owned()));
    assert_eq!(get(&well, "/metrics").await.0, 200);
    let (status, about) = get(&well, "/").await;
    assert!(status == 200 && about.starts_with("This is Keepstep"), "{about}");
    assert_eq!(get(&well, "/nothing").await.0, 404);
    well.stop().await;

    let ill = Running::probed(any_port(), &fake, Err("no leader".to_owned())).await;
    assert_eq!(get(&ill, "/healthz").await, (503, "no leader\n".to_owned()));
    assert_eq!(get(&ill, "/readyz").await, (503, "no leader\n".to_owned()));
    ill.stop().await;
}

#[tokio::test]
async fn requests_are_counted() {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(
            Matcher::Full(metric::REQUEST_DURATION.to_owned()),
            &metric::REQUEST_DURATION_BUCKETS,
        )
        .unwrap()
        .build_recorder();
    let handle = recorder.handle();
    // The test's runtime has but this one thread.
    let _recording = metrics::set_default_local_recorder(&recorder);
    metric::describe();
    let fake = Fake::new(vec![Reply::answer(ListActivitiesResponse::default())]);
    let probes = Arc::new(Told(Ok(())));
    let gateway = Gateway::bind(any_port(), fake.workflow(), probes, handle).await.unwrap();
    let (address, shutdown) = (gateway.local_addr(), CancellationToken::new());
    let served = tokio::spawn(gateway.serve(shutdown.clone()));
    let gateway = Running { address, shutdown, served };
    gateway.call("ListActivities", "{}").await;
    gateway.call("ListActivities", "[]").await;
    gateway.call("Nothing", "{}").await;
    let (_, exposition) = get(&gateway, "/metrics").await;
    for line in [
        "# TYPE keepstep_api_requests_total counter",
        r#"keepstep_api_requests_total{operation="ListActivities",result="ok"} 1"#,
        r#"keepstep_api_requests_total{operation="ListActivities",result="SerializationException"} 1"#,
        r#"keepstep_api_requests_total{operation="Unknown",result="UnknownOperationException"} 1"#,
        r#"keepstep_api_request_duration_seconds_count{operation="ListActivities"} 2"#,
        "keepstep_api_requests_in_flight 0",
    ] {
        assert!(exposition.lines().any(|found| found == line), "{line}: {exposition}");
    }
    gateway.stop().await;
}

#[tokio::test]
async fn the_operations_address_serves_no_api() {
    let fake = Fake::new(Vec::new());
    let options = Options { operations_listen: Some(SocketAddr::from(([127, 0, 0, 1], 0))), ..any_port() };
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    let gateway = Gateway::bind(options, fake.workflow(), Arc::new(Told(Ok(()))), metrics).await.unwrap();
    let (address, shutdown) = (gateway.operations_addr().unwrap(), CancellationToken::new());
    let served = tokio::spawn(gateway.serve(shutdown.clone()));
    let operations = Running { address, shutdown, served };
    assert_eq!(get(&operations, "/readyz").await, (200, "ok\n".to_owned()));
    let answer = operations.raw(&message("ListActivities", &[], b"{}")).await;
    assert_eq!(answer.status, 404);
    operations.stop().await;
}

#[tokio::test]
async fn http2_without_tls() {
    let fake = Fake::new(vec![Reply::answer(ListActivitiesResponse::default())]);
    let gateway = Running::start(any_port(), &fake).await;
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http::<Full<Bytes>>();
    let request = http::Request::post(format!("http://{}/", gateway.address))
        .header("x-amz-target", "AWSStepFunctions.ListActivities")
        .body(Full::from("{}"))
        .unwrap();
    let response = client.request(request).await.unwrap();
    assert_eq!((response.status().as_u16(), response.version()), (200, http::Version::HTTP_2));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), json!({"activities": []}));
    drop(client);
    gateway.stop().await;
}

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let fake = Fake::new((0..3).map(|_| Reply::answer(ListActivitiesResponse::default())).collect());
    let gateway = Running::start(any_port(), &fake).await;
    let mut stream = gateway.connect().await;
    let one = b"POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: AWSStepFunctions.ListActivities\r\nContent-Length: 2\r\n\r\n{}";
    for _ in 0..3 {
        stream.write_all(one).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(br#"{"activities":[]}"#) {
            let mut byte = [0];
            stream.read_exact(&mut byte).await.unwrap();
            answer.extend_from_slice(&byte);
        }
        assert!(answer.starts_with(b"HTTP/1.1 200 OK"));
    }
    // An idle connection doesn't hold the shutdown up.
    gateway.stop().await;
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn peers_that_dawdle_are_cut() {
    let fake = Fake::new(Vec::new());
    let mut options = any_port();
    options.limits.header_timeout = Duration::from_millis(50);
    options.limits.body_timeout = Duration::from_millis(50);
    let gateway = Running::start(options, &fake).await;
    for said in ["", "PRI", "POST / HTTP/1.1\r\nHost: h\r\n"] {
        let mut stream = gateway.connect().await;
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        // Ended by the server, with a word about it or without.
        let _ = stream.read_to_end(&mut rest).await;
    }
    let mut stream = gateway.connect().await;
    let whole = message("ListActivities", &[], b"{}");
    stream.write_all(&whole[..whole.len() - 1]).await.unwrap();
    let answer = read(&mut stream).await;
    let expected = json!({
        "__type": "com.amazon.coral.service#RequestTimeoutException",
        "message": "The request's body did not arrive in time",
    });
    assert_eq!((answer.status, answer.json()), (408, expected));
    gateway.stop().await;
}

#[tokio::test]
async fn a_connection_too_many_waits() {
    let fake = Fake::new(vec![Reply::answer(ListActivitiesResponse::default())]);
    let mut options = any_port();
    options.limits.connections = 1;
    let gateway = Running::start(options, &fake).await;
    let first = gateway.connect().await;
    // The backlog takes the second one; it is answered when the first has gone.
    let mut second = gateway.connect().await;
    second.write_all(&message("ListActivities", &[], b"{}")).await.unwrap();
    drop(first);
    assert_eq!(read(&mut second).await.status, 200);
    gateway.stop().await;
}

#[tokio::test]
async fn settings_that_make_no_sense() {
    let check = async |options: Options, expected: &str| {
        let fake = Fake::new(Vec::new());
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let bound = Gateway::bind(options, fake.workflow(), Arc::new(Told(Ok(()))), metrics).await;
        assert_eq!(bound.map(|_| ()).unwrap_err().to_string(), expected);
    };
    check(Options { listen: Vec::new(), ..any_port() }, "no address to listen on").await;
    check(
        Options { default_account: "x".to_owned(), ..any_port() },
        "the default account must be twelve digits",
    )
    .await;
    check(
        Options { default_region: "US".to_owned(), ..any_port() },
        "the default region must be lower-case letters, digits and hyphens",
    )
    .await;
}
