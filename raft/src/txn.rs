//! The guarded transaction: the only way in which replicated state changes. What it means is decided by its proposer alone; a
//! replica only compares revisions and writes, so that replicas of two versions can't diverge.

use bytes::Bytes;
use keepstep_proto::raft::v1 as proto;
use prost::Message;

/// Transactions should stay below this size, in bytes of their encoded form.
pub const SOFT_LIMIT_BYTES: usize = 1 << 20;

/// A transaction whose encoded form is larger than this many bytes is refused.
pub const HARD_LIMIT_BYTES: usize = 4 << 20;

/// All of `writes` happen, at one log index, if every guard holds then; otherwise none does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Txn {
    /// Which API mutation or step of the scheduler this is, such as `StartExecution` or `TimerFired`. Metrics count by it, so it
    /// comes from a small fixed set.
    pub origin: String,
    /// What must hold.
    pub guards: Vec<Guard>,
    /// What is written, in order: a later write to the same key wins.
    pub writes: Vec<Write>,
}

/// A condition on one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The key.
    pub key: Bytes,
    /// What it must be.
    pub expect: Expect,
}

/// What a guard expects of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The key doesn't exist.
    Absent,
    /// The key was last written at this revision.
    Revision(u64),
}

/// One write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Stores a value under a key.
    Put {
        /// The key.
        key: Bytes,
        /// The value.
        value: Bytes,
    },
    /// Removes a key; no matter if it didn't exist.
    Delete {
        /// The key.
        key: Bytes,
    },
}

impl Write {
    /// The key that is written.
    #[must_use]
    pub fn key(&self) -> &Bytes {
        match self {
            Write::Put { key, .. } | Write::Delete { key } => key,
        }
    }
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every guard held and all was written.
    Committed {
        /// The revision that the written keys have now: the transaction's log index.
        revision: u64,
    },
    /// A guard failed and nothing was written.
    Refused {
        /// The key of the first guard that failed.
        key: Bytes,
    },
}

impl Txn {
    pub(crate) fn encode(&self) -> Bytes {
        let message = proto::Txn {
            origin: self.origin.clone(),
            guards: self
                .guards
                .iter()
                .map(|guard| proto::Guard {
                    key: guard.key.clone(),
                    revision: match guard.expect {
                        Expect::Absent => None,
                        Expect::Revision(revision) => Some(revision),
                    },
                })
                .collect(),
            writes: self
                .writes
                .iter()
                .map(|write| match write {
                    Write::Put { key, value } => {
                        proto::Write { key: key.clone(), value: Some(value.clone()) }
                    }
                    Write::Delete { key } => proto::Write { key: key.clone(), value: None },
                })
                .collect(),
        };
        message.encode_to_vec().into()
    }

    pub(crate) fn decode(encoded: Bytes) -> Result<Txn, prost::DecodeError> {
        let message = proto::Txn::decode(encoded)?;
        Ok(Txn {
            origin: message.origin,
            guards: message
                .guards
                .into_iter()
                .map(|guard| Guard {
                    key: guard.key,
                    expect: guard.revision.map_or(Expect::Absent, Expect::Revision),
                })
                .collect(),
            writes: message
                .writes
                .into_iter()
                .map(|write| match write.value {
                    Some(value) => Write::Put { key: write.key, value },
                    None => Write::Delete { key: write.key },
                })
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_survives_its_encoding() {
        let txn = Txn {
            origin: "StartExecution".into(),
            guards: vec![
                Guard { key: Bytes::from_static(b"absent"), expect: Expect::Absent },
                Guard { key: Bytes::from_static(b"first"), expect: Expect::Revision(0) },
                Guard { key: Bytes::from_static(b"there"), expect: Expect::Revision(7) },
            ],
            writes: vec![
                Write::Put { key: Bytes::from_static(b"k"), value: Bytes::new() },
                Write::Put { key: Bytes::from_static(b"l"), value: Bytes::from_static(b"v") },
                Write::Delete { key: Bytes::from_static(b"m") },
            ],
        };
        assert_eq!(Txn::decode(txn.encode()), Ok(txn));
    }
}
