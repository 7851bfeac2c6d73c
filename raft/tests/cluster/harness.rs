//! Nodes of a cluster in this process, which can be killed, cut off and started again. Waits for conditions, and panics when one
//! doesn't come true in a generous time.

use std::net::{SocketAddr, TcpListener};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use keepstep_raft::{
    Config, Direction, Expect, FaultHook, Guard, Leadership, Listen, Member, Outcome, Replica, Security,
    StoreKind, Tuning, Txn, Versioned, Write, propose,
};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) addr: SocketAddr,
    pub(crate) fault: FaultHook,
    pub(crate) replica: Option<Replica>,
}

pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Node>,
    pub(crate) tuning: Tuning,
    pub(crate) security: Security,
    pub(crate) store: StoreKind,
    _root: TempDir,
}

/// Times and sizes that show in seconds what takes minutes otherwise.
pub(crate) fn quick() -> Tuning {
    Tuning {
        heartbeat: Duration::from_millis(100),
        hash_interval: 16,
        upkeep_interval: Duration::from_millis(200),
        log_segment_bytes: 16 << 20,
        store_cache_bytes: 4 << 20,
        read_timeout: Duration::from_secs(3),
        propose_timeout: Duration::from_secs(3),
        ..Tuning::default()
    }
}

/// An address that was free a moment ago. Its port lies below those that the kernel takes for outgoing connections: one of them could
/// take the port of a node that is down.
fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let offset = std::process::id() % 5_000;
    (0..10_000)
        .map(|_| 12_000 + (offset + u32::from(NEXT.fetch_add(1, Ordering::Relaxed))) % 20_000)
        .filter_map(|port| Some(SocketAddr::from(([127, 0, 0, 1], u16::try_from(port).ok()?))))
        .find(|addr| TcpListener::bind(addr).is_ok())
        .expect("a free port")
}

impl Cluster {
    /// Nodes n0, n1, ... that don't run yet.
    pub(crate) fn new(size: usize, tuning: Tuning) -> Cluster {
        let root = tempfile::tempdir().expect("a folder");
        let nodes = (0..size)
            .map(|number| Node {
                name: format!("n{number}"),
                folder: root.path().join(format!("n{number}")),
                addr: free_address(),
                fault: FaultHook::default(),
                replica: None,
            })
            .collect();
        Cluster { nodes, tuning, security: Security::Insecure, store: StoreKind::Sled, _root: root }
    }

    /// A cluster whose nodes all run.
    pub(crate) async fn start(size: usize, tuning: Tuning) -> Cluster {
        let mut cluster = Cluster::new(size, tuning);
        for number in 0..size {
            cluster.start_node(number).await;
        }
        cluster.leader().await;
        cluster
    }

    pub(crate) fn config(&self, number: usize) -> Config {
        let node = &self.nodes[number];
        Config {
            folder: node.folder.clone(),
            node_name: node.name.clone(),
            listen: Listen::Addr(node.addr),
            peers: self
                .nodes
                .iter()
                .map(|node| Member { name: node.name.clone(), addr: node.addr.to_string() })
                .collect(),
            security: self.security.clone(),
            store: self.store,
            tuning: self.tuning.clone(),
            extra_services: None,
            fault: Some(node.fault.clone()),
        }
    }

    pub(crate) async fn start_node(&mut self, number: usize) {
        let replica = Replica::start(self.config(number)).await.expect("the node starts");
        self.nodes[number].replica = Some(replica);
    }

    /// Stops a node as a crash would.
    pub(crate) async fn kill(&mut self, number: usize) {
        self.nodes[number].replica.take().expect("the node runs").crash().await;
    }

    pub(crate) fn replica(&self, number: usize) -> &Replica {
        self.nodes[number].replica.as_ref().expect("the node runs")
    }

    pub(crate) fn running(&self) -> impl Iterator<Item = (usize, &Replica)> {
        self.nodes.iter().enumerate().filter_map(|(number, node)| Some((number, node.replica.as_ref()?)))
    }

    /// Cuts a node off from all others, both ways.
    pub(crate) fn isolate(&self, number: usize) {
        self.each_link(number, FaultHook::cut);
    }

    pub(crate) fn heal(&self, number: usize) {
        self.each_link(number, FaultHook::heal);
    }

    fn each_link(&self, number: usize, change: fn(&FaultHook, &str)) {
        for (other, node) in self.nodes.iter().enumerate().filter(|(other, _)| *other != number) {
            change(&self.nodes[number].fault, &node.name);
            change(&self.nodes[other].fault, &self.nodes[number].name);
        }
    }

    /// The node that leads in the newest term.
    pub(crate) async fn leader(&self) -> usize {
        self.leader_among(|_| true).await
    }

    pub(crate) async fn leader_among(&self, accept: impl Fn(usize) -> bool) -> usize {
        let mut found = None;
        until("a leader", || {
            found = self
                .running()
                .filter(|(number, _)| accept(*number))
                .filter_map(|(number, replica)| match *replica.leadership().borrow() {
                    Leadership::Leader { term, .. } => Some((term, number)),
                    _ => None,
                })
                .max();
            found.is_some()
        })
        .await;
        found.expect("just found").1
    }

    /// Proposes through whoever leads until it is committed. Only for what may be done twice.
    pub(crate) async fn write(&self, txn: &Txn) -> u64 {
        let started = Instant::now();
        loop {
            let leader = self.leader().await;
            match self.replica(leader).propose(txn.clone()).await {
                Ok(Outcome::Committed { revision }) => return revision,
                Ok(Outcome::Refused { key }) => panic!("refused for {key:?}"),
                Err(error) => assert!(started.elapsed() < PATIENCE, "not written: {error}"),
            }
        }
    }

    pub(crate) async fn put(&self, key: &str, value: &str) -> u64 {
        self.write(&put(key, value)).await
    }

    /// Waits until all running nodes have applied the same entries, and asserts that they have the same state.
    pub(crate) async fn agree(&self) {
        until("all replicas applied the same", || {
            let mut applied = self
                .running()
                .map(|(_, replica)| replica.status())
                .map(|status| (status.applied, status.last_log));
            let first = applied.next().expect("a node runs");
            first.0 == first.1 && applied.all(|other| other == first)
        })
        .await;
        let states: Vec<_> =
            self.running().map(|(_, replica)| (replica.status().current_hash, pairs(replica))).collect();
        for state in &states {
            assert_eq!(*state, states[0]);
        }
    }
}

/// Waits until a condition holds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "waited for too long: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(crate) fn put(key: &str, value: &str) -> Txn {
    let write = Write::Put {
        key: Bytes::copy_from_slice(key.as_bytes()),
        value: Bytes::copy_from_slice(value.as_bytes()),
    };
    Txn { origin: "Test".to_owned(), guards: vec![], writes: vec![write] }
}

/// A put that happens only if the key is as expected.
pub(crate) fn guarded(key: &str, expect: Expect, value: &str) -> Txn {
    let guard = Guard { key: Bytes::copy_from_slice(key.as_bytes()), expect };
    Txn { guards: vec![guard], ..put(key, value) }
}

pub(crate) fn get(replica: &Replica, key: &str) -> Option<String> {
    let found = replica.view().get(key.as_bytes()).expect("the view is readable");
    found.map(|versioned| String::from_utf8(versioned.value.to_vec()).expect("text"))
}

pub(crate) fn pairs(replica: &Replica) -> Vec<(Bytes, Versioned)> {
    let all = (Bound::Unbounded, Bound::Unbounded);
    replica.view().scan(all, usize::MAX, Direction::Forward).expect("the view is readable")
}

/// Whether a proposal certainly had no effect.
pub(crate) fn had_no_effect(error: &propose::Error) -> bool {
    matches!(
        error,
        propose::Error::NotLeader { .. } | propose::Error::Overloaded | propose::Error::TooLarge { .. }
    )
}

/// Overwrites the middle of every file below a folder.
pub(crate) fn corrupt(folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            corrupt(&path);
        } else {
            let mut content = std::fs::read(&path).expect("readable");
            let half = content.len() / 2;
            for byte in content.iter_mut().skip(half / 2).take(half) {
                *byte ^= 0x5a;
            }
            std::fs::write(&path, content).expect("writable");
        }
    }
}
