//! Batches of items. What is open between two of them is kept for the run that asks, as long as there is room: without it, or from another
//! cursor, reading begins anew where the cursor says, with the same result.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use keepstep_engine::id::ExecutionId;

use super::cursor::Cursor;
use super::reading::Reading;
use super::source::Source;
use super::{Batch, Item};
use crate::s3::{Failure, Stores};

/// Runs whose reading is kept open. Each holds a connection, a window of at most a few items, and what decompressing takes: up to 8 MiB.
const OPEN_MAX: usize = 32;

/// Reads items. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Reader(Arc<Shared>);

struct Shared {
    stores: Stores,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    runs: HashMap<ExecutionId, Kept>,
    /// Counts up, so that the least recently used is known.
    used: u64,
}

struct Kept {
    /// For which source and cursor.
    source: Bytes,
    cursor: Bytes,
    used: u64,
    rest: Rest,
}

/// What comes after a cursor.
struct Rest {
    /// Read already: it didn't fit into the batch before.
    first: Option<Item>,
    reading: Reading,
}

impl Reader {
    /// Reads from these stores.
    pub(crate) fn new(stores: Stores) -> Self {
        Self(Arc::new(Shared { stores, open: Mutex::default() }))
    }

    /// The items after `cursor`, which is that of the batch before, or empty: at most `items_max`, and, if there is more than one, of at
    /// most `bytes_max` bytes in all. `source` is the item reader as JSON with AWS's own field names, evaluated. `run` names the map run.
    /// The same arguments give the same batch, as long as the objects don't change.
    pub(crate) async fn read(
        &self,
        run: ExecutionId,
        source: &[u8],
        cursor: &[u8],
        items_max: usize,
        bytes_max: usize,
    ) -> Result<Batch, Failure> {
        if let Some(rest) = self.take(run, source, cursor)
            // A connection that was left alone for a while may be gone; whatever it is, it shows again below.
            && let Ok(batch) = self.fill(run, source, rest, items_max, bytes_max).await
        {
            return Ok(batch);
        }
        let parsed = Source::parse(source)?;
        let place =
            Cursor::decode(cursor).ok_or_else(|| Failure::reader("The cursor is none of this reader's"))?;
        let reading = Reading::open(&self.0.stores, &parsed, &place).await?;
        self.fill(run, source, Rest { first: None, reading }, items_max, bytes_max).await
    }

    /// Drops what is kept open for a run.
    pub(crate) fn forget(&self, run: ExecutionId) {
        self.open().runs.remove(&run);
    }

    /// How many runs' reading is kept open.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.open().runs.len()
    }

    async fn fill(
        &self,
        run: ExecutionId,
        source: &[u8],
        mut rest: Rest,
        items_max: usize,
        bytes_max: usize,
    ) -> Result<Batch, Failure> {
        let mut items: Vec<Item> = Vec::new();
        let mut bytes = 0;
        // A batch without items would lead nowhere.
        let items_max = items_max.max(1);
        if let Some(first) = rest.first.take() {
            bytes += len(&first);
            items.push(first);
        }
        loop {
            let mark = rest.reading.mark();
            let next = match rest.reading.next().await {
                Ok(next) => next,
                // The batch is full: this is for the next one to tell.
                Err(_) if items.len() >= items_max => {
                    let cursor = mark.cursor().encode();
                    return Ok(Batch { items, cursor, is_last: false });
                }
                Err(failure) => return Err(failure),
            };
            let Some(item) = next else {
                let cursor = mark.cursor().encode();
                return Ok(Batch { items, cursor, is_last: true });
            };
            bytes += len(&item);
            if items.len() >= items_max || (bytes > bytes_max && !items.is_empty()) {
                let cursor = mark.cursor().encode();
                rest.first = Some(item);
                self.keep(run, source, &cursor, rest);
                return Ok(Batch { items, cursor, is_last: false });
            }
            items.push(item);
        }
    }

    fn take(&self, run: ExecutionId, source: &[u8], cursor: &[u8]) -> Option<Rest> {
        let kept = self.open().runs.remove(&run)?;
        (kept.source == source && kept.cursor == cursor).then_some(kept.rest)
    }

    fn keep(&self, run: ExecutionId, source: &[u8], cursor: &Bytes, rest: Rest) {
        let mut open = self.open();
        open.used += 1;
        let kept =
            Kept { source: Bytes::copy_from_slice(source), cursor: cursor.clone(), used: open.used, rest };
        open.runs.insert(run, kept);
        if open.runs.len() > OPEN_MAX {
            let oldest = open.runs.iter().min_by_key(|(_, kept)| kept.used).map(|(run, _)| *run);
            oldest.and_then(|run| open.runs.remove(&run));
        }
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn len(item: &Item) -> usize {
    item.value.len() + item.key.as_ref().map_or(0, String::len)
}
