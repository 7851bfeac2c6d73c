//! One snapshot file.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::format::{self, CHECKSUM};
use crate::state::Head;

/// A snapshot file. It stays readable while this lives, even if it was removed.
#[derive(Clone)]
pub(crate) struct SnapshotFile {
    path: PathBuf,
    file: Arc<File>,
    size: u64,
    head: Arc<Head>,
}

impl SnapshotFile {
    /// Opens a file and reads its head; nothing else is checked.
    pub(crate) fn open(path: &Path) -> io::Result<SnapshotFile> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let head = format::read_head(&mut BufReader::new(At { file: &file, offset: 0 }))?;
        Ok(SnapshotFile { path: path.to_owned(), file: Arc::new(file), size, head: Arc::new(head) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Size, in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// What the state is beside its pairs.
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// Reads the file from its start, whatever others read at the same time.
    pub(crate) fn reader(&self) -> At<'_> {
        At { file: &self.file, offset: 0 }
    }

    /// Reads the file from an offset.
    pub(crate) fn reader_at(&self, offset: u64) -> At<'_> {
        At { file: &self.file, offset }
    }

    /// Checks the checksum of the whole file. Blocks.
    pub(crate) fn verify(&self) -> io::Result<()> {
        let content = self.size.checked_sub(CHECKSUM).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "the snapshot is shorter than its checksum")
        })?;
        let mut reader = self.reader();
        let mut sum = format::Checksummed::new(io::sink());
        io::copy(&mut (&mut reader).take(content), &mut sum)?;
        let mut expected = [0; CHECKSUM as usize];
        reader.read_exact(&mut expected)?;
        if sum.digest() == u64::from_le_bytes(expected) {
            Ok(())
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, "the snapshot's checksum is wrong"))
        }
    }
}

/// Reads a shared file from an offset of its own.
pub(crate) struct At<'a> {
    file: &'a File,
    offset: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = std::os::unix::fs::FileExt::read_at(self.file, buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}
