//! Starting a replica: the folder is opened and repaired, Raft starts on a runtime of its own, and the node port listens. Forming or
//! joining the cluster goes on in the background.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::service::InterceptorLayer;
use tonic::service::Routes;
use tonic::transport::Server;

use crate::cluster_service::ClusterService;
use crate::config::{Config, ExtraServices, Listen, Security, StoreKind, Tuning};
use crate::core::Core;
use crate::identity::{self, Identity};
use crate::inflight::Inflight;
use crate::log_store::{self, LogStore};
use crate::network::{MESSAGE_BYTES_MAX, NetworkFactory, RaftService};
use crate::open_state::open_state;
use crate::peers::Peers;
use crate::security::{self, Credentials, Verifier};
use crate::snapshot::Snapshots;
use crate::state::{Options, State};
use crate::state_machine::StateMachine;
use crate::type_config::Raft;
use crate::view_marker::ViewMarker;
use crate::{HARD_LIMIT_BYTES, Leadership, Member, Replica, join, leadership, metric, read, upkeep, wal};

const LOG_FOLDER: &str = "log";
const SNAPSHOT_FOLDER: &str = "snapshots";

/// Memory for recent entries in the form in which they are on disk, in bytes.
const LOG_READ_CACHE_BYTES: usize = 4 << 20;

/// Longest wait while a snapshot that is sent makes no progress.
const SNAPSHOT_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a replica doesn't start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration contradicts itself.
    #[error("configuration: {0}")]
    Config(String),
    /// Another process uses the folder.
    #[error("{} is in use by another process", .0.display())]
    Locked(PathBuf),
    /// The folder was written by another node.
    #[error("{} belongs to node {found}, and this node is {expected}", folder.display())]
    WrongNode {
        /// The folder.
        folder: PathBuf,
        /// Node that wrote it.
        found: String,
        /// This node.
        expected: String,
    },
    /// Something is missing from the folder that was there, or contradicts the rest.
    #[error("{}: {reason}", folder.display())]
    Damaged {
        /// The folder.
        folder: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Certificates or keys can't be used.
    #[error("certificates: {0}")]
    Tls(String),
    /// The node port can't be bound.
    #[error("can't listen on the node port: {0}")]
    Listen(#[source] std::io::Error),
    /// Reading or writing the folder failed.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The log can't be opened.
    #[error("the log can't be opened: {0}")]
    Log(String),
    /// Raft didn't start.
    #[error("raft didn't start: {0}")]
    Raft(String),
}

impl Error {
    fn io(what: &str) -> impl FnOnce(std::io::Error) -> Error {
        let what = what.to_owned();
        move |source| Error::Io { what, source }
    }
}

/// What a folder holds.
struct Opened {
    identity: Identity,
    log: LogStore,
    snapshots: Arc<Snapshots>,
    state: Arc<State>,
    marker: ViewMarker,
    disk_low: Arc<AtomicBool>,
}

/// Starts a replica.
pub(crate) async fn start(config: Config) -> Result<Replica, Error> {
    check(&config)?;
    let Config { folder, node_name, listen, peers, security, store, tuning, extra_services, fault } = config;
    let credentials = Credentials::new(&security).map_err(Error::Config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(tuning.threads.max(1))
        .thread_name("keepstep-raft")
        .enable_all()
        .build()
        .map_err(Error::io("raft's runtime can't be started"))?;
    let started = runtime
        .spawn(async move {
            let listener = match listen {
                Listen::Addr(addr) => TcpListener::bind(addr),
                Listen::Bound(listener) => Ok(listener),
            }
            .map_err(Error::Listen)?;
            let local_addr = listener.local_addr().map_err(Error::Listen)?;
            let me = advertised(&peers, &node_name, local_addr);
            let opening = tuning.clone();
            let name = node_name.clone();
            let opened = tokio::task::spawn_blocking(move || open(&folder, &name, store, &opening))
                .await
                .map_err(|error| Error::Raft(error.to_string()))??;
            let peers = Arc::new(Peers::new(&node_name, &peers, security.clone(), credentials, fault));
            let (core, waiting) = start_raft(opened, peers, me, tuning).await?;
            Ok((core, waiting, listener, local_addr, security))
        })
        .await
        .map_err(|error| Error::Raft(error.to_string()))
        .and_then(|result| result);
    let (core, waiting, listener, local_addr, security) = match started {
        Ok(started) => started,
        Err(error) => {
            runtime.shutdown_background();
            return Err(error);
        }
    };
    runtime.spawn(read::serve(Arc::clone(&core), waiting));
    runtime.spawn(leadership::watch(Arc::clone(&core)));
    runtime.spawn(leadership::watch_failures(Arc::clone(&core)));
    let replica = Replica::new(Arc::clone(&core), runtime, local_addr);
    if let Err(error) = serve(&replica, &core, listener, &security, extra_services) {
        replica.crash().await;
        return Err(error);
    }
    replica.spawn(upkeep::run(Arc::clone(&core)));
    replica.spawn(join::run(core));
    Ok(replica)
}

fn check(config: &Config) -> Result<(), Error> {
    let wrong = |text: &str| Err(Error::Config(text.to_owned()));
    if config.node_name.is_empty() {
        return wrong("the node has no name");
    }
    let mut names: Vec<&str> = config.peers.iter().map(|member| member.name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
        return wrong("two peers have the same name");
    }
    if !names.contains(&config.node_name.as_str()) {
        return wrong("this node isn't one of the peers");
    }
    if config.peers.iter().any(|member| member.addr.is_empty() && member.name != config.node_name) {
        return wrong("a peer has no address");
    }
    if matches!(&config.security, Security::Secret(secret) if secret.is_empty()) {
        return wrong("the cluster secret is empty");
    }
    let tuning = &config.tuning;
    if tuning.heartbeat * 4 >= tuning.election_max || tuning.election_min >= tuning.election_max {
        return wrong("an election takes longer than four heartbeats, and at most longer than at least");
    }
    if tuning.hash_interval == 0 || tuning.overlay_bytes < 2 || tuning.append_bytes_max == 0 {
        return wrong("hash_interval, overlay_bytes and append_bytes_max must not be 0");
    }
    if tuning.append_bytes_max + 2 * HARD_LIMIT_BYTES > MESSAGE_BYTES_MAX {
        return wrong("append_bytes_max is too large for a message");
    }
    Ok(())
}

/// This node as the others know it.
fn advertised(peers: &[Member], node_name: &str, local_addr: SocketAddr) -> Member {
    let configured = peers.iter().find(|member| member.name == node_name).map(|member| member.addr.clone());
    let addr = configured.filter(|addr| !addr.is_empty()).unwrap_or_else(|| local_addr.to_string());
    Member { name: node_name.to_owned(), addr }
}

/// Opens the folder. Blocks.
fn open(folder: &Path, node_name: &str, store: StoreKind, tuning: &Tuning) -> Result<Opened, Error> {
    std::fs::create_dir_all(folder).map_err(Error::io("the data folder can't be made"))?;
    let damaged = |reason: String| Error::Damaged { folder: folder.to_owned(), reason };
    let found = Identity::read(folder).map_err(|error| match error {
        identity::Error::Io(source) => {
            Error::Io { what: "the folder's identity can't be read".to_owned(), source }
        }
        identity::Error::Malformed(reason) => damaged(format!("its identity is damaged: {reason}")),
    })?;
    if let Some(identity) = &found
        && identity.node_name() != node_name
    {
        return Err(Error::WrongNode {
            folder: folder.to_owned(),
            found: identity.node_name().to_owned(),
            expected: node_name.to_owned(),
        });
    }
    let log_folder = folder.join(LOG_FOLDER);
    if found.is_some() && !log_folder.exists() {
        return Err(damaged(
            "its log is missing; remove the folder's content so that the node joins its cluster anew"
                .to_owned(),
        ));
    }
    let disk_low = Arc::new(AtomicBool::new(false));
    let options = wal::Options {
        segment_bytes: u32::try_from(tuning.log_segment_bytes)
            .map_err(|_| Error::Config("a log segment has at most 4 GiB".to_owned()))?,
        max_entry_bytes: HARD_LIMIT_BYTES + (64 << 10),
        // The log store keeps recent entries itself.
        cache_bytes: LOG_READ_CACHE_BYTES,
        observer: Arc::new(metric::LogObserver::new(Arc::clone(&disk_low))),
        ..wal::Options::default()
    };
    let (log, created) =
        LogStore::open(&log_folder, options, tuning.log_cache_bytes, tuning.append_bytes_max).map_err(
            |error| match error {
                log_store::OpenError::Wal(wal::OpenError::Locked { folder }) => Error::Locked(folder),
                error => Error::Log(error.to_string()),
            },
        )?;
    let identity = match found {
        Some(_) if created => {
            // The log was made just now: without this, the next start would take it for the node's own.
            drop(log);
            let _ = std::fs::remove_dir_all(&log_folder);
            return Err(damaged(
                "its log is empty; remove the folder's content so that the node joins its cluster anew"
                    .to_owned(),
            ));
        }
        Some(identity) => identity,
        None if log.span().1.is_some() => {
            return Err(damaged("it has a log and no identity; remove the folder's content".to_owned()));
        }
        // The last step of making a folder: before it, the node hasn't said anything to anyone.
        None => Identity::create(folder, node_name)
            .map_err(Error::io("the folder's identity can't be written"))?,
    };
    let snapshots = Arc::new(
        Snapshots::open(folder.join(SNAPSHOT_FOLDER)).map_err(Error::io("the snapshots can't be opened"))?,
    );
    let (marker, last_stop) =
        ViewMarker::read(folder).map_err(Error::io("the view's marker can't be read"))?;
    let options = Options { overlay_bytes: tuning.overlay_bytes, hash_interval: tuning.hash_interval };
    let state = open_state(folder, store, tuning.store_cache_bytes, options, &log, &snapshots, &last_stop)?;
    marker.running().map_err(Error::io("the view's marker can't be written"))?;
    let state = Arc::new(state);
    let durable = log.clone();
    state
        .start_flusher(Arc::new(move || durable.durable_index()))
        .map_err(Error::io("the flusher's thread can't be started"))?;
    Ok(Opened { identity, log, snapshots, state, marker, disk_low })
}

async fn start_raft(
    opened: Opened,
    peers: Arc<Peers>,
    me: Member,
    tuning: Tuning,
) -> Result<(Arc<Core>, mpsc::Receiver<read::Waiting>), Error> {
    let Opened { identity, log, snapshots, state, marker, disk_low } = opened;
    let identity = Arc::new(identity);
    let factory = NetworkFactory {
        identity: Arc::clone(&identity),
        peers: Arc::clone(&peers),
        answer_timeout: tuning.election_max * 2,
        snapshot_timeout: SNAPSHOT_TIMEOUT,
    };
    let machine = StateMachine::new(Arc::clone(&state), Arc::clone(&snapshots));
    let raft_config = raft_config(&tuning)?;
    let raft = Raft::new(identity.raft_id(), Arc::new(raft_config), factory, log.clone(), machine)
        .await
        .map_err(|error| Error::Raft(error.to_string()))?;
    let (reads, waiting) = mpsc::channel(read::WAITING_MAX);
    let core = Core {
        identity,
        peers,
        me,
        raft,
        state,
        log,
        snapshots,
        marker,
        inflight: Inflight::new(tuning.inflight_count_max, tuning.inflight_bytes_max),
        tuning,
        disk_low,
        reads,
        leadership: watch::Sender::new(Leadership::Follower { leader: None }),
        failure: watch::Sender::new(None),
        stop: CancellationToken::new(),
    };
    Ok((Arc::new(core), waiting))
}

fn raft_config(tuning: &Tuning) -> Result<openraft::Config, Error> {
    // openraft lets the leader's lease, which is its longest timeout, run out first, and then waits for a timeout.
    let lease = tuning.election_max / 2;
    let timeout_min =
        tuning.election_min.saturating_sub(lease).max(tuning.heartbeat + Duration::from_millis(1));
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    openraft::Config {
        cluster_name: "keepstep".to_owned(),
        heartbeat_interval: millis(tuning.heartbeat),
        election_timeout_min: millis(timeout_min),
        election_timeout_max: millis(lease),
        install_snapshot_timeout: millis(SNAPSHOT_TIMEOUT),
        // Snapshots and purges are ours to decide: by bytes, and not by entries.
        snapshot_policy: openraft::SnapshotPolicy::Never,
        max_in_snapshot_log_to_keep: u64::MAX,
        // Bounded in bytes by the log store.
        max_payload_entries: 4096,
        // A node that can't win must not disturb the cluster.
        enable_pre_vote: Some(true),
        // A restarted leader starts a new term: in its old one it could answer reads from before its own acknowledged writes.
        enable_leader_restore: Some(false),
        ..openraft::Config::default()
    }
    .validate()
    .map_err(|error| Error::Config(error.to_string()))
}

/// Serves the node port until the replica stops.
fn serve(
    replica: &Replica,
    core: &Arc<Core>,
    listener: TcpListener,
    security: &Security,
    extra_services: Option<ExtraServices>,
) -> Result<(), Error> {
    let mut server = Server::builder()
        .tcp_nodelay(true)
        .initial_stream_window_size(u32::try_from(MESSAGE_BYTES_MAX).ok())
        .initial_connection_window_size(u32::try_from(2 * MESSAGE_BYTES_MAX).ok())
        .http2_keepalive_interval(Some(Duration::from_secs(5)));
    if let Some(tls) = security::server_tls(security) {
        server = server.tls_config(tls).map_err(|error| Error::Tls(error.to_string()))?;
    }
    let routes = extra_services.map_or_else(Routes::default, |services| services(replica));
    let routes = routes
        .add_service(RaftService::server(Arc::clone(core)))
        .add_service(ClusterService::server(Arc::clone(core)));
    listener.set_nonblocking(true).map_err(Error::Listen)?;
    let core = Arc::clone(core);
    let router = server.layer(InterceptorLayer::new(Verifier::new(security))).add_routes(routes);
    replica.spawn(async move {
        let listener = match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => listener,
            Err(error) => return core.fail(format!("the node port can't be used: {error}")),
        };
        let stop = core.stop.clone().cancelled_owned();
        if let Err(error) = router.serve_with_incoming_shutdown(TcpListenerStream::new(listener), stop).await
        {
            core.fail(format!("the node port stopped: {error}"));
        }
    });
    Ok(())
}
