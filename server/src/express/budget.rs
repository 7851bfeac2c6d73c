//! The memory that a node has for Express executions: who is greedy when it is used up has to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use metrics::{Gauge, gauge};

use crate::metric;

/// What an execution may store at least, in bytes, however small the budget is.
const EXECUTION_BYTES_MIN: usize = 1 << 20;
/// What stored bytes take in memory, with all that goes with them, is about this many times as much.
const OVERHEAD: usize = 2;

/// The budget of a node. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Budget {
    used: Arc<AtomicUsize>,
    /// Executions that have a share.
    shares: Arc<AtomicUsize>,
    bytes_max: usize,
    gauge: Gauge,
}

impl Budget {
    pub(crate) fn new(bytes_max: usize) -> Self {
        let gauge = gauge!(metric::EXPRESS_BYTES);
        Self { used: Arc::default(), shares: Arc::default(), bytes_max, gauge }
    }

    /// A share for a new execution with so many bytes of input, which count from now on; `None` if everything is used.
    pub(super) fn share(&self, input: usize) -> Option<Share> {
        if self.used.load(Ordering::Relaxed) >= self.bytes_max {
            return None;
        }
        self.shares.fetch_add(1, Ordering::Relaxed);
        let mut share = Share { budget: self.clone(), bytes: 0, most: 0 };
        share.set(input);
        Some(share)
    }

    /// The most that one execution may store, in bytes: a quarter of all.
    pub(super) fn execution_bytes_max(&self) -> usize {
        (self.bytes_max / OVERHEAD / 4).max(EXECUTION_BYTES_MIN)
    }

    /// What no execution is ended for, in bytes: were all the same, none would use more. So those that go on when everything is used
    /// need no more than the budget once again.
    fn fair_bytes(&self) -> usize {
        self.bytes_max / self.shares.load(Ordering::Relaxed).max(1)
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
        let Budget { used, gauge, .. } = &self.budget;
        // Others set it at the same time: the gauge is moved, lest it stay where the slowest of them saw it.
        let now = if bytes >= self.bytes {
            let more = bytes - self.bytes;
            gauge.increment(more as f64);
            used.fetch_add(more, Ordering::Relaxed).wrapping_add(more)
        } else {
            let less = self.bytes - bytes;
            gauge.decrement(less as f64);
            used.fetch_sub(less, Ordering::Relaxed).wrapping_sub(less)
        };
        self.bytes = bytes;
        self.most = self.most.max(bytes);
        now <= self.budget.bytes_max || bytes <= self.budget.fair_bytes()
    }

    /// The most that the execution used at a time, in bytes.
    pub(super) fn most(&self) -> usize {
        self.most
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.set(0);
        self.budget.shares.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    #[test]
    fn who_is_greedy_ends_and_gives_all_back() {
        let budget = Budget::new(8 * MIB);
        let (mut modest, mut greedy) = (budget.share(0).expect("room"), budget.share(0).expect("room"));
        assert!(modest.set(MIB / OVERHEAD));
        assert!(greedy.set(7 * MIB / OVERHEAD), "just full");
        assert!(budget.share(0).is_none());
        assert!(!greedy.set(8 * MIB / OVERHEAD));
        assert!(modest.set(4 * MIB / OVERHEAD), "has its fair share");
        assert!(!modest.set(4 * MIB / OVERHEAD + 1));
        assert_eq!(greedy.most(), 8 * MIB);
        drop((modest, greedy));
        assert_eq!(budget.used.load(Ordering::Relaxed), 0);
        assert!(budget.share(0).is_some());
    }

    #[test]
    fn many_that_are_modest_use_no_more_than_twice_the_budget() {
        let budget = Budget::new(8 * MIB);
        let mut shares: Vec<_> = (0..64).filter_map(|_| budget.share(1_000)).collect();
        assert_eq!(shares.len(), 64);
        // All grow by turns, as long as they may.
        let mut stored = 0;
        while !shares.is_empty() {
            stored += 16 << 10;
            shares.retain_mut(|share| share.set(stored));
            assert!(budget.used.load(Ordering::Relaxed) <= 16 * MIB, "{stored}");
            if stored > 8 * MIB {
                break;
            }
        }
    }

    #[test]
    fn inputs_count_before_anything_runs() {
        let budget = Budget::new(8 * MIB);
        let shares: Vec<_> = (0..100).map_while(|_| budget.share(MIB / OVERHEAD)).collect();
        assert_eq!(shares.len(), 8);
    }
}
