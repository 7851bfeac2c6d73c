//! All events of an execution, without their payloads: for this program's own use.

use crate::draft::decode;
use crate::id::ExecutionId;
use crate::key;
use crate::record::{Chunk, Event, Head};
use crate::view::{self, Direction, View, ViewError};

/// The chunks read in one scan.
const CHUNKS_PER_SCAN: usize = 32;

/// An execution's head and all events of its history, which is bounded; `None` if there is no such execution.
pub fn events(view: &dyn View, execution: ExecutionId) -> Result<Option<(Head, Vec<Event>)>, ViewError> {
    let Some(head) = view::record::<Head>(view, &key::head(execution))? else { return Ok(None) };
    let mut events = Vec::new();
    let mut from = key::chunks(execution);
    let end = key::prefix_end(&from);
    loop {
        let page = view.scan(&from, &end, CHUNKS_PER_SCAN, Direction::Forward)?;
        for (key, versioned) in &page {
            events.extend(decode::<Chunk>(key, &versioned.value)?.events);
        }
        match page.last() {
            Some((last, _)) if page.len() == CHUNKS_PER_SCAN => from = key::after(last),
            _ => return Ok(Some((head, events))),
        }
    }
}
