//! The state against a model: a plain map to which the same transactions are applied.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use proptest::prelude::*;

use super::meta::Flush;
use super::stored::PairHasher;
use super::{Head, Options, State, finish_flush, read_store, verify_hash};
use crate::store::{self, MemoryStore, Store};
use crate::txn::{Expect, Guard, Outcome, Txn, Write};
use crate::type_config::{Command, Entry, Payload, log_id};
use crate::{Direction, Versioned, ViewError};

type Model = BTreeMap<Bytes, (u64, Bytes)>;

fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn put(key: &str, value: &str) -> Write {
    Write::Put { key: bytes(key), value: bytes(value) }
}

fn delete(key: &str) -> Write {
    Write::Delete { key: bytes(key) }
}

fn txn(guards: &[(&str, Option<u64>)], writes: &[Write]) -> Txn {
    Txn {
        origin: "Test".to_owned(),
        guards: guards
            .iter()
            .map(|(key, revision)| Guard {
                key: bytes(key),
                expect: revision.map_or(Expect::Absent, Expect::Revision),
            })
            .collect(),
        writes: writes.to_vec(),
    }
}

fn new_state(overlay_bytes: usize) -> (Arc<State>, Arc<MemoryStore>, Arc<AtomicU64>) {
    let store = Arc::new(MemoryStore::default());
    let options = Options { overlay_bytes, hash_interval: 4 };
    let state = Arc::new(State::new(Arc::clone(&store) as Arc<dyn Store>, Head::default(), options));
    let durable = Arc::new(AtomicU64::new(u64::MAX));
    let log = Arc::clone(&durable);
    state.start_flusher(Arc::new(move || Some(log.load(Ordering::SeqCst)))).expect("the thread starts");
    (state, store, durable)
}

fn apply(state: &State, index: u64, txn: &Txn) -> Outcome {
    state.apply_txn(log_id(1, index), txn, &mut PairHasher::default()).expect("the store works")
}

/// What applying a transaction should do to the model.
fn apply_to_model(model: &mut Model, index: u64, txn: &Txn) -> Outcome {
    for guard in &txn.guards {
        let revision = model.get(&guard.key).map(|(revision, _)| *revision);
        let holds = match guard.expect {
            Expect::Absent => revision.is_none(),
            Expect::Revision(expected) => revision == Some(expected),
        };
        if !holds {
            return Outcome::Refused { key: guard.key.clone() };
        }
    }
    for write in &txn.writes {
        match write {
            Write::Put { key, value } => {
                model.insert(key.clone(), (index, value.clone()));
            }
            Write::Delete { key } => {
                model.remove(key);
            }
        }
    }
    Outcome::Committed { revision: index }
}

fn expected_hash(model: &Model) -> u128 {
    let mut hasher = PairHasher::default();
    model
        .iter()
        .fold(0, |hash, (key, (revision, value))| hash.wrapping_add(hasher.hash(key, *revision, value)))
}

fn pairs(model: &Model) -> Vec<(Bytes, Versioned)> {
    let pair = |(key, (revision, value)): (&Bytes, &(u64, Bytes))| {
        (key.clone(), Versioned { revision: *revision, value: value.clone() })
    };
    model.iter().map(pair).collect()
}

const ALL: (Bound<&[u8]>, Bound<&[u8]>) = (Bound::Unbounded, Bound::Unbounded);

#[test]
fn guards_decide_over_all_writes() {
    let (state, ..) = new_state(1 << 20);
    let committed = |revision| Outcome::Committed { revision };
    let refused = |key: &str| Outcome::Refused { key: bytes(key) };
    let steps = [
        (txn(&[("a", None)], &[put("a", "1"), put("b", "1")]), committed(1)),
        (txn(&[("a", None)], &[put("a", "2")]), refused("a")),
        (txn(&[("a", Some(1)), ("b", Some(9))], &[put("a", "2")]), refused("b")),
        (txn(&[("a", Some(1)), ("b", Some(1)), ("c", None)], &[put("a", "3"), delete("b")]), committed(4)),
        (txn(&[("b", Some(1))], &[put("b", "4")]), refused("b")),
        (txn(&[("b", None), ("a", Some(4))], &[delete("b"), put("b", "5"), put("b", "6")]), committed(6)),
        (txn(&[], &[put("d", "1"), delete("d")]), committed(7)),
    ];
    for (index, (txn, expected)) in (1..).zip(&steps) {
        assert_eq!(apply(&state, index, txn), *expected, "at {index}");
    }
    let versioned = |revision, value: &str| Versioned { revision, value: bytes(value) };
    assert_eq!(
        state.scan_range(ALL, 10, Direction::Forward),
        Ok(vec![(bytes("a"), versioned(4, "3")), (bytes("b"), versioned(6, "6"))])
    );
    assert_eq!(state.get(b"b"), Ok(Some(versioned(6, "6"))));
    assert_eq!(state.get(b"c"), Ok(None));
    let head = state.head();
    assert_eq!((head.applied, head.pairs, head.bytes), (Some(log_id(1, 7)), 2, 4));
    assert_eq!(state.recorded_hashes().iter().map(|hash| hash.index).collect::<Vec<_>>(), [4]);
    state.stop_flusher();
}

#[test]
fn what_is_written_and_deleted_soon_never_reaches_the_store() {
    let (state, store, _) = new_state(1 << 20);
    apply(&state, 1, &txn(&[], &[put("short", "1"), put("long", "1")]));
    apply(&state, 2, &txn(&[], &[delete("short")]));
    state.flush_all().expect("flushed");
    let much = crate::store::Limit { pairs: 10, bytes: 1000 };
    let keys: Vec<Bytes> =
        store.range(ALL, Direction::Forward, much).expect("range").into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["m", "plong"]);
    state.stop_flusher();
}

#[test]
fn the_store_never_holds_what_the_log_could_forget() {
    let (state, store, durable) = new_state(1 << 20);
    durable.store(1, Ordering::SeqCst);
    apply(&state, 1, &txn(&[], &[put("a", "1")]));
    state.flush_all().expect("flushed");
    apply(&state, 2, &txn(&[], &[put("a", "2")]));
    let flushing = std::thread::spawn({
        let state = Arc::clone(&state);
        move || state.flush_all()
    });
    // However long the flusher runs, it must not get ahead of the log.
    for _ in 0..50 {
        std::thread::yield_now();
        assert_eq!(
            read_store(&*store).expect("readable").and_then(|found| found.head.applied),
            Some(log_id(1, 1))
        );
    }
    durable.store(2, Ordering::SeqCst);
    flushing.join().expect("no panic").expect("flushed");
    assert_eq!(
        read_store(&*store).expect("readable").and_then(|found| found.head.applied),
        Some(log_id(1, 2))
    );
    state.stop_flusher();
}

#[test]
fn a_state_that_is_replaced_is_refused_to_readers() {
    let (state, ..) = new_state(1 << 20);
    apply(&state, 1, &txn(&[], &[put("a", "1")]));
    let probed = Arc::clone(&state);
    let batches = std::iter::once_with(move || {
        assert_eq!(probed.get(b"a"), Err(ViewError::Rebuilding));
        Ok(vec![])
    });
    let head = Head { applied: Some(log_id(2, 7)), ..Head::default() };
    state.replace(head.clone(), batches).expect("replaced");
    assert_eq!(state.head(), head);
    assert_eq!(state.get(b"a"), Ok(None));
    state.stop_flusher();
}

/// A store that fails after a number of batches.
struct Brittle {
    store: MemoryStore,
    batches_left: AtomicU64,
}

impl Store for Brittle {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, store::Error> {
        self.store.get(key)
    }

    fn range(
        &self,
        range: store::KeyRange<'_>,
        direction: Direction,
        limit: store::Limit,
    ) -> Result<Vec<(Bytes, Bytes)>, store::Error> {
        self.store.range(range, direction, limit)
    }

    fn apply(&self, batch: Vec<store::Change>) -> Result<(), store::Error> {
        let left = self.batches_left.load(Ordering::SeqCst);
        if left == 0 {
            return Err(store::Error("the store is broken".to_owned()));
        }
        self.batches_left.store(left - 1, Ordering::SeqCst);
        self.store.apply(batch)
    }

    fn wipe(&self) -> Result<(), store::Error> {
        self.store.wipe()
    }

    fn settle(&self) -> Result<(), store::Error> {
        Ok(())
    }

    fn sync(&self) -> Result<(), store::Error> {
        Ok(())
    }

    fn close(&self) {}
}

#[test]
fn a_flush_that_was_interrupted_anywhere_is_completed_from_the_log() {
    // Some keys are written, some overwritten or deleted, and some refused; flushed first in one batch, then in several.
    let txns: Vec<Txn> = (0..800_u64)
        .map(|number| {
            let key = format!("{}", number * 7 % 500);
            match number % 5 {
                0 => txn(&[], &[delete(&key)]),
                1 => txn(&[(&key, None)], &[put(&key, "new")]),
                _ => txn(&[], &[put(&key, &number.to_string()), put("same", &key)]),
            }
        })
        .collect();
    let entries: Vec<Entry> = (0..)
        .zip(&txns)
        .map(|(index, txn)| Entry {
            log_id: log_id(1, index),
            payload: Payload::Normal(Command::new(txn.clone())),
        })
        .collect();
    let mut interrupted = 0;
    for batches in 1..12 {
        let store =
            Arc::new(Brittle { store: MemoryStore::default(), batches_left: AtomicU64::new(batches) });
        let options = Options { overlay_bytes: 1 << 20, hash_interval: 4 };
        let state = Arc::new(State::new(Arc::clone(&store) as Arc<dyn Store>, Head::default(), options));
        state.start_flusher(Arc::new(|| Some(u64::MAX))).expect("the thread starts");
        let mut model = Model::new();
        for (index, txn) in (0..).zip(&txns) {
            assert_eq!(apply(&state, index, txn), apply_to_model(&mut model, index, txn));
            if index == 20 {
                state.flush_all().expect("one batch");
            }
        }
        let flushed = state.flush_all();
        state.stop_flusher();

        store.batches_left.store(u64::MAX, Ordering::SeqCst);
        let found = read_store(&*store).expect("readable").expect("something");
        assert_eq!(found.flush.is_none(), flushed.is_ok() || batches == 1);
        if let Some(flush) = &found.flush {
            interrupted += 1;
            let from = found.head.applied.map_or(0, |id| id.index + 1);
            let rest = entries.iter().filter(|entry| entry.log_id.index >= from).cloned().map(Ok);
            let head = finish_flush(&*store, flush, rest).expect("completed");
            assert_eq!(head, state.head());
            assert_eq!(head.hash, expected_hash(&model));
            verify_hash(&*store, &head).expect("the store holds the state");
            assert!(read_store(&*store).expect("readable").expect("something").flush.is_none());
        }
    }
    assert!(interrupted > 2, "{interrupted}");
}

#[test]
fn a_flush_isnt_completed_from_a_log_that_lacks_an_entry() {
    let store = MemoryStore::default();
    let head = Head { applied: Some(log_id(1, 7)), ..Head::default() };
    let flush = Flush::new(&head, vec![]);
    let entries = [Entry { log_id: log_id(1, 6), payload: Payload::Blank }];
    assert!(finish_flush(&store, &flush, entries.into_iter().map(Ok)).is_err());
}

fn arbitrary_txn() -> impl Strategy<Value = Txn> {
    let key = "[a-f]{1,2}";
    let write = (key, proptest::option::of("[a-z]{0,40}"))
        .prop_map(|(key, value)| value.map_or_else(|| delete(&key), |value| put(&key, &value)));
    let guard = (key, proptest::option::of(1..40_u64)).prop_map(|(key, revision)| Guard {
        key: bytes(&key),
        expect: revision.map_or(Expect::Absent, Expect::Revision),
    });
    (proptest::collection::vec(guard, 0..2), proptest::collection::vec(write, 0..5))
        .prop_map(|(guards, writes)| Txn { origin: String::new(), guards, writes })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn behaves_like_a_map(
        txns in proptest::collection::vec(arbitrary_txn(), 1..80),
        scan_at in 0..80_usize,
        limit in 1..20_usize,
        (from, to) in ("[a-f]{0,2}", "[a-f]{0,2}"),
    ) {
        // Layers of about ten pairs.
        let (state, store, _) = new_state(4096);
        let mut model = Model::new();
        let mut scan = None;
        for (at, txn) in txns.iter().enumerate() {
            let index = at as u64 + 1;
            if at == scan_at {
                scan = Some((state.scan(), model.clone()));
            }
            prop_assert_eq!(apply(&state, index, txn), apply_to_model(&mut model, index, txn));
        }
        let whole = pairs(&model);
        let range = (Bound::Included(from.as_bytes()), Bound::Excluded(to.as_bytes()));
        let mut within: Vec<_> =
            whole.iter().filter(|(key, _)| **key >= *from.as_bytes() && **key < *to.as_bytes()).cloned().collect();
        for flushed in [false, true] {
            if flushed {
                state.flush_all().expect("flushed");
            }
            prop_assert_eq!(state.scan_range(ALL, usize::MAX, Direction::Forward), Ok(whole.clone()));
            let first: Vec<_> = within.iter().take(limit).cloned().collect();
            prop_assert_eq!(state.scan_range(range, limit, Direction::Forward), Ok(first));
            let last: Vec<_> = within.iter().rev().take(limit).cloned().collect();
            prop_assert_eq!(state.scan_range(range, limit, Direction::Backward), Ok(last));
        }
        within.clear();
        let head = state.head();
        prop_assert_eq!(head.hash, expected_hash(&model));
        prop_assert_eq!(head.pairs, model.len() as u64);
        verify_hash(&*store, &head).expect("the store holds the state");

        // A scan that began in the middle sees the middle, although everything after it is flushed by now.
        if let Some((mut scan, then)) = scan {
            let mut scanned = Vec::new();
            while let Some(chunk) = scan.next_chunk().expect("readable") {
                scanned.extend(chunk.into_iter().map(|pair| {
                    (pair.key, Versioned { revision: pair.stored.revision, value: pair.stored.value })
                }));
            }
            prop_assert_eq!(scanned, pairs(&then));
            prop_assert_eq!(scan.head().hash, expected_hash(&then));
        }
        state.stop_flusher();
    }
}
