//! Tags, between the contract and the engine.

use keepstep_engine::record;
use keepstep_proto::workflow::v1 as proto;

/// From the contract.
pub(super) fn from_proto(tags: Vec<proto::Tag>) -> Vec<record::Tag> {
    tags.into_iter().map(|proto::Tag { key, value }| record::Tag { key, value }).collect()
}

/// To the contract.
pub(super) fn to_proto(tags: Vec<record::Tag>) -> Vec<proto::Tag> {
    tags.into_iter().map(|record::Tag { key, value }| proto::Tag { key, value }).collect()
}
