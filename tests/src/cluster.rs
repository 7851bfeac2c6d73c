//! Several nodes on loopback, each of which reaches the others through proxies of its own, so that any of them can be cut off.

use std::collections::HashMap;

use anyhow::Context as _;
use serde_json::Value;

use crate::api::Api;
use crate::process::{Server, free_port};
use crate::proxy::Proxy;
use crate::wait;

/// A cluster of `keepstep serve` processes.
pub struct Cluster {
    /// The nodes, by index; names are `n0`, `n1`, ...
    pub nodes: Vec<Server>,
    /// The way from one node (first index) to another (second).
    ways: HashMap<(usize, usize), Proxy>,
}

/// The secret that the nodes of test clusters share.
const SECRET: &str = "the secret of a test cluster";

impl Cluster {
    /// Starts `size` empty nodes and waits until all are ready.
    pub async fn start(size: usize) -> anyhow::Result<Self> {
        Self::start_with(size, &[]).await
    }

    /// The same, with more flags for every node.
    pub async fn start_with(size: usize, flags: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut cluster = Self::prepare(size, flags).await?;
        for node in &mut cluster.nodes {
            node.spawn()?;
        }
        for node in &mut cluster.nodes {
            node.ready().await?;
        }
        Ok(cluster)
    }

    async fn prepare(size: usize, flags: &[(&str, &str)]) -> anyhow::Result<Self> {
        let ports: Vec<(u16, u16)> =
            (0..size).map(|_| Ok((free_port()?, free_port()?))).collect::<anyhow::Result<_>>()?;
        let mut ways = HashMap::new();
        let mut nodes = Vec::new();
        for (from, &(api, own)) in ports.iter().enumerate() {
            let mut builder = Server::builder()
                .account(crate::sdk::ACCOUNT)
                .flag("--node-name", format!("n{from}"))
                .flag("--cluster-secret", SECRET)
                .switch("--insecure-no-auth");
            for (to, &(_, node)) in ports.iter().enumerate() {
                let address = if from == to {
                    ([127, 0, 0, 1], own).into()
                } else {
                    let proxy = Proxy::start(([127, 0, 0, 1], node).into()).await?;
                    let address = proxy.address();
                    ways.insert((from, to), proxy);
                    address
                };
                builder = builder.flag("--peers", format!("n{to}={address}"));
            }
            for (flag, value) in flags {
                builder = builder.flag(flag, value);
            }
            nodes.push(builder.prepare(tempfile::tempdir()?, api, own)?);
        }
        Ok(Self { nodes, ways })
    }

    /// Cuts a node off from all others, both ways.
    pub fn cut_off(&self, node: usize) {
        self.ways
            .iter()
            .filter(|((from, to), _)| *from == node || *to == node)
            .for_each(|(_, way)| way.cut());
    }

    /// Undoes every cut.
    pub fn heal(&self) {
        self.ways.values().for_each(Proxy::heal);
    }

    /// The index of the node that leads, as a majority's metrics say.
    pub async fn leader(&self) -> anyhow::Result<usize> {
        wait::until("a node leads", || async {
            for (index, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.runs()) {
                if let Ok((200, text)) = self.api_of(node).get("/metrics").await
                    && metric(&text, "keepstep_raft_is_leader") == Some(1.0)
                {
                    return Some(index);
                }
            }
            None
        })
        .await
    }

    /// A raw client of one node.
    pub fn api(&self, node: usize) -> Api {
        self.api_of(&self.nodes[node])
    }

    fn api_of(&self, node: &Server) -> Api {
        Api::new(&node.endpoint(), crate::sdk::ACCOUNT)
    }

    /// The endpoints of all nodes.
    pub fn endpoints(&self) -> Vec<String> {
        self.nodes.iter().map(Server::endpoint).collect()
    }

    /// Waits until all nodes run, have applied the same entries and have the same state hash; gives the hash.
    pub async fn agree(&self) -> anyhow::Result<String> {
        wait::until("the replicas' state hashes agree", || async {
            let nodes = status(&self.nodes[0]).await.ok()?;
            let facts: Vec<_> = nodes
                .iter()
                .map(|node| {
                    Some((node.get("applied")?.as_u64()?, node.get("state_hash")?.as_str()?.to_owned()))
                })
                .collect::<Option<_>>()?;
            let (first, rest) = facts.split_first()?;
            let agreed = facts.len() == self.nodes.len() && rest.iter().all(|other| other == first);
            agreed.then(|| first.1.clone())
        })
        .await
    }

    /// What the cluster says of one node: an object as in `keepstep status --json`.
    pub async fn status_of(&self, node: usize) -> anyhow::Result<Value> {
        let name = format!("n{node}");
        let nodes = status(&self.nodes[node]).await?;
        let found = nodes.into_iter().find(|status| status.get("name").is_some_and(|found| *found == *name));
        found.with_context(|| format!("{name} is no member"))
    }
}

/// What `keepstep status --json` says of all nodes when it asks this one. It says so too when not all is well.
async fn status(node: &Server) -> anyhow::Result<Vec<Value>> {
    let output = tokio::process::Command::new(crate::process::binary()?)
        .args(["status", "--json", "--node", &node.node_address().to_string(), "--cluster-secret", SECRET])
        .output()
        .await?;
    let value: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    value.get("nodes").and_then(Value::as_array).cloned().context("no nodes")
}

/// The value of a metric without labels.
pub fn metric(text: &str, name: &str) -> Option<f64> {
    text.lines()
        .find(|line| line.split(['{', ' ']).next() == Some(name))
        .and_then(|line| line.rsplit_once(' ')?.1.parse().ok())
}
