//! Proposals: how a transaction gets into the log, and what can become of it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use openraft::async_runtime::WatchReceiver;
use openraft::errors::{ClientWriteError, RaftError};
use tokio::time::Instant;

use crate::core::Core;
use crate::inflight::Room;
use crate::txn::{HARD_LIMIT_BYTES, Outcome, Txn};
use crate::type_config::Command;
use crate::{Member, metric};

/// How long a leader without a quorum's recent answers waits before it tries again.
const LEASE_RETRY: Duration = Duration::from_millis(20);

/// Why a proposal has no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// This node doesn't lead, or can't reach a quorum. The transaction isn't in the log and never will be.
    #[error("this node isn't the leader{}", leader.as_ref().map(|leader| format!("; {leader} is")).unwrap_or_default())]
    NotLeader {
        /// The leader, if one is known.
        leader: Option<Member>,
    },
    /// Leadership was lost, or time ran out, while the transaction was in flight: it may or may not happen.
    #[error("the outcome of the transaction is unknown")]
    Unknown,
    /// Too much is in flight, or the disk is nearly full. The transaction isn't in the log.
    #[error("too many transactions are in flight, or the disk is nearly full")]
    Overloaded,
    /// The replica has stopped. A transaction that was in flight then may or may not happen.
    #[error("the replica has stopped")]
    Stopped,
    /// The transaction is larger than [`HARD_LIMIT_BYTES`].
    #[error("the transaction has {size} bytes, which is more than {HARD_LIMIT_BYTES}")]
    TooLarge {
        /// Its encoded size, in bytes.
        size: usize,
    },
}

impl Error {
    fn label(&self) -> &'static str {
        match self {
            Error::NotLeader { .. } => "not_leader",
            Error::Unknown => "unknown",
            Error::Overloaded => "overloaded",
            Error::Stopped => "stopped",
            Error::TooLarge { .. } => "too_large",
        }
    }
}

/// Proposes a transaction and waits until it is committed and applied here.
pub(crate) async fn propose(core: &Core, room: Room, txn: Txn) -> Result<Outcome, Error> {
    let started = Instant::now();
    let origin = txn.origin.clone();
    let result = write(core, room, txn, started).await;
    let label = match &result {
        Ok(Outcome::Committed { .. }) => "committed",
        Ok(Outcome::Refused { .. }) => "refused",
        Err(error) => error.label(),
    };
    metric::proposed(origin, label, started.elapsed());
    result
}

async fn write(core: &Core, room: Room, txn: Txn, started: Instant) -> Result<Outcome, Error> {
    // A replica whose state is wrong may still lead for a moment.
    if core.stop.is_cancelled() || core.failure.borrow().is_some() {
        return Err(Error::Stopped);
    }
    if core.disk_low.load(Ordering::Relaxed) {
        return Err(Error::Overloaded);
    }
    let command = Command::new(txn);
    let size = command.encoded().len();
    if size > HARD_LIMIT_BYTES {
        return Err(Error::TooLarge { size });
    }
    let Some(_permit) = core.inflight.enter(room, size) else {
        return Err(Error::Overloaded);
    };
    let deadline = started + core.tuning.propose_timeout;
    loop {
        let written = tokio::time::timeout_at(deadline, core.raft.client_write(command.clone())).await;
        return match written {
            Err(_) => Err(Error::Unknown),
            // Only a transaction's entry answers a transaction, and it always carries an outcome.
            Ok(Ok(response)) => response.data.ok_or(Error::Unknown),
            Ok(Err(RaftError::APIError(ClientWriteError::ForwardToLeader(forward)))) => {
                // A leader whose followers were slow for a moment appends nothing until they answer again. Nothing is in the log.
                if forward.leader_id.is_none() && leads(core) && started.elapsed() < core.tuning.election_max
                {
                    tokio::time::sleep(LEASE_RETRY).await;
                    continue;
                }
                Err(Error::NotLeader { leader: forward.leader_node })
            }
            Ok(Err(RaftError::APIError(_))) => Err(Error::Unknown),
            Ok(Err(RaftError::Fatal(_))) => Err(Error::Stopped),
        };
    }
}

fn leads(core: &Core) -> bool {
    core.raft.server_metrics().borrow_watched().state.is_leader()
}
