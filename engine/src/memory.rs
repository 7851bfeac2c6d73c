//! The replicated state as a map in memory: for tests, and for executions that need no durability. One writer at a time.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;

use crate::draft::{Expect, Transaction, Write};
use crate::view::{Direction, Versioned, View, ViewError};

/// An ordered map with revisions.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    pairs: BTreeMap<Bytes, Versioned>,
    revision: u64,
    bytes: usize,
}

impl Memory {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a transaction's writes if all its guards hold. Returns whether they did.
    pub fn apply(&mut self, transaction: &Transaction) -> bool {
        let holds = transaction.guards.iter().all(|guard| match (self.pairs.get(&guard.key), guard.expect) {
            (None, Expect::Absent) => true,
            (Some(found), Expect::Revision(revision)) => found.revision == revision,
            _ => false,
        });
        if holds {
            self.revision += 1;
            for write in &transaction.writes {
                match write {
                    Write::Put { key, value } => {
                        let versioned = Versioned { revision: self.revision, value: value.clone() };
                        self.bytes += value.len();
                        match self.pairs.insert(key.clone(), versioned) {
                            Some(old) => self.bytes -= old.value.len(),
                            None => self.bytes += key.len(),
                        }
                    }
                    Write::Delete { key } => {
                        if let Some(old) = self.pairs.remove(key) {
                            self.bytes -= key.len() + old.value.len();
                        }
                    }
                }
            }
        }
        holds
    }

    /// The bytes of all keys and values.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// All pairs whose keys start with `prefix`, in order.
    pub fn pairs<'a>(&'a self, prefix: &[u8]) -> impl Iterator<Item = (&'a Bytes, &'a Versioned)> + use<'a> {
        let from = Bytes::copy_from_slice(prefix);
        self.pairs.range(from.clone()..).take_while(move |(key, _)| key.starts_with(&from))
    }
}

impl View for Memory {
    fn get(&self, key: &[u8]) -> Result<Option<Versioned>, ViewError> {
        Ok(self.pairs.get(key).cloned())
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<(Bytes, Versioned)>, ViewError> {
        if from >= to {
            return Ok(Vec::new());
        }
        let range = self.pairs.range::<[u8], _>((Bound::Included(from), Bound::Excluded(to)));
        let pair = |(key, versioned): (&Bytes, &Versioned)| (key.clone(), versioned.clone());
        Ok(match direction {
            Direction::Forward => range.map(pair).take(limit).collect(),
            Direction::Backward => range.rev().map(pair).take(limit).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::Origin;

    #[test]
    fn bytes_are_those_of_all_keys_and_values() {
        let mut memory = Memory::new();
        let put =
            |key: &'static str, value: &'static str| Write::Put { key: key.into(), value: value.into() };
        let table = [
            (vec![put("a", "12"), put("bc", "")], 5),
            (vec![put("a", "1")], 4),
            (vec![put("a", "12345")], 8),
            (vec![Write::Delete { key: "x".into() }], 8),
            (vec![Write::Delete { key: "a".into() }, put("d", "1")], 4),
        ];
        for (writes, bytes) in table {
            assert!(memory.apply(&Transaction { origin: Origin("Test"), guards: Vec::new(), writes }));
            assert_eq!(memory.bytes(), bytes);
            let sum: usize = memory.pairs(b"").map(|(key, found)| key.len() + found.value.len()).sum();
            assert_eq!(sum, bytes);
        }
    }
}
