//! The HTTP client of everything that this node calls beyond the cluster: one TLS, bounded waits for connections. Never follows a redirect
//! and never retries: who calls decides on both, and bounds the rest of an exchange.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// For reading what nobody wants.
const UNWANTED_TIMEOUT: Duration = Duration::from_secs(1);

/// A client whose requests have bodies of type `B`. Connections are kept and shared among its clones.
pub(crate) type HttpClient<B = Full<Bytes>> =
    hyper_util::client::legacy::Client<HttpsConnector<HttpConnector>, B>;

/// A client with connections of its own.
pub(crate) fn client<B>() -> HttpClient<B>
where
    B: Body + Send,
    B::Data: Send,
{
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let connector =
        HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(tcp);
    hyper_util::client::legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build(connector)
}

/// Sends a request and reads its answer, whose body may have up to `bytes_max`. Waits for as long as it takes.
///
/// # Errors
///
/// Why there is no answer.
pub(crate) async fn exchange(
    client: &HttpClient,
    request: Request<Full<Bytes>>,
    bytes_max: usize,
) -> Result<(response::Parts, Bytes), String> {
    let (head, body) = send(client, request).await?.into_parts();
    let body = Limited::new(body, bytes_max).collect().await.map_err(|error| error.to_string())?;
    Ok((head, body.to_bytes()))
}

/// As [`exchange`], where only the head of the answer matters: whatever becomes of its body, it is an answer.
///
/// # Errors
///
/// Why there is no answer.
pub(crate) async fn tell(
    client: &HttpClient,
    request: Request<Full<Bytes>>,
    bytes_max: usize,
) -> Result<response::Parts, String> {
    let (head, body) = send(client, request).await?.into_parts();
    // A connection is used again only if its answer was read.
    let _ = tokio::time::timeout(UNWANTED_TIMEOUT, Limited::new(body, bytes_max).collect()).await;
    Ok(head)
}

async fn send(client: &HttpClient, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, String> {
    client.request(request).await.map_err(|error| {
        // The outer error says 'client error (Connect)'; what happened is beneath.
        error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {}", innermost(source)))
    })
}

fn innermost(mut error: &(dyn Error + 'static)) -> String {
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
