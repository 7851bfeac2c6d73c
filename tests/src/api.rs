//! A client that checks nothing itself: AWS JSON over HTTP, as written by the test.

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

/// An endpoint, and who calls it.
#[derive(Clone)]
pub struct Api {
    client: Client<HttpConnector, Full<Bytes>>,
    endpoint: String,
    account: String,
    region: String,
}

/// What the server said.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `x-amzn-RequestId`.
    pub request_id: Option<String>,
    /// The body; null if it is empty.
    pub body: Value,
}

impl Answer {
    /// Of an error: the part of `__type` after `#`.
    pub fn error_code(&self) -> Option<&str> {
        let name = self.body.get("__type")?.as_str()?;
        Some(name.rsplit_once('#').map_or(name, |(_, code)| code))
    }
}

impl Api {
    /// A caller of `account` in us-east-1.
    pub fn new(endpoint: &str, account: &str) -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            account: account.to_owned(),
            region: "us-east-1".to_owned(),
        }
    }

    /// The same endpoint, called by another account.
    pub fn with_account(&self, account: &str) -> Self {
        Self { account: account.to_owned(), ..self.clone() }
    }

    /// The same endpoint, called in another region.
    pub fn with_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// Calls an operation.
    pub async fn call(&self, operation: &str, request: &Value) -> anyhow::Result<Answer> {
        self.send(operation, serde_json::to_vec(request)?.into(), &[]).await
    }

    /// Calls an operation that must succeed.
    pub async fn ok(&self, operation: &str, request: Value) -> anyhow::Result<Value> {
        let answer = self.call(operation, &request).await?;
        anyhow::ensure!(answer.status == 200, "{operation} {request}: {answer:?}");
        Ok(answer.body)
    }

    /// Sends any body with any headers to an operation.
    pub async fn send(
        &self,
        operation: &str,
        body: Bytes,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<Answer> {
        let credential = format!("{}/20261123/{}/states/aws4_request", self.account, self.region);
        let mut request = Request::post(format!("{}/", self.endpoint))
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"))
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=00"),
            );
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response =
            self.client.request(request.body(Full::new(body))?).await.context("the request failed")?;
        let status = response.status().as_u16();
        let request_id = response
            .headers()
            .get("x-amzn-requestid")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let body = response.into_body().collect().await?.to_bytes();
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body)))
        };
        Ok(Answer { status, request_id, body })
    }

    /// Fetches a path such as `/metrics`.
    pub async fn get(&self, path: &str) -> anyhow::Result<(u16, String)> {
        let request = Request::get(format!("{}{path}", self.endpoint)).body(Full::default())?;
        let response = self.client.request(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }

    /// All events of a history, page by page.
    pub async fn history(&self, execution_arn: &str) -> anyhow::Result<Vec<Value>> {
        let mut events = Vec::new();
        let mut token = Value::Null;
        loop {
            let mut request = json!({"executionArn": execution_arn});
            if !token.is_null() {
                request["nextToken"] = token;
            }
            let mut page = self.ok("GetExecutionHistory", request).await?;
            if let Some(more) = page.get_mut("events").and_then(Value::as_array_mut) {
                events.append(more);
            }
            token = page.get("nextToken").cloned().unwrap_or_default();
            if token.is_null() {
                return Ok(events);
            }
        }
    }
}
