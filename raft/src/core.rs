//! What the parts of a running replica share.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use openraft::async_runtime::{Instant, WatchReceiver};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::config::Tuning;
use crate::identity::Identity;
use crate::inflight::Inflight;
use crate::log_store::LogStore;
use crate::peers::Peers;
use crate::read::Waiting;
use crate::snapshot::Snapshots;
use crate::state::State;
use crate::type_config::{Raft, StoredMembership};
use crate::view_marker::ViewMarker;
use crate::{Failure, Leadership, Member, MemberStatus, Role, StateHash, Status};

pub(crate) struct Core {
    pub(crate) identity: Arc<Identity>,
    pub(crate) peers: Arc<Peers>,
    /// This node as the others know it.
    pub(crate) me: Member,
    pub(crate) raft: Raft,
    pub(crate) state: Arc<State>,
    pub(crate) log: LogStore,
    pub(crate) snapshots: Arc<Snapshots>,
    pub(crate) marker: ViewMarker,
    pub(crate) tuning: Tuning,
    pub(crate) inflight: Inflight,
    /// The disk is nearly full: nothing new is taken on.
    pub(crate) disk_low: Arc<AtomicBool>,
    pub(crate) reads: mpsc::Sender<Waiting>,
    pub(crate) leadership: watch::Sender<Leadership>,
    pub(crate) failure: watch::Sender<Option<Failure>>,
    /// Cancelled when the replica stops.
    pub(crate) stop: CancellationToken,
}

impl Core {
    /// The membership that is in effect here.
    pub(crate) fn membership(&self) -> Arc<StoredMembership> {
        Arc::clone(&self.raft.server_metrics().borrow_watched().membership_config)
    }

    /// The leader, if one is known, with its Raft id.
    pub(crate) fn leader(&self) -> Option<(u64, Member)> {
        let metrics = self.raft.server_metrics();
        let metrics = metrics.borrow_watched();
        let id = metrics.current_leader?;
        let member = metrics.membership_config.get_node(&id)?.clone();
        Some((id, member))
    }

    /// Reports, once, that the replica can't go on.
    pub(crate) fn fail(&self, reason: String) {
        // Whoever is told of the failure finds that this node leads no more.
        self.leadership.send_replace(Leadership::Stopped);
        self.failure.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                tracing::error!(reason, "the replica can't go on; the process must exit");
                *current = Some(Failure { reason });
            }
            first
        });
    }

    pub(crate) fn heard(&self) -> Vec<(u64, Option<Duration>)> {
        let metrics = self.raft.metrics();
        let metrics = metrics.borrow_watched();
        let age = |id: &u64| {
            if *id == metrics.id {
                return metrics.state.is_leader().then_some(Duration::ZERO);
            }
            let acknowledged = metrics.heartbeat.as_ref()?.get(id)?.as_ref()?;
            Some(acknowledged.elapsed())
        };
        metrics.membership_config.membership().nodes().map(|(id, _)| (*id, age(id))).collect()
    }

    pub(crate) fn status(&self) -> Status {
        let metrics = self.raft.metrics().borrow_watched().clone();
        let head = self.state.head();
        let membership = metrics.membership_config.membership();
        let last_log = metrics.last_log_index;
        let applied = head.applied.map(|id| id.index);
        let lag = |id: &u64| {
            if *id == metrics.id {
                return metrics.state.is_leader().then_some(0);
            }
            let matched = metrics.replication.as_ref()?.get(id)?;
            let behind = last_log.map_or(0, |last| last + 1);
            Some(behind - matched.map_or(0, |id| id.index + 1).min(behind))
        };
        let voters: Vec<u64> = membership.voter_ids().collect();
        Status {
            node_name: self.identity.node_name().to_owned(),
            raft_id: self.identity.raft_id(),
            cluster_id: self.identity.cluster_id(),
            role: match metrics.state {
                openraft::ServerState::Leader => Role::Leader,
                openraft::ServerState::Follower => Role::Follower,
                openraft::ServerState::Candidate => Role::Candidate,
                openraft::ServerState::Learner => Role::Learner,
                openraft::ServerState::Shutdown => Role::Stopped,
            },
            term: metrics.current_term,
            leader: metrics.current_leader.and_then(|id| membership.get_node(&id).cloned()),
            voted_for: (metrics.current_term > 0).then_some(metrics.vote.leader_id.voted_for),
            last_log,
            committed: metrics.local_committed.map(|id| id.index),
            applied,
            snapshot: self.snapshots.last().map(|id| id.index),
            purged: self.log.span().0.map(|id| id.index),
            recorded_hash: self.state.recorded_hashes().last().copied(),
            current_hash: applied.map(|index| StateHash { index, hash: head.hash }),
            members: membership
                .nodes()
                .map(|(id, member)| MemberStatus {
                    member: member.clone(),
                    raft_id: *id,
                    voter: voters.contains(id),
                    lag: lag(id),
                })
                .collect(),
            view_pairs: head.pairs,
            view_bytes: head.bytes,
            log_bytes: self.log.stats().segment_bytes,
        }
    }
}
