//! The bytes of one object from some offset on, decompressed, through a window that its reader moves along. Every read after the first is
//! pinned to the object's ETag: an object that changes meanwhile is an error and never a mixture.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use async_compression::tokio::bufread::{GzipDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use bytes::{Buf, Bytes, BytesMut};
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::{GetOptions, GetRange};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::io::StreamReader;

use crate::s3::{Bucket, Failure, service_text};

/// AWS: "10 GB" for a file (developer guide, "Step Functions service quotas"). Also of what a compressed one holds.
const OBJECT_BYTES_MAX: u64 = 10 << 30;
const READ_BYTES: usize = 64 << 10;
/// So far ahead, bytes are read and dropped rather than asked for anew.
const SKIP_BYTES_MAX: u64 = 256 << 10;
/// The memory that a compressed object may ask for is two to this power, in bytes: what level 19 needs.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// How an object is compressed as a whole. Known by its first bytes, which no text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(super) enum Compression {
    None = 0,
    Gzip = 1,
    Zstd = 2,
}

/// An object, and which state of it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pinned {
    pub(super) bucket: Arc<str>,
    pub(super) key: String,
    /// Asked for by the state.
    pub(super) version: Option<String>,
    /// `None` where the store says none.
    pub(super) e_tag: Option<String>,
    /// As it is stored, in bytes.
    pub(super) size: u64,
    pub(super) compression: Compression,
}

impl Pinned {
    /// As `$$.Map.Item.Source` shows it.
    pub(super) fn uri(&self) -> String {
        format!("S3://{}/{}", self.bucket, self.key)
    }
}

/// An object that is being read.
pub(super) struct Object {
    bucket: Bucket,
    /// Which one it is.
    pub(super) pinned: Arc<Pinned>,
    content: Pin<Box<dyn AsyncRead + Send>>,
    window: BytesMut,
    /// Where the window begins.
    offset: u64,
    is_ended: bool,
}

/// What the store said, among the errors of reading.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct StoreError(String);

type Chunks = BoxStream<'static, io::Result<Bytes>>;

impl Object {
    /// Opens an object at its beginning, in the state that it is in now.
    pub(super) async fn open(bucket: &Bucket, key: &str, version: Option<&str>) -> Result<Self, Failure> {
        let options = GetOptions { version: version.map(str::to_owned), ..GetOptions::default() };
        let mut pinned = Pinned {
            bucket: Arc::clone(&bucket.name),
            key: key.to_owned(),
            version: version.map(str::to_owned),
            e_tag: None,
            size: 0,
            compression: Compression::None,
        };
        let (mut chunks, meta) = get(bucket, key, options).await?;
        pinned.e_tag = meta.e_tag;
        pinned.size = meta.size;
        if pinned.size > OBJECT_BYTES_MAX {
            return Err(too_long(&pinned));
        }
        let mut start = BytesMut::new();
        while start.len() < 4
            && let Some(chunk) = chunks.try_next().await.map_err(|error| broken(&pinned, &error))?
        {
            start.extend_from_slice(&chunk);
        }
        pinned.compression = match start.as_ref() {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
            _ => Compression::None,
        };
        let chunks = stream::iter([Ok(start.freeze())]).chain(chunks).boxed();
        Ok(Self {
            bucket: bucket.clone(),
            content: decompressed(pinned.compression, chunks),
            pinned: Arc::new(pinned),
            window: BytesMut::new(),
            offset: 0,
            is_ended: false,
        })
    }

    /// Opens an object again, in the state that it was in, at an offset.
    pub(super) async fn reopen(bucket: &Bucket, pinned: Pinned, offset: u64) -> Result<Self, Failure> {
        let is_plain = pinned.compression == Compression::None;
        let start = if is_plain { offset } else { 0 };
        let chunks = if start < pinned.size {
            let options = GetOptions {
                version: pinned.version.clone(),
                if_match: pinned.e_tag.clone(),
                range: (start > 0).then_some(GetRange::Offset(start)),
                ..GetOptions::default()
            };
            let (chunks, meta) = get(bucket, &pinned.key, options).await?;
            if meta.size != pinned.size {
                return Err(Failure::reader(format!("{} changed while it was read", pinned.uri())));
            }
            chunks
        } else {
            stream::empty().boxed()
        };
        let mut object = Self {
            bucket: bucket.clone(),
            content: decompressed(pinned.compression, chunks),
            pinned: Arc::new(pinned),
            window: BytesMut::new(),
            offset: start,
            is_ended: false,
        };
        object.skip_to(offset).await?;
        Ok(object)
    }

    /// Goes on at an offset that isn't behind the window's beginning.
    pub(super) async fn seek(self, offset: u64) -> Result<Self, Failure> {
        if self.pinned.compression == Compression::None && offset.saturating_sub(self.offset) > SKIP_BYTES_MAX
        {
            return Self::reopen(&self.bucket, Pinned::clone(&self.pinned), offset).await;
        }
        let mut object = self;
        object.skip_to(offset).await?;
        Ok(object)
    }

    async fn skip_to(&mut self, offset: u64) -> Result<(), Failure> {
        while self.offset < offset {
            if self.window.is_empty() && !self.more().await? {
                return Err(Failure::reader(format!("{} changed while it was read", self.pinned.uri())));
            }
            let ahead = usize::try_from(offset - self.offset).unwrap_or(usize::MAX);
            self.consume(ahead.min(self.window.len()));
        }
        Ok(())
    }

    /// What was read and not consumed.
    pub(super) fn window(&self) -> &[u8] {
        &self.window
    }

    /// Where the window begins.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Nothing comes after the window.
    pub(super) fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// Moves the window's beginning along.
    pub(super) fn consume(&mut self, bytes: usize) {
        let bytes = bytes.min(self.window.len());
        self.window.advance(bytes);
        self.offset += bytes as u64;
    }

    /// Moves the window's end along. `false` if there is no more.
    pub(super) async fn more(&mut self) -> Result<bool, Failure> {
        // A small object may decompress to a large one without ever having to wait.
        tokio::task::coop::consume_budget().await;
        if self.is_ended {
            return Ok(false);
        }
        self.window.reserve(READ_BYTES);
        let read = self.content.read_buf(&mut self.window).await;
        let read = read.map_err(|error| broken(&self.pinned, &error))?;
        self.is_ended = read == 0;
        if self.offset + self.window.len() as u64 > OBJECT_BYTES_MAX {
            return Err(too_long(&self.pinned));
        }
        Ok(!self.is_ended)
    }
}

struct Meta {
    e_tag: Option<String>,
    size: u64,
}

async fn get(bucket: &Bucket, key: &str, options: GetOptions) -> Result<(Chunks, Meta), Failure> {
    let path = bucket.path(key).map_err(Failure::reader)?;
    let result = bucket.objects.get_opts(&path, options).await.map_err(|error| match error {
        object_store::Error::Precondition { .. } => {
            Failure::reader(format!("S3://{}/{key} changed while it was read", bucket.name))
        }
        error => Failure::reader(service_text(&error)),
    })?;
    let meta = Meta { e_tag: result.meta.e_tag.clone(), size: result.meta.size };
    let chunks = result.into_stream().map_err(|error| io::Error::other(StoreError(service_text(&error))));
    Ok((chunks.fuse().boxed(), meta))
}

fn decompressed(compression: Compression, chunks: Chunks) -> Pin<Box<dyn AsyncRead + Send>> {
    let stored = StreamReader::new(chunks);
    match compression {
        Compression::None => Box::pin(stored),
        Compression::Gzip => {
            let mut decoder = GzipDecoder::new(stored);
            decoder.multiple_members(true);
            Box::pin(decoder)
        }
        Compression::Zstd => {
            let bound = [DParameter::window_log_max(ZSTD_WINDOW_LOG_MAX)];
            let mut decoder = ZstdDecoder::with_params(stored, &bound);
            decoder.multiple_members(true);
            Box::pin(decoder)
        }
    }
}

fn broken(object: &Pinned, error: &io::Error) -> Failure {
    let of_store = error.get_ref().and_then(|inner| inner.downcast_ref::<StoreError>());
    Failure::reader(match of_store {
        Some(StoreError(text)) => text.clone(),
        None => format!("{} can't be decompressed: {error}", object.uri()),
    })
}

fn too_long(object: &Pinned) -> Failure {
    Failure::reader(format!("{} is longer than {OBJECT_BYTES_MAX} bytes", object.uri()))
}
