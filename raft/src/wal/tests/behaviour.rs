//! What callers see while nothing goes wrong.

use std::io;
use std::path::Path;
use std::sync::mpsc;

use bytes::Bytes;

use super::super::{Bounds, OpenError, Options, Space, Wal};
use super::disk::Disk;
use super::{Told, entries, open, options, record, records, wait};

#[test]
fn a_new_log_is_empty() {
    let (wal, recovered) = open(&Disk::default()).unwrap();
    assert!(recovered.created);
    assert_eq!((recovered.first_index, recovered.last_index), (None, None));
    assert_eq!((recovered.vote, recovered.purged, recovered.committed), (None, None, None));
    assert_eq!((entries(&wal).unwrap(), wal.durable_index()), (vec![], None));
    assert_eq!(wal.stats().space, Space::Ample);
}

#[test]
fn entries_are_readable_at_once_and_durable_when_told() {
    let (wal, _) = open(&Disk::default()).unwrap();
    let told = Told::default();
    wal.append(records(5, 3, 10), told.done(0)).unwrap();
    assert_eq!(entries(&wal).unwrap(), records(5, 3, 10));
    told.wait(1);
    assert_eq!(wal.durable_index(), Some(7));
}

#[test]
fn what_was_closed_is_there_when_opened_again() {
    let disk = Disk::default();
    for round in 0..5u64 {
        let (wal, recovered) = open(&disk).unwrap();
        assert_eq!(recovered.created, round == 0);
        assert_eq!(recovered.last_index, round.checked_sub(1).map(|round| round * 20 + 19));
        assert_eq!(recovered.vote, round.checked_sub(1).map(|round| Bytes::from(format!("vote {round}"))));
        assert_eq!(recovered.committed, round.checked_sub(1).map(|round| Bytes::from(format!("at {round}"))));
        assert_eq!(recovered.cut, None);
        wal.append(records(round * 20, 20, 200), Box::new(|_| ())).unwrap();
        wal.save_vote(Bytes::from(format!("vote {round}")), Box::new(|_| ())).unwrap();
        wal.save_committed(Bytes::from(format!("at {round}"))).unwrap();
        assert_eq!(entries(&wal).unwrap(), records(0, round * 20 + 20, 200));
        wal.close().unwrap();
    }
}

#[test]
fn reads_are_cut_to_what_there_is_and_to_the_bytes_that_are_wanted() {
    let (wal, _) = open(&Disk::default()).unwrap();
    wait(|done| wal.append(records(1, 40, 300), done)).unwrap();
    assert!(wal.stats().cached_bytes <= 2 << 10, "older entries are on disk only");
    let cases = [
        (0..100, usize::MAX, 1, 40),
        (1..41, usize::MAX, 1, 40),
        (3..4, usize::MAX, 3, 1),
        (3..9, 600, 3, 2),
        (3..9, 899, 3, 2),
        (3..9, 0, 3, 1),
        (39..60, 0, 39, 1),
        (35..60, 700, 35, 2),
        (30..41, 2_400, 30, 8),
        (41..60, usize::MAX, 41, 0),
        (0..1, usize::MAX, 1, 0),
        (7..7, usize::MAX, 7, 0),
        (u64::MAX - 1..u64::MAX, usize::MAX, 1, 0),
    ];
    for (range, max_bytes, first, count) in cases {
        let found = wal.read(range.clone(), max_bytes).unwrap();
        assert_eq!(found, records(first, count, 300), "{range:?} up to {max_bytes} bytes");
    }
}

#[test]
fn a_truncated_tail_stays_away() {
    let disk = Disk::default();
    let (wal, _) = open(&disk).unwrap();
    wait(|done| wal.append(records(0, 50, 300), done)).unwrap();
    wal.truncate_after(Some(9), Box::new(|_| ())).unwrap();
    assert_eq!(entries(&wal).unwrap(), records(0, 10, 300));
    assert_eq!(wal.durable_index(), Some(9));
    wait(|done| wal.append(vec![record(10, "new")], done)).unwrap();
    let expected = [records(0, 10, 300), vec![record(10, "new")]].concat();
    assert_eq!(entries(&wal).unwrap(), expected);
    // What a kill leaves, not what closing does.
    let (wal, recovered) = open(&disk.after_kill()).unwrap();
    assert_eq!((recovered.first_index, recovered.last_index), (Some(0), Some(10)));
    assert_eq!(entries(&wal).unwrap(), expected);
    wait(|done| wal.truncate_after(None, done)).unwrap();
    assert_eq!((entries(&wal).unwrap(), wal.durable_index()), (vec![], None));
}

#[test]
fn purging_hides_at_once_and_removes_whole_segments() {
    let disk = Disk::default();
    let (wal, _) = open(&disk).unwrap();
    wait(|done| wal.append(records(0, 100, 300), done)).unwrap();
    let before = wal.stats().segments;
    assert!(before >= 4, "{before}");
    wal.purge_upto(79, Bytes::from_static(b"id 79"), Box::new(|_| ())).unwrap();
    assert_eq!(entries(&wal).unwrap(), records(80, 20, 300));
    // Older purges change nothing.
    wait(|done| wal.purge_upto(12, Bytes::from_static(b"id 12"), done)).unwrap();
    let purged = Some((79, Bytes::from_static(b"id 79")));
    let bounds = Bounds { first_index: Some(80), last_index: Some(99), purged: purged.clone() };
    assert_eq!(wal.bounds(), bounds);
    wal.close().unwrap();
    let (wal, recovered) = open(&disk).unwrap();
    assert!(wal.stats().segments <= before - 3, "{:?}", disk.names());
    assert_eq!((recovered.first_index, recovered.last_index), (Some(80), Some(99)));
    assert_eq!(recovered.purged, purged);
    assert_eq!(entries(&wal).unwrap(), records(80, 20, 300));
}

#[test]
fn a_purge_beyond_the_end_moves_the_log_on() {
    let disk = Disk::default();
    let (wal, _) = open(&disk).unwrap();
    wait(|done| wal.append(records(0, 10, 30), done)).unwrap();
    wait(|done| wal.purge_upto(1_000, Bytes::from_static(b"id"), done)).unwrap();
    assert_eq!((entries(&wal).unwrap(), wal.durable_index()), (vec![], Some(1_000)));
    assert_eq!(
        wait(|done| wal.append(records(10, 1, 1), done)).unwrap_err().kind(),
        io::ErrorKind::InvalidInput
    );
    wait(|done| wal.append(records(1_001, 3, 30), done)).unwrap();
    let (wal, recovered) = open(&disk.after_kill()).unwrap();
    assert_eq!((recovered.first_index, recovered.last_index), (Some(1_001), Some(1_003)));
    assert_eq!(entries(&wal).unwrap(), records(1_001, 3, 30));
}

#[test]
fn bad_calls_are_refused_and_harm_nothing() {
    let (wal, _) = open(&Disk::default()).unwrap();
    wait(|done| wal.append(records(0, 3, 30), done)).unwrap();
    let refused = [
        wait(|done| wal.append(records(4, 1, 30), done)),
        wait(|done| wal.append(records(2, 1, 30), done)),
        wait(|done| wal.append(vec![record(3, "a"), record(5, "b")], done)),
        wait(|done| wal.append(records(3, 1, 1025), done)),
        wait(|done| wal.save_vote(vec![0; 1025].into(), done)),
        wait(|done| wal.purge_upto(u64::MAX, Bytes::new(), done)),
        wal.save_committed(vec![0; 1025].into()),
    ];
    for result in refused {
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
    wait(|done| wal.append(vec![], done)).unwrap();
    wait(|done| wal.append(records(3, 1, 1024), done)).unwrap();
    assert_eq!(entries(&wal).unwrap(), [records(0, 3, 30), records(3, 1, 1024)].concat());
}

#[test]
fn the_largest_entries_cross_segments() {
    let disk = Disk::default();
    let (wal, _) = open(&disk).unwrap();
    wait(|done| wal.append(records(0, 50, 1024), done)).unwrap();
    assert!(wal.stats().segments > 5);
    assert_eq!(entries(&wal).unwrap(), records(0, 50, 1024));
    let (wal, recovered) = open(&disk.after_kill()).unwrap();
    assert_eq!(recovered.last_index, Some(49));
    assert_eq!(entries(&wal).unwrap(), records(0, 50, 1024));
}

#[test]
fn one_sync_serves_everything_that_waits() {
    let (wal, _) = open(&Disk::default()).unwrap();
    let before = wal.stats().syncs;
    // The writer stays in the first callback until everything else is queued.
    let (go, wait_for_it) = mpsc::channel::<()>();
    let (entered, writer_is_in) = mpsc::channel();
    let hold = Box::new(move |_| {
        entered.send(()).unwrap();
        wait_for_it.recv().unwrap();
    });
    wal.append(records(0, 1, 10), hold).unwrap();
    writer_is_in.recv().unwrap();
    let told = Told::default();
    for index in 1..11 {
        wal.append(records(index, 1, 10), told.done(index as usize - 1)).unwrap();
    }
    wal.save_vote(Bytes::from_static(b"vote"), told.done(10)).unwrap();
    go.send(()).unwrap();
    assert_eq!(told.wait(11), (0..11).map(|number| (number, true)).collect::<Vec<_>>());
    assert_eq!(wal.stats().syncs - before, 2);
}

#[test]
fn entries_that_replace_truncated_ones_are_never_mixed_up_with_them() {
    let (wal, _) = open(&Disk::default()).unwrap();
    wait(|done| wal.append(records(0, 1, 10), done)).unwrap();
    // The writer stays where the old entries are written, while their truncation and the new ones are queued.
    let (go, wait_for_it) = mpsc::channel::<()>();
    let (entered, writer_is_in) = mpsc::channel();
    let hold = Box::new(move |_| {
        entered.send(()).unwrap();
        wait_for_it.recv().unwrap();
    });
    wal.append(vec![record(1, "hold")], hold).unwrap();
    writer_is_in.recv().unwrap();
    let (old_written, old_is_written) = mpsc::channel();
    let (go_on, wait_again) = mpsc::channel::<()>();
    let hold_again = Box::new(move |_| {
        old_written.send(()).unwrap();
        wait_again.recv().unwrap();
    });
    wal.append(records(2, 6, 300), hold_again).unwrap();
    wal.truncate_after(Some(1), Box::new(|_| ())).unwrap();
    let new: Vec<_> = (2..12).map(|index| record(index, vec![0xee; 300])).collect();
    let told = Told::default();
    wal.append(new.clone(), told.done(0)).unwrap();
    go.send(()).unwrap();
    old_is_written.recv().unwrap();
    assert_eq!(wal.read(2..u64::MAX, usize::MAX).unwrap(), new);
    assert_eq!(wal.durable_index(), Some(1));
    go_on.send(()).unwrap();
    told.wait(1);
    assert_eq!(wal.read(2..u64::MAX, usize::MAX).unwrap(), new);
    assert_eq!(wal.durable_index(), Some(11));
}

#[test]
fn a_log_is_open_once_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let small = || Options { segment_bytes: 1 << 20, max_entry_bytes: 64 << 10, ..Options::default() };
    let path = folder.path().join("node/log");
    let (wal, _) = Wal::open(&path, small()).unwrap();
    assert!(matches!(Wal::open(&path, small()), Err(OpenError::Locked { folder }) if folder == path));
    wal.close().unwrap();
    Wal::open(&path, small()).unwrap();
}

#[test]
fn the_real_files_hold_what_the_simulated_ones_do() {
    let folder = tempfile::tempdir().unwrap();
    let small = || Options {
        segment_bytes: 256 << 10,
        max_entry_bytes: 64 << 10,
        cache_bytes: 0,
        ..Options::default()
    };
    for round in 0..3 {
        let (wal, recovered) = Wal::open(folder.path(), small()).unwrap();
        assert_eq!(recovered.last_index, (round > 0).then(|| round * 100 - 1));
        wait(|done| wal.append(records(round * 100, 100, 10_000), done)).unwrap();
        assert_eq!(entries(&wal).unwrap(), records(round * 30, (round + 1) * 100 - round * 30, 10_000));
        wait(|done| wal.purge_upto((round + 1) * 30 - 1, Bytes::new(), done)).unwrap();
        wal.close().unwrap();
    }
}

#[test]
fn a_closed_log_refuses_and_other_handles_know() {
    let (wal, _) = open(&Disk::default()).unwrap();
    let other = wal.clone();
    wal.close().unwrap();
    assert_eq!(
        wait(|done| other.append(records(0, 1, 1), done)).unwrap_err().kind(),
        io::ErrorKind::BrokenPipe
    );
    assert_eq!(other.save_committed(Bytes::new()).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn a_callback_may_hold_the_last_handle() {
    let disk = Disk::default();
    let (wal, _) = open(&disk).unwrap();
    let (sender, receiver) = mpsc::channel();
    let held = wal.clone();
    let done = Box::new(move |result: io::Result<()>| {
        drop(held);
        sender.send(result.is_ok()).unwrap();
    });
    wal.append(records(0, 1, 1), done).unwrap();
    drop(wal);
    assert!(receiver.recv().unwrap());
}

#[test]
fn segments_have_room_for_the_largest_entry() {
    let options = Options { max_entry_bytes: 8 << 10, ..options(&Disk::default()) };
    assert!(matches!(Wal::open(Path::new("/log"), options), Err(OpenError::Options(_))));
}
