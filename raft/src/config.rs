//! What a replica is told when it starts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tonic::service::Routes;

use crate::{FaultHook, Member, Replica};

/// Adds the caller's own gRPC services to the node port, with the same authentication as the node's own.
pub type ExtraServices = Box<dyn FnOnce(&Replica) -> Routes + Send>;

/// How to start a replica.
pub struct Config {
    /// Folder for everything this node stores. Made if it doesn't exist.
    pub folder: PathBuf,
    /// Name of this node: one of `peers`, and always the same for one folder.
    pub node_name: String,
    /// Where the node port listens.
    pub listen: Listen,
    /// Every node of the cluster, this one included. Only this one: a cluster of a single node.
    pub peers: Vec<Member>,
    /// How nodes prove to each other who they are.
    pub security: Security,
    /// Where the replicated state is kept.
    pub store: StoreKind,
    /// Times and sizes.
    pub tuning: Tuning,
    /// The caller's own services on the node port.
    pub extra_services: Option<ExtraServices>,
    /// Lets tests cut this node off from others.
    pub fault: Option<FaultHook>,
}

impl Config {
    /// A single node that listens on a free port of the loopback interface, with defaults for everything else.
    #[must_use]
    pub fn single(folder: PathBuf, node_name: &str) -> Config {
        Config {
            folder,
            node_name: node_name.to_owned(),
            listen: Listen::Addr(SocketAddr::from(([127, 0, 0, 1], 0))),
            peers: vec![Member { name: node_name.to_owned(), addr: String::new() }],
            security: Security::Insecure,
            store: StoreKind::Sled,
            tuning: Tuning::default(),
            extra_services: None,
            fault: None,
        }
    }
}

/// Where the node port listens.
#[derive(Debug)]
pub enum Listen {
    /// Bind this address.
    Addr(SocketAddr),
    /// Use this listener, which is bound already.
    Bound(std::net::TcpListener),
}

/// How nodes prove to each other who they are.
#[derive(Clone)]
pub enum Security {
    /// Not at all. Whoever reaches the port can read and change everything.
    Insecure,
    /// Every request carries this secret. It isn't encrypted: for networks that nobody listens on.
    Secret(String),
    /// Both ends present a certificate that the same authority signed.
    MutualTls {
        /// Certificate of the authority, PEM.
        ca: Vec<u8>,
        /// Certificate of this node with its chain, PEM. It names the host under which peers reach the node.
        cert: Vec<u8>,
        /// Private key of this node, PEM.
        key: Vec<u8>,
    },
}

impl std::fmt::Debug for Security {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Security::Insecure => "Insecure",
            Security::Secret(_) => "Secret",
            Security::MutualTls { .. } => "MutualTls",
        })
    }
}

/// Where the replicated state is kept. The truth on disk is the log and the snapshots in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// In sled, below the node's folder.
    Sled,
    /// In memory: rebuilt from snapshot and log at each start.
    Memory,
}

/// Times and sizes. The defaults suit a server; tests make them smaller.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// How often a leader says that it is there.
    pub heartbeat: Duration,
    /// About the shortest time without a leader after which a node stands for election.
    pub election_min: Duration,
    /// Longest time without a leader after which a node stands for election.
    pub election_max: Duration,
    /// Threads of the runtime that Raft has for itself.
    pub threads: usize,
    /// Memory for sled's page cache, in bytes.
    pub store_cache_bytes: u64,
    /// Memory for recent writes that aren't in the store yet, in bytes. When twice as much waits, applying waits too.
    pub overlay_bytes: usize,
    /// Memory for recent log entries, in bytes, so that applying and replicating seldom read the disk.
    pub log_cache_bytes: usize,
    /// Largest size of the entries sent in one request, in bytes. One entry is always sent.
    pub append_bytes_max: usize,
    /// Transactions that may be in flight at once, in bytes of their encoded form. Beyond it they are refused as overload.
    pub inflight_bytes_max: usize,
    /// Transactions that may be in flight at once.
    pub inflight_count_max: usize,
    /// How long a proposal waits for its outcome before that counts as unknown.
    pub propose_timeout: Duration,
    /// How long a read waits for a leader and for this replica to catch up.
    pub read_timeout: Duration,
    /// A snapshot is built when the log since the last one is larger than the state and than this, in bytes.
    pub snapshot_log_bytes_min: u64,
    /// Log that is kept behind the newest snapshot for replicas that lag, in bytes.
    pub log_retention_bytes: u64,
    /// Size of a file of the log, in bytes.
    pub log_segment_bytes: u64,
    /// State hashes are recorded at log indexes divisible by this.
    pub hash_interval: u64,
    /// How often snapshots, purges, hashes and metrics are seen to.
    pub upkeep_interval: Duration,
    /// A joining replica that lacks at most this many entries is made a voter.
    pub join_lag_max: u64,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            heartbeat: Duration::from_millis(100),
            election_min: Duration::from_millis(500),
            election_max: Duration::from_millis(1000),
            threads: 2,
            store_cache_bytes: 64 << 20,
            overlay_bytes: 32 << 20,
            log_cache_bytes: 32 << 20,
            append_bytes_max: 2 << 20,
            inflight_bytes_max: 64 << 20,
            inflight_count_max: 16_384,
            propose_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(5),
            snapshot_log_bytes_min: 64 << 20,
            log_retention_bytes: 256 << 20,
            log_segment_bytes: 32 << 20,
            hash_interval: 1024,
            upkeep_interval: Duration::from_secs(1),
            join_lag_max: 1_000,
        }
    }
}
