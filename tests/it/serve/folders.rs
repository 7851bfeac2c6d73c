//! Whose data folder it is.

use keepstep_tests::process::Server;

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_of_another_node_is_refused() -> anyhow::Result<()> {
    let mut first = Server::builder().flag("--node-name", "one").start().await?;
    assert_eq!(first.terminate().await?, Some(0), "{}", first.log());
    let data = first.data();
    let arguments = [
        "serve",
        "--node-name",
        "two",
        "--api-listen",
        "127.0.0.1:0",
        "--node-listen",
        "127.0.0.1:0",
        "--data",
    ];
    let output = tokio::process::Command::new(keepstep_tests::process::binary()?)
        .args(arguments)
        .arg(&data)
        .kill_on_drop(true)
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("belongs to node one, and this node is two"), "{said}");
    first.spawn()?;
    first.ready().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_used_by_one_process() -> anyhow::Result<()> {
    let first = Server::builder().start().await?;
    let arguments = ["serve", "--api-listen", "127.0.0.1:0", "--node-listen", "127.0.0.1:0", "--data"];
    let output = tokio::process::Command::new(keepstep_tests::process::binary()?)
        .args(arguments)
        .arg(first.data())
        .kill_on_drop(true)
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("is in use by another process"), "{said}");
    Ok(())
}
