//! Targets are told of executions' status changes: in order, again until they take them, whatever becomes of the nodes, and no more than
//! fits.

use aws_sdk_sfn::types::ExecutionStatus;
use keepstep_tests::api::Api;
use keepstep_tests::cluster::Cluster;
use keepstep_tests::persistent::Persistent;
use keepstep_tests::process::Server;
use keepstep_tests::receiver::{Receiver, Told};
use keepstep_tests::stage::Stage;
use keepstep_tests::{sdk, wait};
use serde_json::{Value, json};

const PASS: &str = r#"{"StartAt":"P","States":{"P":{"Type":"Pass","Result":2,"End":true}}}"#;
const FAIL: &str = r#"{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"because"}}}"#;
const WAIT: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":86400,"End":true}}}"#;
const SECRET: &str = "a secret for signatures";

/// A server that tells an endpoint of PutEvents, and a webhook.
fn server(event_bridge: &Receiver, webhook: &Receiver) -> keepstep_tests::process::Builder {
    Server::builder()
        .flag("--events-endpoint", event_bridge.url())
        .flag("--webhook", webhook.url())
        .flag("--webhook-secret", SECRET)
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
}

async fn took(receiver: &Receiver, execution: &str, statuses: &[&str]) -> anyhow::Result<()> {
    wait::until(&format!("{execution} {statuses:?}"), || async {
        (receiver.statuses(execution) == statuses).then_some(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_status_is_told_to_every_target_in_order() -> anyhow::Result<()> {
    let (event_bridge, webhook) = (Receiver::start(true).await?, Receiver::start(true).await?);
    let stage = Stage::start_with(server(&event_bridge, &webhook)).await?;
    let api = Api::new(&stage.server.endpoint(), sdk::ACCOUNT);
    let (passed, failed) = (stage.begin(PASS, r#"{"a": 1}"#).await?, stage.begin(FAIL, "{}").await?);
    let stopped = stage.begin(WAIT, "{}").await?;
    stage.client.stop_execution().execution_arn(&stopped).error("S").cause("enough").send().await?;
    for receiver in [&event_bridge, &webhook] {
        took(receiver, &passed, &["RUNNING", "SUCCEEDED"]).await?;
        took(receiver, &failed, &["RUNNING", "FAILED"]).await?;
        took(receiver, &stopped, &["RUNNING", "ABORTED"]).await?;
        let told = receiver.told();
        let last = told.iter().rfind(|told| told.text("executionArn") == passed).expect("told");
        let described = api.ok("DescribeExecution", json!({"executionArn": passed})).await?;
        let date = |name: &str| described[name].as_f64().map(|seconds| (seconds * 1_000.0).round() as i64);
        assert_eq!(
            last.detail,
            json!({
                "executionArn": passed, "stateMachineArn": described["stateMachineArn"], "name": "e",
                "status": "SUCCEEDED", "startDate": date("startDate"), "stopDate": date("stopDate"),
                "input": r#"{"a": 1}"#, "inputDetails": {"included": true}, "output": "2",
                "outputDetails": {"included": true}, "stateMachineVersionArn": null, "stateMachineAliasArn": null,
                "redriveCount": 0, "redriveDate": null, "redriveStatus": "NOT_REDRIVABLE",
                "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven", "error": null, "cause": null,
            })
        );
    }
    let called = event_bridge.requests();
    let authorization = called.first().and_then(|call| call.header("authorization")).unwrap_or_default();
    assert!(
        authorization.contains("AKIDEXAMPLE/") && authorization.contains("/us-east-1/events/"),
        "{authorization}"
    );
    let posted = webhook.requests();
    assert!(
        posted
            .iter()
            .all(|call| call.header("webhook-signature").is_some_and(|value| value.starts_with("v1,")))
    );
    for target in ["event-bridge", "webhook-1"] {
        wait::until("all is told", || async {
            let (_, metrics) = api.get("/metrics").await.ok()?;
            let told = counted(&metrics, "keepstep_status_changes_total", &[target, "told"]);
            (told == 6.0 && counted(&metrics, "keepstep_status_changes_waiting", &[target]) == 0.0)
                .then_some(())
        })
        .await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn express_executions_tell_nobody() -> anyhow::Result<()> {
    let receiver = Receiver::start(true).await?;
    let stage = Stage::start_with(Server::builder().flag("--webhook", receiver.url())).await?;
    let api = Api::new(&stage.server.endpoint(), sdk::ACCOUNT);
    let role = format!("arn:aws:iam::{}:role/r", sdk::ACCOUNT);
    let request = json!({"name": "x", "definition": PASS, "roleArn": role, "type": "EXPRESS"});
    let machine = api.ok("CreateStateMachine", request).await?["stateMachineArn"].take();
    api.ok("StartExecution", json!({"stateMachineArn": machine})).await?;
    let synchronous = api.ok("StartSyncExecution", json!({"stateMachineArn": machine})).await?;
    assert_eq!(synchronous["status"], "SUCCEEDED");
    let standard = stage.begin(PASS, "{}").await?;
    took(&receiver, &standard, &["RUNNING", "SUCCEEDED"]).await?;
    assert_eq!(receiver.told().len(), 2, "{:?}", receiver.told());
    Ok(())
}

/// The value of a metric with these labels; 0 if it isn't there.
fn counted(metrics: &str, name: &str, labels: &[&str]) -> f64 {
    let has = |line: &&str| {
        line.starts_with(name) && labels.iter().all(|label| line.contains(&format!("\"{label}\"")))
    };
    metrics.lines().find(has).and_then(|line| line.rsplit_once(' ')?.1.parse().ok()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_taken_is_told_again_and_a_killed_node_loses_none() -> anyhow::Result<()> {
    let (event_bridge, webhook) = (Receiver::start(false).await?, Receiver::start(false).await?);
    let mut stage = Stage::start_with(server(&event_bridge, &webhook)).await?;
    let mut executions = Vec::new();
    for definition in [PASS, FAIL, PASS] {
        executions.push(stage.begin(definition, "{}").await?);
    }
    for receiver in [&event_bridge, &webhook] {
        wait::until("it was tried twice", || async { (receiver.requests().len() > 6).then_some(()) }).await?;
    }
    stage.server.kill().await?;
    webhook.set_takes(true);
    stage.restart().await?;
    for (execution, last) in executions.iter().zip(["SUCCEEDED", "FAILED", "SUCCEEDED"]) {
        took(&webhook, execution, &["RUNNING", last]).await?;
        assert_eq!(event_bridge.statuses(execution), [""; 0]);
    }
    event_bridge.set_takes(true);
    for (execution, last) in executions.iter().zip(["SUCCEEDED", "FAILED", "SUCCEEDED"]) {
        took(&event_bridge, execution, &["RUNNING", last]).await?;
    }
    let told = webhook.told();
    let ids = |execution: &str, status: &str| {
        let of_it = told
            .iter()
            .filter(|told| told.text("executionArn") == execution && told.text("status") == status);
        let mut ids: Vec<_> = of_it.filter_map(|told| told.id.clone()).collect();
        let tries = ids.len();
        ids.dedup();
        (ids, tries)
    };
    let first = &executions[0];
    let ((running, tries), (succeeded, _)) = (ids(first, "RUNNING"), ids(first, "SUCCEEDED"));
    assert!(tries > 1 && running.len() == 1 && succeeded.len() == 1 && running != succeeded, "{told:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_killed_leaves_what_it_has_not_told_to_the_next() -> anyhow::Result<()> {
    let receiver = Receiver::start(false).await?;
    let flags = [("--webhook", receiver.url()), ("--events-endpoint", receiver.url())];
    let mut cluster = Cluster::start_with(3, &flags).await?;
    let client = Persistent::new((0..3).map(|node| cluster.api(node)).collect());
    let role = format!("arn:aws:iam::{}:role/r", sdk::ACCOUNT);
    let created =
        client.ok("CreateStateMachine", json!({"name": "m", "definition": PASS, "roleArn": role})).await?;
    let mut executions = Vec::new();
    for number in 0..10 {
        let request = json!({"stateMachineArn": created["stateMachineArn"], "name": number.to_string()});
        let started = client.ok("StartExecution", request).await?;
        executions.push(started["executionArn"].as_str().map(str::to_owned).expect("an ARN"));
    }
    let leader = cluster.leader().await?;
    cluster.nodes[leader].kill().await?;
    receiver.set_takes(true);
    for execution in &executions {
        // Once more than needed does no harm.
        wait::until(execution, || async {
            let told: Vec<_> = receiver.told().into_iter().filter(|told| told.taken).collect();
            let of_it = told.iter().filter(|told| told.text("executionArn") == execution);
            let (posted, put): (Vec<_>, Vec<_>) = of_it.partition(|told| told.id.is_some());
            let in_order = |told: Vec<&Told>| {
                let mut statuses: Vec<_> = told.iter().map(|told| told.text("status")).collect();
                statuses.dedup();
                statuses == ["RUNNING", "SUCCEEDED"]
            };
            (in_order(posted) && in_order(put)).then_some(())
        })
        .await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_counted_and_not_told() -> anyhow::Result<()> {
    let receiver = Receiver::start(false).await?;
    let builder = Server::builder().flag("--webhook", receiver.url()).flag("--outbox-max", 3);
    let stage = Stage::start_with(builder).await?;
    let mut executions = Vec::new();
    for _ in 0..4 {
        executions.push(stage.begin(WAIT, "{}").await?);
    }
    let api = Api::new(&stage.server.endpoint(), sdk::ACCOUNT);
    wait::until("one was too many", || async {
        let (_, metrics) = api.get("/metrics").await.ok()?;
        let of = |result| counted(&metrics, "keepstep_status_changes_total", &["webhook-1", result]);
        let waiting = counted(&metrics, "keepstep_status_changes_waiting", &["webhook-1"]);
        ((of("overflowed"), of("told"), waiting) == (1.0, 0.0, 3.0)).then_some(())
    })
    .await?;
    assert!(
        stage.server.log().contains("too much waits for a target of status changes"),
        "{}",
        stage.server.log()
    );
    receiver.set_takes(true);
    for execution in executions.iter().take(3) {
        took(&receiver, execution, &["RUNNING"]).await?;
    }
    wait::until("there is room", || async {
        let (_, metrics) = api.get("/metrics").await.ok()?;
        (counted(&metrics, "keepstep_status_changes_waiting", &["webhook-1"]) == 0.0).then_some(())
    })
    .await?;
    let untold = &executions[3];
    stage.client.stop_execution().execution_arn(untold).send().await?;
    took(&receiver, untold, &["ABORTED"]).await?;
    assert_eq!(stage.ended(untold).await?.status, ExecutionStatus::Aborted);
    let details = receiver.told().into_iter().map(|told| told.detail);
    assert!(
        details
            .filter(|detail| detail["executionArn"] == untold.as_str())
            .all(|detail| detail["error"] == Value::Null)
    );
    Ok(())
}
