//! Executions that never wait.

use std::collections::BTreeMap;

use keepstep_tests::api::Api;
use serde_json::{Value, json};

use crate::load::{Figures, closed_loop};
use crate::target::{Target, state_machine};

/// Starts/s of a one-Pass workflow.
pub(crate) async fn one_pass(nodes: usize, seconds: u64, clients: &[usize]) -> anyhow::Result<()> {
    println!("| nodes | clients | starts/s | p50 ms | p99 ms |\n| --- | --- | --- | --- | --- |");
    let definition = json!({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}});
    for (clients, figures) in measure(nodes, seconds, clients, &definition).await? {
        println!(
            "| {nodes} | {clients} | {:.0} | {:.2} | {:.2} |",
            figures.per_second(),
            figures.percentile_ms(50),
            figures.percentile_ms(99)
        );
    }
    Ok(())
}

/// Transitions/s of a chain of 20 Pass states.
pub(crate) async fn chain(nodes: usize, seconds: u64, clients: &[usize]) -> anyhow::Result<()> {
    const STATES: usize = 20;
    let mut states: BTreeMap<String, Value> = BTreeMap::new();
    for index in 0..STATES {
        let mut state = json!({"Type": "Pass"});
        if index + 1 == STATES {
            state["End"] = true.into();
        } else {
            state["Next"] = format!("S{}", index + 1).into();
        }
        states.insert(format!("S{index}"), state);
    }
    let definition = json!({"StartAt": "S0", "States": states});
    println!(
        "| nodes | clients | executions/s | transitions/s | p50 ms | p99 ms |\n| --- | --- | --- | --- | --- | --- |"
    );
    for (clients, figures) in measure(nodes, seconds, clients, &definition).await? {
        println!(
            "| {nodes} | {clients} | {:.0} | {:.0} | {:.2} | {:.2} |",
            figures.per_second(),
            figures.per_second() * STATES as f64,
            figures.percentile_ms(50),
            figures.percentile_ms(99)
        );
    }
    Ok(())
}

async fn measure(
    nodes: usize,
    seconds: u64,
    clients: &[usize],
    definition: &Value,
) -> anyhow::Result<Vec<(usize, Figures)>> {
    let target = Target::start(nodes).await?;
    let api = target.apis().await?.remove(0);
    let mut all = Vec::new();
    for &count in clients {
        let arn = state_machine(&api, &format!("bench-{count}"), definition).await?;
        let request = json!({"stateMachineArn": arn, "input": "{\"order\": 42}"});
        let caller = api.clone();
        let figures = closed_loop(count, seconds, None, move |_| {
            let (api, request) = (caller.clone(), request.clone());
            async move { api.ok("StartExecution", request).await.map(drop) }
        })
        .await?;
        finished(&api, &arn).await?;
        all.push((count, figures));
    }
    Ok(all)
}

/// Waits until no execution of the state machine runs.
async fn finished(api: &Api, arn: &str) -> anyhow::Result<()> {
    keepstep_tests::wait::until("all executions have ended", || async {
        let request = json!({"stateMachineArn": arn, "statusFilter": "RUNNING", "maxResults": 1});
        let answer = api.ok("ListExecutions", request).await.ok()?;
        answer.get("executions")?.as_array()?.is_empty().then_some(())
    })
    .await
}
