//! Moving frozen layers into the store, one after the other, on a thread of its own. A layer waits until the log it came from is
//! on disk: an entry that others committed may be applied here before it is durable here, and the store must not know what the log
//! could forget.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use prost::Message;

use super::layer::{Frozen, Slot};
use super::meta::{FLUSH_KEY, Flush, META_KEY, pair_key};
use super::stored::Stored;
use super::{Durable, Layers, State, lock};
use crate::metric;
use crate::store::{self, Change};

/// Pairs in one batch.
const BATCH_PAIRS: usize = 128;

/// How long the flusher sleeps before it asks again whether the log is on disk.
const DURABLE_POLL: Duration = Duration::from_millis(2);

#[derive(Default)]
pub(super) struct Control {
    stop: bool,
    /// Layers that were frozen, and layers that were flushed, since the start.
    frozen: u64,
    flushed: u64,
    /// The log index up to which the store holds the state.
    flushed_index: Option<u64>,
}

impl State {
    /// Starts the flusher. It ends when the state is dropped or stopped.
    pub(crate) fn start_flusher(self: &Arc<Self>, durable: Durable) -> std::io::Result<()> {
        self.set_flushed_index();
        let state = Arc::clone(self);
        std::thread::Builder::new()
            .name("keepstep-flush".to_owned())
            .spawn(move || state.flush_until_stopped(&durable))?;
        Ok(())
    }

    /// Ends the flusher without flushing.
    pub(crate) fn stop_flusher(&self) {
        lock(&self.flush).stop = true;
        self.flush_wanted.notify_all();
        self.flushed.notify_all();
    }

    /// Freezes the active layer, if anything happened since the last time.
    pub(super) fn freeze(&self) {
        let mut layers = self.layers_mut();
        layers.freeze();
        drop(layers);
        self.want_flush();
    }

    pub(super) fn want_flush(&self) {
        lock(&self.flush).frozen += 1;
        self.flush_wanted.notify_all();
    }

    /// Flushes all that is applied by now, and waits for it. Blocks.
    pub(crate) fn flush_all(&self) -> Result<(), store::Error> {
        self.freeze();
        let mut control = lock(&self.flush);
        let target = control.frozen;
        while control.flushed < target && !control.stop {
            control = self.flushed.wait(control).unwrap_or_else(PoisonError::into_inner);
        }
        drop(control);
        match self.failed.borrow().clone() {
            Some(reason) => Err(store::Error(reason)),
            None => Ok(()),
        }
    }

    /// The store holds what is applied now.
    pub(super) fn set_flushed_index(&self) {
        lock(&self.flush).flushed_index = self.applied().map(|id| id.index);
    }

    /// Whether the flusher runs and hasn't flushed an index yet.
    pub(super) fn flushes_later(&self, index: Option<u64>) -> bool {
        let control = lock(&self.flush);
        !control.stop && control.flushed_index < index
    }

    /// Makes all that was flushed survive a loss of power. Blocks.
    pub(crate) fn sync(&self) -> Result<(), store::Error> {
        self.store.sync()
    }

    /// Lets go of the store's files.
    pub(crate) fn close_store(&self) {
        self.store.close();
    }

    /// Waits while too many writes wait for the store.
    pub(crate) async fn wait_for_room(&self) {
        let limit = self.options.overlay_bytes as u64 * 2;
        while self.overlay.load(Ordering::Relaxed) > limit {
            let room = self.room.notified();
            if self.overlay.load(Ordering::Relaxed) <= limit
                || self.failed.borrow().is_some()
                || lock(&self.flush).stop
            {
                return;
            }
            room.await;
        }
    }

    fn flush_until_stopped(&self, durable: &Durable) {
        loop {
            let mut control = lock(&self.flush);
            while !control.stop && control.flushed == control.frozen {
                control = self.flush_wanted.wait(control).unwrap_or_else(PoisonError::into_inner);
            }
            if control.stop {
                break;
            }
            let target = control.frozen;
            drop(control);
            while let Some(frozen) = self.oldest_frozen() {
                if !self.wait_until_durable(&frozen, durable) {
                    return self.flusher_ends();
                }
                if let Err(error) = self.flush_one(&frozen) {
                    tracing::error!(%error, "the view's store failed");
                    self.fail(&error);
                    lock(&self.flush).stop = true;
                    return self.flusher_ends();
                }
                self.room.notify_waiters();
            }
            lock(&self.flush).flushed = target;
            self.flushed.notify_all();
        }
        self.flusher_ends();
    }

    fn flusher_ends(&self) {
        self.flushed.notify_all();
        self.room.notify_waiters();
    }

    fn oldest_frozen(&self) -> Option<Arc<Frozen>> {
        self.layers().frozen.front().cloned()
    }

    /// Whether the layer's entries are on disk; `false` if the flusher is to stop.
    fn wait_until_durable(&self, frozen: &Frozen, durable: &Durable) -> bool {
        loop {
            if lock(&self.flush).stop {
                return false;
            }
            if frozen.head.applied.map(|id| id.index) <= durable() {
                return true;
            }
            std::thread::sleep(DURABLE_POLL);
        }
    }

    /// Moves a layer into the store. sled lets nobody read while it applies a batch, so a large layer goes in many small ones. They
    /// are between two records: the first says which entries of the log they come from, so that a flush that a crash interrupts is
    /// completed from the log; the last makes the layer's head the store's.
    fn flush_one(&self, frozen: &Arc<Frozen>) -> Result<(), store::Error> {
        let started = Instant::now();
        let slots: Vec<(&Bytes, &Slot)> = frozen.layer.slots().iter().collect();
        let mut batches: Vec<&[(&Bytes, &Slot)]> = slots.chunks(BATCH_PAIRS).collect();
        let last = batches.pop().unwrap_or_default();
        if !batches.is_empty() {
            let flush = Flush::new(&frozen.head, frozen.refused.clone()).encode_to_vec().into();
            if !self.flush_batch(frozen, &[], vec![(Bytes::from_static(FLUSH_KEY), Some(flush))])? {
                return Ok(());
            }
            self.store.settle()?;
            for batch in batches {
                self.wait_for_scans(frozen.generation);
                if lock(&self.flush).stop || !self.flush_batch(frozen, batch, Vec::new())? {
                    return Ok(());
                }
            }
            self.store.settle()?;
        }
        let mut records = vec![(Bytes::from_static(META_KEY), Some(frozen.head.encode()))];
        if slots.len() > BATCH_PAIRS {
            records.push((Bytes::from_static(FLUSH_KEY), None));
        }
        self.wait_for_scans(frozen.generation);
        if !self.flush_batch(frozen, last, records)? {
            return Ok(());
        }
        self.store.settle()?;
        {
            let _gate = self.gate.write().unwrap_or_else(PoisonError::into_inner);
            let mut layers = self.layers_mut();
            if layers.is_oldest(frozen) {
                layers.frozen.pop_front();
                self.overlay.fetch_sub(frozen.layer.bytes() as u64, Ordering::Relaxed);
                lock(&self.flush).flushed_index = frozen.head.applied.map(|id| id.index);
            }
        }
        metric::view_flushed(slots.len(), started.elapsed());
        Ok(())
    }

    /// Applies one batch of a layer; `false` if a snapshot that was installed meanwhile has replaced everything.
    fn flush_batch(
        &self,
        frozen: &Arc<Frozen>,
        slots: &[(&Bytes, &Slot)],
        records: Vec<Change>,
    ) -> Result<bool, store::Error> {
        let pairs = slots.iter().map(|(key, slot)| (pair_key(key), slot.value.as_ref().map(Stored::encode)));
        let batch: Vec<Change> = pairs.chain(records).collect();
        let _gate = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        if !self.layers().is_oldest(frozen) {
            return Ok(false);
        }
        self.keep_for_scans(frozen.generation, slots)?;
        self.store.apply(batch)?;
        Ok(true)
    }
}

impl Layers {
    /// Makes the active layer the newest frozen one.
    pub(super) fn freeze(&mut self) {
        let unchanged = self.frozen.back().is_some_and(|newest| newest.head.applied == self.head.applied);
        if self.active.is_empty() && unchanged {
            return;
        }
        let layer = std::mem::take(&mut self.active);
        let refused = std::mem::take(&mut self.refused);
        self.frozen.push_back(Arc::new(Frozen {
            generation: self.generation,
            layer,
            head: self.head.clone(),
            refused,
        }));
        self.generation += 1;
    }

    fn is_oldest(&self, frozen: &Arc<Frozen>) -> bool {
        self.frozen.front().is_some_and(|front| Arc::ptr_eq(front, frozen))
    }
}
