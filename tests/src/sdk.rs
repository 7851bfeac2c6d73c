//! The official SDK, pointed at a node.

use aws_credential_types::Credentials;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_sfn::config::retry::RetryConfig;
use aws_sdk_sfn::config::timeout::TimeoutConfig;
use aws_sdk_sfn::config::{BehaviorVersion, ConfigBag, Intercept, Region, RuntimeComponents};
use aws_sdk_sfn::error::BoxError;
use aws_smithy_http_client::Builder;

/// The account of [`client`]: an access key id of twelve digits names it where no credentials are configured.
pub const ACCOUNT: &str = "000000000000";

/// A client of [`ACCOUNT`] in us-east-1 that never retries by itself: tests say what they retry.
pub fn client(endpoint: &str) -> Client {
    client_with_retries(endpoint, RetryConfig::disabled())
}

/// A client with the SDK's own retries.
pub fn client_with_retries(endpoint: &str, retries: RetryConfig) -> Client {
    client_of(endpoint, Credentials::from_keys(ACCOUNT, "secret", None), "us-east-1", retries)
}

/// A client with credentials of its own.
pub fn client_of(endpoint: &str, credentials: Credentials, region: &str, retries: RetryConfig) -> Client {
    let config = aws_sdk_sfn::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(credentials)
        .region(Region::new(region.to_owned()))
        .endpoint_url(endpoint)
        .http_client(Builder::new().build_http())
        .retry_config(retries)
        .timeout_config(TimeoutConfig::disabled())
        .interceptor(SameAddress)
        .build();
    Client::from_conf(config)
}

/// What an entry in the DNS does for users: the host that the SDK makes for some operations (`sync-` before the endpoint's) is the same
/// server. The request keeps that host, which is signed.
#[derive(Debug)]
struct SameAddress;

impl Intercept for SameAddress {
    fn name(&self) -> &'static str {
        "SameAddress"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        if let Some(rest) = request.uri().strip_prefix("http://sync-").map(ToOwned::to_owned) {
            let host = rest.split('/').next().unwrap_or_default();
            request.headers_mut().insert("host", format!("sync-{host}"));
            request.set_uri(format!("http://{rest}"))?;
        }
        Ok(())
    }
}
