//! The log as its callers see it: every accepted append, truncation and purge at once, durable or not. Pure: no I/O.
//!
//! Entries are held in memory until they are written, and then for as long as the cache has room for them.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::Record;
use super::positions::{Gap, Positions, SegmentFile, Step};

/// Memory that a cached entry takes beyond its payload, bytes (an estimate).
const ENTRY_OVERHEAD: usize = 64;

/// Most entries that one read finds the positions of.
const READ_ENTRIES: u64 = 65_536;

/// What the log holds, logically.
#[derive(Debug)]
pub(super) struct View {
    purged: Option<(u64, Bytes)>,
    /// The first and last entry.
    held: Option<(u64, u64)>,
    /// The newest entries, up to the last one held.
    recent: VecDeque<Bytes>,
    recent_bytes: usize,
    cache_bytes: usize,
    /// Accepted truncations that aren't written: while there are any, `positions` can hold entries that are no more.
    unwritten_truncations: usize,
    durable: Option<u64>,
    pub(super) positions: Positions,
}

/// Where the entries that a read wants are.
#[derive(Debug)]
pub(super) struct ReadPlan {
    /// Runs of older entries on disk: the file, the first index, and the offset of each.
    pub(super) disk: Vec<(Arc<SegmentFile>, u64, Vec<u32>)>,
    /// Newer entries, which follow those on disk.
    pub(super) memory: Vec<Record>,
}

impl View {
    pub(super) fn new(positions: Positions, purged: Option<(u64, Bytes)>, cache_bytes: usize) -> View {
        let after_purge = purged.as_ref().map_or(0, |(index, _)| index + 1);
        let held = match (positions.first(), positions.last()) {
            (Some(first), Some(last)) if last >= after_purge => Some((first.max(after_purge), last)),
            _ => None,
        };
        let mut view = View {
            purged,
            held,
            recent: VecDeque::new(),
            recent_bytes: 0,
            cache_bytes,
            unwritten_truncations: 0,
            durable: None,
            positions,
        };
        view.durable = view.written_up_to();
        view
    }

    pub(super) fn purged(&self) -> Option<&(u64, Bytes)> {
        self.purged.as_ref()
    }

    pub(super) fn held(&self) -> Option<(u64, u64)> {
        self.held
    }

    pub(super) fn durable(&self) -> Option<u64> {
        self.durable
    }

    pub(super) fn cached_bytes(&self) -> usize {
        self.recent_bytes
    }

    fn purged_index(&self) -> Option<u64> {
        self.purged.as_ref().map(|(index, _)| *index)
    }

    fn written_up_to(&self) -> Option<u64> {
        self.positions.last().max(self.purged_index())
    }

    /// The index of the first entry in `recent`; of the next entry if there is none.
    fn recent_first(&self) -> u64 {
        self.held.map_or(0, |(_, last)| last + 1 - self.recent.len() as u64)
    }

    /// Takes entries in, or says which index should have come. A log that has never held anything starts anywhere.
    pub(super) fn append(&mut self, records: &[Record]) -> Result<(), Gap> {
        let mut next = match (self.held, self.purged_index()) {
            (Some((_, last)), _) => Some(last + 1),
            (None, Some(purged)) => Some(purged + 1),
            (None, None) => None,
        };
        for record in records {
            let expected = next.unwrap_or(record.index);
            if record.index != expected || record.index == u64::MAX {
                return Err(Gap { expected, found: record.index });
            }
            next = Some(expected + 1);
        }
        let (Some(first), Some(last)) = (records.first(), records.last()) else { return Ok(()) };
        for record in records {
            self.recent_bytes += record.bytes.len() + ENTRY_OVERHEAD;
            self.recent.push_back(record.bytes.clone());
        }
        self.held = Some((self.held.map_or(first.index, |(first, _)| first), last.index));
        Ok(())
    }

    /// Drops entries at and after `from`.
    pub(super) fn truncate(&mut self, from: u64) {
        self.unwritten_truncations += 1;
        self.durable = self.durable.min(from.checked_sub(1)).max(self.purged_index());
        let Some((first, last)) = self.held.filter(|(_, last)| *last >= from) else { return };
        for _ in from.max(first)..=last {
            if !self.forget_newest() {
                break;
            }
        }
        self.held = (from > first).then(|| (first, from - 1));
    }

    /// Drops entries up to and including `index`. False if that many were purged before.
    pub(super) fn purge(&mut self, index: u64, id: Bytes) -> bool {
        if self.purged_index() >= Some(index) {
            return false;
        }
        self.purged = Some((index, id));
        self.durable = self.durable.max(Some(index));
        if let Some((first, last)) = self.held {
            while !self.recent.is_empty() && self.recent_first() <= index {
                self.forget_oldest();
            }
            self.held = (last > index).then(|| (first.max(index + 1), last));
        }
        true
    }

    fn forget_newest(&mut self) -> bool {
        let Some(bytes) = self.recent.pop_back() else { return false };
        self.recent_bytes -= bytes.len() + ENTRY_OVERHEAD;
        true
    }

    fn forget_oldest(&mut self) {
        if let Some(bytes) = self.recent.pop_front() {
            self.recent_bytes -= bytes.len() + ENTRY_OVERHEAD;
        }
    }

    /// Takes in what a batch that is now durable did, and lets go of what the cache has no room for.
    pub(super) fn written(&mut self, steps: &[Step]) -> Result<(), Gap> {
        for step in steps {
            if matches!(step, Step::Truncate { .. }) {
                self.unwritten_truncations = self.unwritten_truncations.saturating_sub(1);
            }
            self.positions.apply(*step)?;
        }
        if self.unwritten_truncations == 0 {
            self.durable = self.written_up_to();
            while self.recent_bytes > self.cache_bytes && self.positions.last() >= Some(self.recent_first()) {
                self.forget_oldest();
            }
        }
        Ok(())
    }

    /// Finds the entries of `range` that there are: `max_bytes` of payload, but at least one.
    pub(super) fn plan(&self, range: Range<u64>, max_bytes: usize) -> ReadPlan {
        let mut plan = ReadPlan { disk: Vec::new(), memory: Vec::new() };
        let Some((first, last)) = self.held else { return plan };
        let end = range.end.min(last + 1);
        let mut at = range.start.max(first);
        let recent_first = self.recent_first();
        let disk_end = end.min(recent_first);
        let budget_end = at.saturating_add(READ_ENTRIES);
        while at < disk_end.min(budget_end) {
            let Some((file, offsets)) = self.positions.run(at, disk_end.min(budget_end)) else { return plan };
            plan.disk.push((file.clone(), at, offsets.to_vec()));
            at += offsets.len() as u64;
        }
        if at < disk_end {
            return plan;
        }
        let mut bytes = 0usize;
        let skip = at.saturating_sub(recent_first) as usize;
        for payload in self.recent.iter().skip(skip) {
            bytes = bytes.saturating_add(payload.len());
            if at >= end || (bytes > max_bytes && !plan.memory.is_empty()) {
                break;
            }
            plan.memory.push(Record { index: at, bytes: payload.clone() });
            at += 1;
        }
        plan
    }
}
