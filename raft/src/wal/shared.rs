//! What the callers and the writer thread share: the bounded queue of accepted work, and the view.
//!
//! One lock holds both, so that the order in which callers see their work is the order in which it is written. It is
//! never held across I/O.

use std::collections::VecDeque;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::error::Failure;
use super::view::View;
use super::{Record, Space};

/// A caller's callback: called exactly once, with an error if it is dropped before its work was durable.
pub(super) struct Done(Option<super::Done>);

impl Done {
    pub(super) fn new(done: super::Done) -> Done {
        Done(Some(done))
    }

    pub(super) fn call(mut self, result: io::Result<()>) {
        if let Some(done) = self.0.take() {
            done(result);
        }
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        if let Some(done) = self.0.take() {
            done(Err(Failure::closed().error()));
        }
    }
}

/// Accepted work.
pub(super) struct Op {
    pub(super) what: What,
    pub(super) done: Done,
}

pub(super) enum What {
    Append(Vec<Record>),
    Vote(Bytes),
    Truncate {
        from: u64,
    },
    Purge {
        index: u64,
        id: Bytes,
    },
    /// Nothing of its own: done when all before it is.
    Barrier,
}

/// Memory that queued work takes beyond its payloads, bytes (an estimate).
const RECORD_OVERHEAD: usize = 64;

impl What {
    fn bytes(&self) -> usize {
        let payload = match self {
            What::Append(records) => records.iter().map(|record| record.bytes.len() + RECORD_OVERHEAD).sum(),
            What::Vote(bytes) | What::Purge { id: bytes, .. } => bytes.len(),
            What::Truncate { .. } | What::Barrier => 0,
        };
        payload + RECORD_OVERHEAD
    }
}

#[derive(Debug, Default, Clone, Copy)]
pub(super) struct SyncStats {
    pub(super) syncs: u64,
    pub(super) last: Duration,
}

pub(super) struct State {
    queue: VecDeque<Op>,
    queued_bytes: usize,
    pub(super) failure: Option<Failure>,
    closing: bool,
    pub(super) view: View,
    /// Written with the next batch; never causes one.
    pub(super) committed: Option<Bytes>,
    pub(super) space: Space,
    pub(super) syncs: SyncStats,
}

impl State {
    pub(super) fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    /// Why nothing more is accepted.
    pub(super) fn refusal(&self) -> Option<Failure> {
        self.failure.clone().or_else(|| self.closing.then(Failure::closed))
    }
}

pub(super) struct Shared {
    state: Mutex<State>,
    work: Condvar,
    room: Condvar,
    max_queued_bytes: usize,
}

/// What the writer does next.
pub(super) enum Next {
    /// Write these, together.
    Write(VecDeque<Op>),
    /// Nothing came for a while.
    Idle,
    /// All is written, and no more will come.
    Close,
}

impl Shared {
    pub(super) fn new(view: View, space: Space, max_queued_bytes: usize) -> Shared {
        let state = State {
            queue: VecDeque::new(),
            queued_bytes: 0,
            failure: None,
            closing: false,
            view,
            committed: None,
            space,
            syncs: SyncStats::default(),
        };
        Shared { state: Mutex::new(state), work: Condvar::new(), room: Condvar::new(), max_queued_bytes }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock panics half-way through a change; if the writer panics, it fails the log.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues what `accept` makes of the view, waiting while the queue is full. `done` is called in any case.
    pub(super) fn submit(
        &self,
        done: super::Done,
        accept: impl FnOnce(&mut View) -> io::Result<What>,
    ) -> io::Result<()> {
        let done = Done::new(done);
        let mut state = self.lock();
        while state.queued_bytes >= self.max_queued_bytes && state.refusal().is_none() {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let accepted = match state.refusal() {
            Some(failure) => Err(failure.error()),
            None => accept(&mut state.view),
        };
        match accepted {
            Ok(what) => {
                state.queued_bytes += what.bytes();
                state.queue.push_back(Op { what, done });
                drop(state);
                self.work.notify_one();
                Ok(())
            }
            Err(error) => {
                drop(state);
                done.call(Err(io::Error::new(error.kind(), error.to_string())));
                Err(error)
            }
        }
    }

    /// Waits for work, at most `patience` if that is given, and takes what fits in `max_bytes`, but at least one.
    pub(super) fn take(&self, max_bytes: usize, patience: Option<Duration>) -> Next {
        let mut state = self.lock();
        while state.queue.is_empty() {
            if state.closing {
                return Next::Close;
            }
            state = match patience {
                None => self.work.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(patience) => {
                    let waited = self.work.wait_timeout(state, patience);
                    let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
                    if timeout.timed_out() && state.queue.is_empty() && !state.closing {
                        return Next::Idle;
                    }
                    state
                }
            };
        }
        let mut group = VecDeque::new();
        let mut bytes = 0;
        while let Some(op) = state.queue.pop_front() {
            let op_bytes = op.what.bytes();
            if !group.is_empty() && bytes + op_bytes > max_bytes {
                state.queue.push_front(op);
                break;
            }
            bytes += op_bytes;
            group.push_back(op);
        }
        state.queued_bytes -= bytes;
        drop(state);
        self.room.notify_all();
        Next::Write(group)
    }

    /// Nothing more is accepted; what is queued still gets written.
    pub(super) fn close(&self) {
        self.lock().closing = true;
        self.work.notify_all();
        self.room.notify_all();
    }

    /// Poisons the log and returns all that is queued, to be told so.
    pub(super) fn fail(&self, failure: Failure) -> VecDeque<Op> {
        let mut state = self.lock();
        state.failure.get_or_insert(failure);
        state.queued_bytes = 0;
        let queue = std::mem::take(&mut state.queue);
        drop(state);
        self.room.notify_all();
        queue
    }
}
