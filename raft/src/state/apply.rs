//! Applying entries: guards are compared with revisions, then all writes happen or none. The same entries in the same order give the
//! same state, hash included, on every replica.

use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::layer::Slot;
use super::meta::pair_key;
use super::stored::{PairHasher, Stored};
use super::{Layers, State};
use crate::store;
use crate::txn::{Expect, Outcome, Txn, Write};
use crate::type_config::{LogId, Membership, StoredMembership};

/// What is known of a pair that isn't in the active layer.
#[derive(Clone, Copy)]
struct Below {
    revision: u64,
    hash: u128,
    value_len: usize,
}

impl Below {
    fn of(stored: &Stored) -> Below {
        Below { revision: stored.revision, hash: stored.hash, value_len: stored.value.len() }
    }
}

/// Where a key was found.
enum Found {
    /// The active layer knows it; without a revision, as deleted.
    Active { revision: Option<u64> },
    /// The active layer doesn't; this is what lies below it.
    Below(Option<Below>),
}

/// A layer in which so many transactions were refused is frozen, however little was written.
const REFUSED_MAX: usize = 1 << 16;

/// Guards whose answers are kept for the writes, which mostly name the same keys. Beyond it, the store is asked again.
const REMEMBERED: usize = 32;

impl State {
    /// Applies a transaction. Only one thread may apply.
    pub(crate) fn apply_txn(
        &self,
        id: LogId,
        txn: &Txn,
        hasher: &mut PairHasher,
    ) -> Result<Outcome, store::Error> {
        let mut known: Vec<(&Bytes, Option<Below>)> = Vec::with_capacity(txn.guards.len().min(REMEMBERED));
        for guard in &txn.guards {
            let revision = match self.find(&guard.key)? {
                Found::Active { revision } => revision,
                Found::Below(below) => {
                    if known.len() < REMEMBERED {
                        known.push((&guard.key, below));
                    }
                    below.map(|found| found.revision)
                }
            };
            let holds = match guard.expect {
                Expect::Absent => revision.is_none(),
                Expect::Revision(expected) => revision == Some(expected),
            };
            if !holds {
                self.advance(id, |layers| layers.refused.push(id.index));
                return Ok(Outcome::Refused { key: guard.key.clone() });
            }
        }

        let mut prepared = Vec::with_capacity(txn.writes.len());
        for write in &txn.writes {
            let below = match known.iter().find(|(key, _)| *key == write.key()) {
                Some((_, below)) => *below,
                None => match self.find(write.key())? {
                    Found::Active { .. } => None,
                    Found::Below(below) => below,
                },
            };
            let stored = match write {
                Write::Put { key, value } => Some(Stored {
                    hash: hasher.hash(key, id.index, value),
                    revision: id.index,
                    // A copy, since the value may be a slice of a whole request that would stay in memory with it.
                    value: Bytes::copy_from_slice(value),
                }),
                Write::Delete { .. } => None,
            };
            prepared.push((write.key(), stored, below));
        }

        self.advance(id, |layers| {
            for (key, stored, below) in prepared {
                write_one(layers, key, stored, below);
            }
        });
        Ok(Outcome::Committed { revision: id.index })
    }

    /// Applies the first entry of a leader's term.
    pub(crate) fn apply_blank(&self, id: LogId) {
        self.advance(id, |layers| layers.head.term_start = Some(id));
    }

    /// Applies a membership.
    pub(crate) fn apply_membership(&self, id: LogId, membership: Membership) {
        self.advance(id, |layers| layers.head.membership = StoredMembership::new(Some(id), membership));
    }

    /// Looks a key up.
    fn find(&self, key: &[u8]) -> Result<Found, store::Error> {
        {
            let layers = self.layers();
            if let Some(slot) = layers.active.get(key) {
                return Ok(Found::Active { revision: slot.value.as_ref().map(|stored| stored.revision) });
            }
            if let Some(slot) = layers.frozen_slot(key) {
                return Ok(Found::Below(slot.value.as_ref().map(Below::of)));
            }
        }
        // A layer that the flusher removes meanwhile is in the store by then.
        let stored = self.store.get(&pair_key(key))?;
        let stored = stored.as_ref().map(Stored::decode).transpose()?;
        Ok(Found::Below(stored.as_ref().map(Below::of)))
    }

    /// Applies an entry's changes and moves on to its id.
    fn advance(&self, id: LogId, change: impl FnOnce(&mut Layers)) {
        let mut layers = self.layers_mut();
        let before = layers.active.bytes();
        change(&mut layers);
        layers.head.applied = Some(id);
        let after = layers.active.bytes();
        if after >= before {
            self.overlay.fetch_add((after - before) as u64, Ordering::Relaxed);
        } else {
            self.overlay.fetch_sub((before - after) as u64, Ordering::Relaxed);
        }
        let hash = layers.head.hash;
        let full = after >= self.options.overlay_bytes / 2 || layers.refused.len() >= REFUSED_MAX;
        drop(layers);
        if id.index.is_multiple_of(self.options.hash_interval) {
            self.record_hash(id.index, hash);
        }
        if full {
            self.freeze();
        }
    }
}

fn write_one(layers: &mut Layers, key: &Bytes, stored: Option<Stored>, below: Option<Below>) {
    let old = match layers.active.get(key) {
        Some(Slot { value, .. }) => value.as_ref().map(Below::of),
        None => below,
    };
    let head = &mut layers.head;
    if let Some(old) = old {
        head.hash = head.hash.wrapping_sub(old.hash);
        head.pairs -= 1;
        head.bytes -= (key.len() + old.value_len) as u64;
    }
    match stored {
        Some(stored) => {
            head.hash = head.hash.wrapping_add(stored.hash);
            head.pairs += 1;
            head.bytes += (key.len() + stored.value.len()) as u64;
            layers.active.put(key, stored, below.is_some());
        }
        None => layers.active.delete(key, below.is_some()),
    }
}

impl Layers {
    pub(super) fn frozen_slot(&self, key: &[u8]) -> Option<&Slot> {
        self.frozen.iter().rev().find_map(|frozen| frozen.layer.get(key))
    }
}
