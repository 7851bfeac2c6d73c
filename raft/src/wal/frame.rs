//! The log's bytes: frames, batches of frames, and the head of a segment. Pure: no I/O.
//!
//! A segment is a head, then batches. All numbers are little-endian.
//!
//! ```text
//! segment head  64: magic 8 | version 4 | crc 4 | sequence 8 | seed 8 | size 4 | chain before 4 |
//!                   footer before 4 | 0 ...
//! frame         24: crc 4 | chain 4 | length 4 | kind 1 | 0 0 0 | number 8, then `length` bytes of payload
//! batch           : a frame of kind Batch (number: the segment's seed; payload: its own offset 4, bytes of frames 4,
//!                   epoch 8), then that many bytes of frames, then zeros up to a multiple of 8
//! ```
//!
//! A frame's crc covers everything after itself; its `chain` is the crc of the frame before, so a frame can be checked
//! alone and a run of frames as a run. A segment's chain starts with the crc of its head, which holds a random seed:
//! what an earlier use of the same space left behind doesn't chain, nor does it pass as a batch. The frames of a batch
//! chain from the one before the batch through its epoch, a random number per opening of the log: what a torn batch
//! left behind can't chain after what a later opening writes in its place.
//!
//! **A batch is written only after everything before it has been fsynced.** So an intact batch frame is the mark that
//! all before its own offset was durable, and it can be found (aligned, seeded, naming its offset) even when what lies
//! before it is damaged.

use bytes::Bytes;

/// Bytes of a frame before its payload.
pub(super) const FRAME_HEAD: usize = 24;
/// Bytes of a batch before its first frame.
pub(super) const BATCH_HEAD: usize = FRAME_HEAD + 16;
/// Bytes of a segment before its first batch.
pub(super) const SEGMENT_HEAD: usize = 64;
/// Batches start at multiples of this.
pub(super) const BATCH_ALIGN: usize = 8;

const MAGIC: &[u8; 8] = b"KSTEPWAL";
const VERSION: u32 = 1;

/// What a frame holds. A released number is never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Starts a batch.
    Batch = 1,
    /// A log entry; the number is its index.
    Entry = 2,
    /// The vote; each replaces the one before.
    Vote = 3,
    /// Entries at and after the number are no more.
    Truncate = 4,
    /// Entries up to and including the number are no more; the payload is the id of the entry of that number.
    Purge = 5,
    /// The last committed id that was known; a hint.
    Committed = 6,
    /// Where the segment's entries lie, so that opening needn't read them all; see [`Footer`].
    Footer = 7,
}

impl Kind {
    fn of(byte: u8) -> Option<Kind> {
        [Kind::Batch, Kind::Entry, Kind::Vote, Kind::Truncate, Kind::Purge, Kind::Committed, Kind::Footer]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

/// A frame's head, read but not checked against its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) crc: u32,
    pub(super) chain: u32,
    pub(super) length: u32,
    pub(super) kind: Kind,
    pub(super) number: u64,
}

impl Head {
    /// `None` if the bytes are too few or are no frame.
    pub(super) fn read(bytes: &[u8]) -> Option<Head> {
        if bytes.get(13..16)? != [0, 0, 0] {
            return None;
        }
        Some(Head {
            crc: u32_at(bytes, 0)?,
            chain: u32_at(bytes, 4)?,
            length: u32_at(bytes, 8)?,
            kind: Kind::of(*bytes.get(12)?)?,
            number: u64_at(bytes, 16)?,
        })
    }

    /// Bytes of the frame, payload included.
    pub(super) fn frame_bytes(&self) -> usize {
        FRAME_HEAD + self.length as usize
    }
}

/// A whole frame whose crc holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) head: Head,
    pub(super) payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The frame that `bytes` begin with, `None` if it isn't whole or its crc doesn't hold.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Frame<'a>> {
        let head = Head::read(bytes)?;
        let frame = bytes.get(..head.frame_bytes())?;
        (crc32fast::hash(frame.get(4..)?) == head.crc)
            .then_some(Frame { head, payload: frame.get(FRAME_HEAD..)? })
    }
}

/// Appends a frame to `buffer` and returns its crc, the chain of the next.
pub(super) fn put_frame(buffer: &mut Vec<u8>, chain: u32, kind: Kind, number: u64, payload: &[u8]) -> u32 {
    let mut head = [0; FRAME_HEAD];
    let crc = fill_head(&mut head, chain, kind, number, payload);
    buffer.extend_from_slice(&head);
    buffer.extend_from_slice(payload);
    crc
}

fn fill_head(head: &mut [u8; FRAME_HEAD], chain: u32, kind: Kind, number: u64, payload: &[u8]) -> u32 {
    debug_assert!(u32::try_from(payload.len()).is_ok(), "payloads are bounded by the segment's size");
    head[4..8].copy_from_slice(&chain.to_le_bytes());
    head[8..12].copy_from_slice(&(payload.len() as u32).to_le_bytes());
    head[12] = kind as u8;
    head[16..].copy_from_slice(&number.to_le_bytes());
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&head[4..]);
    hasher.update(payload);
    let crc = hasher.finalize();
    head[..4].copy_from_slice(&crc.to_le_bytes());
    crc
}

/// A batch's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchHead {
    pub(super) chain: u32,
    pub(super) crc: u32,
    /// Bytes of frames that follow.
    pub(super) body: usize,
    pub(super) epoch: u64,
}

impl BatchHead {
    /// The batch head that `bytes` begin with; `None` unless it is intact, of this seed, and meant for this offset.
    pub(super) fn read(bytes: &[u8], seed: u64, offset: u64) -> Option<BatchHead> {
        let head = Head::read(bytes)?;
        // Cheap checks first: the search for marks asks this at every aligned offset.
        if head.kind != Kind::Batch || head.number != seed || head.frame_bytes() != BATCH_HEAD {
            return None;
        }
        let Frame { payload, .. } = Frame::read(bytes)?;
        if u64::from(u32_at(payload, 0)?) != offset {
            return None;
        }
        let body = u32_at(payload, 4)? as usize;
        Some(BatchHead { chain: head.chain, crc: head.crc, body, epoch: u64_at(payload, 8)? })
    }

    /// The chain of the batch's first frame.
    pub(super) fn body_chain(&self) -> u32 {
        body_chain(self.chain, self.epoch)
    }
}

fn body_chain(chain: u32, epoch: u64) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(chain);
    hasher.update(&epoch.to_le_bytes());
    hasher.finalize()
}

/// A batch under construction. Its buffer is reused from batch to batch.
#[derive(Debug)]
pub(super) struct Batch {
    buffer: Vec<u8>,
    before: u32,
    chain: u32,
    epoch: u64,
}

impl Batch {
    /// An empty batch that will follow a frame with the crc `chain`.
    pub(super) fn new(epoch: u64, chain: u32) -> Batch {
        let mut batch = Batch { buffer: Vec::new(), before: 0, chain: 0, epoch };
        batch.restart(chain);
        batch
    }

    /// Empties the batch.
    pub(super) fn restart(&mut self, chain: u32) {
        self.buffer.clear();
        self.buffer.resize(BATCH_HEAD, 0);
        self.before = chain;
        self.chain = body_chain(chain, self.epoch);
    }

    /// Adds a frame and returns its offset from the batch's start.
    pub(super) fn put(&mut self, kind: Kind, number: u64, payload: &[u8]) -> usize {
        let offset = self.buffer.len();
        self.chain = put_frame(&mut self.buffer, self.chain, kind, number, payload);
        offset
    }

    pub(super) fn is_empty(&self) -> bool {
        self.buffer.len() == BATCH_HEAD
    }

    /// Bytes so far, head included.
    pub(super) fn bytes(&self) -> usize {
        self.buffer.len()
    }

    /// Fills in the head. Returns the bytes to write at `offset`, with so many zeros after them, and the chain of what
    /// follows the batch.
    pub(super) fn finish(&mut self, seed: u64, offset: u64, zeros: usize) -> (&[u8], u32) {
        let body = self.buffer.len() - BATCH_HEAD;
        let mut payload = [0; BATCH_HEAD - FRAME_HEAD];
        payload[..4].copy_from_slice(&(offset as u32).to_le_bytes());
        payload[4..8].copy_from_slice(&(body as u32).to_le_bytes());
        payload[8..].copy_from_slice(&self.epoch.to_le_bytes());
        let mut head = [0; FRAME_HEAD];
        let crc = fill_head(&mut head, self.before, Kind::Batch, seed, &payload);
        self.buffer[..FRAME_HEAD].copy_from_slice(&head);
        self.buffer[FRAME_HEAD..BATCH_HEAD].copy_from_slice(&payload);
        self.buffer.resize(aligned(self.buffer.len()) + zeros, 0);
        (&self.buffer, if body == 0 { crc } else { self.chain })
    }
}

/// The next offset at which a batch may start.
pub(super) fn aligned(offset: usize) -> usize {
    offset.next_multiple_of(BATCH_ALIGN)
}

/// A segment's first bytes, durable before the segment gets its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHead {
    /// Consecutive from segment to segment, from 1.
    pub(super) sequence: u64,
    /// Random, so that no bytes of an earlier use of the space are taken for this segment's.
    pub(super) seed: u64,
    /// Bytes of the file. They were durable before the file was a segment, so a shorter file was cut by someone.
    pub(super) size: u32,
    /// The crc of the last frame of the segment before.
    pub(super) previous_chain: u32,
    /// The offset of the footer frame of the segment before; 0 if it has none.
    pub(super) previous_footer: u32,
}

/// Why bytes are no segment head.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BadHead {
    Damaged,
    Version(u32),
}

impl SegmentHead {
    pub(super) fn write(&self) -> ([u8; SEGMENT_HEAD], u32) {
        let mut bytes = [0; SEGMENT_HEAD];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.seed.to_le_bytes());
        bytes[32..36].copy_from_slice(&self.size.to_le_bytes());
        bytes[36..40].copy_from_slice(&self.previous_chain.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.previous_footer.to_le_bytes());
        let crc = crc32fast::hash(&bytes);
        bytes[12..16].copy_from_slice(&crc.to_le_bytes());
        (bytes, crc)
    }

    /// The head and its crc, the chain of the first batch.
    pub(super) fn read(bytes: &[u8]) -> Result<(SegmentHead, u32), BadHead> {
        let read = || {
            let head = SegmentHead {
                sequence: u64_at(bytes, 16)?,
                seed: u64_at(bytes, 24)?,
                size: u32_at(bytes, 32)?,
                previous_chain: u32_at(bytes, 36)?,
                previous_footer: u32_at(bytes, 40)?,
            };
            Some((head, u32_at(bytes, 8)?, bytes.get(..SEGMENT_HEAD)?))
        };
        let (head, version, bytes) = read().ok_or(BadHead::Damaged)?;
        let (expected, crc) = head.write();
        if bytes == expected {
            return Ok((head, crc));
        }
        let of_another_version = bytes.starts_with(MAGIC) && version != VERSION && {
            let mut bytes = bytes.to_vec();
            let crc = u32_at(&bytes, 12);
            bytes[12..16].fill(0);
            crc == Some(crc32fast::hash(&bytes))
        };
        Err(if of_another_version { BadHead::Version(version) } else { BadHead::Damaged })
    }
}

/// What a sealed segment did to the log, so that opening needn't read it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Footer {
    /// Entries of earlier segments at or after this are no more; `u64::MAX` if the segment left them alone.
    pub(super) kept_before: u64,
    /// The first of the entries that the segment holds.
    pub(super) first: u64,
    /// The offset of each entry's frame.
    pub(super) offsets: Vec<u32>,
}

impl Footer {
    /// Bytes of a batch that holds the footer of a segment with so many entries.
    pub(super) fn batch_bytes(entries: usize) -> usize {
        aligned(BATCH_HEAD + FRAME_HEAD + 8 + 4 * entries)
    }

    pub(super) fn payload(kept_before: u64, offsets: &[u32]) -> Vec<u8> {
        let mut payload = Vec::with_capacity(8 + 4 * offsets.len());
        payload.extend_from_slice(&kept_before.to_le_bytes());
        payload.extend(offsets.iter().flat_map(|offset| offset.to_le_bytes()));
        payload
    }

    pub(super) fn read(frame: &Frame<'_>) -> Option<Footer> {
        let (kept_before, offsets) = frame.payload.split_first_chunk::<8>()?;
        let (offsets, rest) = offsets.as_chunks::<4>();
        (frame.head.kind == Kind::Footer && rest.is_empty()).then(|| Footer {
            kept_before: u64::from_le_bytes(*kept_before),
            first: frame.head.number,
            offsets: offsets.iter().map(|offset| u32::from_le_bytes(*offset)).collect(),
        })
    }
}

/// What every segment restates at its start, so that older ones can go: the latest of each small record.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) vote: Option<Bytes>,
    pub(super) purged: Option<(u64, Bytes)>,
    pub(super) committed: Option<Bytes>,
}

impl Carried {
    pub(super) fn put(&self, batch: &mut Batch) {
        if let Some(vote) = &self.vote {
            batch.put(Kind::Vote, 0, vote);
        }
        if let Some((index, id)) = &self.purged {
            batch.put(Kind::Purge, *index, id);
        }
        if let Some(committed) = &self.committed {
            batch.put(Kind::Committed, 0, committed);
        }
    }
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(offset..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(offset..)?.first_chunk()?))
}
