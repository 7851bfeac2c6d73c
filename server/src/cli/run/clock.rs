//! How time passes in a run.

use std::time::Duration;

use keepstep_engine::id::Timestamp;
use keepstep_engine::local::Clock;

use crate::leader::wall_ms;

/// At once.
pub(super) struct Virtual;

impl Clock for Virtual {
    fn wait(&mut self, until: Timestamp) -> Timestamp {
        until
    }
}

/// As on the wall.
pub(super) struct RealTime;

impl Clock for RealTime {
    fn wait(&mut self, until: Timestamp) -> Timestamp {
        loop {
            let now = wall_ms();
            match u64::try_from(until.0.saturating_sub(now)) {
                Ok(left_ms) if left_ms > 0 => std::thread::sleep(Duration::from_millis(left_ms)),
                _ => return Timestamp(now),
            }
        }
    }
}
