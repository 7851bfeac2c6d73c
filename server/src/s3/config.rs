//! Where S3 is and who asks there: from the configuration, and from the environment variables that AWS's SDKs read.

use object_store::aws::AmazonS3Builder;

use crate::aws::{self, Credentials, Error};

/// Where S3 is, and who asks there. Holds secrets: has no `Debug`.
#[derive(Clone)]
pub(crate) struct Config {
    /// Without a slash at its end; `None` for AWS's own.
    endpoint: Option<String>,
    region: String,
    credentials: Credentials,
}

impl Config {
    /// `endpoint` is that of the settings, `region` the server's; `variable` looks up environment variables, which say what the settings
    /// don't.
    pub(crate) fn new(
        endpoint: Option<&str>,
        region: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        Ok(Self {
            endpoint: aws::endpoint(endpoint, "AWS_ENDPOINT_URL_S3", &variable)?,
            region: aws::region(&variable).unwrap_or_else(|| region.to_owned()),
            credentials: Credentials::new(&variable),
        })
    }

    /// The region that requests are signed for.
    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// Requests carry no signature: there is an endpoint of one's own, and there are no credentials for it.
    pub(super) fn is_unsigned(&self) -> bool {
        self.endpoint.is_some() && self.credentials.is_empty()
    }

    /// The URL under which a bucket's objects are.
    pub(crate) fn bucket_url(&self, bucket: &str) -> String {
        if let Some(endpoint) = &self.endpoint {
            return format!("{endpoint}/{bucket}");
        }
        let region = &self.region;
        let suffix = aws::host_suffix(region);
        // The certificate of AWS's hosts is for names one level deep, and a bucket's name may have dots and, if it's old, capitals.
        if bucket.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
            format!("https://{bucket}.s3.{region}.{suffix}")
        } else {
            format!("https://s3.{region}.{suffix}/{bucket}")
        }
    }

    /// A builder of clients for a bucket.
    pub(super) fn builder(&self, bucket: &str) -> AmazonS3Builder {
        let builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(&self.region)
            // 'Virtual hosted' means to this library that the endpoint's URL is the bucket's.
            .with_virtual_hosted_style_request(true)
            .with_endpoint(self.bucket_url(bucket))
            .with_allow_http(true)
            .with_skip_signature(self.is_unsigned());
        self.credentials.applied(builder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(endpoint: Option<&str>, variables: &[(&str, &str)]) -> Result<Config, Error> {
        Config::new(endpoint, "eu-west-1", |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn buckets_are_found_where_settings_and_variables_say() {
        let check = |endpoint: Option<&str>, variables: &[(&str, &str)], bucket: &str, expected: &str| {
            let config = config(endpoint, variables).expect("valid");
            assert_eq!(config.bucket_url(bucket), expected, "{endpoint:?} {variables:?} {bucket}");
        };
        check(None, &[], "b", "https://b.s3.eu-west-1.amazonaws.com");
        check(None, &[("AWS_REGION", "us-east-2")], "b", "https://b.s3.us-east-2.amazonaws.com");
        check(None, &[("AWS_DEFAULT_REGION", "us-east-2")], "b", "https://b.s3.us-east-2.amazonaws.com");
        check(None, &[("AWS_REGION", "cn-north-1")], "b", "https://b.s3.cn-north-1.amazonaws.com.cn");
        check(None, &[], "my.old_Bucket", "https://s3.eu-west-1.amazonaws.com/my.old_Bucket");
        check(None, &[("AWS_ENDPOINT_URL", "http://all:1")], "b", "http://all:1/b");
        let both = [("AWS_ENDPOINT_URL", "http://all:1"), ("AWS_ENDPOINT_URL_S3", "https://s3:2/base/")];
        check(None, &both, "b", "https://s3:2/base/b");
        check(Some("http://own:3"), &both, "b", "http://own:3/b");
        check(None, &[("AWS_ENDPOINT_URL_S3", "")], "b", "https://b.s3.eu-west-1.amazonaws.com");
    }

    #[test]
    fn requests_are_unsigned_only_for_an_endpoint_without_credentials() {
        let pair = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")];
        let is_unsigned =
            |endpoint, variables: &[(&str, &str)]| config(endpoint, variables).expect("valid").is_unsigned();
        assert!(is_unsigned(Some("http://own"), &[]));
        assert!(!is_unsigned(Some("http://own"), &pair));
        assert!(!is_unsigned(None, &[]));
        assert!(!is_unsigned(None, &pair));
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        let check = |endpoint: Option<&str>, variables: &[(&str, &str)], expected: Error| {
            assert_eq!(config(endpoint, variables).err(), Some(expected));
        };
        check(Some("localhost:9000"), &[], Error::Url("localhost:9000".to_owned()));
        check(Some("ftp://x"), &[], Error::Url("ftp://x".to_owned()));
        check(Some("http://x/?a"), &[], Error::Url("http://x/?a".to_owned()));
        check(None, &[("AWS_ENDPOINT_URL", "x")], Error::Url("x".to_owned()));
    }
}
