//! The clock of an execution that runs in memory: the wall clock at its start, advanced monotonically.

use std::time::{Duration, Instant};

use keepstep_engine::id::Timestamp;

use crate::leader::wall_ms;

/// The clock.
pub(crate) struct RunClock {
    started: Instant,
    started_ms: i64,
}

impl RunClock {
    /// It starts now.
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), started_ms: wall_ms() }
    }

    /// When it started: milliseconds since the epoch.
    pub(crate) fn started_ms(&self) -> i64 {
        self.started_ms
    }

    /// The time that it is.
    pub(crate) fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        Timestamp(self.started_ms.saturating_add(passed))
    }

    /// The moment from which [`RunClock::now`], which counts whole milliseconds, says this time.
    pub(crate) fn instant(&self, time: Timestamp) -> Instant {
        let passed = u64::try_from(time.0.saturating_sub(self.started_ms)).unwrap_or_default();
        self.started + Duration::from_millis(passed)
    }
}
