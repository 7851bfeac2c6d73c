//! One `keepstep serve` process.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::api::Api;
use crate::wait;

/// The binary beside this test's own: `tests/run` builds it first.
pub fn binary() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os("KEEPSTEP_BINARY") {
        return Ok(path.into());
    }
    let own = std::env::current_exe()?;
    let found = own.ancestors().map(|folder| folder.join("keepstep")).find(|path| path.is_file());
    found.context("the keepstep binary isn't built: run tests/run, or `cargo build --package keepstep`")
}

/// Below the range from which the kernel takes ports for outgoing connections: one of those could take the port of a node that is down.
const PORTS: std::ops::Range<u16> = 10_000..32_000;

/// A port of 127.0.0.1 that was free a moment ago, and that this process gives out once.
pub fn free_port() -> anyhow::Result<u16> {
    static NEXT: OnceLock<AtomicU16> = OnceLock::new();
    let next = NEXT.get_or_init(|| {
        // Processes that run at the same time begin at different places.
        let [high, low, ..] = uuid::Uuid::new_v4().into_bytes();
        AtomicU16::new(u16::from_be_bytes([high, low]))
    });
    for _ in PORTS {
        let port = PORTS.start + next.fetch_add(1, Ordering::Relaxed) % (PORTS.end - PORTS.start);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    anyhow::bail!("no port is free")
}

/// How a server is started.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    flags: Vec<String>,
    env: Vec<(String, String)>,
}

impl Builder {
    /// A flag and its value.
    pub fn flag(mut self, flag: &str, value: impl ToString) -> Self {
        self.flags.extend([flag.to_owned(), value.to_string()]);
        self
    }

    /// A flag without a value.
    pub fn switch(mut self, flag: &str) -> Self {
        self.flags.push(flag.to_owned());
        self
    }

    /// An environment variable.
    pub fn env(mut self, name: &str, value: impl ToString) -> Self {
        self.env.push((name.to_owned(), value.to_string()));
        self
    }

    /// The default account.
    pub fn account(self, account: &str) -> Self {
        self.flag("--account", account)
    }

    /// Starts a single node on ports and in a folder of its own, and waits until it is ready.
    pub async fn start(self) -> anyhow::Result<Server> {
        let folder = tempfile::tempdir()?;
        let mut server = self.prepare(folder, free_port()?, free_port()?)?;
        server.spawn()?;
        server.ready().await?;
        Ok(server)
    }

    /// A server that isn't started yet.
    pub fn prepare(self, folder: TempDir, api_port: u16, node_port: u16) -> anyhow::Result<Server> {
        let api: SocketAddr = ([127, 0, 0, 1], api_port).into();
        let node: SocketAddr = ([127, 0, 0, 1], node_port).into();
        Ok(Server { builder: self, folder, api, node, child: None })
    }
}

/// A server process and its folder. Dropping it kills the process and removes the folder.
pub struct Server {
    builder: Builder,
    folder: TempDir,
    api: SocketAddr,
    node: SocketAddr,
    child: Option<Child>,
}

impl Server {
    /// A server with the defaults of a single node.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where clients connect.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.api)
    }

    /// Where other nodes connect.
    pub fn node_address(&self) -> SocketAddr {
        self.node
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What it logged, all runs together.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// The folder that holds data and log.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the process.
    pub fn spawn(&mut self) -> anyhow::Result<()> {
        anyhow::ensure!(self.child.is_none(), "it runs already");
        let log = std::fs::File::options().create(true).append(true).open(self.log_path())?;
        let child = Command::new(binary()?)
            .arg("serve")
            .arg("--data")
            .arg(self.data())
            .arg("--api-listen")
            .arg(self.api.to_string())
            .arg("--node-listen")
            .arg(self.node.to_string())
            .args(&self.builder.flags)
            .envs(self.builder.env.iter().cloned())
            .env_remove("AWS_ENDPOINT_URL")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        self.child = Some(child);
        Ok(())
    }

    /// Waits until `/readyz` says so; fails with the log if the process ends instead.
    pub async fn ready(&mut self) -> anyhow::Result<()> {
        let api = Api::new(&self.endpoint(), crate::sdk::ACCOUNT);
        let log = self.log_path();
        let child = self.child.as_mut().context("it doesn't run")?;
        let ended = tokio::select! {
            ended = child.wait() => ended?,
            ready = wait::until("the server is ready", || async {
                matches!(api.get("/readyz").await, Ok((200, _))).then_some(())
            }) => return ready.with_context(|| std::fs::read_to_string(log).unwrap_or_default()),
        };
        self.child = None;
        anyhow::bail!("the server ended with {ended}:\n{}", self.log())
    }

    /// Whether the process runs.
    pub fn runs(&self) -> bool {
        self.child.is_some()
    }

    /// SIGKILL, and waits for the end.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// SIGTERM; the exit code.
    pub async fn terminate(&mut self) -> anyhow::Result<Option<i32>> {
        let Some(mut child) = self.child.take() else { return Ok(None) };
        let pid =
            child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw).context("no pid")?;
        kill_process(pid, Signal::TERM)?;
        Ok(child.wait().await?.code())
    }

    /// Waits for the process to end by itself; the exit code.
    pub async fn ended(&mut self) -> anyhow::Result<Option<i32>> {
        let mut child = self.child.take().context("it doesn't run")?;
        Ok(tokio::time::timeout(wait::PATIENCE, child.wait()).await.context("it goes on")??.code())
    }

    /// Resident memory in bytes.
    pub fn memory(&self) -> anyhow::Result<u64> {
        let pid = self.child.as_ref().and_then(Child::id).context("it doesn't run")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
        let kib: u64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
        Ok(kib * 1024)
    }
}
