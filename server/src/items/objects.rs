//! Which objects are read, one after another: one, those of a list, or those that a manifest names.

use std::sync::Arc;

use serde::Deserialize;

use super::cursor::{Cursor, Place};
use super::format::malformed;
use super::listing::Listing;
use super::object::{Object, Pinned};
use super::source::{Format, Key, ObjectsIn};
use crate::s3::{Bucket, BucketName, Failure, Stores};

/// An inventory's manifest is read as a whole.
const INVENTORY_BYTES_MAX: usize = 8 << 20;
/// A line of a manifest is the URI of an object.
const LINE_BYTES_MAX: usize = 8 << 10;

/// An object to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) bucket: BucketName,
    pub(super) key: Key,
}

/// The objects of a source, of which some were handed out.
pub(super) enum Objects {
    One(Option<Next>),
    Listed { listing: Listing, bucket: BucketName },
    Inventory { inventory: Inventory, begun: u64 },
    Athena { manifest: Object, bucket: BucketName },
}

/// The manifest of an S3 inventory.
pub(super) struct Inventory {
    manifest: Arc<Pinned>,
    bucket: BucketName,
    /// The names of the columns.
    schema: Vec<String>,
    files: Vec<String>,
}

/// Between two objects. Cheap to clone.
#[derive(Clone)]
pub(super) enum Mark {
    One,
    After(Arc<str>),
    Files { manifest: Arc<Pinned>, begun: u64 },
    Lines { manifest: Arc<Pinned>, offset: u64 },
}

impl Objects {
    /// Those that come after a cursor. An inventory says what its files hold: `format` becomes that.
    pub(super) async fn open(
        stores: &Stores,
        bucket_name: &BucketName,
        objects: &ObjectsIn,
        format: &mut Format,
        cursor: &Cursor,
    ) -> Result<Self, Failure> {
        let bucket = stores.bucket(bucket_name).map_err(Failure::reader)?;
        let is_begun = cursor.object.is_some() || cursor.items > 0;
        Ok(match objects {
            ObjectsIn::One(key) => {
                let next = Next { bucket: bucket_name.clone(), key: key.clone() };
                Self::One((!is_begun).then_some(next))
            }
            ObjectsIn::List(list) => Self::Listed {
                listing: Listing::new(bucket, list.clone(), &cursor.after_key),
                bucket: bucket_name.clone(),
            },
            ObjectsIn::Inventory(key) => {
                let manifest = open_manifest(&bucket, key, cursor.manifest.as_ref(), 0).await?;
                let inventory = Inventory::read(manifest, bucket_name).await?;
                *format = Format::Csv { delimiter: b',', headers: Some(inventory.schema.clone()) };
                Self::Inventory { inventory, begun: cursor.files }
            }
            ObjectsIn::Athena(key) => {
                let place = cursor.manifest.as_ref();
                let offset = place.map_or(0, |place| place.offset);
                let manifest = open_manifest(&bucket, key, place, offset).await?;
                Self::Athena { manifest, bucket: bucket_name.clone() }
            }
        })
    }

    /// The next object.
    pub(super) async fn next(&mut self) -> Result<Option<Next>, Failure> {
        match self {
            Self::One(next) => Ok(next.take()),
            Self::Listed { listing, bucket } => loop {
                let Some(listed) = listing.next().await? else { return Ok(None) };
                // A folder, as consoles make them, is an empty object.
                if !(listed.size == 0 && listed.key.ends_with('/')) {
                    let key = Key { key: listed.key, version: None };
                    return Ok(Some(Next { bucket: bucket.clone(), key }));
                }
            },
            Self::Inventory { inventory, begun } => {
                let file = usize::try_from(*begun).ok().and_then(|index| inventory.files.get(index));
                let next = file.map(|file| Next {
                    bucket: inventory.bucket.clone(),
                    key: Key { key: file.clone(), version: None },
                });
                *begun += u64::from(next.is_some());
                Ok(next)
            }
            Self::Athena { manifest, bucket } => next_line(manifest, bucket).await,
        }
    }

    /// What to go on from once the object that was handed out last is read.
    pub(super) fn mark(&self) -> Mark {
        match self {
            Self::One(_) => Mark::One,
            Self::Listed { listing, .. } => Mark::After(listing.after()),
            Self::Inventory { inventory, begun } => {
                Mark::Files { manifest: Arc::clone(&inventory.manifest), begun: *begun }
            }
            Self::Athena { manifest, .. } => {
                Mark::Lines { manifest: Arc::clone(&manifest.pinned), offset: manifest.offset() }
            }
        }
    }
}

impl Mark {
    /// Writes it into a cursor.
    pub(super) fn write(&self, cursor: &mut Cursor) {
        match self {
            Self::One => {}
            Self::After(key) => cursor.after_key = key.to_string(),
            Self::Files { manifest, begun } => {
                cursor.files = *begun;
                cursor.manifest = Some(Place::new(manifest, 0, 0));
            }
            Self::Lines { manifest, offset } => cursor.manifest = Some(Place::new(manifest, *offset, 0)),
        }
    }
}

async fn open_manifest(
    bucket: &Bucket,
    key: &Key,
    place: Option<&Place>,
    offset: u64,
) -> Result<Object, Failure> {
    match place {
        Some(place) => Object::reopen(bucket, place.pinned(), offset).await,
        None => Object::open(bucket, &key.key, key.version.as_deref()).await,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InventoryManifest {
    destination_bucket: String,
    file_format: String,
    file_schema: String,
    files: Vec<InventoryFile>,
}

#[derive(Deserialize)]
struct InventoryFile {
    key: String,
}

impl Inventory {
    /// Reads an inventory's manifest (S3 user guide, "Inventory manifest").
    async fn read(mut object: Object, named: &BucketName) -> Result<Self, Failure> {
        while object.more().await? {
            if object.window().len() > INVENTORY_BYTES_MAX {
                let text = format!("The manifest is longer than {INVENTORY_BYTES_MAX} bytes");
                return Err(malformed(&object, &text));
            }
        }
        let manifest: InventoryManifest = serde_json::from_slice(object.window()).map_err(|error| {
            malformed(&object, &format!("The manifest is none of an S3 inventory: {error}"))
        })?;
        if manifest.file_format != "CSV" {
            let text = format!("Inventory files of the format '{}' can't be read", manifest.file_format);
            return Err(malformed(&object, &text));
        }
        let bucket = manifest.destination_bucket.rsplit(':').next().unwrap_or_default();
        Ok(Self {
            manifest: Arc::clone(&object.pinned),
            bucket: BucketName { name: bucket.to_owned(), expected_owner: named.expected_owner.clone() },
            schema: manifest.file_schema.split(',').map(|name| name.trim().to_owned()).collect(),
            files: manifest.files.into_iter().map(|file| file.key).collect(),
        })
    }
}

/// The object in the next line of an Athena manifest, such as `s3://bucket/key`.
async fn next_line(manifest: &mut Object, named: &BucketName) -> Result<Option<Next>, Failure> {
    loop {
        let window = manifest.window();
        let end = window.iter().position(|byte| *byte == b'\n');
        if end.is_none() && window.len() > LINE_BYTES_MAX {
            return Err(malformed(manifest, "A line of the manifest is too long"));
        }
        if end.is_none() && !manifest.is_ended() {
            manifest.more().await?;
            continue;
        }
        let line = window.get(..end.unwrap_or(window.len())).unwrap_or_default();
        let used = line.len() + usize::from(end.is_some());
        if used == 0 {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(line);
        let uri = text.trim().trim_matches('"');
        let next = match uri.strip_prefix("s3://").and_then(|path| path.split_once('/')) {
            Some((bucket, key)) => Some(Next {
                bucket: BucketName { name: bucket.to_owned(), expected_owner: named.expected_owner.clone() },
                key: Key { key: key.to_owned(), version: None },
            }),
            None if uri.is_empty() => None,
            None => return Err(malformed(manifest, "A line of the manifest is no S3 URI")),
        };
        manifest.consume(used);
        if next.is_some() {
            return Ok(next);
        }
    }
}
