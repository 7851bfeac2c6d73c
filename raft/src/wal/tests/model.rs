//! What a log must hold, step by step, and which of those states a crash may leave behind.

use std::collections::BTreeMap;
use std::io;

use bytes::Bytes;

use super::super::{Recovered, Wal};
use super::{entries, record};

/// The smallest change that a crash may keep or lose as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Entry(u64, Bytes),
    Vote(Bytes),
    Truncate(u64),
    Purge(u64, Bytes),
}

/// All that can be read from a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) entries: BTreeMap<u64, Bytes>,
    pub(super) vote: Option<Bytes>,
    pub(super) purged: Option<(u64, Bytes)>,
}

impl Content {
    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::Entry(index, bytes) => {
                self.entries.insert(*index, bytes.clone());
            }
            Change::Vote(vote) => self.vote = Some(vote.clone()),
            Change::Truncate(from) => self.entries.retain(|index, _| index < from),
            Change::Purge(index, id) => {
                if self.purged.as_ref().is_none_or(|(purged, _)| purged < index) {
                    self.purged = Some((*index, id.clone()));
                    self.entries.retain(|held, _| held > index);
                }
            }
        }
    }

    /// What a log that was just opened holds; an error if the disk fails to tell.
    pub(super) fn of(wal: &Wal, recovered: &Recovered) -> io::Result<Content> {
        let records = entries(wal)?;
        assert_eq!(recovered.first_index, records.first().map(|record| record.index));
        assert_eq!(recovered.last_index, records.last().map(|record| record.index));
        let bounds = wal.bounds();
        assert_eq!(bounds.first_index, recovered.first_index);
        assert_eq!(bounds.last_index, recovered.last_index);
        assert_eq!(bounds.purged, recovered.purged);
        let purged_index = bounds.purged.as_ref().map(|(index, _)| *index);
        assert_eq!(wal.durable_index(), bounds.last_index.max(purged_index));
        Ok(Content {
            entries: records.into_iter().map(|record| (record.index, record.bytes)).collect(),
            vote: recovered.vote.clone(),
            purged: recovered.purged.clone(),
        })
    }

    /// The index that an append begins with.
    pub(super) fn next(&self) -> u64 {
        let last = self.entries.keys().next_back().copied();
        last.max(self.purged.as_ref().map(|(index, _)| *index)).map_or(0, |last| last + 1)
    }

    /// What is read, now, must be this, unless the disk fails.
    pub(super) fn check_reads(&self, wal: &Wal) {
        let Ok(found) = entries(wal) else { return };
        let expected: Vec<_> =
            self.entries.iter().map(|(index, bytes)| record(*index, bytes.clone())).collect();
        assert_eq!(found, expected);
    }
}

/// What was asked of a log since it was opened, and how much of it is known to be durable.
#[derive(Debug, Clone)]
pub(super) struct History {
    pub(super) start: Content,
    pub(super) changes: Vec<Change>,
    /// After each call, how many changes there were.
    calls: Vec<usize>,
}

impl History {
    pub(super) fn from(start: Content) -> History {
        History { start, changes: Vec::new(), calls: Vec::new() }
    }

    /// Notes a call and returns its number.
    pub(super) fn call(&mut self, changes: impl IntoIterator<Item = Change>) -> usize {
        self.changes.extend(changes);
        self.calls.push(self.changes.len());
        self.calls.len() - 1
    }

    pub(super) fn calls(&self) -> usize {
        self.calls.len()
    }

    /// The content when all is done.
    pub(super) fn end(&self) -> Content {
        let mut content = self.start.clone();
        self.changes.iter().for_each(|change| content.apply(change));
        content
    }

    /// `found` must be the content after some of the changes, in order, and after all of the first `acknowledged` calls.
    pub(super) fn check(&self, acknowledged: usize, found: &Content, case: &str) {
        let at_least = acknowledged.checked_sub(1).map_or(0, |call| self.calls[call]);
        let mut content = self.start.clone();
        for applied in 0..=self.changes.len() {
            if applied >= at_least && content == *found {
                return;
            }
            if let Some(change) = self.changes.get(applied) {
                content.apply(change);
            }
        }
        panic!(
            "{case}: acknowledged {acknowledged} calls of {:?}\nfrom {:?}\nbut found {found:?}",
            self.calls, self
        );
    }
}
