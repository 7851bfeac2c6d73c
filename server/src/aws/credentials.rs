//! Who asks AWS's services: what the environment says, by the names of AWS's SDKs. `object_store`, which knows all of these ways for S3,
//! finds the keys and renews them.

use std::sync::Arc;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsCredentialProvider};

use super::Error;
use crate::s3;

const VARIABLES: [(&str, AmazonS3ConfigKey); 10] = [
    ("AWS_ACCESS_KEY_ID", AmazonS3ConfigKey::AccessKeyId),
    ("AWS_SECRET_ACCESS_KEY", AmazonS3ConfigKey::SecretAccessKey),
    ("AWS_SESSION_TOKEN", AmazonS3ConfigKey::Token),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", AmazonS3ConfigKey::WebIdentityTokenFile),
    ("AWS_ROLE_ARN", AmazonS3ConfigKey::RoleArn),
    ("AWS_ROLE_SESSION_NAME", AmazonS3ConfigKey::RoleSessionName),
    ("AWS_ENDPOINT_URL_STS", AmazonS3ConfigKey::StsEndpoint),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", AmazonS3ConfigKey::ContainerCredentialsRelativeUri),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", AmazonS3ConfigKey::ContainerCredentialsFullUri),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", AmazonS3ConfigKey::ContainerAuthorizationTokenFile),
];

/// What the environment says of credentials. Holds secrets: has no `Debug`.
#[derive(Clone)]
pub(crate) struct Credentials(Vec<(AmazonS3ConfigKey, String)>);

impl Credentials {
    /// `variable` looks up environment variables.
    pub(crate) fn new(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |(name, key)| variable(name).filter(|value| !value.is_empty()).map(|value| (key, value));
        Self(VARIABLES.into_iter().filter_map(set).collect())
    }

    /// The environment says nothing: what is left is the instance's metadata service.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A builder that has them.
    pub(crate) fn applied(&self, mut builder: AmazonS3Builder) -> AmazonS3Builder {
        for (key, value) in &self.0 {
            builder = builder.with_config(*key, value);
        }
        builder
    }

    /// What gives the keys that are valid at the moment. `region` is where AWS's security token service is asked for some.
    pub(super) fn provider(&self, region: &str) -> Result<AwsCredentialProvider, Error> {
        // Nothing is ever asked of this bucket: `object_store` gives its providers to builders of stores only.
        let store = self
            .applied(AmazonS3Builder::new().with_bucket_name("none").with_region(region))
            .with_http_connector(s3::Connector(s3::client()))
            .build()
            .map_err(|error| Error::Credentials(error.to_string()))?;
        Ok(Arc::clone(store.credentials()))
    }
}
