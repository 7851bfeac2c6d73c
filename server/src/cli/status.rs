//! `keepstep status`: asks a node, and through it all others, how they see their cluster. Changes nothing. The exit code says whether all
//! is well: a leader is known, every member answers, and no two replicas differ.

mod json;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use keepstep_proto::cluster::v1::cluster_client::ClusterClient;
use keepstep_proto::cluster::v1::{StatusRequest, StatusResponse};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

/// How long a node may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// Its flags.
#[derive(Args)]
pub(super) struct Flags {
    /// Node port of any node of the cluster.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8084")]
    node: String,
    /// The cluster's secret, if it has one.
    #[arg(long, env = "KEEPSTEP_CLUSTER_SECRET", value_name = "SECRET", hide_env_values = true)]
    cluster_secret: Option<String>,
    /// A file with the cluster's secret.
    #[arg(long, env = "KEEPSTEP_CLUSTER_SECRET_FILE", value_name = "FILE")]
    cluster_secret_file: Option<PathBuf>,
    /// Certificate of the authority that signed the nodes' certificates (PEM).
    #[arg(long, env = "KEEPSTEP_TLS_CA", value_name = "FILE", requires_all = ["tls_cert", "tls_key"])]
    tls_ca: Option<PathBuf>,
    /// A certificate of the same authority, to show to the nodes (PEM).
    #[arg(long, env = "KEEPSTEP_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// Its private key (PEM).
    #[arg(long, env = "KEEPSTEP_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Print one JSON document instead of a table.
    #[arg(long)]
    json: bool,
}

/// How to be let in.
struct Access {
    bearer: Option<MetadataValue<Ascii>>,
    tls: Option<ClientTlsConfig>,
}

/// A member, and its answer or why there is none.
struct Row {
    name: String,
    addr: String,
    voter: bool,
    answer: Result<StatusResponse, String>,
}

pub(super) fn run(flags: Flags) -> anyhow::Result<ExitCode> {
    let access = access(&flags)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let rows = runtime.block_on(ask_all(&flags.node, &access))?;
    if flags.json {
        super::print(&format!("{:#}\n", json::document(&rows)));
    } else {
        super::print(&table(&rows));
    }
    let troubles = troubles(&rows);
    for trouble in &troubles {
        super::print_error(&format!("keepstep: {trouble}\n"));
    }
    Ok(if troubles.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn access(flags: &Flags) -> anyhow::Result<Access> {
    let read = |path: &Path| std::fs::read(path).with_context(|| path.display().to_string());
    let secret = match (&flags.cluster_secret, &flags.cluster_secret_file) {
        (Some(secret), _) => Some(secret.clone()),
        (None, Some(path)) => Some(String::from_utf8(read(path)?)?.trim().to_owned()),
        (None, None) => None,
    };
    let bearer = secret.map(|secret| format!("Bearer {secret}").parse()).transpose();
    let tls = match (&flags.tls_ca, &flags.tls_cert, &flags.tls_key) {
        (Some(ca), Some(cert), Some(key)) => Some(
            ClientTlsConfig::new()
                .ca_certificate(Certificate::from_pem(read(ca)?))
                .identity(Identity::from_pem(read(cert)?, read(key)?)),
        ),
        _ => None,
    };
    Ok(Access {
        bearer: bearer.context("the cluster secret holds characters that a header can't carry")?,
        tls,
    })
}

async fn ask_all(first: &str, access: &Access) -> anyhow::Result<Vec<Row>> {
    let answer = ask(first, access).await.map_err(|reason| anyhow::anyhow!("{first}: {reason}"))?;
    let asked = answer.members.iter().map(|member| async {
        let answer = if member.name == answer.node_name {
            Ok(answer.clone())
        } else {
            ask(&member.addr, access).await
        };
        Row { name: member.name.clone(), addr: member.addr.clone(), voter: member.voter, answer }
    });
    let mut rows = futures::future::join_all(asked).await;
    if !rows.iter().any(|row| row.name == answer.node_name) {
        // It belongs to no cluster yet.
        rows.push(Row {
            name: answer.node_name.clone(),
            addr: first.to_owned(),
            voter: false,
            answer: Ok(answer),
        });
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(rows)
}

async fn ask(addr: &str, access: &Access) -> Result<StatusResponse, String> {
    let scheme = if access.tls.is_some() { "https" } else { "http" };
    let mut endpoint = Endpoint::from_shared(format!("{scheme}://{addr}"))
        .map_err(|error| error.to_string())?
        .connect_timeout(ANSWER_MAX);
    if let Some(tls) = &access.tls {
        endpoint = endpoint.tls_config(tls.clone()).map_err(|error| error.to_string())?;
    }
    let asking = async {
        let channel = endpoint.connect().await.map_err(|_| "can't be reached".to_owned())?;
        let mut request = tonic::Request::new(StatusRequest {});
        if let Some(bearer) = &access.bearer {
            request.metadata_mut().insert("authorization", bearer.clone());
        }
        let answer = ClusterClient::new(channel).status(request).await;
        answer.map(tonic::Response::into_inner).map_err(|status| status.message().to_owned())
    };
    tokio::time::timeout(ANSWER_MAX, asking).await.map_err(|_| "doesn't answer".to_owned())?
}

fn table(rows: &[Row]) -> String {
    let heads = [
        "NODE",
        "ADDRESS",
        "ROLE",
        "LEADER",
        "TERM",
        "LAST",
        "COMMITTED",
        "APPLIED",
        "LAG",
        "STATE HASH",
        "PAIRS",
        "LOG BYTES",
    ];
    let mut lines = vec![heads.map(str::to_owned).to_vec()];
    // Only the leader knows how far the others lag.
    let leader =
        rows.iter().filter_map(|row| row.answer.as_ref().ok()).find(|answer| answer.role == "leader");
    for row in rows {
        let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        let lag = leader.and_then(|leader| leader.members.iter().find(|member| member.name == row.name)?.lag);
        let mut line = vec![row.name.clone(), row.addr.clone()];
        match &row.answer {
            Ok(answer) => {
                let leader = if answer.leader.is_empty() { "-" } else { &answer.leader };
                line.extend([answer.role.clone(), leader.to_owned(), answer.term.to_string()]);
                line.extend([
                    number(answer.last_log),
                    number(answer.committed),
                    number(answer.applied),
                    number(lag),
                ]);
                line.extend([hash(answer), answer.view_pairs.to_string(), answer.log_bytes.to_string()]);
            }
            Err(reason) => line.push(format!("({reason})")),
        }
        lines.push(line);
    }
    align(&lines)
}

/// The newest recorded hash with its index, or else the current one.
fn hash(answer: &StatusResponse) -> String {
    match answer.recorded_hash.as_ref().or(answer.current_hash.as_ref()) {
        Some(state) => format!("{}@{}", hex::encode(state.hash.get(..8).unwrap_or(&state.hash)), state.index),
        None => "-".to_owned(),
    }
}

fn align(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    // The last cell of a line needs no column: a reason may be long.
    let width = |column: usize| {
        let cells = lines.iter().filter(|line| line.len() > column + 1).filter_map(|line| line.get(column));
        cells.map(String::len).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn troubles(rows: &[Row]) -> Vec<String> {
    let mut troubles = Vec::new();
    for Row { name, answer, .. } in rows {
        match answer {
            Err(reason) => troubles.push(format!("{name} {reason}")),
            Ok(answer) if answer.leader.is_empty() => troubles.push(format!("{name} knows no leader")),
            Ok(_) => {}
        }
    }
    let mut by_index: BTreeMap<u64, (&str, &[u8])> = BTreeMap::new();
    for row in rows {
        let Ok(answer) = &row.answer else { continue };
        for state in answer.recorded_hash.iter().chain(&answer.current_hash) {
            let (other, expected) = *by_index.entry(state.index).or_insert((&row.name, &state.hash));
            if *expected != *state.hash {
                troubles.push(format!("{} and {other} differ at index {}", row.name, state.index));
            }
        }
    }
    if !rows.iter().any(|row| row.voter) {
        troubles.push("the cluster isn't formed yet".to_owned());
    }
    troubles
}

#[cfg(test)]
mod tests {
    use keepstep_proto::cluster::v1::{MemberStatus, StateHash};

    use super::*;

    fn answer(name: &str, role: &str, hash: u8) -> StatusResponse {
        StatusResponse {
            node_name: name.to_owned(),
            role: role.to_owned(),
            leader: "a".to_owned(),
            term: 7,
            applied: Some(2_050),
            recorded_hash: Some(StateHash { index: 2_048, hash: vec![hash; 16].into() }),
            members: vec![MemberStatus { name: "b".to_owned(), lag: Some(3), ..MemberStatus::default() }],
            ..StatusResponse::default()
        }
    }

    fn row(name: &str, answer: Result<StatusResponse, String>) -> Row {
        Row { name: name.to_owned(), addr: "h:1".to_owned(), voter: true, answer }
    }

    #[test]
    fn a_table_shows_every_member() {
        let rows = [
            row("a", Ok(answer("a", "leader", 1))),
            row("b", Ok(answer("b", "follower", 1))),
            row("c", Err("can't be reached".to_owned())),
        ];
        assert_eq!(
            table(&rows),
            "\
NODE  ADDRESS  ROLE      LEADER  TERM  LAST  COMMITTED  APPLIED  LAG  STATE HASH             PAIRS  LOG BYTES
a     h:1      leader    a       7     -     -          2050     -    0101010101010101@2048  0      0
b     h:1      follower  a       7     -     -          2050     3    0101010101010101@2048  0      0
c     h:1      (can't be reached)
"
        );
        assert_eq!(troubles(&rows), ["c can't be reached"]);
    }

    #[test]
    fn a_document_holds_every_member() {
        let rows = [row("a", Ok(answer("a", "leader", 1))), row("b", Err("doesn't answer".to_owned()))];
        let document = json::document(&rows);
        let member = |node: usize, name: &str| document["nodes"][node][name].clone();
        assert_eq!((member(0, "role"), member(0, "applied")), ("leader".into(), 2_050.into()));
        assert_eq!((member(1, "name"), member(1, "error")), ("b".into(), "doesn't answer".into()));
    }

    #[test]
    fn replicas_that_differ_are_named() {
        let rows = [row("a", Ok(answer("a", "leader", 1))), row("b", Ok(answer("b", "follower", 2)))];
        assert_eq!(troubles(&rows), ["b and a differ at index 2048"]);
    }

    #[test]
    fn a_node_without_a_leader_is_in_trouble() {
        let lonely = StatusResponse { leader: String::new(), ..answer("a", "candidate", 1) };
        assert_eq!(troubles(&[row("a", Ok(lonely))]), ["a knows no leader"]);
    }
}
