//! A list of a bucket's objects, page by page.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use super::source::List;
use crate::s3::{Bucket, Failure, Listed};

/// A list that is being read.
pub(super) struct Listing {
    bucket: Bucket,
    list: List,
    /// The key of the last object that was handed out.
    after: Arc<str>,
    page: VecDeque<Listed>,
    is_last: bool,
}

impl Listing {
    /// Goes on after this key; from the beginning if it is empty.
    pub(super) fn new(bucket: Bucket, list: List, after: &str) -> Self {
        let after = if after.is_empty() { &list.start_after } else { after };
        Self { after: after.into(), bucket, list, page: VecDeque::new(), is_last: false }
    }

    /// The next object.
    pub(super) async fn next(&mut self) -> Result<Option<Listed>, Failure> {
        if self.page.is_empty() && !self.is_last {
            let page = self.bucket.pages.page(&self.list.prefix, &self.after, self.list.page_len);
            let page = page.await.map_err(Failure::reader)?;
            self.page = page.objects.into();
            self.is_last = page.is_last;
        }
        let next = self.page.pop_front();
        if let Some(listed) = &next {
            if *listed.key <= *self.after && !self.after.is_empty() {
                // A store that ignores where the page was to begin would be listed without end.
                return Err(Failure::reader(format!(
                    "The list of bucket {} isn't in order: '{}' comes after '{}'",
                    self.bucket.name, listed.key, self.after
                )));
            }
            self.after = listed.key.as_str().into();
        }
        Ok(next)
    }

    /// The key of the last object that was handed out.
    pub(super) fn after(&self) -> Arc<str> {
        Arc::clone(&self.after)
    }

    /// As `$$.Map.Item.Source` shows it.
    pub(super) fn uri(&self) -> Arc<str> {
        format!("S3://{}", self.bucket.name).into()
    }
}

/// An object as an item (developer guide, "ItemReader (Map)": "Amazon S3 objects").
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    etag: &'a str,
    key: &'a str,
    last_modified: i64,
    size: u64,
    storage_class: &'a str,
}

/// What a list says of an object, as JSON.
pub(super) fn metadata(listed: &Listed) -> Bytes {
    let metadata = Metadata {
        etag: &listed.e_tag,
        key: &listed.key,
        last_modified: listed.last_modified,
        size: listed.size,
        storage_class: &listed.storage_class,
    };
    // Texts and integers always serialize.
    serde_json::to_vec(&metadata).unwrap_or_default().into()
}
