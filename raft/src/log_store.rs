//! openraft's log and vote, in the write-ahead log. Nothing is reported as done before it is on disk, and nothing after the log
//! failed. This file translates; it keeps no promise that `wal` doesn't.

use std::fmt::Debug;
use std::io;
use std::ops::{Bound, RangeBounds};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use keepstep_proto::raft::v1 as proto;
use openraft::storage::{IOFlushed, LogState, RaftLogStorage};
use openraft::{OptionalSend, RaftLogReader};
use prost::Message;
use tokio::sync::oneshot;

use crate::entry_cache::EntryCache;
use crate::log_size::LogSize;
use crate::type_config::{Entry, LogId, Types, Vote};
use crate::wal::{self, Record, Wal};
use crate::wire;

/// Applying reads the log in steps of about this many bytes.
const APPLY_READ_BYTES: usize = 4 << 20;

/// The log of this replica. Clones share it.
#[derive(Clone)]
pub(crate) struct LogStore {
    inner: Arc<Inner>,
}

struct Inner {
    wal: Wal,
    memory: Mutex<Memory>,
    /// Largest size of the entries sent in one request, in bytes.
    append_bytes_max: usize,
}

struct Memory {
    vote: Option<Vote>,
    committed: Option<LogId>,
    purged: Option<LogId>,
    last: Option<LogId>,
    cache: EntryCache,
    size: LogSize,
}

impl LogStore {
    /// Opens the log, making it if there is none. The second value tells whether it was made.
    pub(crate) fn open(
        folder: &Path,
        options: wal::Options,
        cache_bytes: usize,
        append_bytes_max: usize,
    ) -> Result<(LogStore, bool), OpenError> {
        let (wal, recovered) = Wal::open(folder, options)?;
        if let Some(torn) = &recovered.cut {
            tracing::warn!(
                file = %torn.file.display(), offset = torn.offset, reason = torn.reason,
                "cut off the end of the log, which a crash left half-written; none of it was acknowledged"
            );
        }
        let purged = recovered.purged.map(|(_, id)| decode_log_id(id)).transpose()?;
        let last = match recovered.last_index {
            Some(last) => Some(read_entry(&wal, last)?.log_id),
            None => purged,
        };
        let memory = Memory {
            vote: recovered.vote.map(proto::Vote::decode).transpose()?.as_ref().map(wire::vote_from_proto),
            committed: recovered.committed.map(decode_log_id).transpose()?,
            purged,
            last,
            cache: EntryCache::new(cache_bytes),
            size: LogSize::new(
                purged.map_or(0, |id| id.index),
                last.map_or(0, |id| id.index),
                if last > purged { wal.stats().segment_bytes } else { 0 },
            ),
        };
        let inner = Inner { wal, memory: Mutex::new(memory), append_bytes_max };
        Ok((LogStore { inner: Arc::new(inner) }, recovered.created))
    }

    /// The index up to which every entry is on disk.
    pub(crate) fn durable_index(&self) -> Option<u64> {
        self.inner.wal.durable_index()
    }

    /// The last purged id and the last id.
    pub(crate) fn span(&self) -> (Option<LogId>, Option<LogId>) {
        let memory = self.memory();
        (memory.purged, memory.last)
    }

    /// The id of the entry at an index, if the log holds it.
    pub(crate) fn id_at(&self, index: u64) -> io::Result<Option<LogId>> {
        let entries = self.read(index..index + 1, 1)?;
        Ok(entries.first().filter(|entry| entry.log_id.index == index).map(|entry| entry.log_id))
    }

    /// Size and load of the log.
    pub(crate) fn stats(&self) -> wal::Stats {
        self.inner.wal.stats()
    }

    /// About the bytes of log after an entry.
    pub(crate) fn bytes_after(&self, index: Option<u64>) -> u64 {
        self.memory().size.after(index)
    }

    /// The last entry that at least this many bytes of log follow.
    pub(crate) fn followed_by(&self, bytes: u64) -> Option<u64> {
        self.memory().size.followed_by(bytes)
    }

    /// Writes what is queued and closes the log. Blocks.
    pub(crate) fn close(&self) -> io::Result<()> {
        self.inner.wal.clone().close()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.inner.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entries of a range that the log holds, up to `bytes_max` but at least one if there is any.
    fn read(&self, range: std::ops::Range<u64>, bytes_max: usize) -> io::Result<Vec<Entry>> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(entries) = self.memory().cache.get(range.clone(), bytes_max) {
            return Ok(entries);
        }
        let records = self.inner.wal.read(range, bytes_max)?;
        records.into_iter().map(decode_record).collect()
    }

    /// The entries of a range, one after the other. Ends early where the log does, and with an error where it begins late.
    pub(crate) fn entries(&self, mut range: std::ops::Range<u64>) -> impl Iterator<Item = io::Result<Entry>> {
        let mut read = Vec::new().into_iter();
        std::iter::from_fn(move || {
            if read.len() == 0 && !range.is_empty() {
                match self.read(range.clone(), APPLY_READ_BYTES) {
                    Ok(entries) => read = entries.into_iter(),
                    Err(error) => {
                        range.start = range.end;
                        return Some(Err(error));
                    }
                }
            }
            let entry: Entry = read.next()?;
            if entry.log_id.index != range.start {
                let text = format!("the log begins after entry {}", range.start);
                return Some(Err(io::Error::new(io::ErrorKind::InvalidData, text)));
            }
            range.start += 1;
            Some(Ok(entry))
        })
    }

    /// A range with its ends made definite.
    fn definite(&self, range: &impl RangeBounds<u64>) -> std::ops::Range<u64> {
        let start = match range.start_bound() {
            Bound::Included(start) => *start,
            Bound::Excluded(start) => start.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(end) => end.saturating_add(1),
            Bound::Excluded(end) => *end,
            Bound::Unbounded => u64::MAX,
        };
        // Nothing lies beyond the last entry or before the first.
        let (purged, last) = self.span();
        let first = purged.map_or(0, |id| id.index + 1);
        start.max(first)..end.min(last.map_or(0, |id| id.index + 1))
    }
}

/// Why the log can't be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Wal(#[from] wal::OpenError),
    #[error("an entry can't be read: {0}")]
    Read(#[from] io::Error),
    #[error("a vote or an id can't be understood: {0}")]
    Malformed(#[from] prost::DecodeError),
}

fn decode_log_id(bytes: Bytes) -> Result<LogId, prost::DecodeError> {
    proto::LogId::decode(bytes).map(wire::log_id_from_proto)
}

fn encode_log_id(id: &LogId) -> Bytes {
    wire::log_id_to_proto(id).encode_to_vec().into()
}

fn decode_record(record: Record) -> io::Result<Entry> {
    let index = record.index;
    let entry = wire::decode_entry(record.bytes)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    if entry.log_id.index != index {
        let text = format!("log entry {index} says that it is entry {}", entry.log_id.index);
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    Ok(entry)
}

fn read_entry(wal: &Wal, index: u64) -> io::Result<Entry> {
    let record = wal.read(index..index + 1, 1)?.into_iter().next();
    decode_record(
        record.ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, format!("log entry {index} is missing"))
        })?,
    )
}

/// Runs an operation of the log and waits until it is on disk.
async fn durably(start: impl FnOnce(wal::Done) -> io::Result<()>) -> io::Result<()> {
    let (done, wait) = oneshot::channel();
    start(Box::new(move |result| {
        // Whoever waited may have been stopped.
        let _ = done.send(result);
    }))?;
    wait.await.unwrap_or_else(|_| Err(io::Error::other("the log dropped an operation")))
}

impl RaftLogReader<Types> for LogStore {
    async fn try_get_log_entries<RB: RangeBounds<u64> + Clone + Debug + OptionalSend>(
        &mut self,
        range: RB,
    ) -> Result<Vec<Entry>, io::Error> {
        let mut range = self.definite(&range);
        let mut entries = Vec::new();
        while !range.is_empty() {
            let read = self.read(range.clone(), APPLY_READ_BYTES)?;
            let Some(last) = read.last() else { break };
            range.start = last.log_id.index + 1;
            entries.extend(read);
        }
        Ok(entries)
    }

    async fn entries_stream<RB>(
        &mut self,
        range: RB,
    ) -> impl Stream<Item = Result<Entry, io::Error>> + OptionalSend
    where
        RB: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        let log = self.clone();
        let range = self.definite(&range);
        stream::unfold((log, range), |(log, mut range)| async move {
            if range.is_empty() {
                return None;
            }
            let read = log.read(range.clone(), APPLY_READ_BYTES);
            match read.as_ref().ok().and_then(|entries| entries.last()) {
                Some(last) => range.start = last.log_id.index + 1,
                None => range.start = range.end,
            }
            let items = match read {
                Ok(entries) => stream::iter(entries.into_iter().map(Ok).collect::<Vec<_>>()),
                Err(error) => stream::iter(vec![Err(error)]),
            };
            Some((items, (log, range)))
        })
        .flatten()
    }

    async fn read_vote(&mut self) -> Result<Option<Vote>, io::Error> {
        Ok(self.memory().vote)
    }

    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> Result<Vec<Entry>, io::Error> {
        let range = self.definite(&(start..end));
        self.read(range, self.inner.append_bytes_max)
    }
}

impl RaftLogStorage<Types> for LogStore {
    type LogReader = LogStore;

    async fn get_log_state(&mut self) -> Result<LogState<Types>, io::Error> {
        let (purged, last) = self.span();
        Ok(LogState { last_purged_log_id: purged, last_log_id: last })
    }

    async fn get_log_reader(&mut self) -> LogStore {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> Result<(), io::Error> {
        let encoded = wire::vote_to_proto(vote).encode_to_vec();
        durably(|done| self.inner.wal.save_vote(encoded.into(), done)).await?;
        self.memory().vote = Some(*vote);
        Ok(())
    }

    async fn save_committed(&mut self, committed: Option<LogId>) -> Result<(), io::Error> {
        if let Some(id) = committed {
            self.inner.wal.save_committed(encode_log_id(&id))?;
        }
        self.memory().committed = committed;
        Ok(())
    }

    async fn read_committed(&mut self) -> Result<Option<LogId>, io::Error> {
        let memory = self.memory();
        // The hint may be ahead of this log: others committed what was never durable here.
        Ok(memory.committed.filter(|id| Some(id.index) <= memory.last.map(|last| last.index)))
    }

    async fn append<I>(&mut self, entries: I, callback: IOFlushed<Types>) -> Result<(), io::Error>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let entries: Vec<Entry> = entries.into_iter().collect();
        let records: Vec<Record> = entries
            .iter()
            .map(|entry| Record { index: entry.log_id.index, bytes: wire::encode_entry(entry).into() })
            .collect();
        let sizes: Vec<u64> = records.iter().map(|record| record.bytes.len() as u64).collect();
        self.inner.wal.append(records, Box::new(move |result| callback.io_completed(result)))?;
        let mut memory = self.memory();
        for (entry, bytes) in entries.into_iter().zip(sizes) {
            memory.last = Some(entry.log_id);
            memory.size.append(entry.log_id.index, bytes);
            memory.cache.push(entry);
        }
        Ok(())
    }

    async fn truncate_after(&mut self, last_log_id: Option<LogId>) -> Result<(), io::Error> {
        let kept = last_log_id.map(|id| id.index);
        self.memory().cache.truncate_after(kept);
        durably(|done| self.inner.wal.truncate_after(kept, done)).await?;
        let mut memory = self.memory();
        memory.last = memory.last.min(last_log_id).max(memory.purged);
        Ok(())
    }

    async fn purge(&mut self, log_id: LogId) -> Result<(), io::Error> {
        self.memory().cache.purge(log_id.index);
        durably(|done| self.inner.wal.purge_upto(log_id.index, encode_log_id(&log_id), done)).await?;
        let mut memory = self.memory();
        memory.purged = memory.purged.max(Some(log_id));
        memory.size.purge(log_id.index);
        if memory.last.map(|last| last.index) < Some(log_id.index) {
            memory.last = Some(log_id);
        }
        Ok(())
    }
}
