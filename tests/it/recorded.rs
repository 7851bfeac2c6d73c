//! The recorded cases, all on one server. Prints pass/total and lists every failure and every case left out, with the reason.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use futures::stream;
use keepstep_tests::api::Api;
use keepstep_tests::process::Server;
use keepstep_tests::recorded::{Case, load, run};
use keepstep_tests::sdk::ACCOUNT;

/// Operations that this version doesn't offer, and what for.
const NOT_YET: [(&str, &str); 1] = [("StartSyncExecution", "Express workflows")];

/// Deviations that are kept, each with its reason. None now.
const KEPT: [(&str, &str); 0] = [];

fn not_yet(case: &Case) -> Option<&'static str> {
    let called = |operation: &str| case.steps.iter().any(|step| step.operation == operation);
    NOT_YET.iter().find(|(operation, _)| called(operation)).map(|(_, reason)| *reason)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_behaves_as_recorded() -> anyhow::Result<()> {
    let Some(cases) = load()? else {
        anyhow::ensure!(
            std::env::var_os("CI").is_none(),
            "the recordings are not there: set KEEPSTEP_RECORDED"
        );
        eprintln!("the recordings are not there: set KEEPSTEP_RECORDED to their folder to run them");
        return Ok(());
    };
    let server = Server::builder().account(ACCOUNT).start().await?;
    let api = Api::new(&server.endpoint(), ACCOUNT);

    let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wanted = Vec::new();
    for case in &cases {
        match not_yet(case) {
            Some(reason) => *left_out.entry(reason).or_default() += 1,
            None => wanted.push(case),
        }
    }
    let results: Vec<_> = stream::iter(&wanted)
        .map(|case| async { (case.id.as_str(), run(&api, case).await) })
        .buffer_unordered(8)
        .collect()
        .await;

    let mut failures = Vec::new();
    for (id, result) in &results {
        let kept = KEPT.iter().find(|(kept, _)| kept == id);
        match (result, kept) {
            (Ok(found), None) if found.is_empty() => {}
            (Ok(found), Some(_)) if found.is_empty() => {
                failures.push(format!("{id}: passes, so it needs no exception"))
            }
            (_, Some((_, reason))) => println!("kept {id}: {reason}"),
            (Ok(found), None) => failures.push(format!("{id}:\n    {}", found.join("\n    "))),
            (Err(error), None) => failures.push(format!("{id}: {error:#}")),
        }
    }
    failures.sort();
    for (reason, count) in &left_out {
        println!("left out, {reason}: {count} cases");
    }
    println!("recorded cases: {}/{} pass", wanted.len() - failures.len(), wanted.len());
    assert!(failures.is_empty(), "{} recorded cases differ:\n{}", failures.len(), failures.join("\n"));
    Ok(())
}
