//! The door through which decisions read: an ordered map of keys to values with revisions.

use bytes::Bytes;

/// A value and the revision of its last write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// Changes with every write of the key; never 0.
    pub revision: u64,
    /// A protobuf message of [`crate::record`].
    pub value: Bytes,
}

/// The order of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Ascending keys.
    Forward,
    /// Descending keys.
    Backward,
}

/// A read of the replicated state, or of an in-memory map. Reads of several keys need not be of one moment: the guards of the
/// resulting transaction see to it that a decision on mixed reads writes nothing.
pub trait View {
    /// The value at `key`, if there is one.
    fn get(&self, key: &[u8]) -> Result<Option<Versioned>, ViewError>;

    /// At most `limit` pairs with `from <= key < to`, in the order of `direction`.
    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<(Bytes, Versioned)>, ViewError>;
}

/// The record at `key`.
pub fn record<M: prost::Message + Default>(view: &dyn View, key: &Bytes) -> Result<Option<M>, ViewError> {
    view.get(key)?.map(|versioned| crate::draft::decode(key, &versioned.value)).transpose()
}

/// The state could not be read, or holds what this version cannot read. Nothing was decided.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ViewError {
    /// The store failed.
    #[error("the state could not be read: {0}")]
    Store(String),
    /// A value is not the message that its key promises.
    #[error("the value at key {key} cannot be decoded as {message}: {source}")]
    Corrupt {
        /// The key, in hexadecimal.
        key: String,
        /// The record that was expected.
        message: &'static str,
        /// What prost said.
        source: prost::DecodeError,
    },
    /// A record that another one refers to is not there.
    #[error("{what} is missing at key {key}")]
    Missing {
        /// The record that was expected.
        what: &'static str,
        /// The key, in hexadecimal.
        key: String,
    },
}

impl ViewError {
    /// A record that another one refers to is not there.
    pub fn missing(what: &'static str, key: &[u8]) -> Self {
        Self::Missing { what, key: hex::encode(key) }
    }
}
