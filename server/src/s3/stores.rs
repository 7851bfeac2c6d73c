//! A store for each bucket, made when it is first asked for. Bounded: the least recently used is dropped.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use object_store::aws::{AmazonS3, AwsCredentialProvider};
use object_store::client::HttpClient;
use object_store::{BackoffConfig, ClientOptions, RetryConfig};

use super::bucket::Bucket;
use super::config::Config;
use super::http::{Connector, client};
use super::list::{List, OWNER_HEADER};

const STORES_MAX: usize = 64;
const RETRIES: RetryConfig = RetryConfig {
    backoff: BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(5),
        base: 2.0,
    },
    max_retries: 5,
    retry_timeout: Duration::from_secs(60),
};

/// A bucket as a state names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BucketName {
    /// The plain name.
    pub(crate) name: String,
    /// `ExpectedBucketOwner`: the account that has to own it.
    pub(crate) expected_owner: Option<String>,
}

/// The stores of all buckets. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Stores(Arc<Shared>);

struct Shared {
    origin: Origin,
    /// The most recently used last.
    open: Mutex<Vec<(BucketName, Bucket)>>,
}

enum Origin {
    S3 {
        config: Config,
        http: HttpClient,
        /// Shared by all buckets, so that they are asked for once.
        credentials: Mutex<Option<AwsCredentialProvider>>,
    },
    #[cfg(test)]
    Memory(Vec<Bucket>),
}

impl Stores {
    /// The buckets that `config` leads to. Asks for nothing yet.
    pub(crate) fn new(config: Config) -> Self {
        let origin = Origin::S3 { config, http: client(), credentials: Mutex::default() };
        Self(Arc::new(Shared { origin, open: Mutex::default() }))
    }

    /// These buckets only.
    #[cfg(test)]
    pub(crate) fn memory(buckets: Vec<Bucket>) -> Self {
        Self(Arc::new(Shared { origin: Origin::Memory(buckets), open: Mutex::default() }))
    }

    /// The bucket of this name, whether or not it exists, or why nothing can be asked of it.
    pub(crate) fn bucket(&self, wanted: &BucketName) -> Result<Bucket, String> {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let known = open.iter().position(|(name, _)| name == wanted).map(|at| open.remove(at));
        let (name, bucket) = match known {
            Some(known) => known,
            None => (wanted.clone(), self.0.origin.bucket(wanted)?),
        };
        if open.len() >= STORES_MAX {
            open.remove(0);
        }
        open.push((name, bucket.clone()));
        Ok(bucket)
    }
}

impl Origin {
    fn bucket(&self, wanted: &BucketName) -> Result<Bucket, String> {
        let name = &wanted.name;
        // It becomes a part of the URL to which a signed request goes.
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if !(1..=255).contains(&name.len()) || !name.bytes().all(is_name) || name.starts_with('.') {
            return Err(format!(
                "The specified bucket is not valid. (Service: Amazon S3; Status Code: 400; Error Code: InvalidBucketName; Bucket: \
                 {name}; Proxy: null)"
            ));
        }
        match self {
            Self::S3 { config, http, credentials } => {
                let mut credentials = credentials.lock().unwrap_or_else(PoisonError::into_inner);
                s3(config, http, &mut credentials, wanted)
            }
            #[cfg(test)]
            Self::Memory(buckets) => buckets
                .iter()
                .find(|bucket| *bucket.name == **name)
                .cloned()
                .ok_or_else(|| "The specified bucket does not exist".to_owned()),
        }
    }
}

fn s3(
    config: &Config,
    http: &HttpClient,
    credentials: &mut Option<AwsCredentialProvider>,
    wanted: &BucketName,
) -> Result<Bucket, String> {
    let expected_owner = match &wanted.expected_owner {
        Some(owner) => Some(
            HeaderValue::from_str(owner)
                .map_err(|_| format!("The expected bucket owner '{owner}' is no account"))?,
        ),
        None => None,
    };
    let mut options = ClientOptions::new();
    if let Some(owner) = &expected_owner {
        options = options.with_default_headers(HeaderMap::from_iter([(OWNER_HEADER, owner.clone())]));
    }
    let mut builder = config
        .builder(&wanted.name)
        .with_client_options(options.with_allow_http(true))
        .with_retry(RETRIES)
        .with_http_connector(Connector(http.clone()));
    if let Some(shared) = credentials.as_ref() {
        builder = builder.with_credentials(Arc::clone(shared));
    }
    let store: AmazonS3 = builder.build().map_err(|error| error.to_string())?;
    *credentials = Some(Arc::clone(store.credentials()));
    let list = List {
        signer: (!config.is_unsigned()).then(|| store.clone()),
        http: http.clone(),
        region: config.region().to_owned(),
        url: config.bucket_url(&wanted.name),
        expected_owner,
    };
    Ok(Bucket { name: wanted.name.as_str().into(), objects: Arc::new(store), pages: Arc::new(list) })
}
