//! The few operations that the log asks of an operating system, as traits, and their real form.
//!
//! The log does no other I/O: tests run it over a simulated disk that loses whatever wasn't synced. The real form
//! never buffers: a write is in the page cache when `write_at` returns, and on the device when `sync_data` does.

use std::any::Any;
use std::fmt::Debug;
use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{FallocateFlags, FlockOperation};

/// A folder tree of files.
pub trait Files: Debug + Send + Sync {
    /// Makes a folder, and those above it, durably; an existing one is fine.
    fn create_folder(&self, folder: &Path) -> io::Result<()>;

    /// Takes the exclusive lock that the file at `path` stands for, until the returned guard is dropped. `None` if
    /// another process, or another guard in this one, holds it.
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Any + Send>>>;

    /// Opens an existing file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>>;

    /// Makes a new, empty file; one of that name is emptied. Its name is durable after [`Files::sync_folder`].
    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>>;

    /// The names of the files in `folder`, in no order.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;

    /// Renames a file, in place of one that has the new name. Durable after [`Files::sync_folder`].
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file. Durable after [`Files::sync_folder`].
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes what was created, renamed and removed in `folder` durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// An open file, read and written at offsets.
pub trait File: Debug + Send + Sync {
    /// Bytes in the file, preallocated ones included.
    fn size(&self) -> io::Result<u64>;

    /// Gives the file `size` bytes with space on the device behind all of them, so that writing them later can't fail
    /// for want of space. New bytes read as zeros.
    fn preallocate(&self, size: u64) -> io::Result<()>;

    /// Reads up to `buffer.len()` bytes; fewer only where the file ends.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes`.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes everything written, and the file's size, durable (fdatasync).
    fn sync_data(&self) -> io::Result<()>;
}

/// The operating system's own files.
#[derive(Debug, Default, Clone, Copy)]
pub struct OsFiles;

impl Files for OsFiles {
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
        if let Some(parent) = parent {
            self.create_folder(parent)?;
        }
        match fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        self.sync_folder(parent.unwrap_or(Path::new(".")))
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Any + Send>>> {
        let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Box::new(file))),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        Ok(Arc::new(OsFile(fs::OpenOptions::new().read(true).write(true).open(path)?)))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let file = fs::OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
        Ok(Arc::new(OsFile(file)))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        // A name that isn't UTF-8 is none of ours.
        fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().into_string().unwrap_or_default())).collect()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        fs::File::open(folder)?.sync_all()
    }
}

#[derive(Debug)]
struct OsFile(fs::File);

/// Bytes of zeros written at a time where the file system can't preallocate.
static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];

impl File for OsFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn preallocate(&self, size: u64) -> io::Result<()> {
        match rustix::fs::fallocate(&self.0, FallocateFlags::empty(), 0, size) {
            Err(rustix::io::Errno::OPNOTSUPP) => {}
            other => return Ok(other?),
        }
        let mut offset = self.size()?;
        while offset < size {
            let step = (size - offset).min(ZEROS.len() as u64);
            self.0.write_all_at(&ZEROS[..step as usize], offset)?;
            offset += step;
        }
        Ok(())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut read = 0;
        while let Some(rest) = buffer.get_mut(read..).filter(|rest| !rest.is_empty()) {
            match self.0.read_at(rest, offset + read as u64) {
                Ok(0) => break,
                Ok(bytes) => read += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(rustix::fs::fdatasync(&self.0)?)
    }
}
