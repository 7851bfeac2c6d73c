//! How a node sees itself and its cluster.

use keepstep_proto::cluster::v1 as proto;

use crate::Member;

/// What a replica is in its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It decides what is appended to the log.
    Leader,
    /// It follows a leader, or waits for one.
    Follower,
    /// It stands for election.
    Candidate,
    /// It follows a leader and has no vote: it is joining, or the cluster isn't formed yet.
    Learner,
    /// It has stopped.
    Stopped,
}

impl Role {
    /// The word used in status reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Leader => "leader",
            Role::Follower => "follower",
            Role::Candidate => "candidate",
            Role::Learner => "learner",
            Role::Stopped => "stopped",
        }
    }
}

/// The multiset hash of all pairs after a log index was applied. Equal indexes must have equal hashes on all replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateHash {
    /// The log index.
    pub index: u64,
    /// The hash.
    pub hash: u128,
}

/// A member of the cluster, as this node knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberStatus {
    /// Name and address.
    pub member: Member,
    /// Raft id of its data folder.
    pub raft_id: u64,
    /// It has a vote.
    pub voter: bool,
    /// Entries that it is known to lack. Only a leader knows.
    pub lag: Option<u64>,
}

/// How a node sees itself and its cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Name of this node.
    pub node_name: String,
    /// Raft id of this node's data folder.
    pub raft_id: u64,
    /// Id of the cluster, once this node belongs to one.
    pub cluster_id: Option<String>,
    /// What this replica is.
    pub role: Role,
    /// Raft term.
    pub term: u64,
    /// The leader, if one is known.
    pub leader: Option<Member>,
    /// Raft id of the node this one voted for in its term.
    pub voted_for: Option<u64>,
    /// Index of the last entry in the log.
    pub last_log: Option<u64>,
    /// Index up to which entries are known to be committed.
    pub committed: Option<u64>,
    /// Index up to which entries are applied here.
    pub applied: Option<u64>,
    /// Index of the last entry that the newest snapshot covers.
    pub snapshot: Option<u64>,
    /// Index up to which the log is purged.
    pub purged: Option<u64>,
    /// The newest hash at an index at which every node records one.
    pub recorded_hash: Option<StateHash>,
    /// The hash at `applied`.
    pub current_hash: Option<StateHash>,
    /// Voters and learners.
    pub members: Vec<MemberStatus>,
    /// Pairs in the replicated state.
    pub view_pairs: u64,
    /// Sum of the lengths of all keys and values in the replicated state.
    pub view_bytes: u64,
    /// Bytes of log on disk.
    pub log_bytes: u64,
}

impl From<Status> for proto::StatusResponse {
    fn from(status: Status) -> proto::StatusResponse {
        proto::StatusResponse {
            node_name: status.node_name,
            raft_id: status.raft_id,
            cluster_id: status.cluster_id.unwrap_or_default(),
            role: status.role.as_str().to_owned(),
            term: status.term,
            leader: status.leader.map(|leader| leader.name).unwrap_or_default(),
            voted_for: status.voted_for.unwrap_or_default(),
            last_log: status.last_log,
            committed: status.committed,
            applied: status.applied,
            snapshot: status.snapshot,
            purged: status.purged,
            recorded_hash: status.recorded_hash.map(Into::into),
            current_hash: status.current_hash.map(Into::into),
            members: status
                .members
                .into_iter()
                .map(|member| proto::MemberStatus {
                    name: member.member.name,
                    raft_id: member.raft_id,
                    addr: member.member.addr,
                    voter: member.voter,
                    lag: member.lag,
                })
                .collect(),
            view_pairs: status.view_pairs,
            view_bytes: status.view_bytes,
            log_bytes: status.log_bytes,
        }
    }
}

impl From<StateHash> for proto::StateHash {
    fn from(hash: StateHash) -> proto::StateHash {
        proto::StateHash { index: hash.index, hash: hash.hash.to_be_bytes().to_vec().into() }
    }
}
