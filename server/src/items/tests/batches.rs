//! Batches and cursors.

use bytes::Bytes;
use keepstep_engine::id::ExecutionId;
use serde_json::json;

use super::{Fixture, RUN, get, list, read, text};

#[tokio::test]
async fn an_object_that_changed_is_an_error_and_never_a_mixture() {
    let config = json!({"InputType": "JSONL"});
    for (again, changed) in [("same length", &b"4\n5\n6\n"[..]), ("another length", b"1\n2\n3\n4\n")] {
        let fixture = Fixture::new(&[("key", b"1\n2\n3\n")]).await;
        let reader = fixture.reader();
        let batch = read(&reader, &get("key", config.clone()), &[], 1, 1_000).await.expect("a batch");
        fixture.put("key", changed).await;
        let failure = read(&fixture.reader(), &get("key", config.clone()), &batch.cursor, 1, 1_000).await;
        let failure = failure.expect_err(again);
        assert_eq!(failure.cause, "S3://bucket/key changed while it was read");
    }
}

#[tokio::test]
async fn a_batch_can_be_read_again() {
    let fixture = Fixture::new(&[("key", b"1\n2\n3\n4\n")]).await;
    let source = get("key", json!({"InputType": "JSONL"}));
    let reader = fixture.reader();
    let first = read(&reader, &source, &[], 2, 1_000).await.expect("a batch");
    let second = read(&reader, &source, &first.cursor, 1, 1_000).await.expect("a batch");
    assert_eq!(read(&reader, &source, &first.cursor, 1, 1_000).await, Ok(second.clone()));
    assert_eq!(read(&reader, &source, &[], 2, 1_000).await, Ok(first));
    let last = read(&reader, &source, &second.cursor, 9, 1_000).await.expect("a batch");
    assert_eq!((last.items.iter().map(text).collect::<Vec<_>>(), last.is_last), (vec!["4".to_owned()], true));
}

#[tokio::test]
async fn the_last_batch_is_known_as_such() {
    let fixture = Fixture::new(&[("key", b"[1,2] "), ("other", b"[]")]).await;
    let config = || json!({"InputType": "JSON"});
    let flattened = || json!({"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"});
    for source in [get("key", config()), list("", flattened()), list("", json!({}))] {
        let batch = read(&fixture.reader(), &source, &[], 2, 1_000).await.expect("a batch");
        assert_eq!((batch.items.len(), batch.is_last), (2, true), "{source}");
    }
    let limited = get("key", json!({"InputType": "JSON", "MaxItems": 1}));
    let batch = read(&fixture.reader(), &limited, &[], 1, 1_000).await.expect("a batch");
    assert_eq!((batch.items.len(), batch.is_last), (1, true));
}

#[tokio::test]
async fn an_error_after_a_full_batch_is_told_with_the_next_one() {
    let fixture = Fixture::new(&[("key", b"1\nx\n")]).await;
    let source = get("key", json!({"InputType": "JSONL"}));
    let reader = fixture.reader();
    let batch = read(&reader, &source, &[], 1, 1_000).await.expect("a batch");
    assert_eq!((batch.items.len(), batch.is_last), (1, false));
    read(&reader, &source, &batch.cursor, 1, 1_000).await.expect_err("no JSON");
}

#[tokio::test]
async fn bytes_bound_a_batch_but_never_below_one_item() {
    let fixture = Fixture::new(&[("key", b"\"aaaa\"\n\"bb\"\n\"cc\"\n\"d\"\n")]).await;
    let source = get("key", json!({"InputType": "JSONL"}));
    let reader = fixture.reader();
    let mut lens = Vec::new();
    let mut cursor = Bytes::new();
    loop {
        let batch = read(&reader, &source, &cursor, 10, 8).await.expect("a batch");
        lens.push(batch.items.len());
        if batch.is_last {
            break;
        }
        cursor = batch.cursor;
    }
    assert_eq!(lens, [1, 2, 1]);
}

#[tokio::test]
async fn what_is_kept_open_is_bounded_and_can_be_forgotten() {
    let fixture = Fixture::new(&[("key", b"1\n2\n")]).await;
    let source = get("key", json!({"InputType": "JSONL"})).to_string();
    let reader = fixture.reader();
    for run in 0..100_u8 {
        let run = ExecutionId::from_bytes([run; 16]);
        reader.read(run, source.as_bytes(), &[], 1, 1_000).await.expect("a batch");
    }
    assert_eq!(reader.kept(), 32);
    reader.forget(ExecutionId::from_bytes([0; 16]));
    assert_eq!(reader.kept(), 32);
    reader.forget(ExecutionId::from_bytes([99; 16]));
    assert_eq!(reader.kept(), 31);
}

#[tokio::test]
async fn a_cursor_of_another_kind_is_refused() {
    let fixture = Fixture::new(&[("key", b"1\n")]).await;
    let source = get("key", json!({"InputType": "JSONL"}));
    for cursor in [&b"x"[..], &[8, 2], &[0xff; 40]] {
        let failure = read(&fixture.reader(), &source, cursor, 1, 1_000).await.expect_err("refused");
        assert_eq!(failure.cause, "The cursor is none of this reader's");
    }
    assert_eq!(
        fixture.reader().read(RUN, b"{", &[], 1, 1).await.map(|_| ()).map_err(|failure| failure.error),
        Err("States.ItemReaderFailed".to_owned())
    );
}
