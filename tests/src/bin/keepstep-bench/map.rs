//! One run of a distributed Map over many items: read from an object store, a child for each, results written back.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use keepstep_tests::api::Api;
use keepstep_tests::process::Server;
use keepstep_tests::s3::S3;
use keepstep_tests::sdk::ACCOUNT;
use serde_json::{Value, json};

use crate::target::state_machine;

/// Time and memory of a map run, by number of items: each on a server of its own, with an object store beside it.
pub(crate) async fn run(sizes: &[usize]) -> anyhow::Result<()> {
    println!("| items | seconds | children/s | MiB empty | MiB most |");
    println!("| --- | --- | --- | --- | --- |");
    for items in sizes {
        measure(*items).await?;
    }
    Ok(())
}

async fn measure(items: usize) -> anyhow::Result<()> {
    let s3 = S3::start().await?;
    s3.create_bucket("bench").await?;
    let lines: String = (0..items).map(|item| format!("{{\"order\":{item}}}\n")).collect();
    s3.put("bench", "orders.jsonl", lines).await?;
    let server = Server::builder().account(ACCOUNT).flag("--s3-endpoint", s3.endpoint());
    let server = server.env("AWS_ACCESS_KEY_ID", "any").env("AWS_SECRET_ACCESS_KEY", "any").start().await?;
    let api = Api::new(&server.endpoint(), ACCOUNT);
    let definition = json!({"StartAt": "M", "States": {"M": {
        "Type": "Map", "Label": "Bench", "End": true,
        "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSONL"},
                       "Parameters": {"Bucket": "bench", "Key": "orders.jsonl"}},
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                          "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}},
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject",
                         "Parameters": {"Bucket": "bench", "Prefix": "out"}},
    }}});
    let arn = state_machine(&api, "map", &definition).await?;
    let empty = server.memory()?;
    let began = Instant::now();
    let started = api.ok("StartExecution", json!({"stateMachineArn": arn})).await?;
    let execution = started.get("executionArn").cloned().context("no executionArn")?;
    let mut most = empty;
    let seconds = loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        most = most.max(server.memory()?);
        let described = api.ok("DescribeExecution", json!({"executionArn": execution})).await?;
        match described.get("status").and_then(Value::as_str) {
            Some("RUNNING") => {}
            Some("SUCCEEDED") => break began.elapsed().as_secs_f64(),
            _ => anyhow::bail!("{described}"),
        }
    };
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    println!(
        "| {items} | {seconds:.1} | {:.0} | {:.0} | {:.0} |",
        items as f64 / seconds,
        mib(empty),
        mib(most)
    );
    Ok(())
}
