//! One bucket: its objects by key, and the list of them.

use std::sync::Arc;

use futures::future::BoxFuture;
use object_store::ObjectStore;
use object_store::path::Path;

/// A bucket of S3. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Bucket {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// Its objects.
    pub(crate) objects: Arc<dyn ObjectStore>,
    /// The list of them. `object_store` has one too, but without storage classes, and with prefixes that end at slashes only.
    pub(crate) pages: Arc<dyn Pages>,
}

/// A bucket's list of objects, page by page.
pub(crate) trait Pages: Send + Sync {
    /// The next objects, in the order of their keys' bytes, whose keys begin with `prefix` and come after `after`.
    fn page<'f>(
        &'f self,
        prefix: &'f str,
        after: &'f str,
        max: Option<u32>,
    ) -> BoxFuture<'f, Result<Page, String>>;
}

/// A page of a bucket's list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    /// At most a thousand.
    pub(crate) objects: Vec<Listed>,
    /// Nothing comes after it.
    pub(crate) is_last: bool,
}

/// An object in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its key, whatever it is.
    pub(crate) key: String,
    /// With its quotation marks; empty where S3 says none.
    pub(crate) e_tag: String,
    /// When it was written, in seconds since 1970.
    pub(crate) last_modified: i64,
    /// In bytes.
    pub(crate) size: u64,
    /// Such as `STANDARD`.
    pub(crate) storage_class: String,
}

impl Bucket {
    /// The path of an object, or why it can't be asked for.
    pub(crate) fn path(&self, key: &str) -> Result<Path, String> {
        // `object_store` would ask for another key where this one begins or ends with a slash.
        match Path::parse(key) {
            Ok(path) if path.as_ref() == key && !key.is_empty() => Ok(path),
            _ => Err(format!(
                "The key '{key}' can't be used: it is empty, or has an empty, '.' or '..' part between its slashes"
            )),
        }
    }
}
