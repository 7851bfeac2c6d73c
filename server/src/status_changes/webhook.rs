//! A webhook: each event is one POST of its JSON, with the headers of Standard Webhooks (standardwebhooks.com): an id for telling repeats,
//! the time of the attempt, and a signature of both and the body where there is a secret.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream;
use hmac::{Hmac, KeyInit, Mac};
use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use sha2::Sha256;

use super::event::Event;
use super::target::Verdict;
use crate::http_client::{self, HttpClient};
use crate::leader::wall_ms;

/// From the request to the head of the answer, and a little.
const TIMEOUT: Duration = Duration::from_secs(15);
/// The answer's body is of no use.
const ANSWER_BYTES_MAX: usize = 64 << 10;
const REQUESTS_MAX: usize = 16;
/// What Standard Webhooks has before a secret that is written in base64.
const BASE64_PREFIX: &str = "whsec_";
/// The answers that say something of the event, not of the receiver as a whole.
const REFUSALS: [StatusCode; 3] =
    [StatusCode::BAD_REQUEST, StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNPROCESSABLE_ENTITY];

/// What signatures are made with. Has no `Debug`.
#[derive(Clone)]
pub(super) struct Secret(Arc<[u8]>);

impl Secret {
    /// The bytes of the text, or those in base64 behind `whsec_`; `None` if that isn't base64.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = match text.strip_prefix(BASE64_PREFIX) {
            Some(encoded) => STANDARD.decode(encoded).ok()?,
            None => text.as_bytes().to_vec(),
        };
        Some(Self(bytes.into()))
    }

    fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }
}

pub(super) struct Webhook {
    http: HttpClient,
    url: String,
    secret: Option<Secret>,
}

impl Webhook {
    pub(super) fn new(url: String, secret: Option<Secret>) -> Self {
        Self { http: http_client::client(), url, secret }
    }

    pub(super) async fn tell(&self, events: &[Event]) -> Vec<Verdict> {
        let requests: Vec<_> = events.iter().map(|event| self.post(event)).collect();
        stream::iter(requests).buffered(REQUESTS_MAX).collect().await
    }

    async fn post(&self, event: &Event) -> Verdict {
        let request = match self.request(event) {
            Ok(request) => request,
            Err(reason) => return Verdict::Refused(reason),
        };
        let telling = http_client::tell(&self.http, request, ANSWER_BYTES_MAX);
        match tokio::time::timeout(TIMEOUT, telling).await {
            Ok(Ok(head)) if head.status.is_success() => Verdict::Taken,
            Ok(Ok(head)) if REFUSALS.contains(&head.status) => Verdict::Refused(head.status.to_string()),
            Ok(Ok(head)) => Verdict::Unavailable(head.status.to_string()),
            Ok(Err(reason)) => Verdict::Unavailable(reason),
            Err(_) => Verdict::Unavailable("Read timed out".to_owned()),
        }
    }

    fn request(&self, event: &Event) -> Result<Request<Full<Bytes>>, String> {
        let body = event.to_json().map_err(|error| error.to_string())?;
        let seconds = wall_ms() / 1_000;
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &event.id)
            .header("webhook-timestamp", seconds);
        if let Some(signature) =
            self.secret.as_ref().and_then(|secret| secret.sign(&event.id, seconds, &body))
        {
            request = request.header("webhook-signature", signature);
        }
        request.body(Full::new(body)).map_err(|error| error.to_string())
    }
}
