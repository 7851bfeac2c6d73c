//! Reads many payloads of one execution, each chunk of its history once.

use std::collections::HashMap;

use bytes::Bytes;

use crate::id::ExecutionId;
use crate::key;
use crate::record::{Chunk, PayloadRef};
use crate::view::{self, View, ViewError};

/// The payloads of one execution, for reading many of them: chunks that were read are kept, within a bound.
pub(super) struct Payloads<'a> {
    view: &'a dyn View,
    execution: ExecutionId,
    chunks: HashMap<u64, Vec<Bytes>>,
    bytes: usize,
}

/// The bytes of payloads that are kept at the most, one chunk more at times.
const KEPT_BYTES_MAX: usize = 8 * 1024 * 1024;

impl<'a> Payloads<'a> {
    pub(super) fn new(view: &'a dyn View, execution: ExecutionId) -> Self {
        Self { view, execution, chunks: HashMap::new(), bytes: 0 }
    }

    /// Keeps the payloads of a chunk that was read for its events.
    pub(super) fn keep(&mut self, first_event_id: u64, payloads: Vec<Bytes>) {
        if self.bytes > KEPT_BYTES_MAX {
            self.chunks.clear();
            self.bytes = 0;
        }
        self.bytes += payloads.iter().map(Bytes::len).sum::<usize>();
        self.chunks.insert(first_event_id, payloads);
    }

    /// One payload.
    pub(super) fn get(&mut self, at: PayloadRef) -> Result<Bytes, ViewError> {
        let key = key::chunk(self.execution, at.chunk);
        if !self.chunks.contains_key(&at.chunk) {
            let chunk: Option<Chunk> = view::record(self.view, &key)?;
            self.keep(at.chunk, chunk.unwrap_or_default().payloads);
        }
        let index = usize::try_from(at.index).unwrap_or(usize::MAX);
        let found = self.chunks.get(&at.chunk).and_then(|payloads| payloads.get(index));
        found.cloned().ok_or_else(|| ViewError::missing("payload", &key))
    }
}
