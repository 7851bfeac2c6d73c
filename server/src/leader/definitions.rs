//! Parsed definitions, bounded by the bytes of their texts. Revisions never change, so that nothing here is ever out of date.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use keepstep_asl::definition::{self, Definition, ParseOptions};
use keepstep_engine::draft::decode;
use keepstep_engine::id::MachineId;
use keepstep_engine::record::Revision;
use keepstep_engine::{Definitions, View, ViewError, key};
use metrics::{Gauge, gauge};

use crate::metric;

/// A definition parsed takes some times its text's bytes.
const BYTES_PER_TEXT_BYTE: usize = 8;
/// What an entry costs at the least, in bytes.
const ENTRY_BYTES_MIN: usize = 1024;

/// A cache of two generations: what is used moves to the young one, and when that is full, the old one is dropped.
pub(crate) struct DefinitionCache {
    generations: Mutex<Generations>,
    generation_bytes_max: usize,
    bytes: Gauge,
}

#[derive(Default)]
struct Generations {
    young: HashMap<(MachineId, u64), Entry>,
    old: HashMap<(MachineId, u64), Entry>,
    young_bytes: usize,
}

#[derive(Clone)]
struct Entry {
    definition: Arc<Definition>,
    bytes: usize,
}

impl DefinitionCache {
    /// A cache of about this many bytes.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            generations: Mutex::default(),
            generation_bytes_max: bytes_max / 2,
            bytes: gauge!(metric::DEFINITION_CACHE_BYTES),
        }
    }

    fn cached(&self, id: (MachineId, u64)) -> Option<Arc<Definition>> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = generations.young.get(&id) {
            return Some(Arc::clone(&entry.definition));
        }
        let entry = generations.old.remove(&id)?;
        let definition = Arc::clone(&entry.definition);
        generations.insert(id, entry, self.generation_bytes_max);
        Some(definition)
    }

    fn insert(&self, id: (MachineId, u64), definition: &Arc<Definition>, text_len: usize) {
        let bytes = text_len.saturating_mul(BYTES_PER_TEXT_BYTE).max(ENTRY_BYTES_MIN);
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = Entry { definition: Arc::clone(definition), bytes };
        generations.insert(id, entry, self.generation_bytes_max);
        self.bytes.set(generations.young_bytes as f64);
    }
}

impl Generations {
    fn insert(&mut self, id: (MachineId, u64), entry: Entry, bytes_max: usize) {
        if self.young_bytes.saturating_add(entry.bytes) > bytes_max {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        // A definition that doesn't fit at all is not kept.
        if entry.bytes <= bytes_max {
            self.young_bytes += entry.bytes;
            if let Some(replaced) = self.young.insert(id, entry) {
                self.young_bytes -= replaced.bytes;
            }
        }
    }
}

impl Definitions for DefinitionCache {
    fn definition(
        &self,
        view: &dyn View,
        machine: MachineId,
        revision: u64,
    ) -> Result<Arc<Definition>, ViewError> {
        if let Some(definition) = self.cached((machine, revision)) {
            return Ok(definition);
        }
        let key = key::revision(machine, revision);
        let missing = |what| ViewError::Missing { what, key: hex::encode(&key) };
        let stored = view.get(&key)?.ok_or_else(|| missing("a revision"))?;
        let record: Revision = decode(&key, &stored.value)?;
        let text = std::str::from_utf8(&record.definition).map_err(|_| missing("a definition in UTF-8"))?;
        // It was validated for its type when it was created; what a Standard one may hold includes what an Express one may.
        let definition = definition::parse(text, &ParseOptions::default())
            .map_err(|_| missing("a definition that this version can read"))?;
        let definition = Arc::new(definition);
        self.insert((machine, revision), &definition, text.len());
        Ok(definition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> (MachineId, u64) {
        (MachineId::from_bytes([7; 16]), number)
    }

    #[test]
    fn the_cache_is_bounded_and_keeps_what_is_used() {
        let text = r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;
        let definition = Arc::new(definition::parse(text, &ParseOptions::default()).expect("valid"));
        let cache = DefinitionCache::new(8 * ENTRY_BYTES_MIN);
        for number in 0..100 {
            cache.insert(id(number), &definition, text.len());
            assert!(cache.cached(id(0)).is_some(), "used all the time");
        }
        assert!(cache.cached(id(50)).is_none());
        assert!(cache.cached(id(99)).is_some());
        let generations = cache.generations.lock().expect("no panic");
        assert!(generations.young.len() + generations.old.len() <= 8);
    }
}
