//! Reading the state: one key, or a range, across the layers and the store.

use std::collections::btree_map;
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::layer::Slot;
use super::meta::{PAIR_PREFIX, pair_key};
use super::stored::Stored;
use super::{Availability, State};
use crate::store::{self, Limit};
use crate::{Direction, Versioned, ViewError};

/// Pairs are read from the store in chunks of at most this size.
const CHUNK_BYTES: usize = 1 << 20;
const CHUNK_PAIRS_MAX: usize = 1024;

type Bounds = (Bound<Bytes>, Bound<Bytes>);

/// What one layer says about a range.
type Source<'a> = Peekable<Box<dyn Iterator<Item = (Bytes, Slot)> + 'a>>;

impl State {
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Versioned>, ViewError> {
        let replacements = self.replacements.load(Ordering::Acquire);
        self.check_available()?;
        {
            let layers = self.layers();
            let slot = layers.active.get(key).or_else(|| layers.frozen_slot(key));
            if let Some(slot) = slot {
                return Ok(slot.value.clone().map(versioned));
            }
        }
        // A layer that the flusher removes meanwhile is in the store by then.
        let stored = self.store.get(&pair_key(key)).map_err(failed)?;
        // While a snapshot replaces the state, the store is empty; and if one has replaced it since the layers were looked at, what the
        // store said may be older than what they held.
        self.check_available()?;
        if self.replacements.load(Ordering::Acquire) != replacements {
            return Err(ViewError::Rebuilding);
        }
        Ok(stored.as_ref().map(Stored::decode).transpose().map_err(failed)?.map(versioned))
    }

    /// At most `limit` pairs of a range, all as of one moment.
    pub(crate) fn scan_range(
        &self,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<(Bytes, Versioned)>, ViewError> {
        self.check_available()?;
        if limit == 0 || is_empty(&range) {
            return Ok(Vec::new());
        }
        // No layer goes into the store meanwhile, so that the layers seen now and the store fit together until the end.
        let _gate = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        self.check_available()?;
        let bounds: Bounds = (range.0.map(Bytes::copy_from_slice), range.1.map(Bytes::copy_from_slice));
        let (active, frozen) = {
            let layers = self.layers();
            let mut active = Vec::new();
            let mut live = 0;
            for (key, slot) in directed(layers.active.slots().range(bounds.clone()), direction) {
                active.push((key.clone(), slot.clone()));
                live += usize::from(slot.value.is_some());
                // The result ends here at the latest.
                if live == limit {
                    break;
                }
            }
            (active, layers.frozen.iter().rev().cloned().collect::<Vec<_>>())
        };

        let mut sources: Vec<Source<'_>> = Vec::with_capacity(frozen.len() + 1);
        sources.push((Box::new(active.into_iter()) as Box<dyn Iterator<Item = (Bytes, Slot)>>).peekable());
        for frozen in &frozen {
            let slots = directed(frozen.layer.slots().range(bounds.clone()), direction);
            let slots: Box<dyn Iterator<Item = (Bytes, Slot)> + '_> =
                Box::new(slots.map(|(key, slot)| (key.clone(), slot.clone())));
            sources.push(slots.peekable());
        }
        let mut in_store = StoreRange::new(&*self.store, &bounds, direction, limit);
        let mut found = Vec::new();
        while found.len() < limit {
            let mut next: Option<Bytes> = in_store.peek().map_err(failed)?.map(|(key, _)| key.clone());
            for source in &mut sources {
                if let Some((key, _)) = source.peek()
                    && next.as_ref().is_none_or(|next| comes_before(key, next, direction))
                {
                    next = Some(key.clone());
                }
            }
            let Some(key) = next else { break };
            // The newest source that has the key decides; all of them move on.
            let mut decided: Option<Option<Stored>> = None;
            for source in &mut sources {
                if let Some((_, slot)) = source.next_if(|(candidate, _)| *candidate == key) {
                    decided.get_or_insert(slot.value);
                }
            }
            if let Some(value) = in_store.next_if(&key).map_err(failed)? {
                let stored = Stored::decode(&value).map_err(failed)?;
                decided.get_or_insert(Some(stored));
            }
            if let Some(Some(stored)) = decided {
                found.push((key, versioned(stored)));
            }
        }
        Ok(found)
    }

    fn check_available(&self) -> Result<(), ViewError> {
        match self.availability() {
            Availability::Serving => Ok(()),
            Availability::Rebuilding => Err(ViewError::Rebuilding),
            Availability::Quarantined => Err(ViewError::Quarantined),
        }
    }
}

fn failed(error: store::Error) -> ViewError {
    ViewError::Store(error.to_string())
}

fn versioned(stored: Stored) -> Versioned {
    Versioned { revision: stored.revision, value: stored.value }
}

fn comes_before(a: &Bytes, b: &Bytes, direction: Direction) -> bool {
    match direction {
        Direction::Forward => a < b,
        Direction::Backward => a > b,
    }
}

fn is_empty(range: &(Bound<&[u8]>, Bound<&[u8]>)) -> bool {
    match range {
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => {
            from >= to
        }
        _ => false,
    }
}

fn directed<'a>(
    range: btree_map::Range<'a, Bytes, Slot>,
    direction: Direction,
) -> Box<dyn Iterator<Item = (&'a Bytes, &'a Slot)> + 'a> {
    match direction {
        Direction::Forward => Box::new(range),
        Direction::Backward => Box::new(range.rev()),
    }
}

/// A range of the store, read in chunks as it is consumed.
struct StoreRange<'a> {
    store: &'a dyn store::Store,
    /// What wasn't read yet, in the store's keys.
    rest: Bounds,
    direction: Direction,
    chunk: std::vec::IntoIter<(Bytes, Bytes)>,
    peeked: Option<(Bytes, Bytes)>,
    limit: Limit,
    done: bool,
}

impl<'a> StoreRange<'a> {
    fn new(
        store: &'a dyn store::Store,
        bounds: &Bounds,
        direction: Direction,
        limit: usize,
    ) -> StoreRange<'a> {
        let from = match &bounds.0 {
            Bound::Included(key) => Bound::Included(pair_key(key)),
            Bound::Excluded(key) => Bound::Excluded(pair_key(key)),
            Bound::Unbounded => Bound::Included(Bytes::from_static(&[PAIR_PREFIX])),
        };
        let to = match &bounds.1 {
            Bound::Included(key) => Bound::Included(pair_key(key)),
            Bound::Excluded(key) => Bound::Excluded(pair_key(key)),
            Bound::Unbounded => Bound::Excluded(Bytes::from_static(&[PAIR_PREFIX + 1])),
        };
        StoreRange {
            store,
            rest: (from, to),
            direction,
            chunk: Vec::new().into_iter(),
            peeked: None,
            limit: Limit { pairs: limit.min(CHUNK_PAIRS_MAX), bytes: CHUNK_BYTES },
            done: false,
        }
    }

    fn peek(&mut self) -> Result<Option<&(Bytes, Bytes)>, store::Error> {
        if self.peeked.is_none() {
            if self.chunk.as_slice().is_empty() && !self.done {
                self.read_chunk()?;
            }
            // The caller sees keys without the store's prefix.
            self.peeked = self.chunk.next().map(|(key, value)| (key.slice(1..), value));
        }
        Ok(self.peeked.as_ref())
    }

    fn next_if(&mut self, key: &Bytes) -> Result<Option<Bytes>, store::Error> {
        let matches = self.peek()?.is_some_and(|(candidate, _)| candidate == key);
        Ok(if matches { self.peeked.take().map(|(_, value)| value) } else { None })
    }

    fn read_chunk(&mut self) -> Result<(), store::Error> {
        let range = (self.rest.0.as_ref().map(|key| &key[..]), self.rest.1.as_ref().map(|key| &key[..]));
        let chunk = self.store.range(range, self.direction, self.limit)?;
        match chunk.last() {
            None => self.done = true,
            Some((last, _)) => match self.direction {
                Direction::Forward => self.rest.0 = Bound::Excluded(last.clone()),
                Direction::Backward => self.rest.1 = Bound::Excluded(last.clone()),
            },
        }
        self.chunk = chunk.into_iter();
        Ok(())
    }
}
