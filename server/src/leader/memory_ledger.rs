//! A replicated state of one map in memory, for tests of the scheduler.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use keepstep_engine::id::NodeId;
use keepstep_engine::memory::Memory;
use keepstep_engine::view::{Direction, Versioned};
use keepstep_engine::{Origin, Transaction, View, ViewError, Write};

use super::Failure;
use super::ledger::{Ledger, Proposed};
use super::pool::Priority;

/// Applies guarded transactions to a map.
#[derive(Default)]
pub(crate) struct MemoryLedger {
    memory: Mutex<Memory>,
    /// How many of the next proposals are refused, as if a guard had failed.
    pub(crate) refusals: AtomicUsize,
    /// How many of the next proposals fail as if no quorum answered.
    pub(crate) cut_off: AtomicUsize,
    /// How many barriers were waited for.
    pub(crate) barriers: AtomicUsize,
    /// What is committed, and not applied before the next barrier.
    pub(crate) late: Mutex<Vec<(Bytes, Bytes)>>,
}

impl MemoryLedger {
    /// Writes one pair.
    pub(crate) fn put(&self, key: Bytes, value: Bytes) {
        let writes = vec![Write::Put { key, value }];
        self.memory().apply(&Transaction { origin: Origin("Test"), guards: Vec::new(), writes });
    }

    /// Removes one pair.
    pub(crate) fn delete(&self, key: Bytes) {
        let writes = vec![Write::Delete { key }];
        self.memory().apply(&Transaction { origin: Origin("Test"), guards: Vec::new(), writes });
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("no test panics while it holds this")
    }
}

impl View for MemoryLedger {
    fn get(&self, key: &[u8]) -> Result<Option<Versioned>, ViewError> {
        self.memory().get(key)
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<(Bytes, Versioned)>, ViewError> {
        self.memory().scan(from, to, limit, direction)
    }
}

impl Ledger for MemoryLedger {
    fn view(&self) -> &(dyn View + Send + Sync) {
        self
    }

    fn propose(&self, _: Priority, transaction: Transaction) -> BoxFuture<'_, Result<Proposed, Failure>> {
        if self.cut_off.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            return async { Err(Failure::NotLeader) }.boxed();
        }
        let forced =
            self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        let committed = forced.is_err() && self.memory().apply(&transaction);
        async move { Ok(if committed { Proposed::Committed } else { Proposed::Refused }) }.boxed()
    }

    fn heard(&self) -> Vec<(NodeId, Option<Duration>)> {
        vec![(NodeId(1), Some(Duration::ZERO))]
    }

    fn barrier(&self) -> BoxFuture<'_, Result<(), Failure>> {
        self.barriers.fetch_add(1, Ordering::SeqCst);
        let late = std::mem::take(&mut *self.late.lock().expect("no test panics while it holds this"));
        late.into_iter().for_each(|(key, value)| self.put(key, value));
        async { Ok(()) }.boxed()
    }
}
