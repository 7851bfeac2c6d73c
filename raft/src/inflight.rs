//! How much is in flight at once: beyond a bound in count and in bytes, proposals are refused rather than queued.

use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) struct Inflight {
    count: AtomicUsize,
    bytes: AtomicUsize,
    count_max: usize,
    bytes_max: usize,
}

/// How much of what may be in flight a proposal can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// All of it.
    Whole,
    /// All but an eighth, which is left to others.
    Part,
}

impl Room {
    fn of(self, whole: usize) -> usize {
        match self {
            Room::Whole => whole,
            Room::Part => whole - whole / 8,
        }
    }
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
    pub(crate) fn enter(&self, room: Room, bytes: usize) -> Option<Permit<'_>> {
        let count_before = self.count.fetch_add(1, Ordering::Relaxed);
        let bytes_before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let permit = Permit { inflight: self, bytes };
        let fits = count_before < room.of(self.count_max)
            && (bytes_before == 0 || bytes_before + bytes <= room.of(self.bytes_max));
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
        let large = inflight.enter(Room::Whole, 1000).expect("nothing else is in flight");
        assert!(inflight.enter(Room::Whole, 1).is_none());
        drop(large);
        let first = inflight.enter(Room::Whole, 60);
        assert!(first.is_some());
        assert!(inflight.enter(Room::Whole, 41).is_none());
        let second = inflight.enter(Room::Whole, 40);
        assert!(second.is_some());
        assert!(inflight.enter(Room::Whole, 0).is_none(), "two are in flight");
        drop(first);
        assert!(inflight.enter(Room::Whole, 60).is_some());
    }

    #[test]
    fn an_eighth_is_left_for_what_may_use_the_whole() {
        let inflight = Inflight::new(8, 80);
        let taken: Vec<_> = (0..8).map_while(|_| inflight.enter(Room::Part, 1)).collect();
        assert_eq!(taken.len(), 7);
        let last = inflight.enter(Room::Whole, 1);
        assert!(last.is_some() && inflight.enter(Room::Whole, 1).is_none());
        drop((taken, last));
        let large = inflight.enter(Room::Part, 60).expect("there is room");
        assert!(inflight.enter(Room::Part, 11).is_none());
        assert!(inflight.enter(Room::Whole, 20).is_some());
        drop(large);
    }
}
