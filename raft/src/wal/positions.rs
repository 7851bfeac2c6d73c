//! Where each written entry lies: per segment, the offsets of its entries. Four bytes an entry. Pure: no I/O.
//!
//! The positions follow the written log in its own order; what is queued but unwritten never shows here.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use super::files::File;

/// A segment's open file.
#[derive(Debug)]
pub(super) struct SegmentFile {
    pub(super) sequence: u64,
    pub(super) path: PathBuf,
    pub(super) file: Arc<dyn File>,
    /// Bytes, all preallocated.
    pub(super) size: u64,
}

/// A segment's entries.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) file: Arc<SegmentFile>,
    /// The index of the first entry, if there are any.
    pub(super) first: u64,
    pub(super) offsets: Vec<u32>,
    /// What the segment left of the ones before it; see [`super::frame::Footer`].
    pub(super) kept_before: u64,
}

impl Segment {
    fn next(&self) -> u64 {
        self.first + self.offsets.len() as u64
    }
}

/// What a written batch did to the log, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// An entry's frame lies at `offset` of the newest segment.
    Entry { index: u64, offset: u32 },
    /// Entries at and after this index are no more.
    Truncate { from: u64 },
    /// Entries up to and including this index are no more.
    Purge { index: u64 },
}

/// All segments, oldest first. Their entries have consecutive indexes throughout.
#[derive(Debug, Default)]
pub(super) struct Positions {
    segments: VecDeque<Segment>,
}

/// An entry doesn't follow the one before it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) expected: u64,
    pub(super) found: u64,
}

impl Positions {
    /// Starts a segment; entries go there from now on.
    pub(super) fn begin(&mut self, file: Arc<SegmentFile>) {
        if let Some(sealed) = self.segments.back_mut() {
            sealed.offsets.shrink_to_fit();
        }
        self.segments.push_back(Segment { file, first: 0, offsets: Vec::new(), kept_before: u64::MAX });
    }

    /// Applies one step of the written log.
    pub(super) fn apply(&mut self, step: Step) -> Result<(), Gap> {
        match step {
            Step::Entry { index, offset } => return self.push(index, offset),
            Step::Truncate { from } => self.truncate(from),
            // A purge past the end empties the log; a lesser one leaves positions until their segment goes.
            Step::Purge { index } if self.last().is_some_and(|last| last <= index) => self.truncate(0),
            Step::Purge { .. } => {}
        }
        Ok(())
    }

    fn push(&mut self, index: u64, offset: u32) -> Result<(), Gap> {
        if let Some(expected) = self.last().map(|last| last + 1)
            && expected != index
        {
            return Err(Gap { expected, found: index });
        }
        if let Some(segment) = self.segments.back_mut() {
            if segment.offsets.is_empty() {
                segment.first = index;
            }
            segment.offsets.push(offset);
        }
        Ok(())
    }

    /// Gives the newest segment, which has none yet, the entries that its footer names.
    pub(super) fn adopt(&mut self, kept_before: u64, first: u64, offsets: Vec<u32>) -> Result<(), Gap> {
        if kept_before != u64::MAX {
            self.truncate(kept_before);
        }
        if let (Some(last), false) = (self.last(), offsets.is_empty())
            && last + 1 != first
        {
            return Err(Gap { expected: last + 1, found: first });
        }
        if let Some(segment) = self.segments.back_mut() {
            segment.first = first;
            segment.offsets = offsets;
        }
        Ok(())
    }

    fn truncate(&mut self, from: u64) {
        let mut newest = true;
        let mut reached_before = false;
        for segment in self.segments.iter_mut().rev() {
            let keep = from.saturating_sub(segment.first).min(segment.offsets.len() as u64) as usize;
            reached_before |= !newest && keep < segment.offsets.len();
            segment.offsets.truncate(keep);
            newest = false;
            if keep > 0 {
                break;
            }
        }
        if let Some(segment) = self.segments.back_mut().filter(|_| reached_before) {
            segment.kept_before = segment.kept_before.min(from);
        }
    }

    /// The first entry that is still on disk, purged or not.
    pub(super) fn first(&self) -> Option<u64> {
        self.segments.iter().find(|segment| !segment.offsets.is_empty()).map(|segment| segment.first)
    }

    pub(super) fn last(&self) -> Option<u64> {
        self.segments
            .iter()
            .rev()
            .find(|segment| !segment.offsets.is_empty())
            .map(|segment| segment.next() - 1)
    }

    /// The file and offsets of the entries from `index` on that lie in one segment, at most up to `end`, exclusive.
    pub(super) fn run(&self, index: u64, end: u64) -> Option<(&Arc<SegmentFile>, &[u32])> {
        // Segments without entries keep whatever `first` they had: skip to the last that begins at or before `index`.
        let segment = self.segments.iter().find(|s| !s.offsets.is_empty() && index < s.next())?;
        let from = usize::try_from(index.checked_sub(segment.first)?).ok()?;
        let to = usize::try_from(end.min(segment.next()).checked_sub(segment.first)?).ok()?;
        Some((&segment.file, segment.offsets.get(from..to)?))
    }

    pub(super) fn newest(&self) -> Option<&Segment> {
        self.segments.back()
    }

    /// Takes out the oldest segment if it isn't the newest, too, and has no entry after `purged`.
    pub(super) fn take_purged(&mut self, purged: u64) -> Option<Arc<SegmentFile>> {
        let oldest = self.segments.front()?;
        let holds_nothing = oldest.offsets.is_empty() || oldest.next() - 1 <= purged;
        (self.segments.len() > 1 && holds_nothing)
            .then(|| self.segments.pop_front().map(|segment| segment.file))
            .flatten()
    }

    pub(super) fn segments(&self) -> usize {
        self.segments.len()
    }

    /// Bytes of all segments.
    pub(super) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.file.size).sum()
    }
}
