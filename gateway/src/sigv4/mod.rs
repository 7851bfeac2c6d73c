//! AWS Signature Version 4: verifies that a request was signed with a known secret, for this service, now, over this body. Only the
//! `Authorization` header is understood, not presigned queries. Does no I/O and reads no clock.

mod authorization;
mod canonical;
mod instant;
mod signing_key;

use http::HeaderMap;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub(crate) use authorization::{ALGORITHM, Authorization};
pub(crate) use instant::Instant;
pub(crate) use signing_key::SigningKeys;

use crate::credentials::{Credential, Credentials};

const SERVICE: &str = "states";
const TERMINATOR: &str = "aws4_request";
const DATE: &str = "x-amz-date";
const TOKEN: &str = "x-amz-security-token";

/// What of a request is signed.
#[derive(Clone, Copy)]
pub(crate) struct Signed<'a> {
    pub(crate) method: &'a str,
    /// As on the wire, percent-encoded.
    pub(crate) path: &'a str,
    /// As on the wire, without the question mark.
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    /// HTTP/2's `:authority`, which clients sign as `host`.
    pub(crate) authority: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

/// What a signature must be scoped to.
#[derive(Clone, Copy)]
pub(crate) struct Policy<'a> {
    /// Empty: any.
    pub(crate) regions: &'a [String],
    pub(crate) skew_seconds: i64,
}

/// Why a request is refused. The texts are AWS's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error("Missing Authentication Token")]
    Missing,
    #[error("{0}")]
    Incomplete(String),
    #[error("{0}")]
    Invalid(String),
    #[error("The security token included in the request is invalid.")]
    Unrecognized,
}

impl Error {
    /// The name in AWS's answers.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Incomplete(_) => "IncompleteSignatureException",
            Self::Invalid(_) => "InvalidSignatureException",
            Self::Unrecognized => "UnrecognizedClientException",
        }
    }
}

/// Verifies a request and says whose it is.
///
/// # Errors
///
/// The first thing that is wrong with its signature.
pub(crate) fn verify<'c>(
    signed: Signed<'_>,
    credentials: &'c Credentials,
    policy: Policy<'_>,
    now: Instant,
) -> Result<&'c Credential, Error> {
    let header = signed.headers.get(http::header::AUTHORIZATION).ok_or(Error::Missing)?;
    let header =
        header.to_str().map_err(|_| Error::Incomplete("Authorization header is not ASCII".to_owned()))?;
    let date = signed.headers.get(DATE).map(|date| String::from_utf8_lossy(date.as_bytes()));
    let authorization = Authorization::parse(header, date.is_some())?;
    let date = date.unwrap_or_default();
    check_scope(&authorization, &date, policy)?;
    let signed_at = Instant::parse(&date).ok_or_else(|| {
        Error::Incomplete(format!(
            "Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
        ))
    })?;
    check_time(signed_at, now, policy.skew_seconds)?;
    check_headers(&authorization, signed)?;

    let credential = credentials.find(authorization.access_key_id).ok_or(Error::Unrecognized)?;
    if let Some(token) = &credential.session_token {
        let given = signed.headers.get(TOKEN).map_or(&[][..], |given| given.as_bytes());
        if !bool::from(given.ct_eq(token.as_bytes())) {
            return Err(Error::Unrecognized);
        }
    }
    check_signature(&authorization, signed, &date, credential, credentials.signing_keys())?;
    Ok(credential)
}

fn check_scope(authorization: &Authorization<'_>, date: &str, policy: Policy<'_>) -> Result<(), Error> {
    let mut problems = Vec::new();
    if date.get(..8) != Some(authorization.date) {
        problems.push(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}', from '{date}'.",
            authorization.date,
            date.get(..8).unwrap_or(date)
        ));
    }
    let region = authorization.region;
    if !is_region(region)
        || !(policy.regions.is_empty() || policy.regions.iter().any(|allowed| allowed == region))
    {
        problems.push(format!("Credential should be scoped to a valid region, not '{region}'."));
    }
    if authorization.service != SERVICE {
        problems.push(format!(
            "Credential should be scoped to correct service: '{SERVICE}', not '{}'.",
            authorization.service
        ));
    }
    if authorization.terminator != TERMINATOR {
        problems.push(format!(
            "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{}'.",
            authorization.terminator
        ));
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems.join(" "))) }
}

/// Whether a text can be a region's name.
pub(crate) fn is_region(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=32).contains(&text.len()) && text.bytes().all(letters)
}

fn check_time(signed_at: Instant, now: Instant, skew_seconds: i64) -> Result<(), Error> {
    let minutes = skew_seconds / 60;
    let (earliest, latest) = (now.plus(-skew_seconds), now.plus(skew_seconds));
    if signed_at < earliest {
        return Err(Error::Invalid(format!(
            "Signature expired: {signed_at} is now earlier than {earliest} ({now} - {minutes} min.)"
        )));
    }
    if signed_at > latest {
        return Err(Error::Invalid(format!(
            "Signature not yet current: {signed_at} is still later than {latest} ({now} + {minutes} min.)"
        )));
    }
    Ok(())
}

/// The host and all `x-amz-` headers count, so they must be signed.
fn check_headers(authorization: &Authorization<'_>, signed: Signed<'_>) -> Result<(), Error> {
    if !authorization.signs("host") {
        return Err(Error::Invalid(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".to_owned(),
        ));
    }
    for name in signed.headers.keys() {
        if name.as_str().starts_with("x-amz-") && !authorization.signs(name.as_str()) {
            return Err(Error::Invalid(format!(
                "'{name}' must be a 'SignedHeader' in the AWS Authorization."
            )));
        }
    }
    Ok(())
}

fn check_signature(
    authorization: &Authorization<'_>,
    signed: Signed<'_>,
    date: &str,
    credential: &Credential,
    keys: &SigningKeys,
) -> Result<(), Error> {
    let payload_hash = hex::encode(Sha256::digest(signed.body));
    let canonical = canonical::request(signed, authorization.signed_headers, &payload_hash);
    let scope = authorization.scope;
    let string_to_sign =
        format!("{ALGORITHM}\n{date}\n{scope}\n{}", hex::encode(Sha256::digest(canonical.as_bytes())));
    let (key, cached) = keys.find(credential, authorization.date, authorization.region, SERVICE);
    let expected = hex::encode(signing_key::hmac(&key, string_to_sign.as_bytes()));
    if bool::from(expected.as_bytes().ct_eq(authorization.signature.as_bytes())) {
        if !cached {
            // Only now, so that nobody without the secret can fill the cache.
            keys.keep(credential, authorization.date, authorization.region, key);
        }
        return Ok(());
    }
    Err(Error::Invalid(format!(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and \
         signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have \
         been\n'{canonical}'\n\nThe String-to-Sign should have been\n'{string_to_sign}'\n"
    )))
}

#[cfg(test)]
pub(crate) use tests::sign;

#[cfg(test)]
mod tests;
