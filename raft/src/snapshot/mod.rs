//! Snapshots: the whole state as of one log index in a compressed, checksummed file, fsynced before it has its name. With the log
//! after it, the newest one is the truth on disk, and the log is purged only behind it.

mod build;
mod file;
mod format;
mod load;

#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use self::file::SnapshotFile;
use crate::durable_file;
use crate::type_config::LogId;

const EXTENSION: &str = "snapshot";

/// The folder of snapshots. It holds one, and for a while another that is on its way in.
pub(crate) struct Snapshots {
    folder: PathBuf,
    inner: Mutex<Inner>,
}

struct Inner {
    current: Option<SnapshotFile>,
    /// The current snapshot was built and openraft doesn't know it yet.
    unreported: bool,
    /// Distinguishes files that are on their way in.
    incoming: u64,
}

impl Snapshots {
    /// Opens the folder, making it if there is none, and removes what a crash left half-done.
    pub(crate) fn open(folder: PathBuf) -> io::Result<Snapshots> {
        fs::create_dir_all(&folder)?;
        let mut named = Vec::new();
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some(EXTENSION) => named.push(path),
                _ => fs::remove_file(&path)?,
            }
        }
        // Names sort by term and index.
        named.sort();
        let mut current = None;
        for path in named.iter().rev() {
            match SnapshotFile::open(path) {
                Ok(file) => {
                    current = Some(file);
                    break;
                }
                Err(error) => tracing::error!(path = %path.display(), %error, "a snapshot can't be read"),
            }
        }
        Ok(Snapshots { folder, inner: Mutex::new(Inner { current, unreported: false, incoming: 0 }) })
    }

    /// The newest snapshot.
    pub(crate) fn current(&self) -> Option<SnapshotFile> {
        self.lock().current.clone()
    }

    /// The log id of the newest snapshot.
    pub(crate) fn last(&self) -> Option<LogId> {
        self.lock().current.as_ref().and_then(|file| file.head().applied)
    }

    /// The newest snapshot, if it was built without openraft's knowledge; once.
    pub(crate) fn take_unreported(&self) -> Option<SnapshotFile> {
        let mut inner = self.lock();
        if std::mem::take(&mut inner.unreported) { inner.current.clone() } else { None }
    }

    /// A path for a file that is on its way in.
    pub(crate) fn incoming(&self) -> PathBuf {
        let mut inner = self.lock();
        inner.incoming += 1;
        durable_file::unpublished(&self.folder.join(format!("incoming-{}", inner.incoming)))
    }

    /// Makes a complete file the current snapshot, durably, and removes the ones before. A file from elsewhere is copied. If a newer one
    /// became current meanwhile, that stays and is returned: the log may be purged up to it already.
    pub(crate) fn adopt(&self, file: SnapshotFile) -> io::Result<SnapshotFile> {
        let path = self.folder.join(name(file.head().applied));
        let published = if file.path() == path {
            file
        } else {
            let aside = if file.path().parent() == Some(&self.folder) {
                file.path().to_owned()
            } else {
                let aside = self.incoming();
                fs::copy(file.path(), &aside)?;
                aside
            };
            durable_file::publish(&fs::File::open(&aside)?, &aside, &path)?;
            SnapshotFile::open(&path)?
        };
        let mut inner = self.lock();
        if let Some(newer) =
            inner.current.clone().filter(|current| current.head().applied > published.head().applied)
        {
            drop(inner);
            self.remove_before(newer.path());
            return Ok(newer);
        }
        inner.current = Some(published.clone());
        drop(inner);
        self.remove_before(&path);
        Ok(published)
    }

    fn mark_unreported(&self) {
        self.lock().unreported = true;
    }

    /// Removes the snapshots that are older than one. Names sort by term and index.
    fn remove_before(&self, keep: &Path) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let named = path.extension().is_some_and(|extension| extension == EXTENSION);
            if named
                && path.as_path() < keep
                && let Err(error) = fs::remove_file(&path)
            {
                tracing::warn!(path = %path.display(), %error, "an old snapshot couldn't be removed; it only takes space");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(id: Option<LogId>) -> String {
    let (term, index) = id.map_or((0, 0), |id| (*id.leader_id, id.index));
    format!("{term:020}-{index:020}.{EXTENSION}")
}
