//! A full disk is told while the log still goes on, ends it without harm, and doesn't keep a node from starting.

use std::io;

use bytes::Bytes;

use super::super::{Space, Wal};
use super::disk::Disk;
use super::{entries, open, records, wait};

/// Appends entries of 500 bytes until the disk is full, and returns how many were acknowledged.
fn fill(wal: &Wal, first: u64) -> u64 {
    for index in first..first + 1_000 {
        if let Err(error) = wait(|done| wal.append(records(index, 1, 500), done)) {
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
            return index;
        }
    }
    panic!("the disk never got full");
}

#[test]
fn space_runs_out_step_by_step_and_comes_back() {
    let disk = Disk::default();
    let (wal, _) = open(&disk).unwrap();
    assert_eq!(wal.stats().space, Space::Ample);
    disk.limit(Some(disk.used()));
    let mut seen = vec![];
    let mut count = 0;
    while wal.stats().space > Space::Spent {
        if seen.last() != Some(&wal.stats().space) {
            seen.push(wal.stats().space);
        }
        wait(|done| wal.append(records(count, 1, 500), done)).unwrap();
        count += 1;
    }
    assert_eq!(seen, [Space::Ample, Space::Low]);
    // Purged segments become spares: no new space is needed.
    wait(|done| wal.purge_upto(count - 1, Bytes::from_static(b"id"), done)).unwrap();
    // The next call is served after the purge has tidied up.
    wait(|done| wal.append(vec![], done)).unwrap();
    assert_eq!(wal.stats().space, Space::Ample);
    wait(|done| wal.append(records(count, 20, 500), done)).unwrap();
}

#[test]
fn a_node_starts_votes_and_frees_space_with_a_full_disk() {
    let disk = Disk::default();
    let (wal, _) = open(&disk).unwrap();
    disk.limit(Some(disk.used()));
    let count = fill(&wal, 0);
    assert_eq!(wal.save_vote(Bytes::new(), Box::new(|_| ())).unwrap_err().kind(), io::ErrorKind::StorageFull);
    drop(wal);
    for round in 0..5u8 {
        let (wal, recovered) = open(&disk).unwrap();
        assert_eq!(recovered.last_index, Some(count - 1));
        assert_eq!(recovered.vote, round.checked_sub(1).map(|round| Bytes::from(vec![round])));
        assert_eq!(wal.stats().space, Space::Spent);
        wait(|done| wal.save_vote(Bytes::from(vec![round]), done)).unwrap();
        // Refused as before, and again nothing is lost.
        assert_eq!(fill(&wal, count), count);
    }
    let (wal, _) = open(&disk).unwrap();
    wait(|done| wal.purge_upto(count - 2, Bytes::from_static(b"id"), done)).unwrap();
    wait(|done| wal.append(records(count, 10, 500), done)).unwrap();
    // The segment that was filled to the brim had no room for a footer.
    for wal in [&wal, &open(&disk.after_kill()).unwrap().0] {
        assert_eq!(entries(wal).unwrap(), records(count - 1, 11, 500));
    }
}

#[test]
fn a_new_log_needs_space() {
    let disk = Disk::default();
    disk.limit(Some(100));
    let error = open(&disk).unwrap_err();
    assert!(error.to_string().contains("no space for a log segment"), "{error}");
    disk.limit(None);
    open(&disk).unwrap();
}
