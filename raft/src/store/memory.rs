//! A store in memory, for tests and for nodes that rebuild their state at each start.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock};

use bytes::Bytes;

use super::{Change, Error, KeyRange, Limit, Store, is_empty};
use crate::Direction;

#[derive(Default)]
pub(crate) struct MemoryStore {
    pairs: RwLock<BTreeMap<Bytes, Bytes>>,
}

impl Store for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        Ok(self.pairs.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn range(
        &self,
        range: KeyRange<'_>,
        direction: Direction,
        limit: Limit,
    ) -> Result<Vec<(Bytes, Bytes)>, Error> {
        if is_empty(&range) {
            return Ok(Vec::new());
        }
        let pairs = self.pairs.read().unwrap_or_else(PoisonError::into_inner);
        let pairs = pairs.range::<[u8], (Bound<&[u8]>, Bound<&[u8]>)>(range);
        let mut pairs: Box<dyn Iterator<Item = (&Bytes, &Bytes)>> = match direction {
            Direction::Forward => Box::new(pairs),
            Direction::Backward => Box::new(pairs.rev()),
        };
        let mut found = Vec::new();
        let mut bytes = 0;
        while found.len() < limit.pairs && bytes < limit.bytes {
            let Some((key, value)) = pairs.next() else { break };
            bytes += key.len() + value.len();
            found.push((key.clone(), value.clone()));
        }
        Ok(found)
    }

    fn apply(&self, batch: Vec<Change>) -> Result<(), Error> {
        let mut pairs = self.pairs.write().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in batch {
            match value {
                Some(value) => pairs.insert(key, value),
                None => pairs.remove(&key),
            };
        }
        Ok(())
    }

    fn wipe(&self) -> Result<(), Error> {
        self.pairs.write().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }

    fn settle(&self) -> Result<(), Error> {
        Ok(())
    }

    fn sync(&self) -> Result<(), Error> {
        Ok(())
    }

    fn close(&self) {}
}
