//! One file of results, uploaded in parts while it is written, so that no more than a part is in memory.

use bytes::BytesMut;
use keepstep_asl::definition::Frame;
use object_store::{Attribute, Attributes, MultipartUpload, PutMultipartOptions, PutOptions, PutPayload};

use super::manifest::ResultFile;
use crate::s3::{Bucket, Failure, service_text};

/// S3 takes at most 10,000 parts: with this many bytes each, more than the largest file has.
const PART_BYTES: usize = 8 << 20;

/// A file that is being written.
pub(super) struct File {
    bucket: Bucket,
    key: String,
    frame: Frame,
    /// What isn't uploaded yet.
    part: BytesMut,
    /// Begun with the first whole part: smaller files need none.
    upload: Option<Box<dyn MultipartUpload>>,
    len: u64,
}

impl File {
    /// A file without results.
    pub(super) fn new(bucket: &Bucket, key: String, frame: Frame) -> Self {
        let part = BytesMut::from(frame.start);
        let len = part.len() as u64;
        Self { bucket: bucket.clone(), key, frame, part, upload: None, len }
    }

    /// How long it would be with one more result.
    pub(super) fn len_with(&self, result: &str) -> u64 {
        self.len + (self.frame.between.len() + result.len() + self.frame.end.len()) as u64
    }

    /// No result was added.
    pub(super) fn is_empty(&self) -> bool {
        self.len == self.frame.start.len() as u64
    }

    /// Adds a result.
    pub(super) async fn add(&mut self, result: &str) -> Result<(), Failure> {
        let before = self.part.len();
        if !self.is_empty() {
            self.part.extend_from_slice(self.frame.between.as_bytes());
        }
        if self.frame.between == "\n" {
            // Line ends in JSON text are white space, and a line of JSON Lines has none.
            for piece in result.split(['\n', '\r']) {
                self.part.extend_from_slice(piece.as_bytes());
            }
        } else {
            self.part.extend_from_slice(result.as_bytes());
        }
        self.len += (self.part.len() - before) as u64;
        while self.part.len() >= PART_BYTES {
            let part = self.part.split_to(PART_BYTES);
            self.upload_part(part).await?;
        }
        Ok(())
    }

    async fn upload_part(&mut self, part: BytesMut) -> Result<(), Failure> {
        let upload = match &mut self.upload {
            Some(upload) => upload,
            None => {
                let path = self.bucket.path(&self.key).map_err(Failure::writer)?;
                let options = PutMultipartOptions { attributes: attributes(), ..Default::default() };
                let upload = self.bucket.objects.put_multipart_opts(&path, options).await;
                self.upload.insert(upload.map_err(|error| failure(&error))?)
            }
        };
        upload.put_part(PutPayload::from(part.freeze())).await.map_err(|error| failure(&error))
    }

    /// Uploads what is left.
    pub(super) async fn finish(mut self) -> Result<ResultFile, Failure> {
        let result = self.try_finish().await;
        if result.is_err() {
            self.abandon().await;
        }
        result
    }

    async fn try_finish(&mut self) -> Result<ResultFile, Failure> {
        self.part.extend_from_slice(self.frame.end.as_bytes());
        self.len += self.frame.end.len() as u64;
        let part = self.part.split();
        if self.upload.is_none() {
            put(&self.bucket, &self.key, part.freeze().into()).await?;
        } else {
            self.upload_part(part).await?;
        }
        if let Some(upload) = &mut self.upload {
            upload.complete().await.map_err(|error| failure(&error))?;
        }
        Ok(ResultFile { key: self.key.clone(), size: self.len })
    }

    /// Drops what was uploaded of it.
    pub(super) async fn abandon(mut self) {
        if let Some(mut upload) = self.upload.take()
            && let Err(error) = upload.abort().await
        {
            let key = &self.key;
            tracing::warn!(key, %error, "parts of results remain in bucket {}", self.bucket.name);
        }
    }
}

/// Writes a small file at once.
pub(super) async fn put(bucket: &Bucket, key: &str, content: PutPayload) -> Result<(), Failure> {
    let path = bucket.path(key).map_err(Failure::writer)?;
    let options = PutOptions { attributes: attributes(), ..Default::default() };
    bucket.objects.put_opts(&path, content, options).await.map_err(|error| failure(&error))?;
    Ok(())
}

fn attributes() -> Attributes {
    Attributes::from_iter([(Attribute::ContentType, "application/json")])
}

fn failure(error: &object_store::Error) -> Failure {
    Failure::writer(service_text(error))
}
