//! An S3-compatible server for tests.

use bytes::Bytes;
use hyper::Method;

use crate::moto::Moto;

/// The server, without buckets at first. It ends with this value.
pub struct S3(Moto);

impl S3 {
    /// Starts it and waits until it answers.
    pub async fn start() -> anyhow::Result<Self> {
        Ok(Self(Moto::start().await?))
    }

    /// Such as `http://127.0.0.1:5000`.
    pub fn endpoint(&self) -> &str {
        self.0.endpoint()
    }

    /// Makes a bucket.
    pub async fn create_bucket(&self, bucket: &str) -> anyhow::Result<()> {
        self.send(Method::PUT, bucket, Bytes::new()).await.map(drop)
    }

    /// Writes an object.
    pub async fn put(&self, bucket: &str, key: &str, body: impl Into<Bytes>) -> anyhow::Result<()> {
        self.send(Method::PUT, &format!("{bucket}/{key}"), body.into()).await.map(drop)
    }

    /// Reads an object.
    pub async fn get(&self, bucket: &str, key: &str) -> anyhow::Result<Bytes> {
        self.send(Method::GET, &format!("{bucket}/{key}"), Bytes::new()).await
    }

    async fn send(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Bytes> {
        self.0.send("s3", method, path, None, body).await
    }
}
