//! Judging a view that was found on disk, and replacing a state as a whole.

use std::collections::HashSet;
use std::io;
use std::ops::Bound;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::layer::Layer;
use super::meta::{FLUSH_KEY, Flush, META_KEY, PAIR_PREFIX, pair_key};
use super::stored::{PairHasher, Stored};
use super::{Availability, Head, Pair, State, lock};
use crate::Direction;
use crate::store::{self, Limit, Store};
use crate::txn::Write;
use crate::type_config::{Entry, Payload};

/// What a store holds.
pub(crate) struct Found {
    pub(crate) head: Head,
    /// A flush that was interrupted.
    pub(crate) flush: Option<Flush>,
}

/// What a store holds: `None` if nothing at all.
pub(crate) fn read_store(store: &dyn Store) -> Result<Option<Found>, store::Error> {
    let flush = store.get(FLUSH_KEY)?.map(Flush::decode_record).transpose()?;
    if let Some(bytes) = store.get(META_KEY)? {
        return Ok(Some(Found { head: Head::decode(&bytes)?, flush }));
    }
    if flush.is_some() {
        // The first flush of all.
        return Ok(Some(Found { head: Head::default(), flush }));
    }
    let first = store.range(
        (Bound::Unbounded, Bound::Unbounded),
        Direction::Forward,
        Limit { pairs: 1, bytes: 1 },
    )?;
    if first.is_empty() {
        Ok(None)
    } else {
        Err(store::Error("it was being rebuilt when the node stopped".to_owned()))
    }
}

/// Completes an interrupted flush with the entries between the store's head and the flush's: their writes are made again, without a
/// look at guards, whose answers the flush has noted. Returns the new head.
pub(crate) fn finish_flush(
    store: &dyn Store,
    flush: &Flush,
    entries: impl Iterator<Item = io::Result<Entry>>,
) -> io::Result<Head> {
    let head = flush.head().map_err(io::Error::other)?;
    let refused: HashSet<u64> = flush.refused.iter().copied().collect();
    let mut hasher = PairHasher::default();
    let mut last = None;
    for entry in entries {
        let entry = entry?;
        let index = entry.log_id.index;
        last = Some(entry.log_id);
        let Payload::Normal(command) = entry.payload else { continue };
        if refused.contains(&index) {
            continue;
        }
        let txn = command.txn().map_err(io::Error::other)?;
        let changes = txn.writes.iter().map(|write| match write {
            Write::Put { key, value } => {
                let hash = hasher.hash(key, index, value);
                (pair_key(key), Some(Stored { hash, revision: index, value: value.clone() }.encode()))
            }
            Write::Delete { key } => (pair_key(key), None),
        });
        store.apply(changes.collect()).map_err(io::Error::other)?;
    }
    if last != head.applied {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the log doesn't have the entries of an interrupted flush",
        ));
    }
    store.settle().map_err(io::Error::other)?;
    let records =
        vec![(Bytes::from_static(META_KEY), Some(head.encode())), (Bytes::from_static(FLUSH_KEY), None)];
    store.apply(records).and_then(|()| store.settle()).map_err(io::Error::other)?;
    Ok(head)
}

/// Recomputes the hash of all pairs of a store.
pub(crate) fn verify_hash(store: &dyn Store, head: &Head) -> Result<(), store::Error> {
    let mut hasher = PairHasher::default();
    let mut from = Bound::Included(Bytes::from_static(&[PAIR_PREFIX]));
    let end: &[u8] = &[PAIR_PREFIX + 1];
    let (mut hash, mut pairs) = (0_u128, 0_u64);
    loop {
        let range = (from.as_ref().map(|key| &key[..]), Bound::Excluded(end));
        let chunk = store.range(range, Direction::Forward, Limit { pairs: 2048, bytes: 1 << 20 })?;
        let Some((last, _)) = chunk.last() else { break };
        from = Bound::Excluded(last.clone());
        for (key, value) in &chunk {
            let stored = Stored::decode(value)?;
            hash = hash.wrapping_add(hasher.hash(&key.slice(1..), stored.revision, &stored.value));
            pairs += 1;
        }
    }
    if hash == head.hash && pairs == head.pairs {
        Ok(())
    } else {
        Err(store::Error(format!(
            "its {pairs} pairs don't have the hash that was stored with them ({} pairs)",
            head.pairs
        )))
    }
}

impl State {
    /// Replaces everything. Reads are refused meanwhile; after a crash in the middle, the store says that it was being rebuilt.
    pub(crate) fn replace(
        &self,
        head: Head,
        batches: impl Iterator<Item = io::Result<Vec<Pair>>>,
    ) -> io::Result<()> {
        self.set_availability(Availability::Rebuilding);
        self.replacements.fetch_add(1, Ordering::AcqRel);
        let _gate = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        {
            let mut layers = self.layers_mut();
            layers.active = Layer::default();
            layers.frozen.clear();
            layers.refused.clear();
            layers.generation += 1;
            self.overlay.store(0, Ordering::Relaxed);
        }
        self.void_scans();
        self.store.wipe().map_err(io::Error::other)?;
        let mut hasher = PairHasher::default();
        let (mut hash, mut pairs) = (0_u128, 0_u64);
        for batch in batches {
            let mut changes = Vec::new();
            for mut pair in batch? {
                pair.stored.hash = hasher.hash(&pair.key, pair.stored.revision, &pair.stored.value);
                hash = hash.wrapping_add(pair.stored.hash);
                pairs += 1;
                changes.push((pair_key(&pair.key), Some(pair.stored.encode())));
            }
            self.store.apply(changes).map_err(io::Error::other)?;
        }
        if hash != head.hash || pairs != head.pairs {
            let text = format!(
                "the snapshot's {pairs} pairs don't have the hash that it names ({} pairs)",
                head.pairs
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        let meta = (Bytes::from_static(META_KEY), Some(head.encode()));
        self.store.settle().map_err(io::Error::other)?;
        self.store.apply(vec![meta]).and_then(|()| self.store.settle()).map_err(io::Error::other)?;
        lock(&self.recorded).clear();
        self.layers_mut().head = head;
        self.set_flushed_index();
        self.set_availability(Availability::Serving);
        Ok(())
    }
}
