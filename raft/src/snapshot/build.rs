//! Building a snapshot while writes go on.

use std::fs::File;
use std::io::{self, BufWriter};
use std::time::{Duration, Instant};

use super::format::Writer;
use super::{SnapshotFile, Snapshots};
use crate::metric;
use crate::state::{PairHasher, StateScan};

/// How long the builder sleeps before it asks again whether the view was flushed.
const FLUSH_POLL: Duration = Duration::from_millis(5);

impl Snapshots {
    /// Writes the scanned state to a file, recomputes its hash from the pairs, and publishes the file. Blocks. `InvalidData` means
    /// that the pairs aren't what was written.
    pub(crate) fn build(&self, mut scan: StateScan) -> io::Result<SnapshotFile> {
        let started = Instant::now();
        let aside = self.incoming();
        let built = write(&mut scan, BufWriter::new(File::create(&aside)?)).and_then(|()| {
            // A view that is older than the snapshot would have to be rebuilt from it after a crash.
            while scan.flushes_later() {
                std::thread::sleep(FLUSH_POLL);
            }
            // Not the state's fault, whatever it is: `InvalidData` says that the state is wrong.
            SnapshotFile::open(&aside).and_then(|file| self.adopt(file)).map_err(io::Error::other)
        });
        match built {
            Ok(file) => {
                self.mark_unreported();
                let size = file.size();
                metric::snapshot_built(started.elapsed(), size);
                tracing::info!(
                    index = scan.head().applied.map(|id| id.index),
                    pairs = scan.head().pairs,
                    bytes = size,
                    "built a snapshot"
                );
                Ok(file)
            }
            Err(error) => {
                // Best effort: it is removed at the next start otherwise.
                let _ = std::fs::remove_file(&aside);
                Err(error)
            }
        }
    }
}

fn write(scan: &mut StateScan, out: BufWriter<File>) -> io::Result<()> {
    let head = scan.head().clone();
    let mut writer = Writer::new(out, &head)?;
    let mut hasher = PairHasher::default();
    let mut hash = 0_u128;
    let mut pairs = 0_u64;
    while let Some(chunk) = scan.next_chunk().map_err(io::Error::other)? {
        for pair in chunk {
            hash = hash.wrapping_add(hasher.hash(&pair.key, pair.stored.revision, &pair.stored.value));
            pairs += 1;
            writer.write(&pair)?;
        }
    }
    if hash != head.hash || pairs != head.pairs {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!(
                "the state's {pairs} pairs don't have the hash that was kept as they were written ({} pairs)",
                head.pairs
            ),
        ));
    }
    writer.finish()?;
    Ok(())
}
