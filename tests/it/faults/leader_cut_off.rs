//! The leader is cut off from the majority.

use keepstep_tests::cluster::Cluster;
use keepstep_tests::persistent::Persistent;
use keepstep_tests::sdk::ACCOUNT;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_without_a_majority_acknowledges_nothing_and_answers_no_stale_read() -> anyhow::Result<()> {
    let cluster = Cluster::start(3).await?;
    let definition = json!({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}).to_string();
    let create = |name: &str| json!({"name": name, "definition": definition, "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/r")});
    let before = cluster.api(0).ok("CreateStateMachine", create("before")).await?;
    let machine = before.get("stateMachineArn").cloned().unwrap_or_default();

    let old = cluster.leader().await?;
    cluster.cut_off(old);
    let majority =
        Persistent::new((0..3).filter(|node| *node != old).map(|node| cluster.api(node)).collect());

    // Writes and reads at the old leader, begun at once after the cut, while it may still believe that it leads.
    let lonely = cluster.api(old);
    let written = json!({"stateMachineArn": machine, "name": "lonely"});
    let described = json!({"stateMachineArn": machine});
    let (write, read) = tokio::join!(
        lonely.call("StartExecution", &written),
        lonely.call("DescribeStateMachine", &described),
    );
    assert!(
        write.as_ref().is_ok_and(|answer| answer.status >= 500),
        "acknowledged without a majority: {write:?}"
    );
    assert!(read.as_ref().is_ok_and(|answer| answer.status >= 500), "read without a majority: {read:?}");

    // The majority goes on.
    majority.ok("CreateStateMachine", create("after")).await?;
    let stale = lonely.call("ListStateMachines", &json!({})).await?;
    assert!(stale.status >= 500, "a stale read: {stale:?}");

    cluster.heal();
    let healed = Persistent::new(vec![cluster.api(old)]);
    let listed = healed.ok("ListStateMachines", json!({})).await?;
    assert_eq!(listed["stateMachines"].as_array().map(Vec::len), Some(2), "{listed}");
    // What the lonely leader was asked may have been done since (it never said no), but then exactly once.
    let listed = healed.ok("ListExecutions", json!({"stateMachineArn": machine})).await?;
    assert!(listed["executions"].as_array().is_some_and(|executions| executions.len() <= 1), "{listed}");
    cluster.agree().await?;
    Ok(())
}
