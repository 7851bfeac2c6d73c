//! Recent writes, in memory.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::meta::Head;
use super::stored::Stored;

/// About what an entry of the map costs beside its key and value, in bytes.
const OVERHEAD: usize = 128;

/// What a layer says about one key.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// `None`: the key is deleted.
    pub(super) value: Option<Stored>,
    /// The key exists in an older layer or in the store.
    pub(super) below: bool,
}

#[derive(Default)]
pub(super) struct Layer {
    slots: BTreeMap<Bytes, Slot>,
    bytes: usize,
}

impl Layer {
    pub(super) fn get(&self, key: &[u8]) -> Option<&Slot> {
        self.slots.get(key)
    }

    pub(super) fn slots(&self) -> &BTreeMap<Bytes, Slot> {
        &self.slots
    }

    /// Memory of this layer, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(super) fn put(&mut self, key: &Bytes, value: Stored, below: bool) {
        self.bytes += cost(key, Some(&value));
        if let Some(slot) = self.slots.get_mut(key) {
            self.bytes -= cost(key, slot.value.as_ref());
            slot.value = Some(value);
        } else {
            // A copy, since the key may be a slice of a whole request that would stay in memory with it.
            self.slots.insert(Bytes::copy_from_slice(key), Slot { value: Some(value), below });
        }
    }

    /// Deletes a key; forgets it altogether if no older layer and not the store has it.
    pub(super) fn delete(&mut self, key: &Bytes, below: bool) {
        if let Some(slot) = self.slots.get_mut(key) {
            self.bytes -= cost(key, slot.value.as_ref());
            if slot.below {
                slot.value = None;
                self.bytes += cost(key, None);
            } else {
                self.slots.remove(key);
            }
        } else if below {
            self.bytes += cost(key, None);
            self.slots.insert(Bytes::copy_from_slice(key), Slot { value: None, below });
        }
    }
}

fn cost(key: &[u8], value: Option<&Stored>) -> usize {
    OVERHEAD + key.len() + value.map_or(0, |value| value.value.len())
}

/// A layer that no longer changes, and what the state was at its end.
pub(super) struct Frozen {
    pub(super) generation: u64,
    pub(super) layer: Layer,
    pub(super) head: Head,
    /// Log indexes of the transactions in it whose guards didn't hold.
    pub(super) refused: Vec<u64>,
}
