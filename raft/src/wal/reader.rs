//! Reads older entries back from their segments, checking each.

use std::io;

use bytes::Bytes;

use super::Record;
use super::frame::Kind;
use super::view::ReadPlan;
use super::window::Window;

/// The entries of the plan: `max_bytes` of payload, but at least one.
pub(super) fn read(plan: ReadPlan, max_bytes: usize) -> io::Result<Vec<Record>> {
    let mut records = Vec::new();
    let mut bytes = 0usize;
    for (segment, first, offsets) in &plan.disk {
        let mut window = Window::new(segment, max_bytes);
        for (index, offset) in (*first..).zip(offsets) {
            let frame = window.frame(u64::from(*offset), segment.size)?;
            let frame = frame.filter(|frame| frame.head.kind == Kind::Entry && frame.head.number == index);
            let Some(frame) = frame else {
                let file = segment.path.display();
                let text = format!("{file} is damaged at offset {offset}: log entry {index} isn't there");
                return Err(io::Error::new(io::ErrorKind::InvalidData, text));
            };
            bytes = bytes.saturating_add(frame.payload.len());
            if bytes > max_bytes && !records.is_empty() {
                return Ok(records);
            }
            records.push(Record { index, bytes: Bytes::copy_from_slice(frame.payload) });
        }
    }
    for record in plan.memory {
        bytes = bytes.saturating_add(record.bytes.len());
        if bytes > max_bytes && !records.is_empty() {
            break;
        }
        records.push(record);
    }
    Ok(records)
}
