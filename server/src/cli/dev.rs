//! `keepstep dev`: a cluster of child processes on the loopback interface, each with its own ports and folder. For trying things out
//! only: nobody has to show credentials unless they are configured by the environment.

use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use futures::stream::{FuturesUnordered, StreamExt};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// Ports of one node follow those of the one before at this distance.
const PORT_STEP: u16 = 10;
const NODES_MAX: u16 = 9;
/// How long nodes may take to stop before they are killed.
const STOP_MAX: Duration = Duration::from_secs(20);

/// Its flags.
#[derive(Args)]
pub(super) struct Flags {
    /// How many nodes.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=i64::from(NODES_MAX)))]
    nodes: u16,
    /// Folder that holds the nodes' folders.
    #[arg(long, env = "KEEPSTEP_DATA", value_name = "FOLDER", default_value = "./keepstep-data/dev")]
    data: PathBuf,
    /// API port of the first node; its node port is the next one, and further nodes follow at a distance of 10.
    #[arg(long, value_name = "PORT", default_value_t = 8083)]
    api_port: u16,
    /// Further arguments for each `keepstep serve`.
    #[arg(last = true, value_name = "ARGUMENTS")]
    arguments: Vec<String>,
}

/// One node of the cluster.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    name: String,
    api: String,
    node: String,
    folder: PathBuf,
}

pub(super) fn run(flags: Flags) -> anyhow::Result<ExitCode> {
    let plans = plan(&flags)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(supervise(&plans, &flags.arguments))
}

fn plan(flags: &Flags) -> anyhow::Result<Vec<Plan>> {
    (0..flags.nodes)
        .map(|index| {
            let api = index.checked_mul(PORT_STEP).and_then(|offset| flags.api_port.checked_add(offset));
            let node = api.and_then(|port| port.checked_add(1));
            let (api, node) = api.zip(node).context("there are no ports above 65535")?;
            let name = format!("node-{}", index + 1);
            Ok(Plan {
                api: format!("127.0.0.1:{api}"),
                node: format!("127.0.0.1:{node}"),
                folder: flags.data.join(&name),
                name,
            })
        })
        .collect()
}

fn arguments(plan: &Plan, all: &[Plan]) -> Vec<String> {
    let peers: Vec<_> = all.iter().map(|plan| format!("{}={}", plan.name, plan.node)).collect();
    let mut arguments = vec![
        "serve".to_owned(),
        format!("--node-name={}", plan.name),
        format!("--data={}", plan.folder.display()),
        format!("--api-listen={}", plan.api),
        format!("--node-listen={}", plan.node),
        "--insecure-no-auth".to_owned(),
    ];
    if all.len() > 1 {
        arguments.push(format!("--peers={}", peers.join(",")));
    }
    arguments
}

async fn supervise(plans: &[Plan], further: &[String]) -> anyhow::Result<ExitCode> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let program = std::env::current_exe().context("this program's own file isn't known")?;
    let mut running = FuturesUnordered::new();
    let mut pids = Vec::new();
    for plan in plans {
        let child = Command::new(&program)
            .args(arguments(plan, plans))
            .args(further)
            .stdin(Stdio::null())
            // A signal from the terminal goes to this process alone, which passes it on once.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} doesn't start", plan.name))?;
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        pids.extend(pid);
        super::print(&format!(
            "{}: endpoint http://{}, node port {}, process {}, folder {}\n",
            plan.name,
            plan.api,
            plan.node,
            child.id().unwrap_or_default(),
            plan.folder.display()
        ));
        running.push(wait(&plan.name, child));
    }
    let mut failed = false;
    loop {
        tokio::select! {
            ended = running.next() => match ended {
                None => return Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }),
                Some((name, status)) => failed |= !report(name, status),
            },
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    for pid in pids {
        // One that has ended already needs no signal.
        let _ = kill_process(pid, Signal::TERM);
    }
    let stopping = async {
        let mut clean = true;
        while let Some((name, status)) = running.next().await {
            clean &= report(name, status);
        }
        clean
    };
    match tokio::time::timeout(STOP_MAX, stopping).await {
        Ok(true) => Ok(ExitCode::SUCCESS),
        Ok(false) => Ok(ExitCode::FAILURE),
        // Those that are left are killed when their handles are dropped.
        Err(_) => anyhow::bail!("some nodes didn't stop within {} s and are killed", STOP_MAX.as_secs()),
    }
}

async fn wait(name: &str, mut child: Child) -> (&str, std::io::Result<ExitStatus>) {
    (name, child.wait().await)
}

/// Says that a node ended, and returns whether it ended well. The others go on: losing a node is what a cluster is for.
fn report(name: &str, status: std::io::Result<ExitStatus>) -> bool {
    match status {
        Ok(status) => {
            super::print(&format!("{name} ended: {status}\n"));
            status.success()
        }
        Err(error) => {
            super::print(&format!("{name} can't be waited for: {error}\n"));
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(nodes: u16, api_port: u16) -> Flags {
        Flags { nodes, data: PathBuf::from("data"), api_port, arguments: Vec::new() }
    }

    #[test]
    fn each_node_has_its_own_ports_and_folder_and_knows_the_others() {
        let plans = plan(&flags(2, 8083)).expect("ports");
        let node = |name: &str, api: &str, node: &str, folder: &str| Plan {
            name: name.to_owned(),
            api: api.to_owned(),
            node: node.to_owned(),
            folder: PathBuf::from(folder),
        };
        assert_eq!(
            plans,
            [
                node("node-1", "127.0.0.1:8083", "127.0.0.1:8084", "data/node-1"),
                node("node-2", "127.0.0.1:8093", "127.0.0.1:8094", "data/node-2"),
            ]
        );
        let expected = [
            "serve",
            "--node-name=node-2",
            "--data=data/node-2",
            "--api-listen=127.0.0.1:8093",
            "--node-listen=127.0.0.1:8094",
            "--insecure-no-auth",
            "--peers=node-1=127.0.0.1:8084,node-2=127.0.0.1:8094",
        ];
        assert_eq!(arguments(&plans[1], &plans), expected);
    }

    #[test]
    fn ports_end_somewhere() {
        assert!(plan(&flags(3, 65_530)).is_err());
        assert!(plan(&flags(1, 65_535)).is_err());
    }
}
