//! One item after another, from wherever a cursor says.

use std::sync::Arc;

use super::Item;
use super::cursor::{Cursor, Place};
use super::format::{Splitter, Step, malformed};
use super::listing::{Listing, metadata};
use super::object::{Object, Pinned};
use super::objects::{self, Objects};
use super::source::{Format, Kind, Source};
use crate::s3::{BucketName, Failure, Stores};

/// The items of a source, of which some were read.
pub(super) struct Reading {
    stores: Stores,
    items_max: Option<u64>,
    /// How many were read.
    items: u64,
    origin: Origin,
}

enum Origin {
    Listing { listing: Listing, uri: Arc<str> },
    Contents(Box<Contents>),
}

/// What is in objects.
struct Contents {
    objects: Objects,
    format: Format,
    current: Option<Current>,
}

/// The object that is being read.
struct Current {
    object: Object,
    splitter: Splitter,
    uri: Arc<str>,
}

/// A place between two items. Cheap to make, unlike a cursor.
pub(super) struct Mark {
    items: u64,
    objects: objects::Mark,
    object: Option<(Arc<Pinned>, u64, u32)>,
}

impl Reading {
    /// Goes on from a cursor.
    pub(super) async fn open(stores: &Stores, source: &Source, cursor: &Cursor) -> Result<Self, Failure> {
        let origin = match &source.kind {
            Kind::Listing(list) => {
                let bucket = stores.bucket(&source.bucket).map_err(Failure::reader)?;
                let listing = Listing::new(bucket, list.clone(), &cursor.after_key);
                Origin::Listing { uri: listing.uri(), listing }
            }
            Kind::Contents { objects, format } => {
                let mut format = format.clone();
                let objects = Objects::open(stores, &source.bucket, objects, &mut format, cursor).await?;
                let current = match &cursor.object {
                    Some(place) => {
                        let owner = source.bucket.expected_owner.clone();
                        Some(Current::reopen(stores, &format, place, owner).await?)
                    }
                    None => None,
                };
                Origin::Contents(Box::new(Contents { objects, format, current }))
            }
        };
        Ok(Self { stores: stores.clone(), items_max: source.items_max, items: cursor.items, origin })
    }

    /// Where the next item begins.
    pub(super) fn mark(&self) -> Mark {
        let (objects, object) = match &self.origin {
            Origin::Listing { listing, .. } => (objects::Mark::After(listing.after()), None),
            Origin::Contents(contents) => {
                let place = |current: &Current| {
                    (Arc::clone(&current.object.pinned), current.object.offset(), current.splitter.state())
                };
                (contents.objects.mark(), contents.current.as_ref().map(place))
            }
        };
        Mark { items: self.items, objects, object }
    }

    /// The next item.
    pub(super) async fn next(&mut self) -> Result<Option<Item>, Failure> {
        if self.items_max.is_some_and(|max| self.items >= max) {
            return Ok(None);
        }
        let item = match &mut self.origin {
            Origin::Listing { listing, uri } => listing.next().await?.map(|listed| Item {
                value: metadata(&listed),
                key: None,
                source: Arc::clone(uri),
            }),
            Origin::Contents(contents) => contents.next(&self.stores).await?,
        };
        self.items += u64::from(item.is_some());
        Ok(item)
    }
}

impl Contents {
    async fn next(&mut self, stores: &Stores) -> Result<Option<Item>, Failure> {
        loop {
            let current = match &mut self.current {
                Some(current) => current,
                None => {
                    let Some(next) = self.objects.next().await? else { return Ok(None) };
                    self.current.insert(Current::open(stores, &self.format, &next).await?)
                }
            };
            if let Some(item) = current.next().await? {
                return Ok(Some(item));
            }
            self.current = None;
        }
    }
}

impl Current {
    async fn open(stores: &Stores, format: &Format, next: &objects::Next) -> Result<Self, Failure> {
        let bucket = stores.bucket(&next.bucket).map_err(Failure::reader)?;
        let mut object = Object::open(&bucket, &next.key.key, next.key.version.as_deref()).await?;
        let splitter = Splitter::begin(format, &mut object).await?;
        let uri = object.pinned.uri().into();
        Ok(Self { object, splitter, uri })
    }

    async fn reopen(
        stores: &Stores,
        format: &Format,
        place: &Place,
        expected_owner: Option<String>,
    ) -> Result<Self, Failure> {
        let name = BucketName { name: place.bucket.clone(), expected_owner };
        let bucket = stores.bucket(&name).map_err(Failure::reader)?;
        let start = if Splitter::resumes_from_start(format) { 0 } else { place.offset };
        let object = Object::reopen(&bucket, place.pinned(), start).await?;
        let (splitter, object) = Splitter::resume(format, object, place.offset, place.state).await?;
        let uri = object.pinned.uri().into();
        Ok(Self { object, splitter, uri })
    }

    async fn next(&mut self) -> Result<Option<Item>, Failure> {
        let object = &mut self.object;
        loop {
            let step = self.splitter.step(object.window(), object.is_ended());
            match step.map_err(|text| malformed(object, &text))? {
                Step::Item { value, key, used } => {
                    object.consume(used);
                    return Ok(Some(Item { value, key, source: Arc::clone(&self.uri) }));
                }
                Step::Skip(used) => object.consume(used),
                Step::More => {
                    // Twice as much, so that a long item isn't looked at again for each piece of it.
                    let wanted = 2 * object.window().len();
                    while object.more().await? && object.window().len() < wanted {}
                }
                Step::End => return Ok(None),
            }
        }
    }
}

impl Mark {
    /// The cursor of this place.
    pub(super) fn cursor(self) -> Cursor {
        let place = |(object, offset, state): (Arc<Pinned>, u64, u32)| Place::new(&object, offset, state);
        let mut cursor = Cursor { items: self.items, object: self.object.map(place), ..Cursor::default() };
        self.objects.write(&mut cursor);
        cursor
    }
}
