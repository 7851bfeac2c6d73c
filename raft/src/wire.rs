//! Between openraft's types and the messages that are sent and stored.

use std::collections::{BTreeMap, BTreeSet};

use keepstep_proto::raft::v1 as proto;
use openraft::vote::RaftLeaderId;
use prost::Message;

use crate::Member;
use crate::type_config::{
    Command, Entry, LeaderId, LogId, Membership, Payload, StoredMembership, Vote, log_id,
};

/// Why a message can't be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("not a message: {0}")]
    Malformed(#[from] prost::DecodeError),
    #[error("the membership contradicts itself: {0}")]
    Membership(String),
}

pub(crate) fn log_id_to_proto(id: &LogId) -> proto::LogId {
    proto::LogId { term: *id.leader_id, index: id.index }
}

pub(crate) fn log_id_from_proto(id: proto::LogId) -> LogId {
    log_id(id.term, id.index)
}

pub(crate) fn vote_to_proto(vote: &Vote) -> proto::Vote {
    proto::Vote { term: vote.leader_id.term(), node: *vote.leader_id.node_id(), committed: vote.committed }
}

pub(crate) fn vote_from_proto(vote: &proto::Vote) -> Vote {
    Vote { leader_id: LeaderId::new(vote.term, vote.node), committed: vote.committed }
}

pub(crate) fn membership_to_proto(membership: &Membership) -> proto::Membership {
    proto::Membership {
        voters: membership
            .get_joint_config()
            .iter()
            .map(|ids| proto::VoterSet { ids: ids.iter().copied().collect() })
            .collect(),
        members: membership
            .nodes()
            .map(|(id, member)| proto::Member {
                id: *id,
                name: member.name.clone(),
                addr: member.addr.clone(),
            })
            .collect(),
    }
}

pub(crate) fn membership_from_proto(membership: proto::Membership) -> Result<Membership, Error> {
    let voters: Vec<BTreeSet<u64>> =
        membership.voters.into_iter().map(|set| set.ids.into_iter().collect()).collect();
    let members: BTreeMap<u64, Member> = membership
        .members
        .into_iter()
        .map(|member| (member.id, Member { name: member.name, addr: member.addr }))
        .collect();
    // The membership of a cluster that isn't formed yet: the only one without voters.
    if voters.is_empty() && members.is_empty() {
        return Ok(Membership::default());
    }
    Membership::new(voters, members).map_err(|error| Error::Membership(error.to_string()))
}

pub(crate) fn stored_membership_to_proto(stored: &StoredMembership) -> proto::StoredMembership {
    proto::StoredMembership {
        log_id: stored.log_id().as_ref().map(log_id_to_proto),
        membership: Some(membership_to_proto(stored.membership())),
    }
}

pub(crate) fn stored_membership_from_proto(
    stored: proto::StoredMembership,
) -> Result<StoredMembership, Error> {
    let membership = membership_from_proto(stored.membership.ok_or(Error::Missing("membership"))?)?;
    Ok(StoredMembership::new(stored.log_id.map(log_id_from_proto), membership))
}

pub(crate) fn entry_to_proto(entry: &Entry) -> proto::Entry {
    use proto::entry::Payload as Wire;
    proto::Entry {
        id: Some(log_id_to_proto(&entry.log_id)),
        payload: Some(match &entry.payload {
            Payload::Blank => Wire::Blank(proto::Blank {}),
            Payload::Normal(command) => Wire::Txn(command.encoded().clone()),
            Payload::Membership(membership) => Wire::Membership(membership_to_proto(membership)),
        }),
    }
}

pub(crate) fn entry_from_proto(entry: proto::Entry) -> Result<Entry, Error> {
    use proto::entry::Payload as Wire;
    Ok(Entry {
        log_id: log_id_from_proto(entry.id.ok_or(Error::Missing("the entry's id"))?),
        payload: match entry.payload.ok_or(Error::Missing("the entry's payload"))? {
            Wire::Blank(_) => Payload::Blank,
            Wire::Txn(encoded) => Payload::Normal(Command::from_encoded(encoded)),
            Wire::Membership(membership) => Payload::Membership(membership_from_proto(membership)?),
        },
    })
}

/// The form in which an entry is in the log.
pub(crate) fn encode_entry(entry: &Entry) -> Vec<u8> {
    entry_to_proto(entry).encode_to_vec()
}

pub(crate) fn decode_entry(bytes: bytes::Bytes) -> Result<Entry, Error> {
    entry_from_proto(proto::Entry::decode(bytes)?)
}
