//! The time without service when the leader dies.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::load::Figures;
use crate::target::{Target, state_machine};

/// Kills the leader again and again, and measures to the next acknowledged start on another node.
pub(crate) async fn run(nodes: usize, rounds: usize) -> anyhow::Result<()> {
    let Target::Cluster(mut cluster) = Target::start(nodes).await? else {
        anyhow::bail!("a failover takes at least three nodes: --nodes 3");
    };
    let definition = json!({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}});
    let arn = state_machine(&cluster.api(0), "failover", &definition).await?;
    let request = json!({"stateMachineArn": arn});
    let mut gaps = Vec::new();
    let began = Instant::now();
    for _ in 0..rounds {
        let leader = cluster.leader().await?;
        let api = cluster.api((leader + 1) % cluster.nodes.len());
        cluster.nodes[leader].kill().await?;
        let killed = Instant::now();
        while api.ok("StartExecution", request.clone()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        gaps.push(killed.elapsed());
        cluster.nodes[leader].spawn()?;
        cluster.nodes[leader].ready().await?;
    }
    let gaps = Figures::new(gaps, began.elapsed());
    println!("| nodes | failovers | p50 ms | worst ms |\n| --- | --- | --- | --- |");
    println!(
        "| {nodes} | {} | {:.0} | {:.0} |",
        gaps.count(),
        gaps.percentile_ms(50),
        gaps.percentile_ms(100)
    );
    Ok(())
}
