//! A disk in memory that tells what is durable from what only looks written, and fails on demand.
//!
//! Writes, growth and names stay in its 'page cache' until they are synced. [`Disk::after_kill`] is the disk as the
//! next process finds it; [`Disk::after_power_loss`] is the disk as the next boot finds it, with any part of what wasn't
//! synced. As on Linux, a failed sync leaves pages that look clean but aren't on the device.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use super::super::{File, Files};

/// Bytes that a device writes as a whole.
const SECTOR: usize = 512;

/// Small, seeded, and good enough to pick cases.
#[derive(Debug, Clone)]
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `bound`.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

#[derive(Debug, Clone, Default)]
struct Inode {
    /// What a read gives.
    bytes: Vec<u8>,
    /// What the device holds.
    durable: Vec<u8>,
    /// Writes that the device may or may not hold.
    unsynced: Vec<(usize, Vec<u8>)>,
}

#[derive(Debug, Clone)]
enum NameChange {
    Create(PathBuf, usize),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            NameChange::Create(path, inode) => {
                names.insert(path.clone(), *inode);
            }
            NameChange::Rename(from, to) => {
                if let Some(inode) = names.remove(from) {
                    names.insert(to.clone(), inode);
                }
            }
            NameChange::Remove(path) => {
                names.remove(path);
            }
        }
    }
}

/// What goes wrong, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The call of that number fails.
    Once(u64),
    /// The call of that number and all later ones fail.
    From(u64),
}

#[derive(Debug, Clone, Default)]
struct Inner {
    inodes: Vec<Inode>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    unsynced_names: Vec<NameChange>,
    locked: BTreeSet<PathBuf>,
    calls: u64,
    fault: Option<Fault>,
    /// Bytes that files may take together.
    capacity: Option<usize>,
}

impl Inner {
    /// Counts a call; an error if it is to fail.
    fn call(&mut self) -> io::Result<()> {
        let call = self.calls;
        self.calls += 1;
        match self.fault {
            Some(Fault::Once(at)) if call == at => Err(io::Error::other("injected")),
            Some(Fault::From(at)) if call >= at => Err(io::Error::other("injected")),
            _ => Ok(()),
        }
    }

    fn inode(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn rename_now(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.unsynced_names.push(change);
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Disk(Arc<Mutex<Inner>>);

impl Disk {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    fn of(inner: Inner) -> Disk {
        let inner = Inner { locked: BTreeSet::new(), calls: 0, fault: None, ..inner };
        Disk(Arc::new(Mutex::new(inner)))
    }

    /// Calls so far.
    pub(super) fn calls(&self) -> u64 {
        self.lock().calls
    }

    pub(super) fn fail(&self, fault: Fault) {
        self.lock().fault = Some(fault);
    }

    pub(super) fn limit(&self, capacity: Option<usize>) {
        self.lock().capacity = capacity;
    }

    /// Bytes that the files take.
    pub(super) fn used(&self) -> usize {
        let inner = self.lock();
        inner.names.values().filter_map(|inode| inner.inodes.get(*inode)).map(|inode| inode.bytes.len()).sum()
    }

    /// The names there are, lock aside.
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.list(Path::new("/log")).unwrap();
        names.into_iter().filter(|name| name != "lock").collect()
    }

    /// The disk when its process has been killed: all that was written is still there.
    pub(super) fn after_kill(&self) -> Disk {
        Disk::of(self.lock().clone())
    }

    /// The disk when its machine has lost power: of all that wasn't synced, each part is there or not.
    pub(super) fn after_power_loss(&self, random: &mut Random) -> Disk {
        // Of four: nothing survives, everything does, or chance decides (twice).
        match random.below(4) {
            0 => self.keeping(|| false),
            1 => self.keeping(|| true),
            _ => self.keeping(|| random.below(2) == 0),
        }
    }

    /// The disk after a power loss that nothing survived but what was synced.
    pub(super) fn synced_only(&self) -> Disk {
        self.keeping(|| false)
    }

    fn keeping(&self, mut survives: impl FnMut() -> bool) -> Disk {
        let mut inner = self.lock().clone();
        inner.names = std::mem::take(&mut inner.durable_names);
        for change in std::mem::take(&mut inner.unsynced_names) {
            if survives() {
                change.apply(&mut inner.names);
            }
        }
        inner.durable_names = inner.names.clone();
        for inode in &mut inner.inodes {
            let grown = inode.bytes.len();
            if grown > inode.durable.len() && survives() {
                inode.durable.resize(grown, 0);
            }
            for (offset, bytes) in std::mem::take(&mut inode.unsynced) {
                let mut at = 0;
                while at < bytes.len() {
                    let sector_end = ((offset + at) / SECTOR + 1) * SECTOR - offset;
                    let end = sector_end.min(bytes.len());
                    if survives()
                        && let Some(place) = inode.durable.get_mut(offset + at..offset + end)
                    {
                        place.copy_from_slice(&bytes[at..end]);
                    }
                    at = end;
                }
            }
            inode.bytes = inode.durable.clone();
        }
        Disk::of(inner)
    }

    /// Changes a file's bytes behind everyone's back.
    pub(super) fn tamper(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut inner = self.lock();
        let inode = inner.inode(path).unwrap();
        change(&mut inner.inodes[inode].bytes);
        inner.inodes[inode].durable = inner.inodes[inode].bytes.clone();
    }

    pub(super) fn bytes(&self, path: &Path) -> Vec<u8> {
        let inner = self.lock();
        inner.inodes[inner.inode(path).unwrap()].bytes.clone()
    }

    fn file(&self, inode: usize) -> Arc<dyn File> {
        Arc::new(Open { disk: self.clone(), inode })
    }
}

struct Unlock(Disk, PathBuf);

impl Drop for Unlock {
    fn drop(&mut self) {
        self.0.lock().locked.remove(&self.1);
    }
}

impl Files for Disk {
    fn create_folder(&self, _folder: &Path) -> io::Result<()> {
        self.lock().call()
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Any + Send>>> {
        let mut inner = self.0.lock().unwrap();
        inner.call()?;
        let got = inner.locked.insert(path.to_owned());
        Ok(got.then(|| Box::new(Unlock(self.clone(), path.to_owned())) as Box<dyn Any + Send>))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let mut inner = self.lock();
        inner.call()?;
        let inode = inner.inode(path)?;
        drop(inner);
        Ok(self.file(inode))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let mut inner = self.lock();
        inner.call()?;
        let inode = inner.inodes.len();
        inner.inodes.push(Inode::default());
        inner.rename_now(NameChange::Create(path.to_owned(), inode));
        drop(inner);
        Ok(self.file(inode))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut inner = self.lock();
        inner.call()?;
        let names = inner.names.keys().filter(|path| path.parent() == Some(folder));
        Ok(names.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut inner = self.lock();
        inner.call()?;
        inner.inode(from)?;
        inner.rename_now(NameChange::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.lock();
        inner.call()?;
        inner.inode(path)?;
        inner.rename_now(NameChange::Remove(path.to_owned()));
        Ok(())
    }

    fn sync_folder(&self, _folder: &Path) -> io::Result<()> {
        let mut inner = self.lock();
        inner.call()?;
        inner.durable_names = inner.names.clone();
        inner.unsynced_names.clear();
        Ok(())
    }
}

#[derive(Debug)]
struct Open {
    disk: Disk,
    inode: usize,
}

impl File for Open {
    fn size(&self) -> io::Result<u64> {
        let mut inner = self.disk.lock();
        inner.call()?;
        Ok(inner.inodes[self.inode].bytes.len() as u64)
    }

    fn preallocate(&self, size: u64) -> io::Result<()> {
        let used = self.disk.used();
        let mut inner = self.disk.lock();
        inner.call()?;
        let size = size as usize;
        let grown = size.saturating_sub(inner.inodes[self.inode].bytes.len());
        if inner.capacity.is_some_and(|capacity| used + grown > capacity) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        inner.inodes[self.inode].bytes.resize(size, 0);
        Ok(())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut inner = self.disk.lock();
        inner.call()?;
        let bytes = inner.inodes[self.inode].bytes.get(offset as usize..).unwrap_or_default();
        let length = bytes.len().min(buffer.len());
        buffer[..length].copy_from_slice(&bytes[..length]);
        Ok(length)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut inner = self.disk.lock();
        let result = inner.call();
        // A failed write gets half-way.
        let bytes = if result.is_ok() { bytes } else { &bytes[..bytes.len() / 2] };
        let offset = offset as usize;
        let inode = &mut inner.inodes[self.inode];
        let end = offset + bytes.len();
        assert!(end <= inode.bytes.len(), "the log writes to preallocated space only");
        inode.bytes[offset..end].copy_from_slice(bytes);
        inode.unsynced.push((offset, bytes.to_vec()));
        result
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut inner = self.disk.lock();
        let result = inner.call();
        let Inode { bytes, durable, unsynced } = &mut inner.inodes[self.inode];
        let unsynced = std::mem::take(unsynced);
        if result.is_ok() {
            durable.resize(bytes.len(), 0);
            // What a failed sync gave up on isn't tried again: those pages are clean.
            for (offset, written) in unsynced {
                durable[offset..offset + written.len()].copy_from_slice(&written);
            }
        }
        result
    }
}
