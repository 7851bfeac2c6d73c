//! The leader is killed again and again under load.

use keepstep_tests::cluster::Cluster;
use keepstep_tests::persistent::Persistent;

use super::orders::Orders;

const KILLS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_or_doubled_when_leaders_die() -> anyhow::Result<()> {
    let mut cluster = Cluster::start(3).await?;
    let client = Persistent::new((0..3).map(|node| cluster.api(node)).collect());
    let orders = Orders::flow(client, 4, 8).await?;
    for _ in 0..KILLS {
        orders.accepted(10).await?;
        let leader = cluster.leader().await?;
        cluster.nodes[leader].kill().await?;
        orders.accepted(10).await?;
        cluster.nodes[leader].spawn()?;
        cluster.nodes[leader].ready().await?;
    }
    let settled = orders.settle().await?;
    assert!(settled >= KILLS * 20, "only {settled} orders were accepted");
    cluster.agree().await?;
    Ok(())
}
