//! Reading the replicated state of this node.

use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;

use crate::state::State;

/// A value and when it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// Log index of the transaction that wrote it.
    pub revision: u64,
    /// The value.
    pub value: Bytes,
}

/// Which end of a range a scan starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the smallest key up.
    Forward,
    /// From the largest key down.
    Backward,
}

/// Why the state can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// The state is being replaced by a snapshot; try again.
    #[error("the replicated state is being rebuilt")]
    Rebuilding,
    /// The state differs from the other replicas': it is rebuilt at the next start.
    #[error("the replicated state is quarantined: its hash differs from the other replicas'")]
    Quarantined,
    /// The store failed.
    #[error("the state store failed: {0}")]
    Store(String),
}

/// The replicated state of this node, as it is at each call. Cheap to clone.
#[derive(Clone)]
pub struct View {
    state: Arc<State>,
}

impl View {
    pub(crate) fn new(state: Arc<State>) -> View {
        View { state }
    }

    /// The pair with this key.
    pub fn get(&self, key: &[u8]) -> Result<Option<Versioned>, ViewError> {
        self.state.get(key)
    }

    /// At most `limit` pairs of a range, all as of one moment. Fewer only if there are no more.
    pub fn scan(
        &self,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<(Bytes, Versioned)>, ViewError> {
        self.state.scan_range(range, limit, direction)
    }
}
