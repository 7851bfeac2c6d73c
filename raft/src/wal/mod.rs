//! The write-ahead log: Raft's entries and the vote, in preallocated, checksummed segments, with real fdatasync.
//!
//! It knows nothing of openraft: an entry is an index and bytes. What it promises:
//!
//! - **Nothing is acknowledged before it is durable.** A callback gets `Ok` after the fdatasync that covers its work and
//!   all work before it. One fdatasync serves everything that was queued while the one before was under way.
//! - **Everything happens in the order of the calls**: appends, votes, truncations and purges alike, on disk as well.
//! - **After the first failed write or sync the log is poisoned**: every queued callback and every later call gets an
//!   error, and nothing is acknowledged ever again. Only opening it anew helps.
//! - **Opening cuts a torn tail and refuses worse.** Every batch is written only after all before it was synced, so an
//!   intact batch proves that what lies before it was durable. Damage after the newest intact batch is a torn write and
//!   is cut; damage before it is [`OpenError::Damaged`]. Closing writes such a proof at the end, and so does opening.
//! - **A full disk is told before it is fatal** ([`Space`]): two segments are prepared ahead. A node starts again with a
//!   full disk: opening needs no new space, and some of the last segment is kept for votes, truncations and purges.
//!
//! Entries are readable as soon as `append` returns, durable or not. Memory is bounded: the queue, the cache of recent
//! entries and the batch in bytes, and 4 bytes per older entry for its position.
//!
//! Read in this order: `frame` (the bytes), `writer` (one batch at a time), `recovery` (opening), `view` (what callers
//! see), `folder` (segments, spares, the lock).

mod error;
mod files;
mod folder;
mod frame;
mod positions;
mod reader;
mod recovery;
mod shared;
#[cfg(test)]
mod tests;
mod view;
mod window;
mod writer;

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;

pub use self::error::OpenError;
pub use self::files::{File, Files, OsFiles};
use self::positions::Gap;
use self::shared::{Shared, What};
use self::view::View;
use self::writer::Writer;

/// Most bytes of a vote, an entry's id, or a committed id.
pub const CONTROL_BYTES_MAX: usize = 1024;

/// Told, exactly once, whether the work of a call is durable. It runs on the log's own thread, or on the caller's if the
/// call is refused; it must be quick and must not call into the log.
pub type Done = Box<dyn FnOnce(io::Result<()>) + Send>;

/// How a log is laid out and bounded.
#[derive(Debug, Clone)]
pub struct Options {
    /// Bytes of a segment, all preallocated. Existing segments keep theirs.
    pub segment_bytes: u32,
    /// Most bytes of a batch, which one write and one fdatasync serve, unless a single entry is larger.
    pub max_batch_bytes: usize,
    /// Most bytes of an entry.
    pub max_entry_bytes: usize,
    /// Bytes of queued work beyond which calls wait.
    pub max_queued_bytes: usize,
    /// Bytes of recent, written entries that are kept in memory for readers.
    pub cache_bytes: usize,
    /// The file system.
    pub files: Arc<dyn Files>,
    /// Told what happens, for metrics and alarms.
    pub observer: Arc<dyn Observer>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            segment_bytes: 32 << 20,
            max_batch_bytes: 4 << 20,
            max_entry_bytes: 8 << 20,
            max_queued_bytes: 64 << 20,
            cache_bytes: 32 << 20,
            files: Arc::new(OsFiles),
            observer: Arc::new(NoObserver),
        }
    }
}

impl Options {
    /// Bytes at the end of a segment that entries leave to smaller records.
    fn control_margin(&self) -> u64 {
        u64::from(self.segment_bytes / 16).min(64 << 10)
    }

    fn check(&self) -> Result<(), OpenError> {
        // What a fresh segment begins with, and the heads and the footer around its first entry.
        let around = 4 * CONTROL_BYTES_MAX as u64 + self.control_margin();
        if u64::from(self.segment_bytes) < self.max_entry_bytes as u64 + around {
            return Err(OpenError::Options("segment_bytes has no room for an entry of max_entry_bytes"));
        }
        Ok(())
    }
}

/// A log entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// One more than the entry's before it.
    pub index: u64,
    /// Its content.
    pub bytes: Bytes,
}

/// What a log held when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Whether the log was made just now.
    pub created: bool,
    /// The first entry that isn't purged.
    pub first_index: Option<u64>,
    /// The last entry.
    pub last_index: Option<u64>,
    /// The last saved vote.
    pub vote: Option<Bytes>,
    /// The last purged entry: its index and id.
    pub purged: Option<(u64, Bytes)>,
    /// The last committed id that reached the disk; newer ones may have been known.
    pub committed: Option<Bytes>,
    /// The torn write that was cut off, if one could be told from a clean end.
    pub cut: Option<TornTail>,
}

/// A write that a crash interrupted; none of it was ever acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The segment.
    pub file: PathBuf,
    /// Where the log ends now, in bytes.
    pub offset: u64,
    /// What was wrong with the rest.
    pub reason: String,
}

/// Which entries the log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// The first entry that isn't purged.
    pub first_index: Option<u64>,
    /// The last entry.
    pub last_index: Option<u64>,
    /// The last purged entry: its index and id.
    pub purged: Option<(u64, Bytes)>,
}

/// How much room the log has beyond the current segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Space {
    /// None: when the current segment is full, the next append poisons the log.
    Spent,
    /// The reserve of one segment: no more could be allocated. Time to refuse new work.
    Low,
    /// A prepared segment and the reserve.
    Ample,
}

/// One fdatasync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Synced {
    /// Entries it made durable.
    pub entries: usize,
    /// Bytes it made durable, heads included.
    pub bytes: usize,
    /// How long the write and the sync took.
    pub took: Duration,
}

/// Told what happens in a log. Called on the log's thread: it must be quick.
pub trait Observer: fmt::Debug + Send + Sync {
    /// A batch became durable.
    fn synced(&self, synced: Synced) {
        let _ = synced;
    }

    /// How much room there is: at opening, and whenever it changes.
    fn space(&self, space: Space) {
        let _ = space;
    }

    /// The log is poisoned.
    fn failed(&self, error: &io::Error) {
        let _ = error;
    }
}

/// Wants to know nothing.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoObserver;

impl Observer for NoObserver {}

/// A log's size and load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Segments in use, spares aside.
    pub segments: usize,
    /// Bytes of them.
    pub segment_bytes: u64,
    /// Bytes of recent entries in memory.
    pub cached_bytes: usize,
    /// Bytes that wait to be written.
    pub queued_bytes: usize,
    /// fdatasyncs of batches since opening.
    pub syncs: u64,
    /// How long the last of them took, with its write.
    pub last_sync: Duration,
    /// Room beyond the current segment.
    pub space: Space,
}

/// A handle on an open log, cheap to clone. The log closes when the last handle is dropped, or at [`Wal::close`].
#[derive(Clone)]
pub struct Wal(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
    max_entry_bytes: usize,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Wal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wal").field("bounds", &self.bounds()).finish_non_exhaustive()
    }
}

impl Wal {
    /// Opens the log in `folder`, making folder and log if there are none, and locks the folder until it is closed.
    pub fn open(folder: &Path, options: Options) -> Result<(Wal, Recovered), OpenError> {
        options.check()?;
        let epoch = getrandom::u64().map_err(|error| OpenError::Io {
            doing: "get random bytes for",
            path: folder.to_owned(),
            source: io::Error::other(error),
        })?;
        let opened = recovery::open(folder, &options, epoch)?;
        let view = View::new(opened.positions, opened.carried.purged.clone(), options.cache_bytes);
        let held = view.held();
        let recovered = Recovered {
            created: opened.created,
            first_index: held.map(|(first, _)| first),
            last_index: held.map(|(_, last)| last),
            vote: opened.carried.vote.clone(),
            purged: opened.carried.purged.clone(),
            committed: opened.carried.committed.clone(),
            cut: opened.cut,
        };
        let shared = Arc::new(Shared::new(view, opened.folder.space(), options.max_queued_bytes));
        let mut writer =
            Writer::new(shared.clone(), &options, epoch, opened.folder, opened.carried, opened.tail);
        writer.start().map_err(OpenError::io("write to the log in", folder))?;
        let writer = std::thread::Builder::new()
            .name("wal".to_owned())
            .spawn(move || writer.run())
            .map_err(OpenError::io("start a thread for the log in", folder))?;
        let handle =
            Handle { shared, max_entry_bytes: options.max_entry_bytes, writer: Mutex::new(Some(writer)) };
        Ok((Wal(Arc::new(handle)), recovered))
    }

    /// Appends entries, which are readable on return. The first must follow the log's last entry, or the last purged
    /// one; a log that never held anything starts anywhere. Waits while the queue is full.
    ///
    /// Refused without harm to the log: an entry that is too large (`InvalidInput`) or doesn't follow (`InvalidInput`).
    pub fn append(&self, entries: Vec<Record>, done: Done) -> io::Result<()> {
        let max = self.0.max_entry_bytes;
        self.0.shared.submit(done, |view| {
            if let Some(entry) = entries.iter().find(|entry| entry.bytes.len() > max) {
                let bytes = entry.bytes.len();
                return Err(invalid(format!("log entry {} has {bytes} bytes, more than {max}", entry.index)));
            }
            view.append(&entries).map_err(|Gap { expected, found }| {
                invalid(format!("log entry {found} was appended where {expected} should be"))
            })?;
            Ok(if entries.is_empty() { What::Barrier } else { What::Append(entries) })
        })
    }

    /// Saves the vote in place of the one before.
    pub fn save_vote(&self, vote: Bytes, done: Done) -> io::Result<()> {
        self.0.shared.submit(done, |_| Ok(What::Vote(control(vote)?)))
    }

    /// Notes the last committed id, as a hint: it is written with whatever is written next, or at closing.
    pub fn save_committed(&self, committed: Bytes) -> io::Result<()> {
        let committed = control(committed)?;
        let mut state = self.0.shared.lock();
        if let Some(failure) = state.refusal() {
            return Err(failure.error());
        }
        state.committed = Some(committed);
        Ok(())
    }

    /// Drops the entries after `last_kept`; all of them, if that is `None`. Readers see it at once; once a later append
    /// is durable, so is this.
    pub fn truncate_after(&self, last_kept: Option<u64>, done: Done) -> io::Result<()> {
        self.0.shared.submit(done, |view| {
            let from = last_kept.map_or(0, |index| index.saturating_add(1));
            view.truncate(from);
            Ok(What::Truncate { from })
        })
    }

    /// Drops the entries up to and including `index`, whose id is `id`; the log may end before it, and then goes on
    /// after it. Readers see it at once. Segments are removed whole, once this is durable.
    pub fn purge_upto(&self, index: u64, id: Bytes, done: Done) -> io::Result<()> {
        self.0.shared.submit(done, |view| {
            if index == u64::MAX {
                return Err(invalid("the largest index can't be purged".to_owned()));
            }
            let id = control(id)?;
            Ok(if view.purge(index, id.clone()) { What::Purge { index, id } } else { What::Barrier })
        })
    }

    /// The entries in `range` that the log holds, from the first on: up to `max_bytes` of content, but at least one if
    /// there is any, and at most 65,536 from disk. So an answer that ends early isn't the end: ask again
    /// from there. May read from disk; `InvalidData` means that what is there is damaged.
    pub fn read(&self, range: Range<u64>, max_bytes: usize) -> io::Result<Vec<Record>> {
        let plan = self.0.shared.lock().view.plan(range, max_bytes);
        reader::read(plan, max_bytes)
    }

    /// Which entries the log holds.
    pub fn bounds(&self) -> Bounds {
        let state = self.0.shared.lock();
        let held = state.view.held();
        Bounds {
            first_index: held.map(|(first, _)| first),
            last_index: held.map(|(_, last)| last),
            purged: state.view.purged().cloned(),
        }
    }

    /// The index up to which every entry is durable or purged.
    pub fn durable_index(&self) -> Option<u64> {
        self.0.shared.lock().view.durable()
    }

    /// The log's size and load.
    pub fn stats(&self) -> Stats {
        let state = self.0.shared.lock();
        Stats {
            segments: state.view.positions.segments(),
            segment_bytes: state.view.positions.bytes(),
            cached_bytes: state.view.cached_bytes(),
            queued_bytes: state.queued_bytes(),
            syncs: state.syncs.syncs,
            last_sync: state.syncs.last,
            space: state.space,
        }
    }

    /// Writes what is queued, and waits for it; an error if the log failed, then or before. Other handles stay, but
    /// their calls fail.
    pub fn close(self) -> io::Result<()> {
        self.0.stop();
        match &self.0.shared.lock().failure {
            Some(failure) => Err(failure.error()),
            None => Ok(()),
        }
    }
}

impl Handle {
    fn stop(&self) {
        self.shared.close();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A callback that held the last handle drops it on the writer's own thread, which then ends by itself.
        if let Some(writer) = writer.filter(|writer| writer.thread().id() != std::thread::current().id()) {
            // A panic of the writer has poisoned the log, and that is told.
            let _ = writer.join();
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop();
    }
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

fn control(bytes: Bytes) -> io::Result<Bytes> {
    if bytes.len() > CONTROL_BYTES_MAX {
        return Err(invalid(format!("{} bytes are more than a vote or id may have", bytes.len())));
    }
    Ok(bytes)
}
