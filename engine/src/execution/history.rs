//! Writes the events and payloads of one step into chunks. Never reads what earlier steps wrote.

use bytes::Bytes;
use prost::Message;

use super::interrupt::Interrupt;
use crate::draft::Draft;
use crate::id::{ExecutionId, Timestamp};
use crate::key;
use crate::limits::Limits;
use crate::record::{Chunk, Event, EventDetails, EventType, Head, PayloadRef};

/// The history of one step.
pub(super) struct History {
    now: Timestamp,
    next_event_id: u64,
    events_max: u64,
    chunk_bytes_max: usize,
    /// The id of the first event of each chunk, and the chunk. The last one is open, and its first event may not be written yet.
    chunks: Vec<(u64, Chunk)>,
    open_bytes: usize,
    bytes: usize,
}

impl History {
    /// The continuation of a history whose next event has this id.
    pub(super) fn new(next_event_id: u64, now: Timestamp, limits: &Limits) -> Self {
        Self {
            now,
            next_event_id,
            events_max: limits.history_events_max,
            chunk_bytes_max: limits.chunk_bytes_max,
            chunks: vec![(next_event_id, Chunk::default())],
            open_bytes: 0,
            bytes: 0,
        }
    }

    /// The bytes of all events and payloads of this step, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The id of the last event, of this step or an earlier one.
    pub(super) fn last_event_id(&self) -> u64 {
        self.next_event_id - 1
    }

    /// Keeps a payload. An event of the same step follows, so that no chunk is without one.
    pub(super) fn keep(&mut self, payload: Bytes) -> PayloadRef {
        self.grow(payload.len());
        let (first, chunk) = self.open();
        chunk.payloads.push(payload);
        PayloadRef { chunk: first, index: u32::try_from(chunk.payloads.len() - 1).unwrap_or(u32::MAX) }
    }

    /// The events of this step.
    pub(super) fn events(&self) -> impl Iterator<Item = &Event> {
        self.chunks.iter().flat_map(|(_, chunk)| &chunk.events)
    }

    /// A payload of this step.
    pub(super) fn find(&self, payload: PayloadRef) -> Option<Bytes> {
        let place = self.chunks.binary_search_by_key(&payload.chunk, |(first, _)| *first).ok()?;
        self.chunks.get(place).and_then(|(_, chunk)| super::payload::find(chunk, payload))
    }

    /// Writes an event and returns its id.
    ///
    /// # Errors
    ///
    /// [`Interrupt::HistoryFull`] where this would be the last event that the history may have: that one ends the execution.
    pub(super) fn append(
        &mut self,
        kind: EventType,
        previous_id: u64,
        details: EventDetails,
    ) -> Result<u64, Interrupt> {
        if self.next_event_id >= self.events_max {
            return Err(Interrupt::HistoryFull);
        }
        Ok(self.append_last(kind, previous_id, details))
    }

    /// Writes the event that ends the execution.
    pub(super) fn append_last(&mut self, kind: EventType, previous_id: u64, details: EventDetails) -> u64 {
        let id = self.next_event_id;
        self.next_event_id += 1;
        let event = Event { id, previous_id, timestamp_ms: self.now.0, kind: kind as i32, details };
        if self.open_bytes >= self.chunk_bytes_max && !self.open().1.events.is_empty() {
            self.chunks.push((id, Chunk::default()));
            self.open_bytes = 0;
        }
        self.grow(event.encoded_len());
        self.open().1.events.push(event);
        id
    }

    fn grow(&mut self, bytes: usize) {
        self.open_bytes += bytes;
        self.bytes += bytes;
    }

    fn open(&mut self) -> (u64, &mut Chunk) {
        let (first, chunk) = self.chunks.last_mut().expect("a history has an open chunk from its beginning");
        (*first, chunk)
    }

    /// Writes the chunks down.
    pub(super) fn flush(self, execution: ExecutionId, head: &mut Head, draft: &mut Draft<'_>) {
        head.next_event_id = self.next_event_id;
        for (first, chunk) in self.chunks {
            debug_assert!(
                chunk.payloads.is_empty() || !chunk.events.is_empty(),
                "an event follows each payload in the same step"
            );
            if !chunk.events.is_empty() {
                draft.put(key::chunk(execution, first), &chunk);
            }
        }
    }
}
