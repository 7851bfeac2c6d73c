//! The handle through which everything else uses a replica.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::core::Core;
use crate::inflight::Room;
use crate::{Config, Member, Outcome, Status, Txn, View, propose, read, start, transfer, upkeep};

/// How long tasks may take to notice that the replica stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// What this replica may do, as it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leadership {
    /// This node leads, and everything committed before its term is applied here.
    Leader {
        /// The term.
        term: u64,
        /// Log index of the term's first entry, which is applied here.
        since: u64,
    },
    /// This node doesn't lead, or hasn't applied its term's first entry yet.
    Follower {
        /// The leader, if another one is known.
        leader: Option<Member>,
    },
    /// The replica has stopped.
    Stopped,
}

/// A channel to the node port of a peer, with this node's credentials.
pub type PeerChannel =
    tonic::service::interceptor::InterceptedService<tonic::transport::Channel, crate::security::Credentials>;

/// Why a leader didn't hand over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// This node doesn't lead.
    #[error("this node isn't the leader")]
    NotLeader,
    /// There is no voter of that name, or no other voter.
    #[error("no other voter {0} to hand leadership to")]
    NoTarget(String),
    /// The other node didn't take over in time.
    #[error("{0} didn't take leadership over in time")]
    Timeout(String),
    /// The replica has stopped.
    #[error("the replica has stopped")]
    Stopped,
}

/// Why a replica can't go on. The process must exit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Failure {
    /// What happened.
    pub reason: String,
}

/// A replica of the cluster's state. Cheap to clone; when the last clone is dropped, the replica stops as in a crash. Services that it
/// was started with and that keep a clone keep it alive: then only [`Replica::shutdown`] stops it.
#[derive(Clone)]
pub struct Replica {
    inner: Arc<Inner>,
}

struct Inner {
    core: Arc<Core>,
    local_addr: SocketAddr,
    /// Raft's own. `None` after the replica has stopped.
    runtime: Mutex<Option<Runtime>>,
}

impl Replica {
    /// Opens the folder, repairs what a crash left, listens on the node port, and forms, joins or rejoins the cluster in the
    /// background.
    pub async fn start(config: Config) -> Result<Replica, start::Error> {
        start::start(config).await
    }

    pub(crate) fn new(core: Arc<Core>, runtime: Runtime, local_addr: SocketAddr) -> Replica {
        Replica { inner: Arc::new(Inner { core, local_addr, runtime: Mutex::new(Some(runtime)) }) }
    }

    /// Runs a task on Raft's runtime, unless the replica has stopped.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &*self.inner.runtime.lock().unwrap_or_else(PoisonError::into_inner) {
            runtime.spawn(task);
        }
    }

    /// Proposes a transaction and waits until it is committed and applied here.
    pub async fn propose(&self, txn: Txn) -> Result<Outcome, propose::Error> {
        self.propose_within(Room::Whole, txn).await
    }

    /// The same, where there may be too much in flight for some and not for others.
    pub async fn propose_within(&self, room: Room, txn: Txn) -> Result<Outcome, propose::Error> {
        propose::propose(&self.inner.core, room, txn).await
    }

    /// A view that holds everything that was committed anywhere before the call. Works on every node.
    pub async fn read_barrier(&self) -> Result<View, read::Error> {
        read::barrier(&self.inner.core).await?;
        Ok(self.view())
    }

    /// What this replica has applied, which may be behind.
    #[must_use]
    pub fn view(&self) -> View {
        View::new(Arc::clone(&self.inner.core.state))
    }

    /// Whether this node leads, as it changes.
    #[must_use]
    pub fn leadership(&self) -> watch::Receiver<Leadership> {
        self.inner.core.leadership.subscribe()
    }

    /// How this node sees itself and its cluster.
    #[must_use]
    pub fn status(&self) -> Status {
        self.inner.core.status()
    }

    /// The members by their Raft ids, and how long ago this leader last heard of each; `None` for one that it hasn't heard of in this
    /// term, and for all where this node doesn't lead.
    #[must_use]
    pub fn heard(&self) -> Vec<(u64, Option<Duration>)> {
        self.inner.core.heard()
    }

    /// Hands leadership to the named node, or to the follower that is furthest, and waits until it leads.
    pub async fn transfer_leadership(&self, to: Option<&str>) -> Result<(), TransferError> {
        transfer::transfer(&self.inner.core, to).await
    }

    /// A new channel to a peer's node port, by its name; `None` if there is no such peer. It connects when it is used and reconnects
    /// by itself. Call it within a tokio runtime: the connection lives there.
    #[must_use]
    pub fn channel_to(&self, peer: &str) -> Option<PeerChannel> {
        let core = &self.inner.core;
        let member = match core.peers.configured().get(peer) {
            Some(member) => member.clone(),
            None => core.membership().nodes().find(|(_, member)| member.name == peer)?.1.clone(),
        };
        core.peers.channel(&member).ok()
    }

    /// Where the node port listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.inner.local_addr
    }

    /// Builds a snapshot now.
    pub async fn build_snapshot(&self) -> io::Result<()> {
        upkeep::build_snapshot(&self.inner.core).await
    }

    /// Becomes `Some` when the log had an I/O error or Raft stopped by itself: nothing is acknowledged any more and the process
    /// must exit.
    #[must_use]
    pub fn failure(&self) -> watch::Receiver<Option<Failure>> {
        self.inner.core.failure.subscribe()
    }

    /// Hands leadership over, flushes everything and stops. Later calls do nothing.
    pub async fn shutdown(&self) {
        let Some(runtime) = self.take_runtime() else { return };
        let core = Arc::clone(&self.inner.core);
        match self.transfer_leadership(None).await {
            Ok(()) | Err(TransferError::NotLeader | TransferError::NoTarget(_)) => {}
            Err(error) => tracing::warn!(%error, "leadership wasn't handed over"),
        }
        core.stop.cancel();
        core.leadership.send_replace(Leadership::Stopped);
        if let Err(error) = core.raft.shutdown().await {
            tracing::warn!(%error, "raft didn't stop cleanly");
        }
        let flushed = tokio::task::spawn_blocking(move || {
            flush(&core);
            runtime.shutdown_timeout(STOP_TIMEOUT);
        });
        if let Err(error) = flushed.await {
            tracing::warn!(%error, "flushing was interrupted");
        }
    }

    /// Stops at once, flushing nothing and handing nothing over: a crash, for tests. The folder is free when this returns.
    pub async fn crash(&self) {
        let Some(runtime) = self.take_runtime() else { return };
        let core = Arc::clone(&self.inner.core);
        stop_now(&core);
        let stopped = tokio::task::spawn_blocking(move || {
            runtime.shutdown_timeout(STOP_TIMEOUT);
            // Readers may hold the state for longer than the folder may stay in use.
            core.state.close_store();
            if let Err(error) = core.log.close() {
                tracing::debug!(%error, "the log had failed before");
            }
        });
        if let Err(error) = stopped.await {
            tracing::warn!(%error, "stopping was interrupted");
        }
    }

    #[cfg(test)]
    pub(crate) fn core(&self) -> &Core {
        &self.inner.core
    }

    fn take_runtime(&self) -> Option<Runtime> {
        self.inner.runtime.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Flushes everything and closes the files. Blocks.
fn flush(core: &Core) {
    let failed = core.failure.borrow().is_some();
    let flushed = core.state.flush_all().and_then(|()| core.state.sync());
    core.state.stop_flusher();
    core.state.close_store();
    if let Err(error) = core.log.close() {
        tracing::error!(%error, "the log wasn't closed cleanly");
    }
    match flushed {
        // A failed replica's view is judged anew at the next start.
        Ok(()) if failed => {}
        Ok(()) => {
            if let Err(error) = core.marker.clean() {
                tracing::warn!(%error, "the clean stop couldn't be noted; the next start checks the view");
            }
        }
        Err(error) => tracing::warn!(%error, "the view wasn't flushed; the next start checks it"),
    }
}

fn stop_now(core: &Core) {
    core.stop.cancel();
    core.leadership.send_replace(Leadership::Stopped);
    core.state.stop_flusher();
}

impl Drop for Inner {
    fn drop(&mut self) {
        let runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(runtime) = runtime {
            stop_now(&self.core);
            runtime.shutdown_background();
        }
    }
}
