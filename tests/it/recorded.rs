//! The recorded cases, all on one server. Prints pass/total and lists every failure.

use futures::StreamExt as _;
use futures::stream;
use keepstep_tests::api::Api;
use keepstep_tests::process::Server;
use keepstep_tests::recorded::{load, run};
use keepstep_tests::sdk::ACCOUNT;

/// Deviations that are kept, each with its reason. None now.
const KEPT: [(&str, &str); 0] = [];

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

    let results: Vec<_> = stream::iter(&cases)
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
    println!("recorded cases: {}/{} pass", cases.len() - failures.len(), cases.len());
    assert!(failures.is_empty(), "{} recorded cases differ:\n{}", failures.len(), failures.join("\n"));
    Ok(())
}
