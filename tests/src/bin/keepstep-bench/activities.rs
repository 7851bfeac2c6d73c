//! Activity workers, with as many executions on their way as there are workers.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use keepstep_tests::sdk::ACCOUNT;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::load::{Figures, closed_loop};
use crate::target::{Target, state_machine};

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Round trips/s, and the time from start to hand-out. Each client starts its next execution when the last one's task is done, so that no
/// queue forms before the workers.
pub(crate) async fn run(nodes: usize, seconds: u64, workers: usize) -> anyhow::Result<()> {
    let target = Target::start(nodes).await?;
    let apis = target.apis().await?;
    let api = apis.first().context("no node")?.clone();
    let activity = format!("arn:aws:states:us-east-1:{ACCOUNT}:activity:bench");
    api.ok("CreateActivity", json!({"name": "bench"})).await?;
    let definition =
        json!({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": activity, "End": true}}});
    let arn = state_machine(&api, "bench", &definition).await?;

    let stop = CancellationToken::new();
    let dispatched = Arc::new(Mutex::new(Vec::new()));
    let on_their_way = Arc::new(Semaphore::new(workers));
    let mut tasks = Vec::new();
    for worker in 0..workers {
        let (api, activity) = (apis[worker % apis.len()].clone(), activity.clone());
        let (stop, dispatched, on_their_way) = (stop.clone(), dispatched.clone(), on_their_way.clone());
        tasks.push(tokio::spawn(async move {
            let mut done = 0usize;
            loop {
                let poll = api.ok("GetActivityTask", json!({"activityArn": activity}));
                let answer = tokio::select! {
                    answer = poll => answer?,
                    () = stop.cancelled() => return anyhow::Ok(done),
                };
                let Some(token) =
                    answer.get("taskToken").and_then(Value::as_str).filter(|token| !token.is_empty())
                else {
                    continue;
                };
                let input = answer.get("input").and_then(Value::as_str).context("no input")?;
                let began: Value = serde_json::from_str(input)?;
                let began =
                    Duration::from_micros(began.get("us").and_then(Value::as_u64).context("no time")?);
                if let Ok(mut latencies) = dispatched.lock() {
                    latencies.push(now().saturating_sub(began));
                }
                api.ok("SendTaskSuccess", json!({"taskToken": token, "output": "{}"})).await?;
                on_their_way.add_permits(1);
                done += 1;
            }
        }));
    }

    let began = Instant::now();
    let starter = api.clone();
    let started = closed_loop(workers, seconds, None, move |_| {
        let (api, arn, on_their_way) = (starter.clone(), arn.clone(), on_their_way.clone());
        async move {
            on_their_way.acquire().await?.forget();
            let input = json!({"us": now().as_micros() as u64}).to_string();
            api.ok("StartExecution", json!({"stateMachineArn": arn, "input": input})).await.map(drop)
        }
    })
    .await?;
    keepstep_tests::wait::until("all tasks were handed out", || async {
        let handed_out = dispatched.lock().map(|latencies| latencies.len()).unwrap_or_default();
        (handed_out >= started.count()).then_some(())
    })
    .await?;
    let elapsed = began.elapsed();
    stop.cancel();
    let mut done = 0;
    for task in tasks {
        done += task.await??;
    }
    let latencies = dispatched.lock().map(|latencies| latencies.clone()).unwrap_or_default();
    let dispatch = Figures::new(latencies, elapsed);
    println!(
        "| nodes | workers | round trips/s | dispatch p50 ms | dispatch p99 ms |\n| --- | --- | --- | --- | --- |"
    );
    println!(
        "| {nodes} | {workers} | {:.0} | {:.2} | {:.2} |",
        done as f64 / elapsed.as_secs_f64(),
        dispatch.percentile_ms(50),
        dispatch.percentile_ms(99)
    );
    Ok(())
}
