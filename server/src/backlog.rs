//! What waits for a task in the background that tells somebody outside of what happened: bounded in number and in bytes. Putting
//! something in never waits: what finds no room is dropped, counted, and complained of now and then.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use metrics::Counter;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

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
    room: OwnedSemaphorePermit,
}

impl<T> Waiting<T> {
    /// What waits, and its room, which it takes up until that is dropped.
    pub(crate) fn into_parts(self) -> (T, OwnedSemaphorePermit) {
        (self.item, self.room)
    }
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
        let put = room.ok().and_then(|room| self.sender.try_send(Waiting { item, room }).ok());
        if put.is_none() {
            let reason = if self.sender.is_closed() { "the node stops" } else { "too many wait to be told" };
            self.losses.count(count, reason);
        }
    }
}

/// What waits, as soon as something does: at most so many. `None` when nothing waits and nothing more is taken, which `closing` asks for.
pub(crate) async fn next_batch<T>(
    receiver: &mut Receiver<Waiting<T>>,
    closing: &CancellationToken,
    most: usize,
) -> Option<Vec<Waiting<T>>> {
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            biased;
            taken = receiver.recv_many(&mut batch, most) => return (taken > 0).then_some(batch),
            () = closing.cancelled(), if !receiver.is_closed() => receiver.close(),
        }
    }
}

/// A task in the background that empties a backlog; it also ends when nobody is left who could put something in.
pub(crate) struct Background {
    closing: CancellationToken,
    task: JoinHandle<()>,
}

impl Background {
    /// Starts it.
    pub(crate) fn start<W>(runtime: &Handle, work: impl FnOnce(CancellationToken) -> W) -> Self
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let closing = CancellationToken::new();
        let task = runtime.spawn(work(closing.clone()));
        Self { closing, task }
    }

    /// Takes nothing more, and waits until what was taken is out, but no longer than this.
    pub(crate) async fn close(self, within: Duration) {
        self.closing.cancel();
        if tokio::time::timeout(within, self.task).await.is_err() {
            tracing::warn!("not all that was to be told of executions was told in time");
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
