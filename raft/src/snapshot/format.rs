//! The form of a snapshot file: magic, format, the state's head with its length; then the pairs, compressed; then a checksum of all
//! before it. A released form is never changed, only followed by another.

use std::io::{self, Read, Write};

use bytes::Bytes;
use xxhash_rust::xxh3::Xxh3;

use crate::state::{Head, Pair, Stored};

const MAGIC: &[u8; 8] = b"keepsnap";
const FORMAT: u32 = 1;

/// Bytes of the checksum at the end.
pub(super) const CHECKSUM: u64 = 8;

/// A length that no key has: no more pairs follow.
const END: u32 = u32::MAX;

/// Keys and values longer than this are damage, in bytes.
const LENGTH_MAX: u32 = 64 << 20;

const LEVEL: i32 = 1;

fn damaged(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// Passes bytes on and hashes them.
pub(super) struct Checksummed<T> {
    inner: T,
    hash: Box<Xxh3>,
}

impl<T> Checksummed<T> {
    pub(super) fn new(inner: T) -> Checksummed<T> {
        Checksummed { inner, hash: Box::new(Xxh3::new()) }
    }

    pub(super) fn digest(&self) -> u64 {
        self.hash.digest()
    }
}

impl<T: Write> Write for Checksummed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Writes a snapshot.
pub(super) struct Writer<W: Write> {
    pairs: zstd::Encoder<'static, Checksummed<W>>,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(inner: W, head: &Head) -> io::Result<Writer<W>> {
        let mut out = Checksummed::new(inner);
        let head = head.encode();
        out.write_all(MAGIC)?;
        out.write_all(&FORMAT.to_le_bytes())?;
        out.write_all(&u32::try_from(head.len()).map_err(io::Error::other)?.to_le_bytes())?;
        out.write_all(&head)?;
        Ok(Writer { pairs: zstd::Encoder::new(out, LEVEL)? })
    }

    pub(super) fn write(&mut self, pair: &Pair) -> io::Result<()> {
        let length = |bytes: &Bytes| u32::try_from(bytes.len()).ok().filter(|length| *length <= LENGTH_MAX);
        let (Some(key), Some(value)) = (length(&pair.key), length(&pair.stored.value)) else {
            return Err(damaged("a key or value is too long for a snapshot"));
        };
        self.pairs.write_all(&key.to_le_bytes())?;
        self.pairs.write_all(&value.to_le_bytes())?;
        self.pairs.write_all(&pair.stored.revision.to_le_bytes())?;
        self.pairs.write_all(&pair.key)?;
        self.pairs.write_all(&pair.stored.value)
    }

    pub(super) fn finish(mut self) -> io::Result<W> {
        self.pairs.write_all(&END.to_le_bytes())?;
        let out = self.pairs.finish()?;
        let checksum = out.digest();
        let mut inner = out.inner;
        inner.write_all(&checksum.to_le_bytes())?;
        inner.flush()?;
        Ok(inner)
    }
}

/// Reads what is before the pairs.
pub(super) fn read_head(from: &mut impl Read) -> io::Result<Head> {
    let mut magic = [0; MAGIC.len()];
    from.read_exact(&mut magic)?;
    if &magic != MAGIC {
        return Err(damaged("this isn't a snapshot"));
    }
    let format = read_u32(from)?;
    if format != FORMAT {
        return Err(damaged(format!("the snapshot has format {format}, and this release knows {FORMAT}")));
    }
    let length = read_u32(from)?;
    let head = read_bytes(from, length)?;
    Head::decode(&head).map_err(|error| damaged(error.to_string()))
}

/// Reads pairs, one by one. Their hashes aren't known yet.
pub(super) struct Pairs<R: Read> {
    from: zstd::Decoder<'static, io::BufReader<R>>,
    done: bool,
}

impl<R: Read> Pairs<R> {
    /// `from` stands behind the head.
    pub(super) fn new(from: R) -> io::Result<Pairs<R>> {
        Ok(Pairs { from: zstd::Decoder::new(from)?.single_frame(), done: false })
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Pair>> {
        if self.done {
            return Ok(None);
        }
        let key_length = read_u32(&mut self.from)?;
        if key_length == END {
            self.done = true;
            return Ok(None);
        }
        let value_length = read_u32(&mut self.from)?;
        let mut revision = [0; 8];
        self.from.read_exact(&mut revision)?;
        let key = read_bytes(&mut self.from, key_length)?;
        let value = read_bytes(&mut self.from, value_length)?;
        Ok(Some(Pair { key, stored: Stored { hash: 0, revision: u64::from_le_bytes(revision), value } }))
    }
}

fn read_u32(from: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn read_bytes(from: &mut impl Read, length: u32) -> io::Result<Bytes> {
    if length > LENGTH_MAX {
        return Err(damaged(format!("a length of {length} bytes is beyond any pair's")));
    }
    let mut bytes = vec![0; length as usize];
    from.read_exact(&mut bytes)?;
    Ok(bytes.into())
}
