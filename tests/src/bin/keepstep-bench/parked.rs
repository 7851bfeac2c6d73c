//! Executions parked in Wait.

use std::time::Instant;

use serde_json::json;

use crate::load::closed_loop;
use crate::target::{Target, state_machine};

const CLIENTS: usize = 64;

/// Memory for each parked execution, and how long it took to park them. The first half fills the caches, whose sizes are bounded by
/// configuration; what the second half adds is what executions cost.
pub(crate) async fn run(nodes: usize, executions: usize) -> anyhow::Result<()> {
    let target = Target::start(nodes).await?;
    let api = target.apis().await?.remove(0);
    let definition =
        json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 86_400, "End": true}}});
    let arn = state_machine(&api, "parked", &definition).await?;
    let start = |calls: usize| {
        let (api, request) = (api.clone(), json!({"stateMachineArn": arn, "input": "{\"order\": 42}"}));
        closed_loop(CLIENTS, 0, Some(calls), move |_| {
            let (api, request) = (api.clone(), request.clone());
            async move { api.ok("StartExecution", request).await.map(drop) }
        })
    };
    let empty = target.memory().await?;
    start(executions / 2).await?;
    let half = target.memory().await?;
    let began = Instant::now();
    start(executions / 2).await?;
    let seconds = began.elapsed().as_secs_f64();
    let full = target.memory().await?;
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let added = full.saturating_sub(half) as f64 / (executions / 2) as f64;
    println!("| nodes | executions | starts/s | MiB empty | MiB half | MiB full | bytes each, second half |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    println!(
        "| {nodes} | {executions} | {:.0} | {:.0} | {:.0} | {:.0} | {added:.0} |",
        (executions / 2) as f64 / seconds,
        mib(empty),
        mib(half),
        mib(full),
    );
    Ok(())
}
