//! A Lambda-compatible endpoint served by a test.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

/// A call as it arrived.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// With the query, such as `/2015-03-31/functions/echo/invocations`.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The payload.
    pub payload: Value,
}

impl Invocation {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// What a function does.
pub struct Reply {
    /// Whether it ever answers.
    comes: bool,
    /// The HTTP status.
    pub status: u16,
    /// More headers, such as `X-Amz-Function-Error`.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body, verbatim.
    pub body: String,
}

impl Reply {
    /// A success with this payload.
    pub fn payload(body: impl Into<String>) -> Self {
        Self {
            comes: true,
            status: 200,
            headers: vec![("X-Amz-Executed-Version", "$LATEST")],
            body: body.into(),
        }
    }

    /// The function's own error with this payload.
    pub fn function_error(body: impl Into<String>) -> Self {
        Self {
            comes: true,
            status: 200,
            headers: vec![("X-Amz-Function-Error", "Unhandled")],
            body: body.into(),
        }
    }

    /// An error of the service, named in a header, with a message.
    pub fn service_error(status: u16, name: &'static str, message: &str) -> Self {
        let body = serde_json::json!({"Type": "User", "message": message}).to_string();
        let headers = vec![("x-amzn-ErrorType", name), ("x-amzn-RequestId", "the-request")];
        Self { comes: true, status, headers, body }
    }

    /// No answer for as long as the caller waits.
    pub fn never() -> Self {
        Self { comes: false, status: 200, headers: Vec::new(), body: String::new() }
    }
}

/// The endpoint. Dropping it ends it.
pub struct LambdaEndpoint {
    url: String,
    seen: Arc<Mutex<Vec<Invocation>>>,
    _accepting: AbortOnDropHandle<()>,
}

impl LambdaEndpoint {
    /// Serves `answer` for every call.
    pub async fn start(
        answer: impl Fn(&Invocation) -> Reply + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let seen: Arc<Mutex<Vec<Invocation>>> = Arc::default();
        let answer = Arc::new(answer);
        let log = seen.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (answer, log) = (answer.clone(), log.clone());
                tokio::spawn(async move {
                    let service = service_fn(move |request| serve(request, answer.clone(), log.clone()));
                    // A client that goes away in the middle is no failure of the test.
                    let _ = auto::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(connection), service)
                        .await;
                });
            }
        });
        Ok(Self { url, seen, _accepting: AbortOnDropHandle::new(accepting) })
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The calls so far.
    pub fn seen(&self) -> Vec<Invocation> {
        self.seen.lock().map(|seen| seen.clone()).unwrap_or_default()
    }
}

async fn serve(
    request: Request<Incoming>,
    answer: Arc<impl Fn(&Invocation) -> Reply>,
    log: Arc<Mutex<Vec<Invocation>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let body =
        request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let invocation = Invocation { path, headers, payload: serde_json::from_slice(&body).unwrap_or_default() };
    let reply = answer(&invocation);
    if let Ok(mut log) = log.lock() {
        log.push(invocation);
    }
    if !reply.comes {
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    Ok(response.body(Full::new(reply.body.into())).unwrap_or_default())
}
