//! Reading the whole state as of one log index while writes go on, for snapshots. Before a layer that is newer than the scan goes
//! into the store, the old value of each key that the scan hasn't reached is kept for it.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use bytes::Bytes;

use super::layer::{Frozen, Slot};
use super::meta::{PAIR_PREFIX, pair_key};
use super::stored::Stored;
use super::{Head, State, lock};
use crate::Direction;
use crate::store::{self, Limit};

const CHUNK: Limit = Limit { pairs: 2048, bytes: 1 << 20 };

/// When a scan keeps this many bytes of old values, the flusher waits for it.
const KEPT_BYTES_MAX: usize = 64 << 20;

/// A pair of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) key: Bytes,
    pub(crate) stored: Stored,
}

/// What the flusher and a scan share.
pub(super) struct Shared {
    /// Layers from this generation on are newer than the scan.
    generation: u64,
    kept: Mutex<Kept>,
    advanced: Condvar,
}

#[derive(Default)]
struct Kept {
    /// Old values by the key under which they lie in the store. `None`: the key wasn't there.
    pairs: BTreeMap<Bytes, Option<Bytes>>,
    bytes: usize,
    /// The last key in the store that was read.
    cursor: Option<Bytes>,
    done: bool,
    /// The state was replaced: what the scan has read so far means nothing.
    void: bool,
}

/// The state as of one log index, chunk by chunk in the order of the keys.
pub(crate) struct StateScan {
    state: Arc<State>,
    head: Head,
    shared: Arc<Shared>,
    /// Layers that weren't in the store when the scan began, the oldest first.
    layers: Vec<Arc<Frozen>>,
}

impl State {
    /// Begins a scan of the state as it is now. Only the thread that applies may call this.
    pub(crate) fn scan(self: &Arc<Self>) -> StateScan {
        let mut layers = self.layers_mut();
        layers.freeze();
        let shared = Arc::new(Shared {
            generation: layers.generation,
            kept: Mutex::default(),
            advanced: Condvar::new(),
        });
        let scan = StateScan {
            state: Arc::clone(self),
            head: layers.head.clone(),
            shared: Arc::clone(&shared),
            layers: layers.frozen.iter().cloned().collect(),
        };
        let mut scans = lock(&self.scans);
        scans.retain(|scan| scan.strong_count() > 0);
        scans.push(Arc::downgrade(&shared));
        drop(scans);
        drop(layers);
        self.want_flush();
        scan
    }

    /// Waits until no scan keeps too much. Called without the gate, which scans need to advance.
    pub(super) fn wait_for_scans(&self, generation: u64) {
        for scan in self.running_scans(generation) {
            let mut kept = lock(&scan.kept);
            // A scan that was given up no longer advances: only this function and the list's weak reference know it.
            while kept.bytes > KEPT_BYTES_MAX && !kept.done && !kept.void && Arc::strong_count(&scan) > 1 {
                let timeout = std::time::Duration::from_millis(100);
                kept = scan.advanced.wait_timeout(kept, timeout).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }

    /// Keeps what slots of a layer will overwrite, for the scans that haven't read it.
    pub(super) fn keep_for_scans(
        &self,
        generation: u64,
        slots: &[(&Bytes, &Slot)],
    ) -> Result<(), store::Error> {
        for scan in self.running_scans(generation) {
            let mut kept = lock(&scan.kept);
            if kept.done {
                continue;
            }
            for (key, _) in slots {
                let key = pair_key(key);
                if kept.cursor.as_ref().is_some_and(|cursor| key <= *cursor) || kept.pairs.contains_key(&key)
                {
                    continue;
                }
                let old = self.store.get(&key)?;
                kept.bytes += key.len() + old.as_ref().map_or(0, Bytes::len);
                kept.pairs.insert(key, old);
            }
        }
        Ok(())
    }

    /// Ends all scans with an error.
    pub(super) fn void_scans(&self) {
        for scan in lock(&self.scans).drain(..).filter_map(|scan| scan.upgrade()) {
            lock(&scan.kept).void = true;
            scan.advanced.notify_all();
        }
    }

    fn running_scans(&self, generation: u64) -> Vec<Arc<Shared>> {
        lock(&self.scans)
            .iter()
            .filter_map(std::sync::Weak::upgrade)
            .filter(|scan| generation >= scan.generation)
            .collect()
    }
}

impl StateScan {
    /// What the state is beside its pairs.
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// Whether what is scanned is still on its way into the store.
    pub(crate) fn flushes_later(&self) -> bool {
        self.state.flushes_later(self.head.applied.map(|id| id.index))
    }

    /// The next pairs, or `None` at the end. Blocks.
    pub(crate) fn next_chunk(&mut self) -> Result<Option<Vec<Pair>>, store::Error> {
        loop {
            let _gate = self.state.gate.read().unwrap_or_else(PoisonError::into_inner);
            let mut kept = lock(&self.shared.kept);
            if kept.void {
                return Err(store::Error("the state was replaced while it was read".to_owned()));
            }
            if kept.done {
                return Ok(None);
            }
            let start = kept
                .cursor
                .clone()
                .map_or(Bound::Included(Bytes::from_static(&[PAIR_PREFIX])), Bound::Excluded);
            let after = |bound: &Bound<Bytes>| match bound {
                Bound::Included(key) => Bound::Included(key.clone()),
                Bound::Excluded(key) => Bound::Excluded(key.clone()),
                Bound::Unbounded => Bound::Unbounded,
            };
            let from = match &start {
                Bound::Included(key) => Bound::Included(&key[..]),
                Bound::Excluded(key) => Bound::Excluded(&key[..]),
                Bound::Unbounded => Bound::Unbounded,
            };
            let end_of_pairs: &[u8] = &[PAIR_PREFIX + 1];
            let in_store =
                self.state.store.range((from, Bound::Excluded(end_of_pairs)), Direction::Forward, CHUNK)?;

            // The store's last key ends this chunk; without one, everything that is left belongs to it.
            let end = in_store.last().map(|(key, _)| key.clone());
            let upto = end.clone().map_or(Bound::Unbounded, Bound::Included);
            let mut merged: BTreeMap<Bytes, Option<Stored>> = BTreeMap::new();
            for (key, value) in &in_store {
                merged.insert(key.clone(), Some(Stored::decode(value)?));
            }
            for (key, value) in kept.pairs.range((after(&start), upto.clone())) {
                merged.insert(key.clone(), value.as_ref().map(Stored::decode).transpose()?);
            }
            for frozen in &self.layers {
                // Keys in layers lack the prefix that keys in the store have.
                let from = match &start {
                    Bound::Excluded(key) => Bound::Excluded(key.slice(1..)),
                    Bound::Included(_) | Bound::Unbounded => Bound::Unbounded,
                };
                let upto = end.as_ref().map_or(Bound::Unbounded, |key| Bound::Included(key.slice(1..)));
                for (key, slot) in frozen.layer.slots().range((from, upto)) {
                    merged.insert(pair_key(key), slot.value.clone());
                }
            }

            if let Some(end) = end {
                kept.pairs = kept.pairs.split_off(&end);
                kept.pairs.remove(&end);
                kept.bytes =
                    kept.pairs.iter().map(|(key, old)| key.len() + old.as_ref().map_or(0, Bytes::len)).sum();
                kept.cursor = Some(end);
            } else {
                kept.pairs.clear();
                kept.bytes = 0;
                kept.done = true;
            }
            drop(kept);
            self.shared.advanced.notify_all();
            let pairs: Vec<Pair> = merged
                .into_iter()
                .filter_map(|(key, stored)| stored.map(|stored| Pair { key: key.slice(1..), stored }))
                .collect();
            if !pairs.is_empty() {
                return Ok(Some(pairs));
            }
        }
    }
}
