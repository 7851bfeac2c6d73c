//! Every format, read in one batch, and with a batch and a new reader at every item: it must make no difference.

mod batches;
mod formats;
mod hostile;
mod manifests;
mod splitting;

use std::sync::Arc;

use bytes::Bytes;
use keepstep_engine::id::ExecutionId;
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use serde_json::{Value, json};

use super::{Batch, Item, Reader};
use crate::s3::{Bucket, Failure, Stores, memory};

const RUN: ExecutionId = ExecutionId::from_bytes([7; 16]);

/// A bucket named `bucket` with some objects, and its reader.
struct Fixture {
    bucket: Bucket,
    store: Arc<InMemory>,
}

impl Fixture {
    async fn new(objects: &[(&str, &[u8])]) -> Self {
        let (bucket, store) = memory::empty_bucket("bucket");
        let fixture = Self { bucket, store };
        for (key, content) in objects {
            fixture.put(key, content).await;
        }
        fixture
    }

    async fn put(&self, key: &str, content: &[u8]) {
        let content = Bytes::copy_from_slice(content);
        self.store.put(&Path::from(key), content.into()).await.expect("stored");
    }

    fn reader(&self) -> Reader {
        Reader::new(Stores::memory(vec![self.bucket.clone()]))
    }

    async fn all(&self, source: &Value) -> Result<Vec<Item>, Failure> {
        let mut items = Vec::new();
        let mut cursor = Bytes::new();
        let reader = self.reader();
        loop {
            let batch = read(&reader, source, &cursor, usize::MAX, usize::MAX).await?;
            items.extend(batch.items);
            if batch.is_last {
                return Ok(items);
            }
            cursor = batch.cursor;
        }
    }

    /// The items in one batch, having compared them with those of every other way to read them.
    async fn items(&self, source: &Value) -> Vec<Item> {
        let expected = self.all(source).await.expect("items");
        for (items_max, bytes_max) in [(1, usize::MAX), (2, usize::MAX), (3, 1), (usize::MAX, 20)] {
            for is_reopened in [false, true] {
                let items = self.in_batches(source, items_max, bytes_max, is_reopened).await;
                assert_eq!(items, expected, "{items_max} {bytes_max} {is_reopened}");
            }
        }
        expected
    }

    async fn in_batches(
        &self,
        source: &Value,
        items_max: usize,
        bytes_max: usize,
        is_reopened: bool,
    ) -> Vec<Item> {
        let mut items = Vec::new();
        let mut cursor = Bytes::new();
        let mut reader = self.reader();
        loop {
            let batch = read(&reader, source, &cursor, items_max, bytes_max).await.expect("a batch");
            assert!(batch.items.len() <= items_max);
            assert!(batch.is_last || !batch.items.is_empty());
            items.extend(batch.items);
            if batch.is_last {
                return items;
            }
            cursor = batch.cursor;
            if is_reopened {
                reader = self.reader();
            }
        }
    }

    /// The items' values, all of which come from this object.
    async fn values(&self, key: &str, config: Value) -> Vec<String> {
        let items = self.items(&get(key, config)).await;
        let source = format!("S3://bucket/{key}");
        assert!(items.iter().all(|item| *item.source == *source && item.key.is_none()), "{items:?}");
        items.iter().map(text).collect()
    }

    /// Why the items can't be read.
    async fn cause(&self, source: &Value) -> String {
        let failure = self.all(source).await.expect_err("a failure");
        assert_eq!(failure.error, "States.ItemReaderFailed");
        failure.cause
    }
}

async fn read(
    reader: &Reader,
    source: &Value,
    cursor: &[u8],
    items_max: usize,
    bytes_max: usize,
) -> Result<Batch, Failure> {
    let (reader, source, cursor) = (reader.clone(), source.to_string(), cursor.to_vec());
    // On another task: what is kept open has to be able to move between threads.
    tokio::spawn(async move { reader.read(RUN, source.as_bytes(), &cursor, items_max, bytes_max).await })
        .await
        .expect("no panic")
}

fn text(item: &Item) -> String {
    String::from_utf8(item.value.to_vec()).expect("UTF-8")
}

/// An item reader of one object.
fn get(key: &str, config: Value) -> Value {
    json!({
        "Resource": "arn:aws:states:::s3:getObject",
        "Parameters": {"Bucket": "bucket", "Key": key},
        "ReaderConfig": config,
    })
}

/// An item reader of a list of objects.
fn list(prefix: &str, config: Value) -> Value {
    json!({
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "Arguments": {"Bucket": "bucket", "Prefix": prefix},
        "ReaderConfig": config,
    })
}
