//! The log's folder: the names in it, and the segments that are prepared before they are needed.
//!
//! Two spares are kept: preallocated, durable, nameless. The second is the reserve: when the disk is full, and no spare
//! can be made, the log says so while it can still go on for a whole segment. Purged segments become spares again.

use std::any::Any;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Space;
use super::error::{OpenError, is_full};
use super::files::{File, Files};
use super::positions::SegmentFile;

const SPARES: [&str; 2] = ["spare.0", "spare.1"];
/// What is under a spare's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Empty,
    /// Preallocated.
    Fresh,
    /// A segment once, so its blocks were written, and needn't be filled with zeros before use.
    Recycled,
}

const LOCK: &str = "lock";
const SUFFIX: &str = ".wal";

pub(super) struct Folder {
    path: PathBuf,
    files: Arc<dyn Files>,
    segment_bytes: u32,
    spares: [Slot; SPARES.len()],
    /// Held as long as the folder is in use.
    _lock: Box<dyn Any + Send>,
}

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folder")
            .field("path", &self.path)
            .field("spares", &self.spares)
            .finish_non_exhaustive()
    }
}

impl Folder {
    /// Locks the folder, making it if need be, and lists its segments, oldest first.
    pub(super) fn open(
        path: &Path,
        files: Arc<dyn Files>,
        segment_bytes: u32,
    ) -> Result<(Folder, Vec<u64>), OpenError> {
        files.create_folder(path).map_err(OpenError::io("make", path))?;
        let lock_path = path.join(LOCK);
        let lock = files.lock(&lock_path).map_err(OpenError::io("lock", &lock_path))?;
        let lock = lock.ok_or_else(|| OpenError::Locked { folder: path.to_owned() })?;
        let names = files.list(path).map_err(OpenError::io("list", path))?;
        let mut sequences: Vec<u64> = names.iter().filter_map(|name| sequence_of(name)).collect();
        sequences.sort_unstable();
        let mut folder = Folder {
            path: path.to_owned(),
            files,
            segment_bytes,
            spares: [Slot::Empty; SPARES.len()],
            _lock: lock,
        };
        for (slot, name) in SPARES.iter().enumerate() {
            // A spare whose making was interrupted, or of another size, is made anew when there is space.
            let spare = path.join(name);
            if names.iter().any(|listed| listed == name) {
                let file = folder.files.open(&spare).map_err(OpenError::io("open", &spare))?;
                let size = file.size().map_err(OpenError::io("measure", &spare))?;
                if size == u64::from(segment_bytes) {
                    folder.spares[slot] = Slot::Fresh;
                }
            }
        }
        Ok((folder, sequences))
    }

    /// Makes the names in the folder durable.
    pub(super) fn sync(&self) -> Result<(), OpenError> {
        self.files.sync_folder(&self.path).map_err(OpenError::io("sync", &self.path))
    }

    pub(super) fn segment_bytes(&self) -> u32 {
        self.segment_bytes
    }

    pub(super) fn segment_path(&self, sequence: u64) -> PathBuf {
        self.path.join(format!("{sequence:016x}{SUFFIX}"))
    }

    /// Opens the segment of that number.
    pub(super) fn open_segment(&self, sequence: u64) -> Result<Arc<SegmentFile>, OpenError> {
        let path = self.segment_path(sequence);
        let file = self.files.open(&path).map_err(OpenError::io("open", &path))?;
        let size = file.size().map_err(OpenError::io("measure", &path))?;
        Ok(Arc::new(SegmentFile { sequence, path, file, size }))
    }

    pub(super) fn space(&self) -> Space {
        match self.spares.iter().filter(|slot| **slot != Slot::Empty).count() {
            0 => Space::Spent,
            1 => Space::Low,
            _ => Space::Ample,
        }
    }

    /// Makes the spares that are missing. A full disk is no error: [`Folder::space`] tells.
    pub(super) fn prepare(&mut self) -> io::Result<()> {
        for (slot, name) in SPARES.iter().enumerate() {
            if self.spares[slot] != Slot::Empty {
                continue;
            }
            match self.prepare_spare(name) {
                Ok(()) => self.spares[slot] = Slot::Fresh,
                Err(error) if is_full(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn prepare_spare(&self, name: &str) -> io::Result<()> {
        let path = self.path.join(name);
        let file = self.files.create(&path)?;
        if let Err(error) = file.preallocate(u64::from(self.segment_bytes)) {
            // Half a spare would only take the space that others need.
            self.files.remove(&path)?;
            return Err(error);
        }
        file.sync_data()?;
        self.files.sync_folder(&self.path)
    }

    /// Takes a spare, making one if there is none, or says that the disk is full.
    pub(super) fn take_spare(&mut self) -> io::Result<Spare> {
        if self.space() == Space::Spent {
            self.prepare()?;
        }
        let slot = self.spares.iter().position(|slot| *slot != Slot::Empty);
        let slot =
            slot.ok_or_else(|| io::Error::new(io::ErrorKind::StorageFull, "no space for a log segment"))?;
        let path = self.path.join(SPARES[slot]);
        let recycled = self.spares[slot] == Slot::Recycled;
        Ok(Spare { slot, file: self.files.open(&path)?, path, recycled })
    }

    /// Gives a spare, whose first bytes are written and durable, its name as a segment, durably.
    pub(super) fn publish(&mut self, spare: Spare, sequence: u64) -> io::Result<Arc<SegmentFile>> {
        let path = self.segment_path(sequence);
        self.files.rename(&spare.path, &path)?;
        self.spares[spare.slot] = Slot::Empty;
        self.files.sync_folder(&self.path)?;
        Ok(Arc::new(SegmentFile { sequence, path, file: spare.file, size: u64::from(self.segment_bytes) }))
    }

    /// Removes a segment durably, before any newer one goes; if nobody reads it, it becomes a spare where one is
    /// missing.
    pub(super) fn retire(&mut self, segment: Arc<SegmentFile>) -> io::Result<()> {
        let slot = self.spares.iter().position(|slot| *slot == Slot::Empty);
        // Readers get at the file through the view only, and the segment is out of it: the count can't grow again.
        let unread = Arc::strong_count(&segment) == 1;
        match slot.filter(|_| unread && segment.size == u64::from(self.segment_bytes)) {
            Some(slot) => {
                self.files.rename(&segment.path, &self.path.join(SPARES[slot]))?;
                self.spares[slot] = Slot::Recycled;
            }
            None => self.files.remove(&segment.path)?,
        }
        self.files.sync_folder(&self.path)
    }
}

/// A prepared file without a place in the log.
#[derive(Debug)]
pub(super) struct Spare {
    slot: usize,
    path: PathBuf,
    pub(super) file: Arc<dyn File>,
    /// Whether its blocks were written once.
    pub(super) recycled: bool,
}

fn sequence_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX).filter(|digits| digits.len() == 16)?;
    u64::from_str_radix(digits, 16).ok()
}
