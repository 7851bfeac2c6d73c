//! The threads on which decisions are made: bounded queues before a fixed number of threads, so that a hard expression starves neither
//! Raft nor the network, and so that overload is told at once. What carries an execution on comes before what begins something. Does no
//! I/O of its own.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use metrics::{Gauge, gauge};
use tokio::sync::oneshot;

use super::Failure;
use crate::metric;

/// Deep values are walked by recursion, which is bounded, but not tightly.
pub(crate) const STACK_BYTES: usize = 16 << 20;

type Job = Box<dyn FnOnce() + Send>;

/// The pool. Its threads end when it is dropped.
pub(crate) struct Pool {
    queue: Arc<Queue>,
}

struct Queue {
    state: Mutex<State>,
    ready: Condvar,
    capacity: usize,
    waiting: Gauge,
}

#[derive(Default)]
struct State {
    first: VecDeque<Job>,
    usual: VecDeque<Job>,
    /// Jobs that went first since one of the others was taken.
    taken_first: u32,
    closed: bool,
}

/// While there is always something that goes first, one in so many is of the others all the same: nothing starves.
const TAKEN_FIRST_MAX: u32 = 16;

/// Who comes first when there is more to do than can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Priority {
    /// What carries an execution on: results and heartbeats of tasks, timers.
    First,
    /// What begins something, and everything else.
    Usual,
}

impl Pool {
    /// Starts `threads` threads (at least one) behind a queue of at most `capacity` jobs.
    pub(crate) fn new(threads: usize, capacity: usize) -> std::io::Result<Self> {
        let waiting = gauge!(metric::EVALUATION_QUEUE);
        let queue = Arc::new(Queue { state: Mutex::default(), ready: Condvar::new(), capacity, waiting });
        for number in 0..threads.max(1) {
            let queue = Arc::clone(&queue);
            std::thread::Builder::new()
                .name(format!("evaluate-{number}"))
                .stack_size(STACK_BYTES)
                .spawn(move || queue.work())?;
        }
        Ok(Self { queue })
    }

    /// How many jobs wait for a thread.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        let state = self.queue.lock();
        state.first.len() + state.usual.len()
    }

    /// Runs `job` on a thread of the pool.
    pub(crate) async fn run<R: Send + 'static>(
        &self,
        job: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Failure> {
        self.run_with(Priority::Usual, job).await
    }

    /// The same, by priority.
    pub(crate) async fn run_with<R: Send + 'static>(
        &self,
        priority: Priority,
        job: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Failure> {
        let (done, result) = oneshot::channel();
        let job = Box::new(move || {
            // Whoever waits has gone if this fails: nothing is lost.
            let _ = done.send(job());
        });
        self.queue.submit(priority, job)?;
        result.await.map_err(|_| Failure::Internal("a decision panicked; see the log".to_owned()))
    }
}

impl State {
    fn take(&mut self) -> Option<Job> {
        let comes_first = self.taken_first < TAKEN_FIRST_MAX || self.usual.is_empty();
        if comes_first && let Some(job) = self.first.pop_front() {
            self.taken_first = self.taken_first.saturating_add(1);
            return Some(job);
        }
        self.taken_first = 0;
        self.usual.pop_front().or_else(|| self.first.pop_front())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.ready.notify_all();
    }
}

impl Queue {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(&self, priority: Priority, job: Job) -> Result<(), Failure> {
        let mut state = self.lock();
        let jobs = match priority {
            Priority::First => &mut state.first,
            Priority::Usual => &mut state.usual,
        };
        if jobs.len() >= self.capacity {
            return Err(Failure::Overloaded);
        }
        jobs.push_back(job);
        drop(state);
        self.waiting.increment(1.0);
        self.ready.notify_one();
        Ok(())
    }

    fn work(&self) {
        while let Some(job) = self.next() {
            self.waiting.decrement(1.0);
            // The default panic hook has logged what happened; the job's result channel is dropped, which its caller sees.
            let _ = catch_unwind(AssertUnwindSafe(job));
        }
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.take() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_panic_costs_one_job_and_no_thread() {
        let pool = Pool::new(1, 4).expect("threads");
        let panicked = pool.run(|| panic!("on purpose")).await;
        assert!(matches!(panicked, Err::<(), _>(Failure::Internal(_))));
        assert_eq!(pool.run(|| 7).await.expect("the thread lives on"), 7);
    }

    #[tokio::test]
    async fn a_full_queue_is_overload() {
        let pool = Arc::new(Pool::new(1, 1).expect("threads"));
        let (started, starting) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let busy = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move {
                pool.run(move || {
                    started.send(()).expect("the test waits");
                    released.recv().expect("the test releases");
                })
                .await
            }
        });
        tokio::task::yield_now().await;
        starting.recv().expect("the thread took the job");
        let mut waiting = Box::pin(pool.run(|| ()));
        assert!(futures::poll!(&mut waiting).is_pending());
        assert!(matches!(pool.run(|| ()).await, Err(Failure::Overloaded)));
        release.send(()).expect("the thread waits");
        waiting.await.expect("it had its place in the queue");
        busy.await.expect("no panic").expect("it was the first");
    }

    #[test]
    fn what_carries_on_comes_first_and_nothing_starves() {
        let mut state = State::default();
        let taken = Arc::new(Mutex::new(String::new()));
        let job = |letter: char| -> Job {
            let taken = Arc::clone(&taken);
            Box::new(move || taken.lock().expect("no panic").push(letter))
        };
        for _ in 0..3 {
            state.usual.push_back(job('u'));
        }
        for _ in 0..20 {
            state.first.push_back(job('f'));
        }
        while let Some(job) = state.take() {
            job();
        }
        let expected = ["f".repeat(16), "u".to_owned(), "f".repeat(4), "uu".to_owned()].concat();
        assert_eq!(*taken.lock().expect("no panic"), expected);
    }

    #[tokio::test]
    async fn a_queue_full_of_beginnings_has_room_for_what_carries_on() {
        let pool = Arc::new(Pool::new(1, 1).expect("threads"));
        let (release, released) = mpsc::channel::<()>();
        let (started, starting) = mpsc::channel();
        let busy = pool.run(move || {
            started.send(()).expect("the test waits");
            released.recv().expect("the test releases");
        });
        tokio::pin!(busy);
        assert!(futures::poll!(&mut busy).is_pending());
        starting.recv().expect("the thread took the job");
        let mut usual = Box::pin(pool.run(|| ()));
        assert!(futures::poll!(&mut usual).is_pending());
        assert!(matches!(pool.run(|| ()).await, Err(Failure::Overloaded)));
        let mut first = Box::pin(pool.run_with(Priority::First, || ()));
        assert!(futures::poll!(&mut first).is_pending(), "it has its place");
        release.send(()).expect("the thread waits");
        let (busy, usual, first) = futures::join!(busy, usual, first);
        (busy.and(usual).and(first)).expect("all were run");
    }
}
