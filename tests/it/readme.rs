//! The README's walk-through, unmodified but for the endpoint, through aws-cli and boto3.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use keepstep_tests::process::Server;
use keepstep_tests::wait;
use tokio::process::Command;

/// The fenced blocks of a language, in order.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("\n```{language}\n");
    text.match_indices(&fence)
        .filter_map(|(at, fence)| text[at + fence.len()..].split("\n```").next())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_tells_the_truth() -> anyhow::Result<()> {
    let server = Server::builder().start().await?;
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md"))?
        .replace("http://127.0.0.1:8083", &server.endpoint());
    let shell = blocks(&readme, "sh");
    let [first, last] = shell.as_slice() else {
        anyhow::bail!("the README has {} shell blocks", shell.len())
    };
    let [worker] = blocks(&readme, "python")[..] else { anyhow::bail!("the README has no one worker") };
    let exports = first.lines().filter(|line| line.starts_with("export ")).collect::<Vec<_>>().join("\n");

    let started = run(server.folder(), first).await?;
    ensure!(started.contains(":execution:hello:first"), "{started}");

    std::fs::write(server.folder().join("worker.py"), worker)?;
    let _worker = Command::new("bash")
        .args(["-c", &format!("{exports}\nexec python3 worker.py")])
        .current_dir(server.folder())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let told = wait::until("the execution has succeeded", || async {
        let told = run(server.folder(), &format!("{exports}\n{last}")).await.ok()?;
        told.contains("SUCCEEDED").then_some(told)
    })
    .await?;
    ensure!(told.contains("Hello, world!"), "{told}");
    ensure!(told.contains("7\tExecutionSucceeded"), "{told}");
    Ok(())
}

async fn run(folder: &Path, script: &str) -> anyhow::Result<String> {
    let output = Command::new("bash")
        .args(["-euc", script])
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("AWS_PAGER", "")
        .output()
        .await
        .context("bash")?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "is aws-cli installed? tests/run does it.\n{told}\n{complaints}");
    Ok(told)
}
