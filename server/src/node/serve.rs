//! Starts a node, serves until it is told to stop or can't go on, and stops it: no more work is taken, leadership is handed over, and
//! everything is flushed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use keepstep_engine::id::NodeId;
use keepstep_gateway::Gateway;
use keepstep_proto::workflow::v1::workflow_server::WorkflowServer;
use keepstep_raft::Replica;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use super::ledger::ReplicaLedger;
use super::on_runtime::OnRuntime;
use super::probes::NodeProbes;
use super::{Node, clock_watch, observe};
use crate::backlog::Background;
use crate::express::{self, Arrivals, Express, Room, Starts};
use crate::leader::{self, Engine, Outside};
use crate::logs::Logs;
use crate::s3::Stores;
use crate::service::WorkflowService;
use crate::status_changes::Target;
use crate::traces::Traces;
use crate::{config, lambda};

/// The largest message between gateways and nodes, in bytes: a page of history can be large.
pub(crate) const MESSAGE_BYTES_MAX: usize = 64 << 20;

/// How long a node that stops waits until the logs and traces of executions are out.
const TELL_WITHIN: Duration = Duration::from_secs(5);

/// Runs a node to its end.
///
/// # Errors
///
/// Whatever keeps the node from starting or going on; a stop that was asked for is none.
pub(crate) async fn serve(config: config::Node) -> anyhow::Result<()> {
    observe::start_logging(config.log_format, &config.log)?;
    let metrics = observe::start_metrics()?;
    let mut stop = Stop::new()?;
    let gateway_options = config.gateway.clone();
    say_what_is_open(&config);
    let own_name = &config.replica.node_name;
    let peers: Vec<_> =
        config.replica.peers.iter().map(|peer| peer.name.clone()).filter(|name| name != own_name).collect();
    let Started { replica, service, node, arrivals, telling } = start(config).await?;
    let status = replica.status();
    tracing::info!(node = status.node_name, raft_id = status.raft_id, address = %replica.local_addr(), "the node port listens");

    let workflow = keepstep_gateway::workflow::over(service);
    let workflow =
        workflow.max_decoding_message_size(MESSAGE_BYTES_MAX).max_encoding_message_size(MESSAGE_BYTES_MAX);
    let probes = Arc::new(NodeProbes::new(replica.clone()));
    let gateway = match Gateway::bind(gateway_options, workflow, probes, metrics).await {
        Ok(gateway) => gateway,
        Err(error) => {
            replica.shutdown().await;
            return Err(error.into());
        }
    };
    for address in gateway.local_addrs() {
        tracing::info!(%address, "the API listens: http://{address}");
    }
    tokio::spawn(clock_watch::run(replica.clone(), peers.clone()));
    let leadership = clock_watch::checked_leadership(&replica, peers);
    let backing = WorkflowService::new(node.clone());
    tokio::spawn(express::own(node.express().clone(), backing, arrivals));
    tokio::spawn(leader::lead(node.engine().clone(), leadership));

    let ending = CancellationToken::new();
    let mut serving = tokio::spawn(gateway.serve(ending.clone()));
    let mut failure = replica.failure();
    let reason = tokio::select! {
        signal = stop.next() => {
            tracing::info!(signal, "stopping");
            Ok(())
        }
        failed = failure.wait_for(Option::is_some) => {
            let reason = failed.ok().and_then(|failure| failure.clone()).map(|failure| failure.reason);
            Err(anyhow::anyhow!("the replica can't go on: {}", reason.unwrap_or_else(|| "it has stopped".to_owned())))
        }
        served = &mut serving => {
            let error = served.map_err(anyhow::Error::from).and_then(|served| Ok(served?));
            Err(error.err().unwrap_or_else(|| anyhow::anyhow!("the gateway ended by itself")))
        }
    };
    if let Err(error) = &reason {
        // Nothing is acknowledged any more: waiting for requests in flight or for a successor would only delay the restart.
        tracing::error!(%error, "the node ends");
        return reason;
    }
    tokio::spawn(async move {
        let signal = stop.next().await;
        tracing::warn!(signal, "stopping at once");
        std::process::exit(1);
    });
    ending.cancel();
    if let Err(error) = serving.await {
        tracing::warn!(%error, "the gateway didn't end cleanly");
    }
    replica.shutdown().await;
    let told = telling.into_iter().map(|background| background.close(TELL_WITHIN));
    futures::future::join_all(told).await;
    tracing::info!("stopped");
    Ok(())
}

/// What a node is made of.
struct Started {
    replica: Replica,
    service: WorkflowServer<WorkflowService>,
    node: Node,
    arrivals: Arrivals,
    /// The tasks that tell others of executions.
    telling: Vec<Background>,
}

async fn start(config: config::Node) -> anyhow::Result<Started> {
    let mut replica_config = config.replica;
    let (runtime, settings, room) = (Handle::current(), config.leader, config.express);
    let targets = config.status_changes.targets().context("status changes can't be told")?;
    if !targets.is_empty() {
        let targets: Vec<_> = targets.iter().map(Target::name).collect();
        tracing::info!(?targets, "executions' status changes are told");
    }
    let logs = Logs::start(config.logs, &runtime);
    let (logs, writing) = logs.context("the logs of executions can't be written")?;
    let (traces, sending) = Traces::start(config.traces, &runtime);
    let lambda = lambda::Client::new(config.lambda);
    let outside = Outside::new(lambda, Stores::new(config.s3), targets, logs, traces);
    // The services are made while the replica starts, since the node port serves them from the first moment on.
    let made = Arc::new(Mutex::new(None));
    let making = Arc::clone(&made);
    replica_config.extra_services = Some(Box::new(move |replica: &Replica| {
        let made = services(replica, runtime.clone(), outside, settings, room);
        let routes = match &made {
            Ok((service, ..)) => Routes::new(OnRuntime::new(service.clone(), runtime)),
            Err(_) => Routes::default(),
        };
        *making.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
        routes
    }));
    let replica = Replica::start(replica_config).await.context("the replica doesn't start")?;
    let made = made.lock().unwrap_or_else(PoisonError::into_inner).take();
    let (service, node, arrivals) = made.context("the replica started without its services")??;
    let telling = std::iter::once(writing).chain(sending).collect();
    Ok(Started { replica, service, node, arrivals, telling })
}

fn services(
    replica: &Replica,
    runtime: Handle,
    outside: Outside,
    settings: leader::Settings,
    room: Room,
) -> anyhow::Result<(WorkflowServer<WorkflowService>, Node, Arrivals)> {
    let ledger = Arc::new(ReplicaLedger::new(replica.clone()));
    let (starts, arrivals) = Starts::new(NodeId(replica.status().raft_id));
    let engine = Engine::new(ledger, outside, starts, settings, runtime)
        .context("the evaluation threads don't start")?;
    let node = Node::new(engine.clone(), Express::new(engine, room), replica.clone());
    let service = WorkflowServer::new(WorkflowService::new(node.clone()))
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX);
    Ok((service, node, arrivals))
}

/// The gateway says so itself where it asks for no credentials.
fn say_what_is_open(config: &config::Node) {
    if matches!(config.replica.security, keepstep_raft::Security::Insecure) {
        tracing::warn!(
            "nodes don't prove who they are: neither mutual TLS nor a cluster secret is configured"
        );
    }
}

/// The signals that ask a node to stop.
struct Stop {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    fn new() -> anyhow::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
