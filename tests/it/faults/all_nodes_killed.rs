//! All nodes are killed at once.

use keepstep_tests::cluster::Cluster;
use keepstep_tests::persistent::Persistent;

use super::orders::Orders;

#[tokio::test(flavor = "multi_thread")]
async fn everything_resumes_and_no_timer_fires_early_after_all_nodes_were_killed() -> anyhow::Result<()> {
    let mut cluster = Cluster::start(3).await?;
    let client = Persistent::new((0..3).map(|node| cluster.api(node)).collect());
    let orders = Orders::flow(client, 4, 8).await?;
    for _ in 0..3 {
        orders.accepted(20).await?;
        for node in &mut cluster.nodes {
            node.kill().await?;
        }
        for node in &mut cluster.nodes {
            node.spawn()?;
        }
        for node in &mut cluster.nodes {
            node.ready().await?;
        }
    }
    orders.accepted(20).await?;
    orders.settle().await?;
    cluster.agree().await?;
    Ok(())
}
