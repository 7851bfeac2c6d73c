//! Where the pairs of the replicated state are kept: an ordered map with atomic batches, and nothing more. A store may lose its
//! newest batches in a crash, never a part of one; it never decides anything.

mod memory;
mod sled;

use std::ops::Bound;

use bytes::Bytes;

pub(crate) use self::memory::MemoryStore;
pub(crate) use self::sled::SledStore;
use crate::Direction;

/// A store failed. What it holds can't be trusted any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Error(pub(crate) String);

/// How much a range read returns at most. At least one pair is returned if there is one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) pairs: usize,
    pub(crate) bytes: usize,
}

/// A pair's new value, or `None` to delete it.
pub(crate) type Change = (Bytes, Option<Bytes>);

/// A range of keys.
pub(crate) type KeyRange<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

pub(crate) trait Store: Send + Sync {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error>;

    fn range(
        &self,
        range: KeyRange<'_>,
        direction: Direction,
        limit: Limit,
    ) -> Result<Vec<(Bytes, Bytes)>, Error>;

    /// Applies all changes or none.
    fn apply(&self, batch: Vec<Change>) -> Result<(), Error>;

    /// Removes everything.
    fn wipe(&self) -> Result<(), Error>;

    /// Returns when everything applied so far survives the end of this process.
    fn settle(&self) -> Result<(), Error>;

    /// Returns when everything applied so far survives a loss of power.
    fn sync(&self) -> Result<(), Error>;

    /// Lets go of the files. Every later call fails.
    fn close(&self);
}

/// No key is in a range whose start lies behind its end.
fn is_empty(range: &KeyRange<'_>) -> bool {
    match range {
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => {
            from >= to
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Bytes {
        Bytes::copy_from_slice(text.as_bytes())
    }

    fn check(store: &dyn Store) {
        let all = (Bound::Unbounded, Bound::Unbounded);
        let much = Limit { pairs: 100, bytes: 1000 };
        let put = |key: &str, value: &str| (bytes(key), Some(bytes(value)));
        let keys = |range: KeyRange<'_>, direction, limit| -> Vec<Bytes> {
            store.range(range, direction, limit).expect("range").into_iter().map(|(key, _)| key).collect()
        };

        store.apply(vec![put("a", "1"), put("b", "2"), put("c", "3"), put("d", "4")]).expect("apply");
        store.apply(vec![(bytes("b"), None), put("c", "33"), (bytes("nothing"), None)]).expect("apply");
        assert_eq!(store.get(b"a"), Ok(Some(bytes("1"))));
        assert_eq!(store.get(b"b"), Ok(None));
        assert_eq!(
            store.range(all, Direction::Forward, much),
            Ok(vec![(bytes("a"), bytes("1")), (bytes("c"), bytes("33")), (bytes("d"), bytes("4"))])
        );
        assert_eq!(keys(all, Direction::Backward, much), ["d", "c", "a"]);
        assert_eq!(keys(all, Direction::Forward, Limit { pairs: 2, bytes: 1000 }), ["a", "c"]);
        assert_eq!(keys(all, Direction::Backward, Limit { pairs: 100, bytes: 1 }), ["d"]);
        assert_eq!(keys((Bound::Excluded(b"a"), Bound::Included(b"c")), Direction::Forward, much), ["c"]);
        assert_eq!(keys((Bound::Included(b"a"), Bound::Excluded(b"c")), Direction::Backward, much), ["a"]);
        assert_eq!(keys((Bound::Included(b"c"), Bound::Included(b"a")), Direction::Forward, much), [""; 0]);
        assert_eq!(keys((Bound::Excluded(b"c"), Bound::Excluded(b"c")), Direction::Forward, much), [""; 0]);

        store.sync().expect("sync");
        store.wipe().expect("wipe");
        assert_eq!(store.range(all, Direction::Forward, much), Ok(vec![]));
        store.apply(vec![put("z", "9")]).expect("apply");
        assert_eq!(store.get(b"z"), Ok(Some(bytes("9"))));
    }

    #[test]
    fn memory_is_an_ordered_map() {
        check(&MemoryStore::default());
    }

    #[test]
    fn sled_is_an_ordered_map() {
        let folder = tempfile::tempdir().expect("a folder");
        check(&SledStore::open(&folder.path().join("view"), 1 << 20).expect("opens"));
    }

    #[test]
    fn sled_holds_what_was_applied_before_it_was_opened_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("view");
        let store = SledStore::open(&path, 1 << 20).expect("opens");
        store.apply(vec![(bytes("old"), Some(bytes("1")))]).expect("apply");
        store.wipe().expect("wipe");
        store.apply(vec![(bytes("new"), Some(bytes("2")))]).expect("apply");
        drop(store);
        let store = SledStore::open(&path, 1 << 20).expect("opens");
        assert_eq!(store.get(b"old"), Ok(None));
        assert_eq!(store.get(b"new"), Ok(Some(bytes("2"))));
    }
}
