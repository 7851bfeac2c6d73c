//! One call: a request signed with the keys of the moment, its answer, and a bound on both.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as Keys;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request};
use http_body_util::Full;
use object_store::aws::{AwsCredential, AwsCredentialProvider};

use super::{Config, Error, Failure};
use crate::http_client::{self, HttpClient};

/// From the call to the last byte of the answer, waiting for credentials included.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// A list of what became of each entry of a request is far below it.
const ANSWER_BYTES_MAX: usize = 1 << 20;
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const JSON: &str = "application/x-amz-json-1.1";

/// Calls one service. Connections are kept; cheap to clone.
#[derive(Clone)]
pub(crate) struct Client {
    config: Config,
    http: HttpClient,
    /// `None` for requests without a signature.
    keys: Option<AwsCredentialProvider>,
}

impl Client {
    /// A client of the service that `config` leads to. Asks for nothing yet.
    ///
    /// # Errors
    ///
    /// Credentials that are half there.
    pub(crate) fn new(config: Config) -> Result<Self, Error> {
        let signed = !config.is_unsigned();
        let keys = signed.then(|| config.credentials.provider(config.region(None))).transpose()?;
        Ok(Self { config, http: http_client::client(), keys })
    }

    /// Calls `operation` once, with `body` as its JSON, and gives the answer's. `region`: where, if not in the configured region.
    ///
    /// # Errors
    ///
    /// Anything but an answer of success within 30 s.
    pub(crate) async fn call(
        &self,
        operation: &str,
        region: Option<&str>,
        body: Bytes,
    ) -> Result<Bytes, Failure> {
        let work = self.exchange(operation, self.config.region(region), body);
        let done = tokio::time::timeout(CALL_TIMEOUT, work).await;
        done.unwrap_or_else(|_| Err(Failure::unanswered("Read timed out".to_owned())))
    }

    async fn exchange(&self, operation: &str, region: &str, body: Bytes) -> Result<Bytes, Failure> {
        let mut request =
            self.request(operation, region, body).map_err(|error| Failure::unsent(error.to_string()))?;
        if let Some(keys) = &self.keys {
            let keys = keys.get_credential().await.map_err(|error| Failure::unanswered(error.to_string()))?;
            self.sign(&mut request, &keys, region).map_err(|error| Failure::unsent(error.to_string()))?;
        }
        let (head, body) = http_client::exchange(&self.http, request.map(Full::new), ANSWER_BYTES_MAX)
            .await
            .map_err(Failure::unanswered)?;
        if head.status.is_success() {
            Ok(body)
        } else {
            Err(Failure::answered(head.status, &head.headers, &body))
        }
    }

    fn request(&self, operation: &str, region: &str, body: Bytes) -> Result<Request<Bytes>, http::Error> {
        Request::builder()
            .method(Method::POST)
            .uri(self.config.url(region))
            .header(CONTENT_TYPE, JSON)
            .header(TARGET, format!("{}.{operation}", self.config.service.target))
            .body(body)
    }

    fn sign(
        &self,
        request: &mut Request<Bytes>,
        keys: &AwsCredential,
        region: &str,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let identity =
            Keys::new(&keys.key_id, &keys.secret_key, keys.token.clone(), None, "environment").into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(self.config.service.name)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let uri = request.uri().to_string();
        let headers = request
            .headers()
            .iter()
            .map(|(name, value): (&HeaderName, &HeaderValue)| {
                Ok::<_, http::header::ToStrError>((name.as_str(), value.to_str()?))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let signable = SignableRequest::new(
            Method::POST.as_str(),
            &uri,
            headers.into_iter(),
            SignableBody::Bytes(request.body()),
        )?;
        let (instructions, _) = sign(signable, &params)?.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }
}
