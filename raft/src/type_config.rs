//! The types that openraft is used with. They stay inside this crate.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use openraft::vote::leader_id_std::CommittedLeaderId;

use crate::Member;
use crate::txn::{Outcome, Txn};

openraft::declare_raft_types!(
    /// openraft's type configuration.
    pub(crate) Types:
        D = Command,
        R = Option<Outcome>,
        NodeId = u64,
        Node = Member,
        Term = u64,
        LeaderId = openraft::impls::leader_id_std::LeaderId<u64, u64>,
);

pub(crate) type LogId = openraft::LogId<CommittedLeaderId<u64>>;
pub(crate) type LeaderId = openraft::impls::leader_id_std::LeaderId<u64, u64>;
pub(crate) type Vote = openraft::Vote<LeaderId>;
pub(crate) type Payload = openraft::EntryPayload<Command, u64, Member>;
pub(crate) type Entry = openraft::Entry<CommittedLeaderId<u64>, Payload>;
pub(crate) type Membership = openraft::Membership<u64, Member>;
pub(crate) type StoredMembership = openraft::StoredMembership<CommittedLeaderId<u64>, u64, Member>;
pub(crate) type SnapshotMeta = openraft::SnapshotMeta<CommittedLeaderId<u64>, u64, Member>;
pub(crate) type Snapshot =
    openraft::Snapshot<CommittedLeaderId<u64>, u64, Member, crate::snapshot::SnapshotFile>;
pub(crate) type Raft = openraft::Raft<Types, crate::state_machine::StateMachine>;

/// The log id of a term and an index.
pub(crate) fn log_id(term: u64, index: u64) -> LogId {
    LogId { leader_id: CommittedLeaderId::from(term), index }
}

/// A transaction on its way through the log: its encoded form, and on the node that proposed it the transaction itself, so that it
/// needn't be decoded there.
#[derive(Clone)]
pub(crate) struct Command {
    encoded: Bytes,
    decoded: Option<Arc<Txn>>,
}

impl Command {
    pub(crate) fn new(txn: Txn) -> Command {
        Command { encoded: txn.encode(), decoded: Some(Arc::new(txn)) }
    }

    pub(crate) fn from_encoded(encoded: Bytes) -> Command {
        Command { encoded, decoded: None }
    }

    pub(crate) fn encoded(&self) -> &Bytes {
        &self.encoded
    }

    pub(crate) fn txn(&self) -> Result<Arc<Txn>, prost::DecodeError> {
        match &self.decoded {
            Some(txn) => Ok(Arc::clone(txn)),
            None => Txn::decode(self.encoded.clone()).map(Arc::new),
        }
    }
}

impl PartialEq for Command {
    fn eq(&self, other: &Command) -> bool {
        self.encoded == other.encoded
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({} bytes)", self.encoded.len())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.encoded.len())
    }
}
