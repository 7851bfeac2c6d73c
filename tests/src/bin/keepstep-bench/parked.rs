//! Executions parked in Wait.

use std::time::Instant;

use serde_json::json;

use crate::load::closed_loop;
use crate::target::{Target, state_machine};

const CLIENTS: usize = 64;

/// Memory for each parked execution, and how long it took to park them.
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
    // Connections, buffers and caches are there before the first reading.
    start(executions / 10).await?;
    let before = target.memory().await?;
    let began = Instant::now();
    start(executions).await?;
    let seconds = began.elapsed().as_secs_f64();
    let after = target.memory().await?;
    println!(
        "| nodes | executions | seconds | starts/s | resident MiB | bytes each |\n| --- | --- | --- | --- | --- | --- |"
    );
    println!(
        "| {nodes} | {executions} | {seconds:.1} | {:.0} | {:.0} | {:.0} |",
        executions as f64 / seconds,
        after as f64 / f64::from(1 << 20),
        after.saturating_sub(before) as f64 / executions as f64
    );
    Ok(())
}
