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
                        self.pairs.insert(key.clone(), versioned);
                    }
                    Write::Delete { key } => {
                        self.pairs.remove(key);
                    }
                }
            }
        }
        holds
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
