//! moto's server: services of AWS for tests, in a process of its own. `tests/run` installs it.

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

/// The server, empty at first. It ends with this value.
pub struct Moto {
    endpoint: String,
    client: Client<HttpConnector, Full<Bytes>>,
    _process: Child,
}

impl Moto {
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
        let moto = Self { endpoint: format!("http://127.0.0.1:{port}"), client, _process: process };
        wait::until("moto answers", || async {
            moto.send("s3", Method::GET, "", None, Bytes::new()).await.ok()
        })
        .await?;
        Ok(moto)
    }

    /// Such as `http://127.0.0.1:5000`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Makes a request of a service; `target` names the operation where the service has it in a header.
    pub(crate) async fn send(
        &self,
        service: &str,
        method: Method,
        path: &str,
        target: Option<&str>,
        body: Bytes,
    ) -> anyhow::Result<Bytes> {
        // It takes service and region from the signature's scope; it doesn't check signatures.
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=any"
        );
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}/{path}", self.endpoint))
            .header("authorization", authorization);
        if let Some(target) = target {
            request =
                request.header("x-amz-target", target).header("content-type", "application/x-amz-json-1.1");
        }
        let response = self.client.request(request.body(Full::new(body))?).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        anyhow::ensure!(status.is_success(), "{path}: {status}: {}", String::from_utf8_lossy(&body));
        Ok(body)
    }
}
