//! Snapshots from one state into another, and damaged ones.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::{SnapshotFile, Snapshots};
use crate::Direction;
use crate::state::{Head, Options, PairHasher, State};
use crate::store::MemoryStore;
use crate::txn::{Txn, Write};
use crate::type_config::log_id;

fn new_state() -> Arc<State> {
    let options = Options { overlay_bytes: 1 << 20, hash_interval: 8 };
    let state = Arc::new(State::new(Arc::new(MemoryStore::default()), Head::default(), options));
    state.start_flusher(Arc::new(|| Some(u64::MAX))).expect("the thread starts");
    state
}

fn fill(state: &State, indexes: std::ops::Range<u64>) {
    for index in indexes {
        let key = Bytes::from(format!("key {}", index % 50));
        let txn =
            Txn { writes: vec![Write::Put { key, value: Bytes::from(vec![7; 300]) }], ..Txn::default() };
        state.apply_txn(log_id(3, index), &txn, &mut PairHasher::default()).expect("applied");
    }
}

fn pairs(state: &State) -> Vec<(Bytes, crate::Versioned)> {
    let all = (std::ops::Bound::Unbounded, std::ops::Bound::Unbounded);
    state.scan_range(all, usize::MAX, Direction::Forward).expect("readable")
}

fn build(folder: &Path) -> (Arc<State>, Snapshots, SnapshotFile) {
    let state = new_state();
    fill(&state, 0..120);
    let snapshots = Snapshots::open(folder.to_owned()).expect("opens");
    let file = snapshots.build(state.scan()).expect("built");
    (state, snapshots, file)
}

#[test]
fn a_snapshot_restores_the_state_as_of_its_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let (state, snapshots, file) = build(folder.path());
    let (then, head) = (pairs(&state), state.head());
    fill(&state, 120..140);
    assert_eq!(snapshots.take_unreported().map(|file| file.head().clone()), Some(head.clone()));
    assert!(snapshots.take_unreported().is_none(), "it was reported");

    let other = new_state();
    file.load_into(&other).expect("loaded");
    assert_eq!(pairs(&other), then);
    assert_eq!(other.head(), head);

    let again = Snapshots::open(folder.path().to_owned()).expect("opens");
    assert_eq!(again.last(), Some(log_id(3, 119)));
    again.build(state.scan()).expect("built");
    assert_eq!(again.last(), Some(log_id(3, 139)));
    assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1, "the old one is gone");
    state.stop_flusher();
    other.stop_flusher();
}

#[test]
fn a_snapshot_that_was_overtaken_by_a_newer_one_replaces_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (state, snapshots, older) = build(folder.path());
    let elsewhere = tempfile::tempdir().expect("a folder");
    let older_copy = elsewhere.path().join("copy");
    fs::copy(older.path(), &older_copy).expect("copied");
    fill(&state, 120..140);
    let newer = snapshots.build(state.scan()).expect("built");

    // What a build ends with while a snapshot of the leader's is installed.
    let current = snapshots.adopt(SnapshotFile::open(&older_copy).expect("opens")).expect("adopted");
    assert_eq!(current.path(), newer.path());
    assert_eq!(snapshots.last(), Some(log_id(3, 139)));
    let again = Snapshots::open(folder.path().to_owned()).expect("opens");
    assert_eq!(again.last(), Some(log_id(3, 139)));
    assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
    state.stop_flusher();
}

#[test]
fn leftovers_of_a_crash_are_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("incoming-1.unpublished"), "half").expect("written");
    let snapshots = Snapshots::open(folder.path().to_owned()).expect("opens");
    assert!(snapshots.current().is_none());
    assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
}

#[test]
fn damage_anywhere_is_found_before_anything_is_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let (state, _snapshots, file) = build(folder.path());
    state.stop_flusher();
    let whole = fs::read(file.path()).expect("readable");
    let target = new_state();
    fill(&target, 0..3);
    let before = pairs(&target);
    let path = folder.path().join("damaged");
    let damaged: Vec<Vec<u8>> = (0..whole.len())
        .step_by(whole.len() / 60 + 1)
        .flat_map(|at| {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x10;
            [flipped, whole[..at].to_vec()]
        })
        .collect();
    for content in damaged {
        fs::write(&path, content).expect("written");
        let loaded = SnapshotFile::open(&path).and_then(|file| file.load_into(&target));
        assert!(loaded.is_err());
        assert_eq!(pairs(&target), before);
    }
    target.stop_flusher();
}
