//! How many bytes of log lie between two entries, roughly: a snapshot is due, and old log may go, by bytes and not by entries.

use std::collections::VecDeque;

/// How many bytes of log lie between two remembered entries.
const STEP_BYTES: u64 = 1 << 20;

/// More steps than this are thinned out.
const STEPS_MAX: usize = 4096;

#[derive(Debug)]
pub(crate) struct LogSize {
    /// Entries, and the bytes of log up to and including them, both ascending.
    steps: VecDeque<(u64, u64)>,
    total: u64,
}

impl LogSize {
    /// A log that was opened with entries after `first` up to `last`, of `bytes` altogether.
    pub(crate) fn new(first: u64, last: u64, bytes: u64) -> LogSize {
        LogSize { steps: VecDeque::from([(first, 0), (last, bytes)]), total: bytes }
    }

    pub(crate) fn append(&mut self, index: u64, bytes: u64) {
        self.total += bytes;
        // After a truncation, entries come again.
        while self.steps.back().is_some_and(|(last, _)| *last >= index) {
            self.steps.pop_back();
        }
        if self.steps.back().is_none_or(|(_, upto)| self.total - upto >= STEP_BYTES) {
            self.steps.push_back((index, self.total));
        }
        if self.steps.len() > STEPS_MAX {
            let mut keep = false;
            self.steps.retain(|_| {
                keep = !keep;
                keep
            });
        }
    }

    /// About the bytes of log after an entry.
    pub(crate) fn after(&self, index: Option<u64>) -> u64 {
        let Some(index) = index else { return self.total };
        let known = self.steps.partition_point(|(step, _)| *step <= index);
        let upto = known.checked_sub(1).and_then(|known| self.steps.get(known)).map_or(0, |(_, upto)| *upto);
        self.total - upto
    }

    /// The last entry that at least this many bytes of log follow.
    pub(crate) fn followed_by(&self, bytes: u64) -> Option<u64> {
        let upto = self.total.checked_sub(bytes)?;
        let known = self.steps.partition_point(|(_, step)| *step <= upto);
        known.checked_sub(1).and_then(|known| self.steps.get(known)).map(|(index, _)| *index)
    }

    /// Forgets the entries up to `index`.
    pub(crate) fn purge(&mut self, index: u64) {
        while self.steps.len() > 1 && self.steps.get(1).is_some_and(|(next, _)| *next <= index) {
            self.steps.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_bytes_by_entries_and_entries_by_bytes() {
        let mut size = LogSize::new(0, 10, 3 * STEP_BYTES);
        for index in 11..=20 {
            size.append(index, STEP_BYTES);
        }
        assert_eq!(size.after(Some(20)), 0);
        assert_eq!(size.after(Some(15)), 5 * STEP_BYTES);
        assert_eq!(size.after(Some(5)), 13 * STEP_BYTES, "nothing is known within the opened log");
        assert_eq!(size.after(None), 13 * STEP_BYTES);
        assert_eq!(size.followed_by(5 * STEP_BYTES), Some(15));
        assert_eq!(size.followed_by(11 * STEP_BYTES), Some(0));
        assert_eq!(size.followed_by(14 * STEP_BYTES), None);
        size.purge(15);
        assert_eq!(size.after(Some(15)), 5 * STEP_BYTES);
        size.append(18, STEP_BYTES);
        assert_eq!(
            size.after(Some(17)),
            4 * STEP_BYTES,
            "the truncated entries' bytes are still in the segments"
        );
    }
}
