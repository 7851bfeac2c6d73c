//! The one thread that writes: takes what is queued, writes it as one batch, syncs, and only then tells the callers.
//!
//! The first failed call to the file system ends it: the log is poisoned, and everything queued is told so.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::error::{Failure, is_full};
use super::folder::Folder;
use super::frame::{BATCH_HEAD, Batch, Carried, FRAME_HEAD, Footer, Kind, SegmentHead, aligned};
use super::positions::Step;
use super::recovery::{Tail, begin_segment, seed};
use super::shared::{Done, Next, Op, Shared, What};
use super::{Observer, Options, Space, Synced};

/// The first write to a preallocated block makes the file system write its journal as well at the next sync, which takes
/// as long as the sync itself. Small batches hit new blocks all the time, so they write zeros this far ahead, in bytes,
/// whenever they get there; for batches beyond the same size it wouldn't pay.
const FILL_AHEAD: u64 = 256 << 10;

/// How often a missing spare is tried again.
const SPACE_RETRY: Duration = Duration::from_secs(1);

pub(super) struct Writer {
    shared: Arc<Shared>,
    observer: Arc<dyn Observer>,
    folder: Folder,
    epoch: u64,
    max_batch_bytes: usize,
    control_margin: u64,
    tail: Tail,
    /// Entries of the newest segment, written or in the batch: an upper bound, truncations aside.
    tail_entries: usize,
    carried: Carried,
    batch: Batch,
    /// What the batch does.
    steps: Vec<Step>,
    /// Callbacks of work that is all in the batch, or before it.
    ready: Vec<Done>,
    /// The callback of work that is partly in the batch.
    current: Option<Done>,
    spare_tried: Option<Instant>,
}

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        options: &Options,
        epoch: u64,
        folder: Folder,
        carried: Carried,
        tail: Tail,
    ) -> Writer {
        let tail_entries = shared.lock().view.positions.newest().map_or(0, |segment| segment.offsets.len());
        Writer {
            batch: Batch::new(epoch, tail.chain),
            shared,
            observer: options.observer.clone(),
            folder,
            epoch,
            max_batch_bytes: options.max_batch_bytes,
            control_margin: options.control_margin(),
            tail,
            tail_entries,
            carried,
            steps: Vec::new(),
            ready: Vec::new(),
            current: None,
            spare_tried: None,
        }
    }

    /// Makes the log fit for service: marks what was recovered as durable, and prepares spares.
    pub(super) fn start(&mut self) -> io::Result<()> {
        self.mark()?;
        self.retire()?;
        self.prepare()?;
        self.observer.space(self.folder.space());
        Ok(())
    }

    /// Works until the log is closed or fails.
    pub(super) fn run(mut self) {
        let guard = FailOnPanic(self.shared.clone());
        loop {
            let patience = (self.folder.space() != Space::Ample).then_some(SPACE_RETRY);
            let mut group = VecDeque::new();
            let result = match self.shared.take(self.max_batch_bytes, patience) {
                Next::Write(taken) => {
                    group = taken;
                    self.write(&mut group)
                }
                Next::Idle => self.prepare(),
                Next::Close => match self.write(&mut group).and_then(|()| self.mark()) {
                    Ok(()) => break,
                    error => error,
                },
            };
            if let Err(error) = result {
                self.fail(&error, group);
                break;
            }
        }
        drop(guard);
    }

    fn fail(&mut self, error: &io::Error, group: VecDeque<Op>) {
        let failure = Failure::of(error);
        // Poisoned first: nobody may queue anything after these were told.
        let queued = self.shared.fail(failure.clone());
        self.observer.failed(error);
        let unfinished = self.ready.drain(..).chain(self.current.take());
        for done in unfinished.chain(group.into_iter().chain(queued).map(|op| op.done)) {
            done.call(Err(failure.error()));
        }
    }

    fn write(&mut self, group: &mut VecDeque<Op>) -> io::Result<()> {
        let committed = self.shared.lock().committed.take();
        if let Some(committed) = committed {
            self.put(Kind::Committed, 0, &committed)?;
            self.carried.committed = Some(committed);
        }
        let mut purged = false;
        while let Some(Op { what, done }) = group.pop_front() {
            self.current = Some(done);
            match what {
                What::Append(records) => {
                    for record in &records {
                        let offset = self.put(Kind::Entry, record.index, &record.bytes)?;
                        self.steps.push(Step::Entry { index: record.index, offset });
                        self.tail_entries += 1;
                    }
                }
                What::Vote(vote) => {
                    self.put(Kind::Vote, 0, &vote)?;
                    self.carried.vote = Some(vote);
                }
                What::Truncate { from } => {
                    self.put(Kind::Truncate, from, &[])?;
                    self.steps.push(Step::Truncate { from });
                }
                What::Purge { index, id } => {
                    self.put(Kind::Purge, index, &id)?;
                    self.steps.push(Step::Purge { index });
                    self.carried.purged = Some((index, id));
                    purged = true;
                }
                What::Barrier => {}
            }
            self.ready.extend(self.current.take());
        }
        self.flush()?;
        if purged {
            self.retire()?;
        }
        let tried_long_ago = self.spare_tried.is_none_or(|tried| tried.elapsed() >= SPACE_RETRY);
        if self.folder.space() != Space::Ample && tried_long_ago {
            self.prepare()?;
        }
        Ok(())
    }

    /// Adds a frame to the batch, in this segment or the next, and returns its offset.
    fn put(&mut self, kind: Kind, number: u64, payload: &[u8]) -> io::Result<u32> {
        let frame = FRAME_HEAD + payload.len();
        if !self.batch.is_empty() && self.batch.bytes() + frame > BATCH_HEAD + self.max_batch_bytes {
            self.flush()?;
        }
        if !self.has_room(frame) {
            self.flush()?;
            if !self.has_room(frame) {
                match self.roll() {
                    // The last of the space is kept for votes, truncations and purges: a node needs those to start and
                    // to free space.
                    Err(error) if is_full(&error) && kind != Kind::Entry && self.has_bare_room(frame) => {}
                    other => other?,
                }
            }
        }
        let offset = self.tail.position + self.batch.put(kind, number, payload) as u64;
        u32::try_from(offset).map_err(|_| io::Error::other("a segment is beyond its bounds"))
    }

    /// Whether a frame fits in the segment and leaves room for the footer, and for small records on a full disk.
    fn has_room(&self, frame: usize) -> bool {
        let footer = Footer::batch_bytes(self.tail_entries + 1);
        self.end_with(frame) + footer as u64 + self.control_margin <= self.tail.file.size
    }

    fn has_bare_room(&self, frame: usize) -> bool {
        self.end_with(frame) <= self.tail.file.size
    }

    fn end_with(&self, frame: usize) -> u64 {
        self.tail.position + aligned(self.batch.bytes() + frame) as u64
    }

    /// Writes the batch, makes it durable, shows it to readers, and tells the callers.
    fn flush(&mut self) -> io::Result<()> {
        if !self.batch.is_empty() {
            let entries = self.steps.iter().filter(|step| matches!(step, Step::Entry { .. })).count();
            let (bytes, took) = self.write_batch()?;
            let mut state = self.shared.lock();
            let written = state.view.written(&self.steps);
            written.map_err(|gap| io::Error::other(format!("the log lost its order: {gap:?}")))?;
            state.syncs.syncs += 1;
            state.syncs.last = took;
            drop(state);
            self.steps.clear();
            self.observer.synced(Synced { entries, bytes, took });
        }
        for done in self.ready.drain(..) {
            done.call(Ok(()));
        }
        Ok(())
    }

    fn write_batch(&mut self) -> io::Result<(usize, Duration)> {
        let batch_bytes = aligned(self.batch.bytes());
        let end = self.tail.position + batch_bytes as u64;
        let mut filled = self.tail.filled.max(end);
        if end > self.tail.filled && (batch_bytes as u64) < FILL_AHEAD {
            filled = (end + FILL_AHEAD).min(self.tail.file.size).max(end);
        }
        let zeros = if filled > self.tail.filled { (filled - end) as usize } else { 0 };
        let (bytes, chain) = self.batch.finish(self.tail.seed, self.tail.position, zeros);
        let started = Instant::now();
        self.tail.file.file.write_at(bytes, self.tail.position)?;
        self.tail.file.file.sync_data()?;
        let took = started.elapsed();
        (self.tail.position, self.tail.chain, self.tail.filled) = (end, chain, filled);
        self.batch.restart(chain);
        Ok((batch_bytes, took))
    }

    /// Writes an empty batch: the mark that all before it is durable. Without room there is none.
    fn mark(&mut self) -> io::Result<()> {
        if self.tail.position + BATCH_HEAD as u64 <= self.tail.file.size {
            self.write_batch()?;
        }
        Ok(())
    }

    /// Seals the segment, whose batches are all durable, and begins the next.
    fn roll(&mut self) -> io::Result<()> {
        let spare = self.folder.take_spare()?;
        let mut previous_footer = 0;
        let footer = {
            let state = self.shared.lock();
            let newest = state.view.positions.newest();
            newest.map(|segment| {
                (segment.first, segment.offsets.len(), Footer::payload(segment.kept_before, &segment.offsets))
            })
        };
        if let Some((first, entries, payload)) = footer
            && self.tail.position + Footer::batch_bytes(entries) as u64 <= self.tail.file.size
        {
            let offset = self.tail.position + self.batch.put(Kind::Footer, first, &payload) as u64;
            previous_footer = u32::try_from(offset).unwrap_or(0);
            self.write_batch()?;
        }
        let sequence = self.tail.file.sequence + 1;
        let head = SegmentHead {
            sequence,
            seed: seed(self.epoch, sequence),
            size: self.folder.segment_bytes(),
            previous_chain: self.tail.chain,
            previous_footer,
        };
        self.tail = begin_segment(&mut self.folder, spare, self.epoch, head, &self.carried)?;
        self.tail_entries = 0;
        self.batch.restart(self.tail.chain);
        self.shared.lock().view.positions.begin(self.tail.file.clone());
        self.spare_tried = None;
        Ok(())
    }

    /// Removes the segments that hold nothing but purged entries.
    fn retire(&mut self) -> io::Result<()> {
        let Some((purged, _)) = self.carried.purged else { return Ok(()) };
        loop {
            // Out of the view first, so that no new reader finds it.
            let segment = self.shared.lock().view.positions.take_purged(purged);
            let Some(segment) = segment else { break };
            self.folder.retire(segment)?;
        }
        self.tell_space();
        Ok(())
    }

    fn prepare(&mut self) -> io::Result<()> {
        self.spare_tried = Some(Instant::now());
        self.folder.prepare()?;
        self.tell_space();
        Ok(())
    }

    fn tell_space(&self) {
        let space = self.folder.space();
        let before = std::mem::replace(&mut self.shared.lock().space, space);
        if before != space {
            self.observer.space(space);
        }
    }
}

/// Poisons the log if its thread panics, so that nobody waits for it.
struct FailOnPanic(Arc<Shared>);

impl Drop for FailOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            drop(self.0.fail(Failure::of(&io::Error::other("its writer panicked"))));
        }
    }
}
