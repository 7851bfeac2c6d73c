//! Bytes are cut, flipped and zeroed at every offset of the last batches: a log recovers everything that was
//! acknowledged, or, for damage before the newest mark, refuses and says where.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::super::{OpenError, Wal};
use super::disk::Disk;
use super::{entries, open, record, records, wait};

const SEGMENT: &str = "/log/0000000000000001.wal";

/// How a byte range is damaged.
#[derive(Debug, Clone, Copy)]
enum Damage {
    Flip(u8),
    Zero(usize),
    ZeroToEnd,
    Cut,
}

impl Damage {
    fn inflict(self, disk: &Disk, path: &Path, offset: usize) {
        disk.tamper(path, |bytes| match self {
            Damage::Flip(mask) => bytes[offset] ^= mask,
            Damage::Zero(count) => {
                let end = (offset + count).min(bytes.len());
                bytes[offset..end].fill(0);
            }
            Damage::ZeroToEnd => bytes[offset..].fill(0),
            Damage::Cut => bytes.truncate(offset),
        });
    }
}

/// A log with batches of one to three entries, each acknowledged before the next, and the end of each.
fn written() -> (Disk, Wal, Vec<usize>) {
    let disk = Disk::default();
    let (wal, _) = open(&disk).unwrap();
    let mut ends = vec![end_of(&disk)];
    for batch in 0..6u64 {
        let first = batch * 3;
        wait(|done| wal.append(records(first, 3, 20 + batch as usize), done)).unwrap();
        ends.push(end_of(&disk));
    }
    (disk, wal, ends)
}

/// Where the segment's content ends, up to alignment.
fn end_of(disk: &Disk) -> usize {
    let bytes = disk.bytes(Path::new(SEGMENT));
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| (last + 1).next_multiple_of(8))
}

fn expected(batches: usize) -> Vec<super::Record> {
    (0..batches as u64).flat_map(|batch| records(batch * 3, 3, 20 + batch as usize)).collect()
}

fn check(original: &Disk, damage: Damage, offset: usize, ends: &[usize]) {
    let case = format!("{damage:?} at {offset} of {ends:?}");
    let disk = original.after_kill();
    damage.inflict(&disk, Path::new(SEGMENT), offset);
    let unharmed = disk.bytes(Path::new(SEGMENT)) == original.bytes(Path::new(SEGMENT));
    let all = ends.len() - 1;
    let last_mark = ends[all - 1];
    let opened = open(&disk);
    match damage {
        _ if unharmed => assert_eq!(entries(&opened.unwrap().0).unwrap(), expected(all), "{case}"),
        Damage::Cut => assert_damaged(opened, offset, offset, &case),
        // Nothing is left to tell that there was more; what is whole before it stays.
        Damage::ZeroToEnd => {
            let whole = ends.iter().filter(|end| **end <= offset).count();
            // Padding and trailing zeros are no loss.
            let found = entries(&opened.unwrap().0).unwrap();
            assert!(found == expected(whole - 1) || found == expected(whole), "{case}: {}", found.len());
        }
        Damage::Flip(_) | Damage::Zero(_) if offset >= last_mark => {
            let found = entries(&opened.unwrap().0).unwrap();
            assert!(found == expected(all - 1) || found == expected(all), "{case}: {}", found.len());
        }
        // The mark itself went, so its batch is the torn tail, and what is before it is judged by the mark before.
        Damage::Zero(count) if offset + count > last_mark => {
            let start = ends[all - 2];
            match opened {
                Ok((wal, _)) if offset < start => panic!("{case}: opened with {:?}", wal.bounds()),
                Ok((wal, _)) => assert_eq!(entries(&wal).unwrap(), expected(all - 2), "{case}"),
                Err(error) => panic!("{case}: {error}"),
            }
        }
        // Padding isn't covered, and means nothing.
        Damage::Flip(_) | Damage::Zero(_) => match opened {
            Ok((wal, _)) => {
                let in_padding = ends.iter().any(|end| offset < *end && offset + 8 > *end);
                assert!(in_padding, "{case}");
                assert_eq!(entries(&wal).unwrap(), expected(all), "{case}");
            }
            refused => {
                let start = ends.iter().rev().find(|end| **end <= offset).copied().unwrap_or(0);
                assert_damaged(refused, start, offset, &case);
            }
        },
    }
}

/// The error names the file and an offset between these.
fn assert_damaged<T>(opened: Result<T, OpenError>, from: usize, to: usize, case: &str) {
    match opened {
        Err(OpenError::Damaged { file, offset, .. }) => {
            assert_eq!(file, PathBuf::from(SEGMENT), "{case}");
            assert!((from as u64..=to as u64).contains(&offset), "{case}: refused at {offset}");
        }
        Err(other) => panic!("{case}: {other}"),
        Ok(_) => panic!("{case}: opened"),
    }
}

#[test]
fn damage_is_cut_after_the_newest_mark_and_refused_before() {
    let (disk, _wal, ends) = written();
    let crashed = disk.after_kill();
    let from = ends[ends.len() - 4];
    for offset in from..ends[ends.len() - 1] + 32 {
        for damage in [Damage::Flip(1), Damage::Flip(0x80), Damage::Flip(0xff), Damage::Zero(1)] {
            check(&crashed, damage, offset, &ends);
        }
        for damage in [Damage::ZeroToEnd, Damage::Cut] {
            check(&crashed, damage, offset, &ends);
        }
    }
}

#[test]
fn every_byte_of_a_closed_log_is_guarded() {
    let (disk, wal, mut ends) = written();
    wal.close().unwrap();
    ends.push(end_of(&disk));
    for offset in 0..ends[ends.len() - 2] {
        let damaged = disk.after_kill();
        Damage::Flip(4).inflict(&damaged, Path::new(SEGMENT), offset);
        match open(&damaged) {
            Err(OpenError::Damaged { file, offset: at, .. }) => {
                assert_eq!((file, at <= offset as u64), (PathBuf::from(SEGMENT), true), "{offset}");
            }
            Err(OpenError::Version { .. }) => panic!("{offset}: taken for another version"),
            Err(other) => panic!("{offset}: {other}"),
            Ok((wal, _)) => {
                let in_padding = ends.iter().any(|end| offset < *end && offset + 8 > *end);
                assert!(in_padding, "{offset}");
                assert_eq!(entries(&wal).unwrap(), expected(6), "{offset}");
            }
        }
    }
}

#[test]
fn a_torn_batch_is_cut_and_never_comes_back() {
    let (disk, _wal, ends) = written();
    let crashed = disk.after_kill();
    // The middle of the last batch is lost: its end stays on the disk.
    crashed.tamper(Path::new(SEGMENT), |bytes| bytes[ends[5] + 60] ^= 1);
    let (wal, recovered) = open(&crashed).unwrap();
    let cut = recovered.cut.unwrap();
    assert_eq!((cut.file, cut.offset), (PathBuf::from(SEGMENT), ends[5] as u64));
    // The same entries again, one by one, as a leader would send them.
    for entry in records(15, 2, 25) {
        wait(|done| wal.append(vec![entry], done)).unwrap();
        let (wal, recovered) = open(&crashed.after_kill()).unwrap();
        let last = recovered.last_index.unwrap();
        assert_eq!(entries(&wal).unwrap(), [expected(5), records(15, last - 14, 25)].concat());
    }
}

#[test]
fn sealed_segments_are_checked_as_they_are_read() {
    let disk = Disk::default();
    let (wal, _) = open(&disk).unwrap();
    wait(|done| wal.append(records(0, 60, 300), done)).unwrap();
    wal.close().unwrap();
    let offset = disk.bytes(Path::new(SEGMENT)).windows(8).position(|bytes| bytes == [3; 8]).unwrap();
    let damaged = disk.after_kill();
    damaged.tamper(Path::new(SEGMENT), |bytes| bytes[offset] ^= 1);
    let (wal, _) = open(&damaged).unwrap();
    assert_eq!(wal.read(0..3, usize::MAX).unwrap(), records(0, 3, 300));
    assert_eq!(wal.read(4..60, usize::MAX).unwrap(), records(4, 56, 300));
    let error = wal.read(0..60, usize::MAX).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    assert!(error.to_string().contains(SEGMENT), "{error}");
}

#[test]
fn a_damaged_footer_is_refused() {
    let disk = Disk::default();
    let (wal, _) = open(&disk).unwrap();
    wait(|done| wal.append(records(0, 60, 300), done)).unwrap();
    wal.close().unwrap();
    let damaged = disk.after_kill();
    let end = end_of(&damaged);
    // The footer is the last frame: its damage means damage of what was durable.
    damaged.tamper(Path::new(SEGMENT), |bytes| bytes[end - 9] ^= 1);
    assert_damaged(open(&damaged), 0, end, "footer");
}

#[test]
fn missing_segments_are_noticed() {
    let disk = Disk::default();
    let (wal, _) = open(&disk).unwrap();
    wait(|done| wal.append(records(0, 100, 300), done)).unwrap();
    wait(|done| wal.append(vec![record(100, Bytes::new())], done)).unwrap();
    wal.close().unwrap();
    let segments: Vec<_> = disk.names().into_iter().filter(|name| name.ends_with(".wal")).collect();
    for name in &segments[..segments.len() - 1] {
        let damaged = disk.after_kill();
        super::super::Files::remove(&damaged, &Path::new("/log").join(name)).unwrap();
        match open(&damaged) {
            Err(OpenError::Missing { file, .. }) => assert_eq!(file, Path::new("/log").join(name)),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn a_later_format_is_refused_by_name() {
    let (disk, wal, _) = written();
    wal.close().unwrap();
    disk.tamper(Path::new(SEGMENT), |bytes| {
        bytes[8] = 2;
        bytes[12..16].fill(0);
        let crc = crc32fast::hash(&bytes[..64]);
        bytes[12..16].copy_from_slice(&crc.to_le_bytes());
    });
    assert!(matches!(open(&disk), Err(OpenError::Version { version: 2, .. })));
}
