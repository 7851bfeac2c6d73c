//! This node's copy of the replicated state: recent writes in memory over a store that they are flushed into.
//!
//! One applier writes, in the order of the log; anyone reads. Recent writes are an ordered map, the active layer. When it is full it
//! is frozen, and the flusher moves it into the store together with the log id it was applied up to, the membership and the hash; so
//! the store holds the state as of exactly one log index, or says how to get there from the log. A key that is written and deleted
//! within one layer never reaches the store. Nothing here decides anything but whether guards hold.

mod apply;
mod flush;
mod layer;
mod meta;
mod open;
mod read;
mod scan;
mod stored;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak,
};

use tokio::sync::{Notify, watch};

use self::layer::{Frozen, Layer};
pub(crate) use self::meta::Head;
pub(crate) use self::open::{Found, finish_flush, read_store, verify_hash};
pub(crate) use self::scan::{Pair, StateScan};
pub(crate) use self::stored::{PairHasher, Stored};
use crate::status::StateHash;
use crate::store::{self, Store};
use crate::type_config::LogId;

/// How many recorded hashes are kept for comparison.
const RECORDED_HASHES: usize = 64;

/// What a state is made with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Memory for recent writes, in bytes. A layer is frozen when it has half of this.
    pub(crate) overlay_bytes: usize,
    /// Hashes are recorded at log indexes divisible by this.
    pub(crate) hash_interval: u64,
}

/// Whether the state may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Availability {
    Serving = 0,
    /// A snapshot is being loaded.
    Rebuilding = 1,
    /// Its hash differs from the other replicas'.
    Quarantined = 2,
}

/// The log index up to which a log is on disk: the store is never ahead of it.
pub(crate) type Durable = Arc<dyn Fn() -> Option<u64> + Send + Sync>;

pub(crate) struct State {
    store: Arc<dyn Store>,
    options: Options,
    layers: RwLock<Layers>,
    availability: AtomicU8,
    /// How often a snapshot has replaced everything: a read that began before one and ends after it saw neither state.
    replacements: AtomicU64,
    /// Held for writing while a layer goes into the store, and for reading by whatever must see all layers and the store as of one
    /// moment.
    gate: RwLock<()>,
    scans: Mutex<Vec<Weak<scan::Shared>>>,
    recorded: Mutex<VecDeque<StateHash>>,
    flush: Mutex<flush::Control>,
    flush_wanted: Condvar,
    flushed: Condvar,
    room: Notify,
    /// Bytes in all layers.
    overlay: AtomicU64,
    applied: watch::Sender<Option<u64>>,
    /// Set once, when the store failed.
    failed: watch::Sender<Option<String>>,
}

struct Layers {
    active: Layer,
    /// Generation of the active layer.
    generation: u64,
    /// The oldest first.
    frozen: VecDeque<Arc<Frozen>>,
    head: Head,
    /// Log indexes of the transactions whose guards didn't hold since the active layer began.
    refused: Vec<u64>,
}

impl State {
    /// A state over a store that holds the state as of `head`.
    pub(crate) fn new(store: Arc<dyn Store>, head: Head, options: Options) -> State {
        let applied = head.applied.map(|id| id.index);
        State {
            store,
            options,
            layers: RwLock::new(Layers {
                active: Layer::default(),
                generation: 1,
                frozen: VecDeque::new(),
                head,
                refused: Vec::new(),
            }),
            availability: AtomicU8::new(Availability::Serving as u8),
            replacements: AtomicU64::new(0),
            gate: RwLock::new(()),
            scans: Mutex::default(),
            recorded: Mutex::default(),
            flush: Mutex::default(),
            flush_wanted: Condvar::new(),
            flushed: Condvar::new(),
            room: Notify::new(),
            overlay: AtomicU64::new(0),
            applied: watch::Sender::new(applied),
            failed: watch::Sender::new(None),
        }
    }

    /// What the state is, beside its pairs.
    pub(crate) fn head(&self) -> Head {
        self.layers().head.clone()
    }

    /// The log id up to which entries are applied.
    pub(crate) fn applied(&self) -> Option<LogId> {
        self.layers().head.applied
    }

    /// The index up to which entries are applied, as it grows. It may lag behind what reads see, never lead it.
    pub(crate) fn watch_applied(&self) -> watch::Receiver<Option<u64>> {
        self.applied.subscribe()
    }

    /// Tells those who wait for an index.
    pub(crate) fn publish_applied(&self) {
        let applied = self.layers().head.applied.map(|id| id.index);
        self.applied.send_if_modified(|current| {
            let changed = *current != applied;
            *current = applied;
            changed
        });
    }

    /// Becomes `Some` when the store failed.
    pub(crate) fn watch_failed(&self) -> watch::Receiver<Option<String>> {
        self.failed.subscribe()
    }

    pub(crate) fn availability(&self) -> Availability {
        match self.availability.load(Ordering::Acquire) {
            0 => Availability::Serving,
            1 => Availability::Rebuilding,
            _ => Availability::Quarantined,
        }
    }

    pub(crate) fn set_availability(&self, availability: Availability) {
        self.availability.store(availability as u8, Ordering::Release);
    }

    /// The hashes recorded at indexes at which every replica records one, the oldest first.
    pub(crate) fn recorded_hashes(&self) -> Vec<StateHash> {
        lock(&self.recorded).iter().copied().collect()
    }

    /// Bytes of recent writes in memory.
    pub(crate) fn overlay_bytes(&self) -> u64 {
        self.overlay.load(Ordering::Relaxed)
    }

    fn record_hash(&self, index: u64, hash: u128) {
        let mut recorded = lock(&self.recorded);
        if recorded.len() == RECORDED_HASHES {
            recorded.pop_front();
        }
        recorded.push_back(StateHash { index, hash });
    }

    fn fail(&self, error: &store::Error) {
        self.failed.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                *current = Some(error.to_string());
            }
            first
        });
    }

    fn layers(&self) -> RwLockReadGuard<'_, Layers> {
        self.layers.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn layers_mut(&self) -> RwLockWriteGuard<'_, Layers> {
        self.layers.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
