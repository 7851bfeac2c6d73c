//! Calls to others in memory: those that wait for a slot, and those under way. The index in the replicated state holds all of them; if
//! more wait than memory is meant for, the index is scanned again later. This is the bookkeeping; [`super::call`] makes the calls.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use keepstep_engine::draft::decode;
use keepstep_engine::key::{self, CallKey};
use keepstep_engine::record::{Call, CallKind};
use keepstep_engine::view::Direction;
use keepstep_engine::{View, ViewError};
use metrics::{Gauge, gauge};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::metric;

/// Calls of one lane that wait in memory.
const QUEUED_MAX: usize = 10_000;
/// Calls that are loaded by one scan.
const SCAN_MAX: usize = 1_000;

/// Calls that share slots, so that slow functions don't hold up what this node does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Lambda functions.
    Lambda,
    /// Executions started and stopped, map runs woken.
    Own,
    /// Objects read and written for map runs.
    Objects,
}

impl Lane {
    fn of(kind: CallKind) -> Self {
        match kind {
            CallKind::Lambda => Self::Lambda,
            CallKind::StartExecution | CallKind::StopExecution | CallKind::MapRun => Self::Own,
            CallKind::ReadItems | CallKind::WriteResults => Self::Objects,
        }
    }
}

/// A call to be made now.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) key: CallKey,
    pub(crate) call: Call,
    /// Cancelled when nobody waits for the result any more.
    pub(crate) abandoned: CancellationToken,
}

/// The calls of a term.
pub(crate) struct CallQueue {
    state: Mutex<State>,
    /// Told when a Lambda call waits.
    pub(crate) lambda: Notify,
    /// Told when a call of our own waits.
    pub(crate) own: Notify,
    /// Told when an object is to be read or written.
    pub(crate) objects: Notify,
    /// Told when the index is to be scanned.
    pub(crate) scan: Notify,
    known: Gauge,
}

#[derive(Default)]
struct State {
    lambda: VecDeque<(CallKey, Call)>,
    own: VecDeque<(CallKey, Call)>,
    objects: VecDeque<(CallKey, Call)>,
    /// Waiting and under way: the attempt, and how to give it up.
    known: HashMap<CallKey, (u64, CancellationToken)>,
    /// The first of the calls that were left in the index for want of room: the next scan begins there. One that began anew would find
    /// again the calls that stay stored after they were made (those of children that run), and nothing else.
    left: Option<Bytes>,
}

impl State {
    fn lane(&mut self, lane: Lane) -> &mut VecDeque<(CallKey, Call)> {
        match lane {
            Lane::Lambda => &mut self.lambda,
            Lane::Own => &mut self.own,
            Lane::Objects => &mut self.objects,
        }
    }
}

impl CallQueue {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::default(),
            lambda: Notify::new(),
            own: Notify::new(),
            objects: Notify::new(),
            scan: Notify::new(),
            known: gauge!(metric::CALLS),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Told when calls of the lane wait.
    pub(crate) fn notify(&self, lane: Lane) -> &Notify {
        match lane {
            Lane::Lambda => &self.lambda,
            Lane::Own => &self.own,
            Lane::Objects => &self.objects,
        }
    }

    /// A call is stored.
    pub(crate) fn add(&self, key: CallKey, call: Call) {
        let lane = Lane::of(key.kind);
        let mut state = self.lock();
        match state.known.get(&key) {
            Some((attempt, _)) if *attempt == call.attempt => return,
            Some((_, abandoned)) => abandoned.cancel(),
            None => {}
        }
        if state.lane(lane).len() >= QUEUED_MAX {
            state.known.remove(&key);
            let stored = key.key();
            if state.left.as_ref().is_none_or(|left| stored < *left) {
                state.left = Some(stored);
            }
            return;
        }
        state.known.insert(key, (call.attempt, CancellationToken::new()));
        state.lane(lane).push_back((key, call));
        self.known.set(state.known.len() as f64);
        drop(state);
        self.notify(lane).notify_one();
    }

    /// A call is no longer stored.
    pub(crate) fn abandon(&self, key: &CallKey) {
        let mut state = self.lock();
        if let Some((_, abandoned)) = state.known.remove(key) {
            abandoned.cancel();
            self.known.set(state.known.len() as f64);
        }
    }

    /// The next call to make in a lane. It is the caller's until [`CallQueue::finish`].
    pub(crate) fn next(&self, lane: Lane) -> Option<Due> {
        let mut state = self.lock();
        while let Some((key, call)) = state.lane(lane).pop_front() {
            if state.left.is_some() && state.lane(lane).len() < QUEUED_MAX / 2 {
                self.scan.notify_one();
            }
            // Abandoned ones, and older attempts, are still in the queue.
            if let Some((attempt, abandoned)) = state.known.get(&key)
                && *attempt == call.attempt
            {
                return Some(Due { key, call, abandoned: abandoned.clone() });
            }
        }
        None
    }

    /// A call's result is recorded, or void.
    pub(crate) fn finish(&self, key: &CallKey, attempt: u64) {
        let mut state = self.lock();
        if state.known.get(key).is_some_and(|(known, _)| *known == attempt) {
            state.known.remove(key);
            self.known.set(state.known.len() as f64);
        }
    }

    /// Where the calls begin that were left in the index, if there are any: the caller scans from there.
    pub(crate) fn take_left(&self) -> Option<Bytes> {
        self.lock().left.take()
    }

    /// Loads stored calls from `from` on. Returns where to go on, or `None` at the end or where there is no more room. It reads the
    /// store: call it where that is allowed.
    pub(crate) fn load(&self, view: &dyn View, from: &[u8]) -> Result<Option<Bytes>, ViewError> {
        let found = view.scan(from, &key::prefix_end(&key::calls()), SCAN_MAX, Direction::Forward)?;
        for (stored, versioned) in &found {
            match CallKey::parse(stored).zip(decode::<Call>(stored, &versioned.value).ok()) {
                Some((key, call)) => self.add(key, call),
                None => tracing::error!(
                    key = hex::encode(stored),
                    "a stored call can't be read; it is left alone"
                ),
            }
        }
        let Some((last, _)) = found.last().filter(|_| found.len() >= SCAN_MAX) else { return Ok(None) };
        let next = key::after(last);
        match &mut self.lock().left {
            None => Ok(Some(next)),
            Some(left) => {
                // What was left may be a new call that lies beyond the end of this scan.
                if next < *left {
                    *left = next;
                }
                Ok(None)
            }
        }
    }

    /// Gives everything up.
    pub(crate) fn close(&self) {
        let state = std::mem::take(&mut *self.lock());
        for (_, abandoned) in state.known.values() {
            abandoned.cancel();
        }
        self.known.set(0.0);
    }
}

#[cfg(test)]
mod tests {
    use keepstep_engine::id::{BranchId, ExecutionId};
    use prost::Message;

    use super::*;
    use crate::leader::memory_ledger::MemoryLedger;

    fn key_of(branch: u64, kind: CallKind) -> CallKey {
        CallKey { execution: ExecutionId::of_arn("x"), branch: BranchId(branch), kind }
    }

    fn call(attempt: u64) -> Call {
        Call { attempt, ..Call::default() }
    }

    #[test]
    fn a_call_is_made_once_by_attempt_and_lanes_are_apart() {
        let queue = CallQueue::new();
        let (function, start) = (key_of(1, CallKind::Lambda), key_of(1, CallKind::StartExecution));
        queue.add(function, call(1));
        queue.add(function, call(1));
        queue.add(start, call(1));
        let due = queue.next(Lane::Lambda).expect("waits");
        assert_eq!((due.key, due.call), (function, call(1)));
        assert!(queue.next(Lane::Lambda).is_none());
        assert_eq!(queue.next(Lane::Own).map(|due| due.key), Some(start));
        queue.add(function, call(1));
        assert!(queue.next(Lane::Lambda).is_none(), "under way");
        queue.finish(&function, 1);
        queue.add(function, call(2));
        assert_eq!(queue.next(Lane::Lambda).map(|due| due.call), Some(call(2)));
    }

    #[test]
    fn an_abandoned_call_is_given_up_wherever_it_is() {
        let queue = CallQueue::new();
        queue.add(key_of(1, CallKind::Lambda), call(1));
        queue.add(key_of(2, CallKind::Lambda), call(1));
        let due = queue.next(Lane::Lambda).expect("waits");
        queue.abandon(&key_of(1, CallKind::Lambda));
        queue.abandon(&key_of(2, CallKind::Lambda));
        assert!(due.abandoned.is_cancelled());
        assert!(queue.next(Lane::Lambda).is_none());
    }

    #[test]
    fn what_there_was_no_room_for_is_found_again() {
        let ledger = MemoryLedger::default();
        let count = u64::try_from(QUEUED_MAX).expect("small") + 10;
        for branch in 0..count {
            ledger.put(key_of(branch, CallKind::Lambda).key(), call(1).encode_to_vec().into());
        }
        let queue = CallQueue::new();
        let mut made = Vec::new();
        let mut from = Some(key::calls());
        while let Some(first) = from {
            let mut next = Some(first);
            while let Some(from) = next {
                next = queue.load(&ledger, &from).expect("readable");
            }
            // They stay stored, as those of children that run do.
            while let Some(due) = queue.next(Lane::Lambda) {
                queue.finish(&due.key, due.call.attempt);
                made.push(due.key.branch.0);
            }
            from = queue.take_left();
        }
        assert_eq!(made, (0..count).collect::<Vec<_>>(), "each once");
    }
}
