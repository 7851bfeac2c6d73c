//! A store in sled. sled's flush is no fsync and it can panic on damaged files: so it only ever holds what can be rebuilt, and every
//! call contains panics. Wiping starts a new database in a new folder beside the old one, which is quicker than deleting each pair
//! and works on a damaged one.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use bytes::Bytes;
use sled::{Batch, Db, IVec, Mode};

use super::{Change, Error, KeyRange, Limit, Store, is_empty};
use crate::Direction;

pub(crate) struct SledStore {
    folder: PathBuf,
    cache_bytes: u64,
    open: RwLock<Open>,
}

struct Open {
    generation: u64,
    /// `None` after it was closed, or if opening the next generation failed.
    db: Option<Db>,
}

impl SledStore {
    /// Opens the database in `folder`, or makes one.
    pub(crate) fn open(folder: &Path, cache_bytes: u64) -> Result<SledStore, Error> {
        fs::create_dir_all(folder).map_err(|error| Error(format!("{}: {error}", folder.display())))?;
        let generation = newest_generation(folder)?.unwrap_or(0);
        SledStore::open_at(folder, generation, cache_bytes)
    }

    /// Makes an empty database, whatever is in `folder`.
    pub(crate) fn create(folder: &Path, cache_bytes: u64) -> Result<SledStore, Error> {
        fs::create_dir_all(folder).map_err(|error| Error(format!("{}: {error}", folder.display())))?;
        let generation = newest_generation(folder)?.map_or(0, |newest| newest + 1);
        SledStore::open_at(folder, generation, cache_bytes)
    }

    fn open_at(folder: &Path, generation: u64, cache_bytes: u64) -> Result<SledStore, Error> {
        let db = open_generation(folder, generation, cache_bytes)?;
        remove_generations_before(folder, generation);
        Ok(SledStore {
            folder: folder.to_owned(),
            cache_bytes,
            open: RwLock::new(Open { generation, db: Some(db) }),
        })
    }

    fn with<T>(&self, action: impl FnOnce(&Db) -> sled::Result<T>) -> Result<T, Error> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let db = open.db.as_ref().ok_or_else(|| Error("the database isn't open".to_owned()))?;
        contain(|| action(db))
    }
}

/// Runs a call into sled and turns a panic into an error.
fn contain<T>(action: impl FnOnce() -> sled::Result<T>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(action)) {
        Ok(result) => result.map_err(|error| Error(error.to_string())),
        Err(panic) => {
            let reason = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no reason given");
            Err(Error(format!("sled panicked: {reason}")))
        }
    }
}

fn generation_folder(folder: &Path, generation: u64) -> PathBuf {
    folder.join(format!("{generation:08}"))
}

fn generations(folder: &Path) -> Result<Vec<u64>, Error> {
    let failed = |error: std::io::Error| Error(format!("{}: {error}", folder.display()));
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if let Some(generation) = name.to_str().and_then(|name| name.parse().ok()) {
            found.push(generation);
        }
    }
    Ok(found)
}

fn newest_generation(folder: &Path) -> Result<Option<u64>, Error> {
    Ok(generations(folder)?.into_iter().max())
}

fn remove_generations_before(folder: &Path, generation: u64) {
    for old in generations(folder).unwrap_or_default() {
        if old < generation
            && let Err(error) = fs::remove_dir_all(generation_folder(folder, old))
        {
            tracing::warn!(%error, generation = old, "an old view couldn't be removed; it only takes space");
        }
    }
}

fn open_generation(folder: &Path, generation: u64, cache_bytes: u64) -> Result<Db, Error> {
    let path = generation_folder(folder, generation);
    contain(|| {
        sled::Config::new()
            .path(path)
            .cache_capacity(cache_bytes)
            .flush_every_ms(None)
            .mode(Mode::HighThroughput)
            .open()
    })
}

fn to_bytes(value: &IVec) -> Bytes {
    Bytes::copy_from_slice(value)
}

impl Store for SledStore {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        self.with(|db| Ok(db.get(key)?.as_ref().map(to_bytes)))
    }

    fn range(
        &self,
        range: KeyRange<'_>,
        direction: Direction,
        limit: Limit,
    ) -> Result<Vec<(Bytes, Bytes)>, Error> {
        if is_empty(&range) {
            return Ok(Vec::new());
        }
        self.with(|db| {
            let mut pairs = db.range::<&[u8], KeyRange<'_>>(range);
            let mut found = Vec::new();
            let mut bytes = 0;
            while found.len() < limit.pairs && bytes < limit.bytes {
                let next = match direction {
                    Direction::Forward => pairs.next(),
                    Direction::Backward => pairs.next_back(),
                };
                let Some(pair) = next else { break };
                let (key, value) = pair?;
                bytes += key.len() + value.len();
                found.push((to_bytes(&key), to_bytes(&value)));
            }
            Ok(found)
        })
    }

    fn apply(&self, batch: Vec<Change>) -> Result<(), Error> {
        let mut changes = Batch::default();
        for (key, value) in batch {
            match value {
                Some(value) => changes.insert(&*key, &*value),
                None => changes.remove(&*key),
            }
        }
        self.with(|db| db.apply_batch(changes))
    }

    fn wipe(&self) -> Result<(), Error> {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        let generation = open.generation + 1;
        open.db = None;
        open.db = Some(open_generation(&self.folder, generation, self.cache_bytes)?);
        open.generation = generation;
        drop(open);
        remove_generations_before(&self.folder, generation);
        Ok(())
    }

    fn settle(&self) -> Result<(), Error> {
        // Hands what sled buffers to the operating system.
        self.with(|db| db.flush().map(|_| ()))
    }

    fn sync(&self) -> Result<(), Error> {
        self.settle()?;
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        sync_tree(&generation_folder(&self.folder, open.generation))
            .and_then(|()| fs::File::open(&self.folder)?.sync_all())
            .map_err(|error| Error(format!("{}: {error}", self.folder.display())))
    }

    fn close(&self) {
        self.open.write().unwrap_or_else(PoisonError::into_inner).db = None;
    }
}

/// Syncs every file below a folder, and the folders.
fn sync_tree(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_tree(&entry.path())?;
        } else {
            fs::File::open(entry.path())?.sync_all()?;
        }
    }
    fs::File::open(folder)?.sync_all()
}
