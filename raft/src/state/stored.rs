//! The stored form of a value: its pair's hash and its revision before it, so that an overwrite needn't hash the old value again.

use bytes::{BufMut, Bytes, BytesMut};
use xxhash_rust::xxh3::xxh3_128;

use crate::store;

const HASH: usize = size_of::<u128>();
const HEADER: usize = HASH + size_of::<u64>();

/// A value with the header that is stored before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Hash of key, revision and value.
    pub(crate) hash: u128,
    /// Log index of the write.
    pub(crate) revision: u64,
    pub(crate) value: Bytes,
}

impl Stored {
    pub(crate) fn encode(&self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(HEADER + self.value.len());
        bytes.put_u128_le(self.hash);
        bytes.put_u64_le(self.revision);
        bytes.put_slice(&self.value);
        bytes.freeze()
    }

    pub(crate) fn decode(bytes: &Bytes) -> Result<Stored, store::Error> {
        let damaged = || store::Error("a stored value is shorter than its header".to_owned());
        let (hash, rest) = bytes.split_first_chunk::<HASH>().ok_or_else(damaged)?;
        let (revision, _) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
        Ok(Stored {
            hash: u128::from_le_bytes(*hash),
            revision: u64::from_le_bytes(*revision),
            value: bytes.slice(HEADER..),
        })
    }
}

/// Hashes pairs. Keeps its buffer between calls.
#[derive(Default)]
pub(crate) struct PairHasher {
    buffer: Vec<u8>,
}

impl PairHasher {
    /// xxh3-128 of the key with its length, the revision and the value.
    pub(crate) fn hash(&mut self, key: &[u8], revision: u64, value: &[u8]) -> u128 {
        self.buffer.clear();
        self.buffer.extend_from_slice(&(key.len() as u64).to_le_bytes());
        self.buffer.extend_from_slice(key);
        self.buffer.extend_from_slice(&revision.to_le_bytes());
        self.buffer.extend_from_slice(value);
        xxh3_128(&self.buffer)
    }
}
