//! A node loses its data folder.

use keepstep_tests::cluster::Cluster;
use keepstep_tests::persistent::Persistent;
use keepstep_tests::wait;
use serde_json::Value;

use super::orders::Orders;

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_node_rejoins_under_a_new_id() -> anyhow::Result<()> {
    let mut cluster = Cluster::start(3).await?;
    let client = Persistent::new((0..3).map(|node| cluster.api(node)).collect());
    let orders = Orders::flow(client, 2, 4).await?;
    orders.accepted(20).await?;
    let id = |status: &Value| status.get("raft_id").cloned();
    let victim = (cluster.leader().await? + 1) % 3;
    let before = id(&cluster.status_of(victim).await?);
    cluster.nodes[victim].kill().await?;
    std::fs::remove_dir_all(cluster.nodes[victim].data())?;
    orders.accepted(20).await?;
    cluster.nodes[victim].spawn()?;
    cluster.nodes[victim].ready().await?;
    let after = wait::until("the wiped node votes again", || async {
        let status = cluster.status_of(victim).await.ok()?;
        status.get("voter")?.as_bool()?.then_some(status)
    })
    .await?;
    assert_ne!(before, id(&after));
    orders.accepted(20).await?;
    orders.settle().await?;
    cluster.agree().await?;
    Ok(())
}
