//! Something to say that happens too often to be said each time.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The least time between two times that it is said.
const INTERVAL: Duration = Duration::from_secs(60);

/// When it was said last.
#[derive(Default)]
pub(crate) struct Seldom(Mutex<Option<Instant>>);

impl Seldom {
    /// Whether to say it now. If so, it counts as said.
    pub(crate) fn is_due(&self) -> bool {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = said.is_none_or(|at| at.elapsed() >= INTERVAL);
        if is_due {
            *said = Some(Instant::now());
        }
        is_due
    }
}
