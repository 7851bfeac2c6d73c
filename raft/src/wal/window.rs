//! Reads a segment through a window of its bytes, so that walking from frame to frame costs few system calls.

use std::io;

use super::frame::{FRAME_HEAD, Frame, Head};
use super::positions::SegmentFile;

/// Bytes read at a time, unless a single frame is longer.
const WINDOW_BYTES: usize = 256 * 1024;

pub(super) struct Window<'a> {
    segment: &'a SegmentFile,
    buffer: Vec<u8>,
    start: u64,
    read_ahead: usize,
}

impl<'a> Window<'a> {
    /// A window on `segment` that reads `read_ahead` bytes at a time, within bounds.
    pub(super) fn new(segment: &'a SegmentFile, read_ahead: usize) -> Window<'a> {
        Window { segment, buffer: Vec::new(), start: 0, read_ahead: read_ahead.clamp(4 * 1024, WINDOW_BYTES) }
    }

    /// The `length` bytes at `offset`; fewer where the file ends.
    pub(super) fn get(&mut self, offset: u64, length: usize) -> io::Result<&[u8]> {
        let length = length.min(self.segment.size.saturating_sub(offset) as usize);
        let held = offset >= self.start && offset + length as u64 <= self.start + self.buffer.len() as u64;
        if !held {
            let wanted = length.max(self.read_ahead).min(self.segment.size.saturating_sub(offset) as usize);
            self.buffer.resize(wanted, 0);
            let read = self.segment.file.read_at(&mut self.buffer, offset)?;
            self.buffer.truncate(read);
            self.start = offset;
        }
        let from = (offset - self.start) as usize;
        let to = (from + length).min(self.buffer.len());
        Ok(self.buffer.get(from..to).unwrap_or_default())
    }

    /// The frame at `offset`, if a whole one with a good crc is there and ends at or before `end`.
    pub(super) fn frame(&mut self, offset: u64, end: u64) -> io::Result<Option<Frame<'_>>> {
        let Some(head) = Head::read(self.get(offset, FRAME_HEAD)?) else { return Ok(None) };
        if offset + head.frame_bytes() as u64 > end {
            return Ok(None);
        }
        Ok(Frame::read(self.get(offset, head.frame_bytes())?))
    }
}
