//! The leader's clock: the wall clock at the start of its term, advanced by the monotonic clock within it, and never behind the last
//! committed time. Reads the wall clock once a term and nowhere else.
//!
//! The last committed time is kept under one key, which transactions write along: each one whose time is more than [`SLACK_MS`] after
//! the last that is known to be committed. So a new leader knows the last committed time up to that slack without a write of its own,
//! and a busy leader writes the key a few times a second.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use keepstep_engine::id::Timestamp;
use keepstep_engine::{Transaction, View, ViewError, Write};

/// How far a committed time may be after the one under the key.
const SLACK_MS: i64 = 100;
/// The longest that a new leader waits for its wall clock to pass the last committed time; if it is further behind than this, the clock
/// is wrong and time goes on from the committed one.
const CATCH_UP_MAX_MS: i64 = 1_000;
/// The key of the last committed time, outside the engine's families: eight bytes, big-endian milliseconds.
const KEY: &[u8] = b"ck/";

/// A term's clock.
pub(crate) struct Clock {
    start_ms: i64,
    start: Instant,
    stamped_ms: AtomicI64,
}

/// This node's wall clock, in milliseconds since the epoch.
pub(crate) fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// What a clock that starts now has to respect: the last committed time, with its slack.
pub(crate) fn committed_ms(view: &dyn View) -> Result<i64, ViewError> {
    let stored = view.get(KEY)?;
    let stamp = stored.and_then(|versioned| versioned.value.as_ref().try_into().ok()).map(i64::from_be_bytes);
    Ok(stamp.map_or(0, |stamp| stamp.saturating_add(SLACK_MS)))
}

/// How long to wait before the clock is started, so that it starts with the wall clock and isn't ahead of it.
pub(crate) fn wait_before_start(committed_ms: i64, wall_ms: i64) -> Duration {
    let behind_ms = committed_ms.saturating_sub(wall_ms);
    if behind_ms > CATCH_UP_MAX_MS {
        return Duration::ZERO;
    }
    Duration::from_millis(u64::try_from(behind_ms).unwrap_or(0))
}

impl Clock {
    /// A clock that shows the later of the two times now.
    pub(crate) fn start(committed_ms: i64, wall_ms: i64) -> Self {
        if committed_ms.saturating_sub(wall_ms) > CATCH_UP_MAX_MS {
            tracing::warn!(
                behind_ms = committed_ms.saturating_sub(wall_ms),
                "this node's clock is behind the last committed time: time goes on from there"
            );
        }
        Self { start_ms: committed_ms.max(wall_ms), start: Instant::now(), stamped_ms: AtomicI64::new(0) }
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        let elapsed_ms = i64::try_from(self.start.elapsed().as_millis()).unwrap_or(i64::MAX);
        Timestamp(self.start_ms.saturating_add(elapsed_ms))
    }

    /// How long until the clock has passed `due`; zero if it has.
    pub(crate) fn until(&self, due: Timestamp) -> Duration {
        let due_after_ms = u64::try_from(due.0.saturating_sub(self.start_ms)).unwrap_or(0);
        Duration::from_millis(due_after_ms).saturating_sub(self.start.elapsed())
    }

    /// Writes the time of a transaction's decision along where that is due. The result goes to [`Clock::committed`] after the commit.
    pub(crate) fn stamp(&self, decided: Timestamp, transaction: &mut Transaction) -> Option<Timestamp> {
        if decided.0.saturating_sub(self.stamped_ms.load(Ordering::Relaxed)) <= SLACK_MS {
            return None;
        }
        let value = Bytes::copy_from_slice(&decided.0.to_be_bytes());
        transaction.writes.push(Write::Put { key: Bytes::from_static(KEY), value });
        Some(decided)
    }

    /// A transaction that carried the stamp is committed.
    pub(crate) fn committed(&self, stamp: Timestamp) {
        self.stamped_ms.fetch_max(stamp.0, Ordering::Relaxed);
    }

    /// How far the wall clock is from this clock now: both started together, so that anything but a small difference is a jump of the
    /// wall clock.
    pub(crate) fn jump_ms(&self, wall_ms: i64) -> i64 {
        wall_ms.saturating_sub(self.now().0)
    }
}

#[cfg(test)]
mod tests {
    use keepstep_engine::Origin;

    use super::*;

    #[test]
    fn a_new_leader_waits_for_a_wall_clock_that_is_a_little_behind_and_no_longer() {
        let check = |committed_ms, wall_ms, wait_ms| {
            assert_eq!(wait_before_start(committed_ms, wall_ms), Duration::from_millis(wait_ms));
        };
        check(0, 1_000_000, 0);
        check(1_000_000, 1_000_000, 0);
        check(1_000_080, 1_000_000, 80);
        check(1_001_000, 1_000_000, 1_000);
        check(1_001_001, 1_000_000, 0);
    }

    #[test]
    fn time_is_never_behind_the_last_committed_one() {
        let clock = Clock::start(5_000_000, 1_000_000);
        assert!(clock.now() >= Timestamp(5_000_000));
        assert_eq!(clock.until(Timestamp(4_999_999)), Duration::ZERO);
        let wait = clock.until(Timestamp(5_060_000));
        assert!(wait > Duration::from_secs(30) && wait <= Duration::from_secs(60));
    }

    #[test]
    fn transactions_carry_the_time_until_one_is_committed_and_again_after_the_slack() {
        let clock = Clock::start(0, 1_000_000);
        let stamp = |at| {
            let mut transaction =
                Transaction { origin: Origin("Test"), guards: Vec::new(), writes: Vec::new() };
            let stamp = clock.stamp(Timestamp(at), &mut transaction);
            assert_eq!(transaction.writes.len(), usize::from(stamp.is_some()));
            stamp
        };
        assert_eq!(stamp(1_000_000), Some(Timestamp(1_000_000)));
        assert_eq!(stamp(1_000_010), Some(Timestamp(1_000_010)));
        clock.committed(Timestamp(1_000_000));
        assert_eq!(stamp(1_000_100), None);
        assert_eq!(stamp(1_000_101), Some(Timestamp(1_000_101)));
    }
}
