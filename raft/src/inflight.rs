//! How much is in flight at once: beyond a bound in count and in bytes, proposals are refused rather than queued.

use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) struct Inflight {
    count: AtomicUsize,
    bytes: AtomicUsize,
    count_max: usize,
    bytes_max: usize,
}

/// One thing in flight.
pub(crate) struct Permit<'a> {
    inflight: &'a Inflight,
    bytes: usize,
}

impl Inflight {
    pub(crate) fn new(count_max: usize, bytes_max: usize) -> Inflight {
        Inflight { count: AtomicUsize::new(0), bytes: AtomicUsize::new(0), count_max, bytes_max }
    }

    /// Takes something on, or not if there is too much. One thing of any size is taken on when there is nothing else.
    pub(crate) fn enter(&self, bytes: usize) -> Option<Permit<'_>> {
        let count_before = self.count.fetch_add(1, Ordering::Relaxed);
        let bytes_before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let permit = Permit { inflight: self, bytes };
        let fits =
            count_before < self.count_max && (bytes_before == 0 || bytes_before + bytes <= self.bytes_max);
        fits.then_some(permit)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.inflight.count.fetch_sub(1, Ordering::Relaxed);
        self.inflight.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_and_bytes_are_bounded() {
        let inflight = Inflight::new(2, 100);
        let large = inflight.enter(1000).expect("nothing else is in flight");
        assert!(inflight.enter(1).is_none());
        drop(large);
        let first = inflight.enter(60);
        assert!(first.is_some());
        assert!(inflight.enter(41).is_none());
        let second = inflight.enter(40);
        assert!(second.is_some());
        assert!(inflight.enter(0).is_none(), "two are in flight");
        drop(first);
        assert!(inflight.enter(60).is_some());
    }
}
