//! The HTTP client under `object_store`: ours, so that TLS is that of the rest of the node and every wait has a bound. Never follows a
//! redirect and never retries: `object_store` does.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper_util::client::legacy::Error;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
    HttpResponseBody, HttpService,
};
use tokio::time::{Instant, Sleep};

use crate::http_client;

/// From the first byte of a request, a part of an upload included, to the head of the answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// Between two pieces of an answer's body.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// An answer that is an error is kept in memory and shown in part.
const ERROR_BYTES_MAX: usize = 64 << 10;

/// A client of many buckets: they share its connections.
pub(crate) fn client() -> HttpClient {
    HttpClient::new(Service { http: http_client::client() })
}

/// Hands the one client to each bucket's store.
#[derive(Debug)]
pub(crate) struct Connector(pub(crate) HttpClient);

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(self.0.clone())
    }
}

#[derive(Debug)]
struct Service {
    http: http_client::HttpClient<HttpRequestBody>,
}

impl HttpService for Service {
    fn call<'s, 'f>(&'s self, request: HttpRequest) -> BoxFuture<'f, Result<HttpResponse, HttpError>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let answer = tokio::time::timeout(ANSWER_TIMEOUT, self.http.request(request))
                .await
                .map_err(|elapsed| HttpError::new(HttpErrorKind::Timeout, elapsed))?
                .map_err(unanswered)?;
            let (head, body) = answer.into_parts();
            let body = TimedBody { body, timer: None };
            if head.status.is_success() {
                return Ok(HttpResponse::from_parts(head, HttpResponseBody::new(body)));
            }
            let body = Limited::new(body, ERROR_BYTES_MAX)
                .collect()
                .await
                .map_err(|error| HttpError::new_boxed(HttpErrorKind::Decode, error))?
                .to_bytes();
            Ok(HttpResponse::from_parts(head, body.into()))
        })
    }
}

fn unanswered(error: Error) -> HttpError {
    let kind = if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Request };
    HttpError::new(kind, error)
}

/// A body whose pieces each have to come within a time. It may well be left alone between two of them.
struct TimedBody {
    body: Incoming,
    /// Runs while somebody waits for a piece.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.timer = None;
            return Poll::Ready(
                frame.map(|frame| frame.map_err(|error| HttpError::new(HttpErrorKind::Interrupted, error))),
            );
        }
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + READ_TIMEOUT)));
        ready!(timer.as_mut().poll(context));
        self.timer = None;
        let timed_out = std::io::Error::new(std::io::ErrorKind::TimedOut, "Read timed out");
        Poll::Ready(Some(Err(HttpError::new(HttpErrorKind::Timeout, timed_out))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
