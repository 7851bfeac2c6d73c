//! Settings that would leave a node open to everybody, or that contradict each other.

use keepstep_tests::process::Server;

/// The node ends by itself, unsuccessfully, and says why in its log.
async fn check(flags: &[&str], reason: &str) -> anyhow::Result<()> {
    let builder = flags.iter().fold(Server::builder(), |builder, flag| builder.switch(flag));
    let mut server = builder.prepare(tempfile::tempdir()?, 0, 0)?;
    server.spawn()?;
    let code = server.ended().await?;
    let log = server.log();
    assert_eq!(code, Some(1), "{flags:?}: {log}");
    assert!(log.contains(reason), "{flags:?}: {log}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_would_be_open_to_everybody_does_not_start() -> anyhow::Result<()> {
    let peers = ["--peers", "n0=127.0.0.1:7000", "--peers", "n1=127.0.0.1:7001", "--node-name", "n0"];
    check(&peers, "a cluster needs credentials: set credentials-file, or insecure-no-auth").await?;
    check(
        &["--api-listen", "0.0.0.0:0"],
        "without credentials the API listens on the loopback interface only, and 0.0.0.0:0 is beyond it: set credentials-file, or insecure-no-auth",
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_make_no_sense_are_named() -> anyhow::Result<()> {
    for (flags, reason) in [
        (
            &["--peers", "n0=127.0.0.1:7000", "--peers", "n1=127.0.0.1:7001", "--node-name", "n2"][..],
            "peers: this node, n2, isn't among them",
        ),
        (&["--peers", "n0=127.0.0.1", "--node-name", "n0"], r#"peers: "n0=127.0.0.1" is no NAME=HOST:PORT"#),
        (&["--cluster-secret", "short"], "cluster-secret: is shorter than 16 characters"),
        (&["--tls-ca", "/dev/null"], "tls-ca, tls-cert, tls-key: mutual TLS needs all three of them"),
        (&["--lambda-endpoint", "ftp://x"], "lambda endpoints: ftp://x is no http:// or https:// URL"),
        (&["--config", "/does/not/exist"], "configuration file /does/not/exist: No such file or directory"),
        (&["--credentials-file", "/does/not/exist"], "/does/not/exist"),
    ] {
        check(flags, reason).await?;
    }
    Ok(())
}
