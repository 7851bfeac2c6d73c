//! AWS JSON 1.0 itself: what is no operation, no JSON, or too much.

use keepstep_tests::api::Api;
use keepstep_tests::process::Server;
use keepstep_tests::sdk::ACCOUNT;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_refused_and_the_server_goes_on() -> anyhow::Result<()> {
    let server = Server::builder().account(ACCOUNT).start().await?;
    let api = Api::new(&server.endpoint(), ACCOUNT);
    let deep = "[".repeat(100_000);
    let cases: [(&str, &[u8], &str); 8] = [
        ("MakeCoffee", b"{}", "UnknownOperationException"),
        ("", b"{}", "UnknownOperationException"),
        ("ListStateMachines", b"{", "SerializationException"),
        ("ListStateMachines", b"[]", "SerializationException"),
        ("ListStateMachines", b"\xff\xfe", "SerializationException"),
        ("ListStateMachines", deep.as_bytes(), "SerializationException"),
        ("ListStateMachines", br#"{"maxResults":"many"}"#, "SerializationException"),
        ("DescribeStateMachine", b"{}", "ValidationException"),
    ];
    for (operation, body, code) in cases {
        let answer = api.send(operation, body.to_vec().into(), &[]).await?;
        assert_eq!((answer.status, answer.error_code()), (400, Some(code)), "{operation}: {answer:?}");
        assert!(answer.request_id.is_some(), "{operation}: no request id");
    }
    let unknown_members =
        api.ok("ListStateMachines", json!({"maxResults": 10, "flavour": {"sweet": [1]}})).await?;
    assert_eq!(unknown_members, json!({"stateMachines": []}));
    let huge = api.send("ListStateMachines", vec![b' '; 8 << 20].into(), &[]).await;
    assert!(huge.as_ref().map_or(true, |answer| answer.status >= 400), "{huge:?}");
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(api.get(path).await?.0, 200, "{path}");
    }
    let (_, metrics) = api.get("/metrics").await?;
    assert!(metrics.contains("keepstep_api_requests_total"), "{metrics}");
    Ok(())
}
