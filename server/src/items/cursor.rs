//! Where a batch ended: enough to go on from there on another node. Stored with the map run, so a released field is never reused.

use bytes::Bytes;
use prost::Message;

use super::object::{Compression, Pinned};

const VERSION: u32 = 1;

/// A place between two items.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Cursor {
    /// Of this format.
    #[prost(uint32, tag = "1")]
    pub(super) version: u32,
    /// How many items came before.
    #[prost(uint64, tag = "2")]
    pub(super) items: u64,
    /// Of a list of objects: the key of the last one that was begun.
    #[prost(string, tag = "3")]
    pub(super) after_key: String,
    /// Of an inventory: how many files were begun.
    #[prost(uint64, tag = "4")]
    pub(super) files: u64,
    /// Of a manifest: the manifest, and the place after the last line that was begun.
    #[prost(message, optional, tag = "5")]
    pub(super) manifest: Option<Place>,
    /// The place in the object whose items are being read; absent between two objects.
    #[prost(message, optional, tag = "6")]
    pub(super) object: Option<Place>,
}

/// A place in an object.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Place {
    #[prost(string, tag = "1")]
    pub(super) bucket: String,
    #[prost(string, tag = "2")]
    pub(super) key: String,
    #[prost(string, optional, tag = "3")]
    version: Option<String>,
    #[prost(string, optional, tag = "4")]
    e_tag: Option<String>,
    /// Of the object as it is stored, in bytes.
    #[prost(uint64, tag = "5")]
    size: u64,
    #[prost(enumeration = "Compression", tag = "6")]
    compression: i32,
    /// Into what it holds, decompressed, in bytes.
    #[prost(uint64, tag = "7")]
    pub(super) offset: u64,
    /// What the format has to know beside the offset.
    #[prost(uint32, tag = "8")]
    pub(super) state: u32,
}

impl Cursor {
    /// Reads a cursor; an empty one is the beginning. `None` if it is none of ours.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self { version: VERSION, ..Self::default() });
        }
        Message::decode(bytes).ok().filter(|cursor: &Self| cursor.version == VERSION)
    }

    /// Its bytes.
    pub(super) fn encode(mut self) -> Bytes {
        self.version = VERSION;
        self.encode_to_vec().into()
    }
}

impl Place {
    /// A place in this object.
    pub(super) fn new(object: &Pinned, offset: u64, state: u32) -> Self {
        Self {
            bucket: object.bucket.to_string(),
            key: object.key.clone(),
            version: object.version.clone(),
            e_tag: object.e_tag.clone(),
            size: object.size,
            compression: object.compression.into(),
            offset,
            state,
        }
    }

    /// The object.
    pub(super) fn pinned(&self) -> Pinned {
        Pinned {
            bucket: self.bucket.as_str().into(),
            key: self.key.clone(),
            version: self.version.clone(),
            e_tag: self.e_tag.clone(),
            size: self.size,
            compression: self.compression(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an older node wrote has to mean the same to a newer one: these bytes never change.
    #[test]
    fn the_bytes_of_a_cursor() {
        let pinned = Pinned {
            bucket: "b".into(),
            key: "k".to_owned(),
            version: Some("v".to_owned()),
            e_tag: Some("e".to_owned()),
            size: 300,
            compression: Compression::Zstd,
        };
        let cursor = Cursor {
            version: VERSION,
            items: 7,
            after_key: "a".to_owned(),
            files: 2,
            manifest: Some(Place::new(&pinned, 1, 0)),
            object: Some(Place::new(&pinned, 9, 3)),
        };
        let bytes = cursor.clone().encode();
        let expected = "080110071a016120022a130a016212016b1a017622016528ac0230023801\
                        32150a016212016b1a017622016528ac02300238094003";
        assert_eq!(hex::encode(&bytes), expected);
        assert_eq!(Cursor::decode(&bytes), Some(cursor));
        assert_eq!(Place::new(&pinned, 9, 3).pinned(), pinned);
    }
}
