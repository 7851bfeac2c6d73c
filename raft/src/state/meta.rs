//! What a state is beside its pairs, and how that is stored with them.

use bytes::Bytes;
use keepstep_proto::raft::v1 as proto;
use prost::Message;

use crate::store;
use crate::type_config::{LogId, StoredMembership};
use crate::wire;

/// Where the record lies in the store.
pub(super) const META_KEY: &[u8] = b"m";

/// Where the record of a flush that is under way lies.
pub(super) const FLUSH_KEY: &[u8] = b"f";

/// What each key of a pair starts with in the store.
pub(super) const PAIR_PREFIX: u8 = b'p';

const FORMAT: u32 = 1;

/// What a state is beside its pairs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// The last entry that was applied.
    pub(crate) applied: Option<LogId>,
    /// The last membership that was applied.
    pub(crate) membership: StoredMembership,
    /// The first entry of the newest term that was applied.
    pub(crate) term_start: Option<LogId>,
    /// Sum of the hashes of all pairs, wrapping.
    pub(crate) hash: u128,
    /// How many pairs there are.
    pub(crate) pairs: u64,
    /// Sum of the lengths of all keys and values.
    pub(crate) bytes: u64,
}

#[derive(Clone, PartialEq, Message)]
struct Record {
    #[prost(uint32, tag = "1")]
    format: u32,
    #[prost(message, optional, tag = "2")]
    applied: Option<proto::LogId>,
    #[prost(message, optional, tag = "3")]
    membership: Option<proto::StoredMembership>,
    #[prost(message, optional, tag = "4")]
    term_start: Option<proto::LogId>,
    #[prost(bytes = "vec", tag = "5")]
    hash: Vec<u8>,
    #[prost(uint64, tag = "6")]
    pairs: u64,
    #[prost(uint64, tag = "7")]
    bytes: u64,
}

impl Head {
    pub(crate) fn encode(&self) -> Bytes {
        let record = Record {
            format: FORMAT,
            applied: self.applied.as_ref().map(wire::log_id_to_proto),
            membership: Some(wire::stored_membership_to_proto(&self.membership)),
            term_start: self.term_start.as_ref().map(wire::log_id_to_proto),
            hash: self.hash.to_be_bytes().to_vec(),
            pairs: self.pairs,
            bytes: self.bytes,
        };
        record.encode_to_vec().into()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Head, store::Error> {
        let damaged = |what: &str| store::Error(format!("the state's head can't be read: {what}"));
        let record = Record::decode(bytes).map_err(|error| damaged(&error.to_string()))?;
        if record.format != FORMAT {
            return Err(damaged(&format!("its format is {} and not {FORMAT}", record.format)));
        }
        let membership = record.membership.ok_or_else(|| damaged("it has no membership"))?;
        Ok(Head {
            applied: record.applied.map(wire::log_id_from_proto),
            membership: wire::stored_membership_from_proto(membership)
                .map_err(|error| damaged(&error.to_string()))?,
            term_start: record.term_start.map(wire::log_id_from_proto),
            hash: u128::from_be_bytes(
                record.hash.as_slice().try_into().map_err(|_| damaged("its hash isn't 16 bytes"))?,
            ),
            pairs: record.pairs,
            bytes: record.bytes,
        })
    }
}

/// A flush that is under way: some of the pairs are in the store, and all come from the entries between the store's head and this
/// one.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Flush {
    #[prost(bytes = "bytes", tag = "1")]
    head: Bytes,
    /// Log indexes of the transactions among those entries whose guards didn't hold.
    #[prost(uint64, repeated, tag = "2")]
    pub(super) refused: Vec<u64>,
}

impl Flush {
    pub(super) fn new(head: &Head, refused: Vec<u64>) -> Flush {
        Flush { head: head.encode(), refused }
    }

    /// What the state is when the flush is complete.
    pub(crate) fn head(&self) -> Result<Head, store::Error> {
        Head::decode(&self.head)
    }

    pub(super) fn decode_record(bytes: Bytes) -> Result<Flush, store::Error> {
        Flush::decode(bytes)
            .map_err(|error| store::Error(format!("the record of a flush can't be read: {error}")))
    }
}

/// The key under which a pair lies in the store.
pub(super) fn pair_key(key: &[u8]) -> Bytes {
    let mut bytes = Vec::with_capacity(key.len() + 1);
    bytes.push(PAIR_PREFIX);
    bytes.extend_from_slice(key);
    bytes.into()
}
