//! The server that is measured.

use keepstep_tests::api::Api;
use keepstep_tests::cluster::Cluster;
use keepstep_tests::process::Server;
use keepstep_tests::sdk::ACCOUNT;
use serde_json::{Value, json};

/// One node or several.
pub(crate) enum Target {
    Single(Box<Server>),
    Cluster(Cluster),
}

impl Target {
    /// Starts `nodes` nodes with data on the disk that holds the temporary folder.
    pub(crate) async fn start(nodes: usize) -> anyhow::Result<Self> {
        Ok(if nodes == 1 {
            Self::Single(Box::new(Server::builder().account(ACCOUNT).start().await?))
        } else {
            Self::Cluster(Cluster::start(nodes).await?)
        })
    }

    /// Clients of every node, the leader's first.
    pub(crate) async fn apis(&self) -> anyhow::Result<Vec<Api>> {
        Ok(match self {
            Self::Single(server) => vec![Api::new(&server.endpoint(), ACCOUNT)],
            Self::Cluster(cluster) => {
                let leader = cluster.leader().await?;
                let mut apis: Vec<_> = (0..cluster.nodes.len()).map(|node| cluster.api(node)).collect();
                apis.rotate_left(leader);
                apis
            }
        })
    }

    /// Resident memory of the leader, in bytes.
    pub(crate) async fn memory(&self) -> anyhow::Result<u64> {
        match self {
            Self::Single(server) => server.memory(),
            Self::Cluster(cluster) => cluster.nodes[cluster.leader().await?].memory(),
        }
    }
}

/// Creates a state machine; its ARN.
pub(crate) async fn state_machine(api: &Api, name: &str, definition: &Value) -> anyhow::Result<String> {
    create(api, name, definition, "STANDARD").await
}

/// Creates a state machine of the type EXPRESS; its ARN.
pub(crate) async fn express_state_machine(
    api: &Api,
    name: &str,
    definition: &Value,
) -> anyhow::Result<String> {
    create(api, name, definition, "EXPRESS").await
}

async fn create(api: &Api, name: &str, definition: &Value, kind: &str) -> anyhow::Result<String> {
    let role = format!("arn:aws:iam::{ACCOUNT}:role/bench");
    let request = json!({"name": name, "definition": definition.to_string(), "roleArn": role, "type": kind});
    let answer = api.ok("CreateStateMachine", request).await?;
    answer
        .get("stateMachineArn")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| anyhow::anyhow!("no stateMachineArn in {answer}"))
}
