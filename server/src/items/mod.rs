//! Reads the items of a distributed Map from S3, batch by batch, as its `ItemReader` says (developer guide, "ItemReader (Map)"). Memory
//! doesn't grow with objects or with their number: what is read is a window on one object, and an item has a bound. Where a batch ended is
//! a cursor, from which another node goes on. Runs no items, and keeps nothing that a cursor doesn't say.
//!
//! Read in this order: [`source`] (what is asked for), [`reader`] (batches), [`reading`] (one item after another), [`objects`] (which
//! objects are read), [`object`] (the bytes of one), and the formats, [`json`], [`lines`] and [`csv`].

mod csv;
mod cursor;
mod format;
mod json;
mod lines;
mod listing;
mod object;
mod objects;
mod reader;
mod reading;
mod source;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;

pub(crate) use reader::Reader;

/// The longest item, in bytes of its JSON text: no input of a child execution may be longer.
const ITEM_BYTES_MAX: usize = 256 << 10;

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// JSON text.
    pub(crate) value: Bytes,
    /// Where the items are the members of a JSON object: its name.
    pub(crate) key: Option<String>,
    /// Where it was found, as `$$.Map.Item.Source` shows it.
    pub(crate) source: Arc<str>,
}

/// Items that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// At least one, unless it is the last batch.
    pub(crate) items: Vec<Item>,
    /// Where to go on.
    pub(crate) cursor: Bytes,
    /// Nothing comes after it.
    pub(crate) is_last: bool,
}
