//! Opens a log: finds out what it holds, cuts a torn tail, refuses anything worse, and needs no new space to do so.
//!
//! Sealed segments give their positions by their footers and are read whole only if a footer is missing; the newest
//! segment is read whole. Reading is sequential. Entries of sealed segments are checked when they are read.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::error::OpenError;
use super::folder::{Folder, Spare};
use super::frame::{
    BATCH_HEAD, BadHead, Batch, BatchHead, Carried, Footer, Frame, Kind, SEGMENT_HEAD, SegmentHead, aligned,
};
use super::positions::{Gap, Positions, SegmentFile, Step};
use super::window::Window;
use super::{Options, TornTail};

/// Where the next batch goes.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) file: Arc<SegmentFile>,
    pub(super) seed: u64,
    pub(super) position: u64,
    pub(super) chain: u32,
    /// Up to where the file's blocks are known to have been written before.
    pub(super) filled: u64,
}

/// A log that is ready to be written.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) folder: Folder,
    pub(super) positions: Positions,
    pub(super) carried: Carried,
    pub(super) tail: Tail,
    pub(super) cut: Option<TornTail>,
    pub(super) created: bool,
}

pub(super) fn open(path: &Path, options: &Options, epoch: u64) -> Result<Opened, OpenError> {
    let (folder, sequences) = Folder::open(path, options.files.clone(), options.segment_bytes)?;
    if sequences.is_empty() { create(path, folder, options, epoch) } else { recover(folder, &sequences) }
}

fn create(path: &Path, mut folder: Folder, options: &Options, epoch: u64) -> Result<Opened, OpenError> {
    let spare = folder.take_spare().map_err(OpenError::io("prepare a segment in", path))?;
    let carried = Carried::default();
    let size = options.segment_bytes;
    let head = SegmentHead { sequence: 1, seed: seed(epoch, 1), size, previous_chain: 0, previous_footer: 0 };
    let tail = begin_segment(&mut folder, spare, epoch, head, &carried)
        .map_err(OpenError::io("begin the first segment in", path))?;
    let mut positions = Positions::default();
    positions.begin(tail.file.clone());
    Ok(Opened { folder, positions, carried, tail, cut: None, created: true })
}

/// A segment's seed: unpredictable and never the same twice, since `epoch` is random and a sequence is used once in it.
pub(super) fn seed(epoch: u64, sequence: u64) -> u64 {
    epoch.wrapping_add(sequence.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Turns a spare into the segment of that head. The head and what is carried are durable before the name is, so a
/// segment with a name always has them.
pub(super) fn begin_segment(
    folder: &mut Folder,
    spare: Spare,
    epoch: u64,
    head: SegmentHead,
    carried: &Carried,
) -> io::Result<Tail> {
    let (bytes, chain) = head.write();
    let mut batch = Batch::new(epoch, chain);
    carried.put(&mut batch);
    let (batch, chain) = batch.finish(head.seed, SEGMENT_HEAD as u64, 0);
    let bytes = [&bytes, batch].concat();
    spare.file.write_at(&bytes, 0)?;
    spare.file.sync_data()?;
    let position = bytes.len() as u64;
    let filled = if spare.recycled { u64::from(head.size) } else { position };
    let file = folder.publish(spare, head.sequence)?;
    Ok(Tail { file, seed: head.seed, position, chain, filled })
}

fn recover(folder: Folder, sequences: &[u64]) -> Result<Opened, OpenError> {
    // The newest segment may have got its name from a process that was killed before it could make the name durable.
    folder.sync()?;
    let (mut positions, mut carried) = (Positions::default(), Carried::default());
    let (mut tail, mut cut) = (None, None);
    let mut next = Some(read_head(&folder, sequences.first().copied().unwrap_or_default())?);
    let mut following = sequences.iter().copied().skip(1);
    while let Some((file, head, crc)) = next.take() {
        next = match following.next() {
            Some(sequence) if sequence != head.sequence + 1 => {
                let reason = format!("segment {sequence} is there");
                return Err(OpenError::Missing { file: folder.segment_path(head.sequence + 1), reason });
            }
            Some(sequence) => Some(read_head(&folder, sequence)?),
            None => None,
        };
        positions.begin(file.clone());
        let after = next.as_ref().map(|(_, after, _)| after);
        if let Some(after) = after
            && adopt_footer(&file, after, &mut positions)?
        {
            continue;
        }
        let mut scan = Scan::new(&file, &head, crc);
        let stop = scan.run(&mut positions, &mut carried)?;
        match after {
            Some(after) => scan.must_end_with(after.previous_chain, stop)?,
            None => {
                cut = scan.cut(stop)?;
                let Scan { seed, position, chain, .. } = scan;
                tail = Some(Tail { file: file.clone(), seed, position, chain, filled: position });
            }
        }
    }
    must_begin_with_purged(&folder, sequences, &positions, &carried)?;
    let tail = tail.ok_or_else(|| OpenError::Missing {
        file: folder.segment_path(1),
        reason: "the log has no segments".to_owned(),
    })?;
    Ok(Opened { folder, positions, carried, tail, cut, created: false })
}

fn read_head(folder: &Folder, sequence: u64) -> Result<(Arc<SegmentFile>, SegmentHead, u32), OpenError> {
    let file = folder.open_segment(sequence)?;
    let mut bytes = [0; SEGMENT_HEAD];
    let read = file.file.read_at(&mut bytes, 0).map_err(OpenError::io("read", &file.path))?;
    match SegmentHead::read(bytes.get(..read).unwrap_or_default()) {
        Ok((head, crc)) if head.sequence == sequence => {
            if file.size < u64::from(head.size) {
                let reason = format!("the file ends here; it had {} bytes", head.size);
                return Err(damaged(&file, file.size, reason));
            }
            Ok((file, head, crc))
        }
        Ok((head, _)) => Err(damaged(&file, 0, format!("this is segment {}", head.sequence))),
        Err(BadHead::Damaged) => Err(damaged(&file, 0, "the segment's head is broken".to_owned())),
        Err(BadHead::Version(version)) => Err(OpenError::Version { file: file.path.clone(), version }),
    }
}

/// The oldest segment must go on where the purged entries end.
fn must_begin_with_purged(
    folder: &Folder,
    sequences: &[u64],
    positions: &Positions,
    carried: &Carried,
) -> Result<(), OpenError> {
    let oldest = sequences.first().copied().unwrap_or(1);
    let reason = match (positions.first(), &carried.purged) {
        (Some(first), Some((purged, _))) if first > purged + 1 => {
            format!("entries up to {purged} were purged, yet the log begins with entry {first}")
        }
        (_, None) if oldest > 1 => "nothing was ever purged, yet older segments are gone".to_owned(),
        _ => return Ok(()),
    };
    Err(OpenError::Missing { file: folder.segment_path(oldest - 1), reason })
}

fn damaged(segment: &SegmentFile, offset: u64, reason: String) -> OpenError {
    OpenError::Damaged { file: segment.path.clone(), offset, reason }
}

fn gap(segment: &SegmentFile, offset: u64, gap: &Gap) -> OpenError {
    damaged(segment, offset, format!("log entry {} is where {} should be", gap.found, gap.expected))
}

/// Takes the positions of a sealed segment from its footer. False if it has none, or none that can be trusted.
fn adopt_footer(
    segment: &SegmentFile,
    after: &SegmentHead,
    positions: &mut Positions,
) -> Result<bool, OpenError> {
    if after.previous_footer == 0 {
        return Ok(false);
    }
    let offset = u64::from(after.previous_footer);
    let mut window = Window::new(segment, 0);
    let frame = window.frame(offset, segment.size).map_err(OpenError::io("read", &segment.path))?;
    // The footer is the segment's last frame, so the next segment's head vouches for it.
    let frame = frame.filter(|frame| frame.head.crc == after.previous_chain);
    let Some(footer) = frame.and_then(|frame| Footer::read(&frame)) else { return Ok(false) };
    let Footer { kept_before, first, offsets } = footer;
    positions.adopt(kept_before, first, offsets).map_err(|found| gap(segment, offset, &found))?;
    Ok(true)
}

/// Why a scan stopped: what is at this offset is no batch, or no whole one.
#[derive(Debug)]
struct Stop {
    offset: u64,
    reason: &'static str,
    /// Whether this is what is left of a batch, rather than the clean end of the log, as far as one can tell.
    looks_torn: bool,
}

/// One frame's news.
enum News {
    Step(Step),
    Vote(Bytes),
    Purged(u64, Bytes),
    Committed(Bytes),
}

/// Walks through a segment from batch to batch.
struct Scan<'a> {
    segment: &'a SegmentFile,
    seed: u64,
    window: Window<'a>,
    /// The end of the last good batch.
    position: u64,
    chain: u32,
    last_batch: Option<(u64, usize)>,
}

impl<'a> Scan<'a> {
    fn new(segment: &'a SegmentFile, head: &SegmentHead, crc: u32) -> Scan<'a> {
        let window = Window::new(segment, usize::MAX);
        Scan { segment, seed: head.seed, window, position: SEGMENT_HEAD as u64, chain: crc, last_batch: None }
    }

    fn path(&self) -> PathBuf {
        self.segment.path.clone()
    }

    /// Reads batches up to the first that isn't whole.
    fn run(&mut self, positions: &mut Positions, carried: &mut Carried) -> Result<Stop, OpenError> {
        loop {
            let (news, bytes, chain) = match self.batch().map_err(OpenError::io("read", self.path()))? {
                Ok(batch) => batch,
                Err(stop) => return Ok(stop),
            };
            for news in news {
                let step = match news {
                    News::Step(step) => step,
                    News::Vote(vote) => {
                        carried.vote = Some(vote);
                        continue;
                    }
                    News::Committed(committed) => {
                        carried.committed = Some(committed);
                        continue;
                    }
                    News::Purged(index, id) => {
                        carried.purged = Some((index, id));
                        Step::Purge { index }
                    }
                };
                positions.apply(step).map_err(|found| gap(self.segment, self.position, &found))?;
            }
            self.last_batch = Some((self.position, bytes));
            self.position += aligned(bytes) as u64;
            self.chain = chain;
        }
    }

    /// The batch at the current position, as its news, its bytes, and its chain.
    #[expect(clippy::type_complexity, reason = "read in one place only")]
    fn batch(&mut self) -> io::Result<Result<(Vec<News>, usize, u32), Stop>> {
        let start = self.position;
        let bytes = self.window.get(start, BATCH_HEAD)?;
        let Some(head) = BatchHead::read(bytes, self.seed, start) else {
            let looks_torn = bytes.get(16..24) == Some(&self.seed.to_le_bytes());
            return Ok(Err(Stop { offset: start, reason: "the head of a batch is broken", looks_torn }));
        };
        let stop = |offset, reason| Ok(Err(Stop { offset, reason, looks_torn: true }));
        if head.chain != self.chain {
            return stop(start, "a batch doesn't follow the one before it");
        }
        let end = start + (BATCH_HEAD + head.body) as u64;
        if end > self.segment.size {
            return stop(start, "a batch goes on beyond the end of the file");
        }
        let mut chain = if head.body == 0 { head.crc } else { head.body_chain() };
        let mut news = Vec::new();
        let mut at = start + BATCH_HEAD as u64;
        while at < end {
            match self.window.frame(at, end)? {
                None => return stop(at, "a record is broken"),
                Some(frame) if frame.head.chain != chain => {
                    return stop(at, "a record doesn't follow the one before it");
                }
                Some(frame) => {
                    chain = frame.head.crc;
                    news.extend(news_of(&frame, at));
                    at += frame.head.frame_bytes() as u64;
                }
            }
        }
        Ok(Ok((news, BATCH_HEAD + head.body, chain)))
    }

    /// A sealed segment was durable to its end, which the next one's head names.
    fn must_end_with(&self, chain: u32, stop: Stop) -> Result<(), OpenError> {
        if self.chain == chain {
            return Ok(());
        }
        Err(damaged(self.segment, stop.offset, format!("{}, and a newer segment exists", stop.reason)))
    }

    /// Judges what stopped the scan of the newest segment: a torn tail is cut, and what remains is made durable; damage
    /// before an intact mark is refused.
    fn cut(&mut self, stop: Stop) -> Result<Option<TornTail>, OpenError> {
        let Some((last, bytes)) = self.last_batch else {
            let reason = format!("{}, and it was durable before the segment had its name", stop.reason);
            return Err(damaged(self.segment, stop.offset, reason));
        };
        if let Some(mark) = self.mark_after(self.position).map_err(OpenError::io("read", self.path()))? {
            let reason =
                format!("{}, and the batch at offset {mark} was written after it was durable", stop.reason);
            return Err(damaged(self.segment, stop.offset, reason));
        }
        // The last batch may be in the page cache only: after a failed fsync its pages can even pass for clean, and a
        // new fsync would do nothing. So it is written again, in place, before it is trusted.
        let path = self.path();
        let batch = self.window.get(last, bytes).map_err(OpenError::io("read", path))?.to_vec();
        self.segment.file.write_at(&batch, last).map_err(OpenError::io("write", self.path()))?;
        self.segment.file.sync_data().map_err(OpenError::io("sync", self.path()))?;
        Ok(stop.looks_torn.then(|| TornTail {
            file: self.path(),
            offset: self.position,
            reason: format!("{} at offset {}", stop.reason, stop.offset),
        }))
    }

    /// The offset of an intact batch head after `position`.
    fn mark_after(&mut self, position: u64) -> io::Result<Option<u64>> {
        const CHUNK: usize = 64 * 1024;
        static ZEROS: [u8; CHUNK] = [0; CHUNK];
        /// Where in a batch head the seed is.
        const SEED: u64 = 16;
        let mut at = position;
        while at < self.segment.size {
            let chunk = self.window.get(at, CHUNK)?;
            if chunk.is_empty() {
                break;
            }
            let length = chunk.len() as u64;
            let mut found = Vec::new();
            if ZEROS.get(..chunk.len()) != Some(chunk) {
                let words = chunk.as_chunks::<8>().0.iter();
                let seeds =
                    (at..).step_by(8).zip(words).filter(|(_, word)| u64::from_le_bytes(**word) == self.seed);
                found.extend(seeds.filter_map(|(offset, _)| offset.checked_sub(SEED)));
            }
            for mark in found.into_iter().filter(|mark| *mark > position) {
                if BatchHead::read(self.window.get(mark, BATCH_HEAD)?, self.seed, mark).is_some() {
                    return Ok(Some(mark));
                }
            }
            at += length;
        }
        Ok(None)
    }
}

fn news_of(frame: &Frame<'_>, offset: u64) -> Option<News> {
    let number = frame.head.number;
    let payload = || Bytes::copy_from_slice(frame.payload);
    match frame.head.kind {
        Kind::Entry => Some(News::Step(Step::Entry { index: number, offset: u32::try_from(offset).ok()? })),
        Kind::Vote => Some(News::Vote(payload())),
        Kind::Truncate => Some(News::Step(Step::Truncate { from: number })),
        Kind::Purge => Some(News::Purged(number, payload())),
        Kind::Committed => Some(News::Committed(payload())),
        Kind::Batch | Kind::Footer => None,
    }
}
