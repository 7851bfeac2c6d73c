//! An HTTP server for tests of clients: it answers everything alike, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, request};
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// The requests, in the order in which they came.
pub(crate) type Seen = Arc<Mutex<Vec<(request::Parts, Bytes)>>>;

/// Starts a server; gives its URL and what it is asked.
pub(crate) async fn start(
    answer: impl Fn() -> Response<&'static str> + Clone + Send + Sync + 'static,
) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let seen = Seen::default();
    let log = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (log, answer) = (Arc::clone(&log), answer.clone());
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let (log, answer) = (Arc::clone(&log), answer.clone());
                async move {
                    let (head, body) = request.into_parts();
                    let body = body.collect().await?.to_bytes();
                    log.lock().expect("no panic").push((head, body));
                    Ok::<_, hyper::Error>(answer().map(|body| Full::new(Bytes::from_static(body.as_bytes()))))
                }
            });
            let connection =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(async move {
                // The client may drop its connection at any time.
                let _ = connection.await;
            });
        }
    });
    (url, seen)
}
