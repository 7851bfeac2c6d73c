//! What waits for a task in the background that tells somebody outside of what happened: bounded in number and in bytes. Putting
//! something in never waits: what finds no room is dropped, counted, and complained of now and then.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use metrics::Counter;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Things that may wait.
const WAITING_MAX: usize = 65_536;
/// Bytes that may wait.
const WAITING_BYTES_MAX: u32 = 64 << 20;
/// The least time between two complaints.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(60);

/// Something that waits, with the room that it takes up.
pub(crate) struct Waiting<T> {
    /// What waits.
    pub(crate) item: T,
    _room: OwnedSemaphorePermit,
}

/// The door: cheap to clone.
pub(crate) struct Backlog<T> {
    sender: Sender<Waiting<T>>,
    room: Arc<Semaphore>,
    losses: Arc<Losses>,
}

impl<T> Clone for Backlog<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), room: Arc::clone(&self.room), losses: Arc::clone(&self.losses) }
    }
}

impl<T> Backlog<T> {
    /// An empty backlog, and its other end.
    pub(crate) fn new(losses: Arc<Losses>) -> (Self, Receiver<Waiting<T>>) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let room = Arc::new(Semaphore::new(WAITING_BYTES_MAX as usize));
        (Self { sender, room, losses }, receiver)
    }

    /// Puts something of about so many bytes in; `count` is what it counts for if there is no room.
    pub(crate) fn put(&self, item: T, bytes: usize, count: usize) {
        // Room that there can never be is asked for in vain.
        let bytes = u32::try_from(bytes.max(1)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).try_acquire_many_owned(bytes);
        let put = room.ok().and_then(|room| self.sender.try_send(Waiting { item, _room: room }).ok());
        if put.is_none() {
            self.losses.count(count, "too much waits to be written");
        }
    }
}

/// Counts what is lost.
pub(crate) struct Losses {
    what: &'static str,
    counter: Counter,
    unsaid: Mutex<Unsaid>,
}

#[derive(Default)]
struct Unsaid {
    lost: usize,
    last: Option<Instant>,
}

impl Losses {
    /// Counts losses of `what` in `counter`.
    pub(crate) fn new(what: &'static str, counter: Counter) -> Arc<Self> {
        Arc::new(Self { what, counter, unsaid: Mutex::default() })
    }

    /// So many are lost for this reason.
    pub(crate) fn count(&self, lost: usize, reason: &str) {
        self.counter.increment(lost as u64);
        let mut unsaid = self.unsaid.lock().unwrap_or_else(PoisonError::into_inner);
        unsaid.lost += lost;
        if unsaid.last.is_none_or(|last| last.elapsed() >= COMPLAINT_INTERVAL) {
            let lost = std::mem::take(&mut unsaid.lost);
            unsaid.last = Some(Instant::now());
            tracing::warn!(lost, reason, "{} are lost", self.what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backlog() -> (Backlog<u32>, Receiver<Waiting<u32>>) {
        Backlog::new(Losses::new("things", Counter::noop()))
    }

    #[test]
    fn what_finds_no_room_is_dropped() {
        let half = WAITING_BYTES_MAX as usize / 2;
        let (backlog, mut receiver) = backlog();
        for (item, bytes) in [(1, half), (2, half + 1), (3, half), (4, 0), (5, usize::MAX)] {
            backlog.put(item, bytes, 1);
        }
        let mut taken = || receiver.try_recv().ok().map(|waiting| waiting.item);
        assert_eq!([taken(), taken(), taken()], [Some(1), Some(3), None]);
        backlog.put(6, half, 1);
        assert_eq!(taken(), Some(6), "what was taken has left room");
    }

    #[test]
    fn no_more_than_so_many_wait() {
        let (backlog, receiver) = backlog();
        for item in 0..70_000 {
            backlog.put(item, 1, 1);
        }
        assert_eq!(receiver.len(), WAITING_MAX);
    }
}
