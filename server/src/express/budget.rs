//! The memory that a node has for Express executions: who is greedy when it is used up has to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use metrics::{Gauge, gauge};

use crate::metric;

/// What an execution may always have, in bytes: it is ended for lack of memory only if it uses more.
const FAIR_BYTES: usize = 1 << 20;
/// What stored bytes take in memory, with all that goes with them, is about this many times as much.
const OVERHEAD: usize = 2;

/// The budget of a node. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Budget {
    used: Arc<AtomicUsize>,
    bytes_max: usize,
    gauge: Gauge,
}

impl Budget {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { used: Arc::default(), bytes_max, gauge: gauge!(metric::EXPRESS_BYTES) }
    }

    /// A share for a new execution; `None` if everything is used.
    pub(super) fn share(&self) -> Option<Share> {
        let used = self.used.load(Ordering::Relaxed);
        (used < self.bytes_max).then(|| Share { budget: self.clone(), bytes: 0, most: 0 })
    }

    /// The most that one execution may store, in bytes: a quarter of all.
    pub(super) fn execution_bytes_max(&self) -> usize {
        (self.bytes_max / OVERHEAD / 4).max(FAIR_BYTES)
    }
}

/// What one execution uses, given back when it is dropped.
pub(super) struct Share {
    budget: Budget,
    bytes: usize,
    most: usize,
}

impl Share {
    /// The execution stores so many bytes now. Returns whether it may go on.
    pub(super) fn set(&mut self, stored: usize) -> bool {
        let bytes = stored.saturating_mul(OVERHEAD);
        let used = &self.budget.used;
        let before = if bytes >= self.bytes {
            used.fetch_add(bytes - self.bytes, Ordering::Relaxed)
        } else {
            used.fetch_sub(self.bytes - bytes, Ordering::Relaxed)
        };
        let now = before.wrapping_add(bytes).wrapping_sub(self.bytes);
        self.budget.gauge.set(now as f64);
        self.bytes = bytes;
        self.most = self.most.max(bytes);
        now <= self.budget.bytes_max || bytes <= FAIR_BYTES
    }

    /// The most that the execution used at a time, in bytes.
    pub(super) fn most(&self) -> usize {
        self.most
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_greedy_ends_and_gives_all_back() {
        let budget = Budget::new(8 * FAIR_BYTES);
        let (mut modest, mut greedy) = (budget.share().expect("room"), budget.share().expect("room"));
        assert!(modest.set(FAIR_BYTES / OVERHEAD));
        assert!(greedy.set(7 * FAIR_BYTES / OVERHEAD), "just full");
        assert!(budget.share().is_none());
        assert!(!greedy.set(8 * FAIR_BYTES / OVERHEAD));
        assert!(modest.set(FAIR_BYTES / OVERHEAD), "has its fair share");
        assert!(!modest.set(FAIR_BYTES / OVERHEAD + 1));
        assert_eq!(greedy.most(), 8 * FAIR_BYTES);
        drop((modest, greedy));
        assert_eq!(budget.used.load(Ordering::Relaxed), 0);
        assert!(budget.share().is_some());
    }
}
