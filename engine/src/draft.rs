//! How a decision is written down: every read becomes a guard, every write is buffered, and later reads see earlier writes.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message;

use crate::effect::Effect;
use crate::key;
use crate::view::{Direction, Versioned, View, ViewError};

/// What a guarded key must be for the transaction to write anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// There is no such key.
    Absent,
    /// The key was last written at this revision.
    Revision(u64),
}

/// A condition of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The key that was read.
    pub key: Bytes,
    /// What was found there.
    pub expect: Expect,
}

/// A change of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The key has this value from now on.
    Put {
        /// The key.
        key: Bytes,
        /// An encoded record.
        value: Bytes,
    },
    /// The key is no more.
    Delete {
        /// The key.
        key: Bytes,
    },
}

/// Which API mutation or scheduler step a transaction is: the log stays readable, and metrics count by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin(pub &'static str);

/// What is replicated: the outcome of a decision, never the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Which mutation or step this is.
    pub origin: Origin,
    /// If one of them fails, nothing is written.
    pub guards: Vec<Guard>,
    /// All of them are made, atomically. At most one for each key.
    pub writes: Vec<Write>,
}

/// The result of deciding: what to commit, what to do after the commit, and what to answer then.
#[derive(Debug)]
pub struct Decision<R> {
    /// `None` when there is nothing to write: the reply may be given at once.
    pub transaction: Option<Transaction>,
    /// To be carried out by the leader, after the commit only.
    pub effects: Vec<Effect>,
    /// The answer, valid after the commit only.
    pub reply: R,
}

impl<R> Decision<R> {
    /// A decision that changes nothing.
    pub fn unchanged(reply: R) -> Self {
        Self { transaction: None, effects: Vec::new(), reply }
    }
}

/// How many keys one scan asks for.
const SCAN_LEN: usize = 1000;

/// A transaction in the making.
pub struct Draft<'a> {
    view: &'a dyn View,
    guards: BTreeMap<Bytes, Expect>,
    writes: BTreeMap<Bytes, Option<Bytes>>,
    bytes: usize,
    /// To be carried out after the commit.
    pub effects: Vec<Effect>,
}

impl<'a> Draft<'a> {
    /// An empty draft over `view`.
    pub fn new(view: &'a dyn View) -> Self {
        Self { view, guards: BTreeMap::new(), writes: BTreeMap::new(), bytes: 0, effects: Vec::new() }
    }

    /// The record at `key`, as this draft would leave it; what was found becomes a guard.
    pub fn get<M: Message + Default>(&mut self, key: &Bytes) -> Result<Option<M>, ViewError> {
        if let Some(written) = self.writes.get(key) {
            return written.as_ref().map(|value| decode(key, value)).transpose();
        }
        let found = self.view.get(key)?;
        let expect = found.as_ref().map_or(Expect::Absent, |versioned| Expect::Revision(versioned.revision));
        // A second read of a key that changed meanwhile keeps the first guard, so that the transaction is refused.
        self.guards.entry(key.clone()).or_insert(expect);
        found.map(|versioned| decode(key, &versioned.value)).transpose()
    }

    /// The record at `key` without a guard: for records that never change once written, and for hints that are checked elsewhere.
    pub fn peek<M: Message + Default>(&self, key: &Bytes) -> Result<Option<M>, ViewError> {
        match self.writes.get(key) {
            Some(written) => written.as_ref().map(|value| decode(key, value)).transpose(),
            None => self.view.get(key)?.map(|versioned| decode(key, &versioned.value)).transpose(),
        }
    }

    /// A scan of the view beneath, without guards and without this draft's writes: whoever decides on 'no such thing exists' guards a
    /// lifecycle record that all writers of the set also guard.
    pub fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<(Bytes, Versioned)>, ViewError> {
        self.view.scan(from, to, limit, direction)
    }

    /// Writes a record.
    pub fn put<M: Message>(&mut self, key: Bytes, record: &M) {
        self.put_bytes(key, record.encode_to_vec().into());
    }

    /// Writes a key that says all by being there.
    pub fn put_empty(&mut self, key: Bytes) {
        self.put_bytes(key, Bytes::new());
    }

    fn put_bytes(&mut self, key: Bytes, value: Bytes) {
        self.bytes += key.len() + value.len();
        self.writes.insert(key, Some(value));
    }

    /// Removes a key, which need not be there.
    pub fn delete(&mut self, key: Bytes) {
        self.bytes += key.len();
        self.writes.insert(key, None);
    }

    /// Removes all stored keys with this prefix.
    pub fn delete_all(&mut self, prefix: &Bytes) -> Result<(), ViewError> {
        let mut from = prefix.clone();
        let end = key::prefix_end(prefix);
        loop {
            let pairs = self.scan(&from, &end, SCAN_LEN, Direction::Forward)?;
            pairs.iter().for_each(|(key, _)| self.delete(key.clone()));
            match pairs.last() {
                Some((last, _)) if pairs.len() == SCAN_LEN => from = key::after(last),
                _ => return Ok(()),
            }
        }
    }

    /// The bytes of all writes so far, overwritten ones included: what a step's bound is measured by.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The decision that this draft amounts to.
    pub fn finish<R>(self, origin: Origin, reply: R) -> Decision<R> {
        if self.writes.is_empty() {
            return Decision { transaction: None, effects: self.effects, reply };
        }
        let guards = self.guards.into_iter().map(|(key, expect)| Guard { key, expect }).collect();
        let writes = self
            .writes
            .into_iter()
            .map(|(key, value)| match value {
                Some(value) => Write::Put { key, value },
                None => Write::Delete { key },
            })
            .collect();
        Decision { transaction: Some(Transaction { origin, guards, writes }), effects: self.effects, reply }
    }
}

/// Decodes the record found at `key`.
pub fn decode<M: Message + Default>(key: &[u8], value: &Bytes) -> Result<M, ViewError> {
    M::decode(value.clone()).map_err(|source| ViewError::Corrupt {
        key: hex::encode(key),
        message: std::any::type_name::<M>(),
        source,
    })
}
