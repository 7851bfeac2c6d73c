//! Express executions of a one-Pass workflow.

use keepstep_tests::api::Api;
use keepstep_tests::cluster::metric;
use keepstep_tests::wait;
use serde_json::json;

use crate::load::{Figures, closed_loop};
use crate::target::{Target, express_state_machine};

/// Synchronous executions/s, and accepted asynchronous ones/s: each until its answer.
pub(crate) async fn run(nodes: usize, seconds: u64, clients: &[usize]) -> anyhow::Result<()> {
    let target = Target::start(nodes).await?;
    let api = target.apis().await?.remove(0);
    let definition = json!({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}});
    let arn = express_state_machine(&api, "bench", &definition).await?;
    println!(
        "| nodes | clients | operation | starts/s | p50 ms | p99 ms |\n| --- | --- | --- | --- | --- | --- |"
    );
    for operation in ["StartSyncExecution", "StartExecution"] {
        for &count in clients {
            let figures = measure(&api, &arn, operation, seconds, count).await?;
            println!(
                "| {nodes} | {count} | {operation} | {:.0} | {:.2} | {:.2} |",
                figures.per_second(),
                figures.percentile_ms(50),
                figures.percentile_ms(99)
            );
        }
    }
    Ok(())
}

async fn measure(
    api: &Api,
    arn: &str,
    operation: &'static str,
    seconds: u64,
    clients: usize,
) -> anyhow::Result<Figures> {
    let request = json!({"stateMachineArn": arn, "input": "{\"order\": 42}"});
    let caller = api.clone();
    let figures = closed_loop(clients, seconds, None, move |_| {
        let (api, request) = (caller.clone(), request.clone());
        async move { api.ok(operation, request).await.map(drop) }
    })
    .await?;
    wait::until("all executions have ended", || async {
        let (_, text) = api.get("/metrics").await.ok()?;
        (metric(&text, "keepstep_express_executions_running")? == 0.0).then_some(())
    })
    .await?;
    Ok(figures)
}
