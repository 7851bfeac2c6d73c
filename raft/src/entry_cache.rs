//! The newest log entries in memory as openraft knows them, so that applying and replicating them neither reads nor decodes them
//! again. It holds an unbroken run up to the log's last entry, bounded in bytes.

use std::collections::VecDeque;
use std::ops::Range;

use crate::type_config::{Entry, Payload};

/// About what an entry costs beside its transaction, in bytes.
const OVERHEAD: usize = 192;

pub(crate) struct EntryCache {
    entries: VecDeque<Entry>,
    bytes: usize,
    bytes_max: usize,
}

impl EntryCache {
    pub(crate) fn new(bytes_max: usize) -> EntryCache {
        EntryCache { entries: VecDeque::new(), bytes: 0, bytes_max }
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        if self.entries.back().is_some_and(|last| last.log_id.index + 1 != entry.log_id.index) {
            self.clear();
        }
        self.bytes += cost(&entry);
        self.entries.push_back(entry);
        while self.bytes > self.bytes_max && self.entries.len() > 1 {
            self.pop_front();
        }
    }

    /// Forgets the entries after `index`; all, if it is `None`.
    pub(crate) fn truncate_after(&mut self, index: Option<u64>) {
        while self.entries.back().is_some_and(|last| Some(last.log_id.index) > index) {
            if let Some(entry) = self.entries.pop_back() {
                self.bytes -= cost(&entry);
            }
        }
    }

    /// Forgets the entries up to `index`.
    pub(crate) fn purge(&mut self, index: u64) {
        while self.entries.front().is_some_and(|first| first.log_id.index <= index) {
            self.pop_front();
        }
    }

    /// The entries of a range, up to `bytes_max` but at least one, if the first of the range is here.
    pub(crate) fn get(&self, range: Range<u64>, bytes_max: usize) -> Option<Vec<Entry>> {
        let first = self.entries.front()?.log_id.index;
        let start = usize::try_from(range.start.checked_sub(first)?).ok()?;
        if start >= self.entries.len() {
            return None;
        }
        let mut bytes = 0;
        let mut found = Vec::new();
        for entry in self.entries.range(start..) {
            bytes += cost(entry);
            if entry.log_id.index >= range.end || (bytes > bytes_max && !found.is_empty()) {
                break;
            }
            found.push(entry.clone());
        }
        Some(found)
    }

    fn pop_front(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.bytes -= cost(&entry);
        }
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }
}

/// Memory of an entry: a transaction may be there encoded and decoded.
fn cost(entry: &Entry) -> usize {
    OVERHEAD
        + match &entry.payload {
            Payload::Normal(command) => 2 * command.encoded().len(),
            Payload::Blank | Payload::Membership(_) => 0,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::type_config::log_id;

    fn blank(index: u64) -> Entry {
        Entry { log_id: log_id(1, index), payload: Payload::Blank }
    }

    fn indexes(cache: &EntryCache, range: Range<u64>, bytes_max: usize) -> Option<Vec<u64>> {
        cache.get(range, bytes_max).map(|entries| entries.iter().map(|entry| entry.log_id.index).collect())
    }

    #[test]
    fn holds_the_newest_run_within_its_bound() {
        let mut cache = EntryCache::new(4 * OVERHEAD);
        for index in 1..=6 {
            cache.push(blank(index));
        }
        assert_eq!(indexes(&cache, 3..7, usize::MAX), Some(vec![3, 4, 5, 6]));
        assert_eq!(indexes(&cache, 2..7, usize::MAX), None, "2 was dropped");
        assert_eq!(indexes(&cache, 4..6, usize::MAX), Some(vec![4, 5]));
        assert_eq!(indexes(&cache, 4..7, 2 * OVERHEAD), Some(vec![4, 5]), "bounded");
        assert_eq!(indexes(&cache, 4..7, 1), Some(vec![4]), "at least one");
        assert_eq!(indexes(&cache, 7..9, usize::MAX), None);

        cache.truncate_after(Some(5));
        assert_eq!(indexes(&cache, 5..7, usize::MAX), Some(vec![5]));
        cache.purge(3);
        assert_eq!(indexes(&cache, 3..7, usize::MAX), None);
        assert_eq!(indexes(&cache, 4..7, usize::MAX), Some(vec![4, 5]));
        cache.push(blank(9));
        assert_eq!(indexes(&cache, 4..10, usize::MAX), None, "a gap empties it");
        assert_eq!(indexes(&cache, 9..10, usize::MAX), Some(vec![9]));
        cache.truncate_after(None);
        assert_eq!(indexes(&cache, 9..10, usize::MAX), None);
    }
}
