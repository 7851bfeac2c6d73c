//! Loading a snapshot into the view.

use std::io::{self, BufReader};

use super::SnapshotFile;
use super::format::{self, Pairs};
use crate::state::{Pair, State};

/// Pairs go into the store in batches of about this size.
const BATCH_PAIRS: usize = 4096;
const BATCH_BYTES: usize = 4 << 20;

impl SnapshotFile {
    /// Replaces the whole state by this snapshot's. The file is checked before anything is removed. Blocks.
    pub(crate) fn load_into(&self, state: &State) -> io::Result<()> {
        self.verify()?;
        let mut reader = BufReader::new(self.reader());
        let head = format::read_head(&mut reader)?;
        let mut pairs = Pairs::new(reader)?;
        let batches = std::iter::from_fn(move || next_batch(&mut pairs).transpose());
        state.replace(head, batches)
    }
}

fn next_batch<R: io::Read>(pairs: &mut Pairs<R>) -> io::Result<Option<Vec<Pair>>> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    while batch.len() < BATCH_PAIRS && bytes < BATCH_BYTES {
        let Some(pair) = pairs.next()? else { break };
        bytes += pair.key.len() + pair.stored.value.len();
        batch.push(pair);
    }
    Ok(if batch.is_empty() { None } else { Some(batch) })
}
