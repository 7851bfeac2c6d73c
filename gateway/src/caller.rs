//! Who asks, and in which region: from the credential scope of a request's signature and from configuration.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::Options;
use crate::credentials::is_account;
use crate::sigv4::{Authorization, is_region};

/// The account and region that a request is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Scope {
    pub(crate) account: String,
    pub(crate) region: String,
}

/// The scope of a request that nobody verifies: an access key id of twelve digits names the account; what isn't said is as configured.
/// A header that makes no sense says nothing.
pub(crate) fn unverified(headers: &HeaderMap, options: &Options) -> Scope {
    let header = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let authorization = header.and_then(|header| Authorization::parse(header, true).ok());
    let account = authorization.as_ref().map(|said| said.access_key_id).filter(|id| is_account(id));
    let region = authorization.as_ref().map(|said| said.region).filter(|region| is_region(region));
    Scope {
        account: account.unwrap_or(&options.default_account).to_owned(),
        region: region.unwrap_or(&options.default_region).to_owned(),
    }
}

/// The region that a verified request's signature is scoped to.
pub(crate) fn region(headers: &HeaderMap, options: &Options) -> String {
    unverified(headers, options).region
}

/// The partition of a region's ARNs, where configuration names none.
pub(crate) fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes() {
        let table = [
            (None, "123456789012", "us-east-1"),
            (
                Some(
                    "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/states/aws4_request, SignedHeaders=host, Signature=00",
                ),
                "123456789012",
                "eu-west-1",
            ),
            (
                Some(
                    "AWS4-HMAC-SHA256 Credential=000000000000/20260101/eu-west-1/states/aws4_request,SignedHeaders=host,Signature=00",
                ),
                "000000000000",
                "eu-west-1",
            ),
            (
                Some(
                    "AWS4-HMAC-SHA256 Credential=000000000000/20260101/EU:WEST/states/aws4_request, SignedHeaders=host, Signature=00",
                ),
                "000000000000",
                "us-east-1",
            ),
            (Some("Bearer x"), "123456789012", "us-east-1"),
            (Some("AWS4-HMAC-SHA256 Credential=000000000000"), "123456789012", "us-east-1"),
        ];
        for (header, account, region) in table {
            let headers = header.map(|header| (AUTHORIZATION, http::HeaderValue::from_static(header)));
            let expected = Scope { account: account.to_owned(), region: region.to_owned() };
            assert_eq!(
                unverified(&HeaderMap::from_iter(headers), &Options::default()),
                expected,
                "{header:?}"
            );
        }
    }

    #[test]
    fn partitions() {
        for (region, expected) in
            [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
        {
            assert_eq!(partition(region), expected);
        }
    }
}
