//! An S3-compatible server for tests: moto's, a process of its own that `tests/run` installs.

use std::process::Stdio;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::process::{Child, Command};

use crate::process::free_port;
use crate::wait;

/// The server, without buckets at first. It ends with this value.
pub struct S3 {
    endpoint: String,
    client: Client<HttpConnector, Full<Bytes>>,
    _process: Child,
}

impl S3 {
    /// Starts it and waits until it answers.
    pub async fn start() -> anyhow::Result<Self> {
        let port = free_port()?;
        let process = Command::new("moto_server")
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("is moto installed? tests/run does it")?;
        let client = Client::builder(TokioExecutor::new()).build_http();
        let s3 = Self { endpoint: format!("http://127.0.0.1:{port}"), client, _process: process };
        wait::until("the object store answers", || async {
            s3.send(Method::GET, "", Bytes::new()).await.ok()
        })
        .await?;
        Ok(s3)
    }

    /// Such as `http://127.0.0.1:5000`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
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
        // It takes the service from the region in the signature's scope; it doesn't check signatures.
        let authorization = "AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=any";
        let request = Request::builder()
            .method(method)
            .uri(format!("{}/{path}", self.endpoint))
            .header("authorization", authorization)
            .body(Full::new(body))?;
        let response = self.client.request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        anyhow::ensure!(status.is_success(), "{path}: {status}: {}", String::from_utf8_lossy(&body));
        Ok(body)
    }
}
