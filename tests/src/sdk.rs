//! The official SDK, pointed at a node.

use aws_credential_types::Credentials;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::retry::RetryConfig;
use aws_sdk_sfn::config::timeout::TimeoutConfig;
use aws_sdk_sfn::config::{BehaviorVersion, Region};
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
        .build();
    Client::from_conf(config)
}
