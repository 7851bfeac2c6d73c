//! Timers in memory: those that are due soon, in order. The index in the replicated state holds all of them; what is beyond the horizon
//! is loaded when the time comes nearer. This is the bookkeeping; [`super::fire`] delivers them.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use keepstep_engine::id::Timestamp;
use keepstep_engine::key::{self, Timer};
use keepstep_engine::view::{Direction, Versioned};
use keepstep_engine::{View, ViewError};
use metrics::{Gauge, gauge};
use tokio::sync::Notify;

use crate::metric;

/// Timers that are loaded by one scan.
const SCAN_MAX: usize = 4_096;
/// Timers that are kept in memory.
const LOADED_MAX: usize = 65_536;
/// How far ahead timers are loaded, in milliseconds.
const WINDOW_MS: i64 = 5 * 60 * 1000;

/// The timers of a term.
pub(crate) struct Timers {
    state: Mutex<State>,
    /// Told when the soonest timer may have changed.
    pub(crate) changed: Notify,
    /// Told when there is room again for timers that were left in the index.
    pub(crate) room: Notify,
    loaded: Gauge,
}

struct State {
    /// All stored timers whose key is below the horizon and that have not been taken.
    soon: BTreeSet<Timer>,
    /// Everything stored below this key is loaded; nothing at or above it.
    horizon: Bytes,
    /// While the index is scanned: what happened meanwhile to timers at or above the horizon, in order.
    scanning: Option<Vec<(Change, Timer)>>,
    /// Timers within the window were left in the index for want of room.
    left_some: bool,
}

#[derive(Clone, Copy)]
enum Change {
    Armed,
    Disarmed,
}

impl Timers {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                soon: BTreeSet::new(),
                horizon: key::timers_from(Timestamp(0)),
                scanning: None,
                left_some: false,
            }),
            changed: Notify::new(),
            room: Notify::new(),
            loaded: gauge!(metric::TIMERS_LOADED),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A timer is stored.
    pub(crate) fn arm(&self, timer: Timer) {
        let mut state = self.lock();
        if timer.key() >= state.horizon {
            if let Some(changes) = &mut state.scanning {
                changes.push((Change::Armed, timer));
            }
            return;
        }
        state.soon.insert(timer);
        let soonest = state.soon.first() == Some(&timer);
        if state.soon.len() > LOADED_MAX {
            state.unload();
        }
        self.loaded.set(state.soon.len() as f64);
        drop(state);
        if soonest {
            self.changed.notify_one();
        }
    }

    /// A timer is no longer stored.
    pub(crate) fn disarm(&self, timer: &Timer) {
        let mut state = self.lock();
        if !state.soon.remove(timer)
            && let Some(changes) = &mut state.scanning
        {
            changes.push((Change::Disarmed, *timer));
        }
        self.tell_of_room(&mut state);
    }

    /// Has what was left in the index loaded when half the room is free, whether timers fired or were disarmed.
    fn tell_of_room(&self, state: &mut State) {
        if state.left_some && state.soon.len() < LOADED_MAX / 2 {
            state.left_some = false;
            self.room.notify_one();
        }
    }

    /// At most `limit` timers that are due at `now`: they are the caller's to deliver, or to [`Timers::put_back`].
    pub(crate) fn take_due(&self, now: Timestamp, limit: usize) -> Vec<Timer> {
        let mut state = self.lock();
        let mut taken = Vec::new();
        while taken.len() < limit {
            match state.soon.first() {
                Some(timer) if timer.due <= now => taken.extend(state.soon.pop_first()),
                _ => break,
            }
        }
        self.loaded.set(state.soon.len() as f64);
        self.tell_of_room(&mut state);
        taken
    }

    /// A timer that was taken could not be delivered.
    pub(crate) fn put_back(&self, timer: Timer) {
        let mut state = self.lock();
        // Beyond the horizon it would be loaded again by itself.
        if timer.key() < state.horizon {
            state.soon.insert(timer);
        }
        drop(state);
        self.changed.notify_one();
    }

    /// When the next timer is due, as far as they are loaded.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.lock().soon.first().map(|timer| timer.due)
    }

    /// Loads what is due soon. Says whether there may be more to load now. It reads the store: call it where that is allowed.
    pub(crate) fn load(&self, view: &dyn View, now: Timestamp) -> Result<bool, ViewError> {
        let end = key::timers_from(Timestamp(now.0.saturating_add(WINDOW_MS)));
        let from = {
            let mut state = self.lock();
            if state.horizon >= end {
                return Ok(false);
            }
            if state.soon.len() + SCAN_MAX > LOADED_MAX {
                state.left_some = true;
                return Ok(false);
            }
            // From here on nothing that is armed beyond the horizon goes unseen: the scan or the list of changes has it.
            state.scanning = Some(Vec::new());
            state.horizon.clone()
        };
        let found = view.scan(&from, &end, SCAN_MAX, Direction::Forward);
        let mut state = self.lock();
        let changes = state.scanning.take().unwrap_or_default();
        let found = found?;
        if state.horizon != from {
            // Some were forgotten meanwhile: this scan doesn't go on from where memory ends.
            return Ok(true);
        }
        let more = found.len() >= SCAN_MAX;
        state.horizon = match found.last() {
            Some((last, _)) if more => key::after(last),
            _ => end,
        };
        state.soon.extend(found.iter().filter_map(parse));
        for (change, timer) in changes {
            match change {
                Change::Armed if timer.key() < state.horizon => _ = state.soon.insert(timer),
                Change::Armed => {}
                Change::Disarmed => _ = state.soon.remove(&timer),
            }
        }
        self.loaded.set(state.soon.len() as f64);
        Ok(more)
    }
}

impl State {
    /// Forgets the latest half: they are found again by scanning on.
    fn unload(&mut self) {
        let kept = self.soon.len() / 2;
        if let Some(first) = self.soon.iter().nth(kept).copied() {
            self.soon.split_off(&first);
            self.horizon = first.key();
            self.left_some = true;
        }
    }
}

fn parse((key, _): &(Bytes, Versioned)) -> Option<Timer> {
    let timer = Timer::parse(key);
    if timer.is_none() {
        tracing::error!(key = hex::encode(key), "a stored timer can't be read; it is left alone");
    }
    timer
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use keepstep_engine::id::{BranchId, ExecutionId};
    use keepstep_engine::record::TimerKind;

    use super::*;
    use crate::leader::memory_ledger::MemoryLedger;

    fn timer(due_ms: i64) -> Timer {
        Timer {
            due: Timestamp(due_ms),
            execution: ExecutionId::of_arn("x"),
            branch: BranchId::ROOT,
            kind: TimerKind::Wait,
        }
    }

    fn stored(due: impl IntoIterator<Item = i64>) -> MemoryLedger {
        let ledger = MemoryLedger::default();
        for due in due {
            ledger.put(timer(due).key(), Bytes::new());
        }
        ledger
    }

    fn due(timers: &Timers, now_ms: i64) -> Vec<i64> {
        timers.take_due(Timestamp(now_ms), usize::MAX).into_iter().map(|timer| timer.due.0).collect()
    }

    #[test]
    fn only_what_is_due_is_taken_in_order_and_once() {
        let timers = Timers::new();
        assert!(!timers.load(&stored([30, 10, 20]), Timestamp(0)).expect("readable"));
        timers.arm(timer(15));
        timers.disarm(&timer(20));
        assert_eq!(timers.next_due(), Some(Timestamp(10)));
        assert_eq!(due(&timers, 9), Vec::<i64>::new());
        assert_eq!(due(&timers, 15), [10, 15]);
        assert_eq!(due(&timers, 40), [30]);
        assert_eq!(timers.next_due(), None);
    }

    #[test]
    fn what_is_due_later_is_loaded_later() {
        let late = WINDOW_MS + 1_000;
        let ledger = stored([10, late]);
        let timers = Timers::new();
        timers.load(&ledger, Timestamp(0)).expect("readable");
        timers.arm(timer(late + 1));
        assert_eq!(due(&timers, i64::MAX), [10]);
        ledger.put(timer(late + 1).key(), Bytes::new());
        timers.load(&ledger, Timestamp(10_000)).expect("readable");
        assert_eq!(due(&timers, i64::MAX), [late, late + 1]);
    }

    #[test]
    fn a_scan_is_bounded_and_goes_on_where_it_ended() {
        let count = i64::try_from(SCAN_MAX).expect("small") + 5;
        let ledger = stored(0..count);
        let timers = Timers::new();
        assert!(timers.load(&ledger, Timestamp(0)).expect("readable"));
        assert!(!timers.load(&ledger, Timestamp(0)).expect("readable"));
        assert_eq!(due(&timers, i64::MAX), (0..count).collect::<Vec<_>>());
    }

    #[test]
    fn too_many_are_forgotten_from_the_far_end_and_found_again() {
        let timers = Timers::new();
        timers.load(&stored([]), Timestamp(0)).expect("readable");
        let count = i64::try_from(LOADED_MAX).expect("small") + 1;
        let ledger = stored(0..count);
        for due in (0..count).rev() {
            timers.arm(timer(due));
        }
        let mut taken = due(&timers, i64::MAX);
        assert!(taken.len() < LOADED_MAX);
        assert!(timers.room.notified().now_or_never().is_some(), "told that there is room");
        while timers.load(&ledger, Timestamp(0)).expect("readable") {}
        taken.extend(due(&timers, i64::MAX));
        assert_eq!(taken, (0..count).collect::<Vec<_>>());
    }

    #[test]
    fn what_was_forgotten_is_found_again_when_the_others_are_disarmed() {
        let timers = Timers::new();
        timers.load(&stored([]), Timestamp(0)).expect("readable");
        let count = i64::try_from(LOADED_MAX).expect("small") + 1;
        for due in 0..count {
            timers.arm(timer(due));
        }
        assert!(timers.room.notified().now_or_never().is_none());
        for due in 0..count / 2 {
            timers.disarm(&timer(due));
        }
        assert_eq!(timers.next_due(), None);
        assert!(timers.room.notified().now_or_never().is_some(), "told that there is room");
    }
}
