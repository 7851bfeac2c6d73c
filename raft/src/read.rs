//! Linearizable reads on every node: ask the leader how far the log was committed when the read began, and wait until this replica
//! has applied as much. Reads that wait at the same time share one round.

use std::sync::Arc;
use std::time::Duration;

use keepstep_proto::cluster::v1::ReadIndexRequest;
use keepstep_proto::cluster::v1::cluster_client::ClusterClient;
use openraft::ReadPolicy;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::core::Core;
use crate::metric;

/// Reads that may wait for the next round.
pub(crate) const WAITING_MAX: usize = 4096;

/// How long to wait before the leader is asked again.
const RETRY: Duration = Duration::from_millis(25);

/// Why a read can't be linearizable now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No leader was found that a quorum still follows, or this replica didn't catch up, in time.
    #[error("no leader confirmed the read in time: {reason}")]
    Unavailable {
        /// What was tried last.
        reason: String,
    },
    /// The replica has stopped.
    #[error("the replica has stopped")]
    Stopped,
}

/// A read that waits for the index up to which this replica must have applied.
pub(crate) struct Waiting {
    answer: oneshot::Sender<Result<Option<u64>, Error>>,
}

/// Waits until this replica holds everything that was committed anywhere before the call.
pub(crate) async fn barrier(core: &Core) -> Result<(), Error> {
    let deadline = Instant::now() + core.tuning.read_timeout;
    let result = wait_until(core, deadline).await;
    metric::read_barrier(match &result {
        Ok(()) => "ok",
        Err(Error::Unavailable { .. }) => "unavailable",
        Err(Error::Stopped) => "stopped",
    });
    result
}

async fn wait_until(core: &Core, deadline: Instant) -> Result<(), Error> {
    let (answer, wait) = oneshot::channel();
    match timeout_at(deadline, core.reads.send(Waiting { answer })).await {
        Ok(sent) => sent.map_err(|_| Error::Stopped)?,
        Err(_) => return Err(Error::Unavailable { reason: "too many reads wait".to_owned() }),
    }
    let index = match timeout_at(deadline, wait).await {
        Ok(Ok(index)) => index?,
        Ok(Err(_)) => return Err(Error::Stopped),
        Err(_) => return Err(Error::Unavailable { reason: "the leader didn't answer".to_owned() }),
    };
    let mut applied = core.state.watch_applied();
    // The state may be further than it has told yet.
    if core.state.applied().map(|id| id.index) >= index {
        return Ok(());
    }
    tokio::select! {
        reached = timeout_at(deadline, applied.wait_for(|applied| *applied >= index)) => match reached {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(Error::Stopped),
            Err(_) => Err(Error::Unavailable { reason: "this replica is behind".to_owned() }),
        },
        () = core.stop.cancelled() => Err(Error::Stopped),
    }
}

/// Serves reads, round after round. A read that arrives during a round waits for the next one: the leader must be asked after the
/// read began.
pub(crate) async fn serve(core: Arc<Core>, mut waiting: mpsc::Receiver<Waiting>) {
    let mut round = Vec::new();
    while waiting.recv_many(&mut round, WAITING_MAX).await > 0 {
        let deadline = Instant::now() + core.tuning.read_timeout;
        let index = tokio::select! {
            index = find_index(&core, deadline) => index,
            () = core.stop.cancelled() => Err(Error::Stopped),
        };
        for read in round.drain(..) {
            // A reader that gave up is gone.
            let _ = read.answer.send(index.clone());
        }
        if core.stop.is_cancelled() {
            return;
        }
    }
}

/// Finds the leader's read index, wherever the leader is and becomes.
async fn find_index(core: &Core, deadline: Instant) -> Result<Option<u64>, Error> {
    loop {
        let reason = match ask_leader(core, deadline).await {
            Ok(index) => return Ok(index),
            Err(reason) => reason,
        };
        if Instant::now() + RETRY >= deadline {
            return Err(Error::Unavailable { reason });
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn ask_leader(core: &Core, deadline: Instant) -> Result<Option<u64>, String> {
    let Some((id, leader)) = core.leader() else {
        return Err("no leader is known".to_owned());
    };
    // An answer that takes longer comes from a leader that may be cut off: there may be another one by then.
    let patience = deadline.min(Instant::now() + core.tuning.election_max);
    if id == core.identity.raft_id() {
        return match timeout_at(patience, leader_index(core)).await {
            Ok(index) => index,
            Err(_) => Err("no quorum confirmed in time that this node leads".to_owned()),
        };
    }
    let channel = core.peers.channel_shared(&leader).map_err(|error| error.to_string())?;
    let cluster_id = core.identity.cluster_id().unwrap_or_default();
    let mut client = ClusterClient::new(channel);
    match timeout_at(patience, client.read_index(ReadIndexRequest { cluster_id })).await {
        Ok(Ok(response)) => Ok(Some(response.into_inner().index)),
        Ok(Err(status)) => Err(format!("{leader}: {}", status.message())),
        Err(_) => Err(format!("{leader} didn't answer in time")),
    }
}

/// The read index, if this node leads: a quorum has confirmed that since the call.
pub(crate) async fn leader_index(core: &Core) -> Result<Option<u64>, String> {
    let linearizer =
        core.raft.get_read_linearizer(ReadPolicy::ReadIndex).await.map_err(|error| error.to_string())?;
    Ok(Some(linearizer.read_log_id().index()))
}
