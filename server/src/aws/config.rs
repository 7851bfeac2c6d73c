//! Where one service is, and who asks there.

use super::{Credentials, Error, Service, endpoint, host_suffix, region};

/// The configuration of a [`Client`](super::Client). Holds secrets: has no `Debug`.
#[derive(Clone)]
pub(crate) struct Config {
    pub(super) service: &'static Service,
    /// `None` for AWS's own.
    endpoint: Option<String>,
    /// Where calls go that name no region.
    region: String,
    pub(super) credentials: Credentials,
}

impl Config {
    /// `endpoint_setting` and `server_region` are those of the settings; `variable` looks up environment variables: `AWS_ENDPOINT_URL_*`
    /// and `AWS_ENDPOINT_URL` where the settings say nothing, `AWS_REGION` before the server's region, and credentials.
    ///
    /// # Errors
    ///
    /// An endpoint that is no URL.
    pub(crate) fn new(
        service: &'static Service,
        endpoint_setting: Option<&str>,
        server_region: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        Ok(Self {
            service,
            endpoint: endpoint(endpoint_setting, service.endpoint_variable, &variable)?,
            region: region(&variable).unwrap_or_else(|| server_region.to_owned()),
            credentials: Credentials::new(&variable),
        })
    }

    /// An endpoint other than AWS's own is configured.
    pub(crate) fn has_endpoint(&self) -> bool {
        self.endpoint.is_some()
    }

    /// Requests carry no signature: there is an endpoint of one's own, and there are no credentials for it.
    pub(super) fn is_unsigned(&self) -> bool {
        self.has_endpoint() && self.credentials.is_empty()
    }

    /// The region of a call that names this one, or none.
    pub(super) fn region<'a>(&'a self, named: Option<&'a str>) -> &'a str {
        named.unwrap_or(&self.region)
    }

    /// Where requests for a region go.
    pub(crate) fn url(&self, region: &str) -> String {
        match &self.endpoint {
            Some(endpoint) => format!("{endpoint}/"),
            None => format!("https://{}.{region}.{}/", self.service.name, host_suffix(region)),
        }
    }
}
