//! Where a service is: from the settings, and from the environment variables that AWS's SDKs read.

use crate::url;

/// Why the configuration can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    /// Not a URL that can be called.
    #[error("{0} is no http:// or https:// URL")]
    Url(String),
    /// Credentials that are none.
    #[error("the environment's AWS credentials can't be used: {0}")]
    Credentials(String),
}

/// The endpoint of a service without a slash at its end: that of the settings, or the service's own variable's, or that of all services.
/// `None` means AWS's own.
pub(crate) fn endpoint(
    setting: Option<&str>,
    own_variable: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<String>, Error> {
    let set = |url: &String| !url.is_empty();
    let url = setting
        .map(str::to_owned)
        .filter(set)
        .or_else(|| variable(own_variable).filter(set))
        .or_else(|| variable("AWS_ENDPOINT_URL").filter(set));
    url.map(|url| url::endpoint(&url).filter(|url| !url.contains('?')).ok_or(Error::Url(url))).transpose()
}

/// The region that the environment names.
pub(crate) fn region(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().filter_map(variable).find(|region| !region.is_empty())
}

/// What the names of AWS's hosts in a region end with.
pub(crate) fn host_suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}
