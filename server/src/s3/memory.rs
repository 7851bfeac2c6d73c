//! Buckets in memory, for tests.

use std::sync::Arc;

use futures::TryStreamExt;
use futures::future::BoxFuture;
use object_store::ObjectStore;
use object_store::memory::InMemory;

use super::bucket::{Bucket, Listed, Page, Pages};

/// How many objects a page has unless fewer are asked for.
const PAGE_LEN: usize = 2;

/// A bucket over a store, whose list is the store's.
pub(crate) fn bucket(name: &str, objects: Arc<dyn ObjectStore>) -> Bucket {
    Bucket { name: name.into(), pages: Arc::new(StorePages(Arc::clone(&objects))), objects }
}

/// An empty bucket, and its store.
pub(crate) fn empty_bucket(name: &str) -> (Bucket, Arc<InMemory>) {
    let store = Arc::new(InMemory::new());
    (bucket(name, Arc::clone(&store) as Arc<dyn ObjectStore>), store)
}

struct StorePages(Arc<dyn ObjectStore>);

impl Pages for StorePages {
    fn page<'f>(
        &'f self,
        prefix: &'f str,
        after: &'f str,
        max: Option<u32>,
    ) -> BoxFuture<'f, Result<Page, String>> {
        Box::pin(async move {
            let mut all: Vec<_> = self.0.list(None).try_collect().await.map_err(|error| error.to_string())?;
            all.sort_by(|a, b| a.location.cmp(&b.location));
            let matching = all.into_iter().filter(|meta| {
                let key = meta.location.as_ref();
                key.starts_with(prefix) && key > after
            });
            let max = max.and_then(|max| usize::try_from(max).ok()).unwrap_or(PAGE_LEN);
            let mut objects: Vec<_> = matching
                .take(max + 1)
                .map(|meta| Listed {
                    key: meta.location.as_ref().to_owned(),
                    e_tag: format!("\"{}\"", meta.e_tag.unwrap_or_default()),
                    last_modified: 1_668_699_881,
                    size: meta.size,
                    storage_class: "STANDARD".to_owned(),
                })
                .collect();
            let is_last = objects.len() <= max;
            objects.truncate(max);
            Ok(Page { objects, is_last })
        })
    }
}
