//! The `Authorization` header of a signed request, taken apart. Judges its form only.

use super::Error;

/// What the header starts with.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The parts of the header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authorization<'a> {
    pub(crate) access_key_id: &'a str,
    /// Everything of `Credential` behind the access key id.
    pub(super) scope: &'a str,
    pub(super) date: &'a str,
    pub(crate) region: &'a str,
    pub(super) service: &'a str,
    pub(super) terminator: &'a str,
    /// Lower-case names with semicolons between.
    pub(super) signed_headers: &'a str,
    pub(super) signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Takes a header apart. `dated`: whether the request has a date, of whose absence AWS complains together with the rest.
    ///
    /// # Errors
    ///
    /// What is missing or malformed.
    pub(crate) fn parse(header: &'a str, dated: bool) -> Result<Self, Error> {
        let Some(parameters) = header.strip_prefix(ALGORITHM).filter(|rest| rest.starts_with([' ', '\t']))
        else {
            return Err(Error::Incomplete(format!("Unsupported AWS 'algorithm': it must be '{ALGORITHM}'.")));
        };
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for parameter in parameters.split(',') {
            let (name, value) = parameter.trim().split_once('=').unwrap_or_default();
            let place = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => {
                    let text = "Authorization header has a parameter that is none of 'Credential', 'SignedHeaders', 'Signature'.";
                    return Err(Error::Incomplete(text.to_owned()));
                }
            };
            if place.replace(value).is_some() {
                return Err(Error::Incomplete(format!("Authorization header has '{name}' twice.")));
            }
        }
        let mut missing = Vec::new();
        for (name, value) in
            [("Credential", credential), ("Signature", signature), ("SignedHeaders", signed_headers)]
        {
            if value.is_none() {
                missing.push(format!("Authorization header requires '{name}' parameter."));
            }
        }
        if !dated {
            missing.push(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
                    .to_owned(),
            );
        }
        let (Some(credential), Some(signed_headers), Some(signature), true) =
            (credential, signed_headers, signature, missing.is_empty())
        else {
            return Err(Error::Incomplete(missing.join(" ")));
        };
        let malformed = || {
            Error::Incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
            ))
        };
        let (access_key_id, scope) = credential.split_once('/').ok_or_else(malformed)?;
        let mut elements = scope.split('/');
        let mut next = || elements.next().ok_or_else(malformed);
        let (date, region, service, terminator) = (next()?, next()?, next()?, next()?);
        if elements.next().is_some() {
            return Err(malformed());
        }
        Ok(Self { access_key_id, scope, date, region, service, terminator, signed_headers, signature })
    }

    /// Whether a header is signed. `name` is in lower case.
    pub(super) fn signs(&self, name: &str) -> bool {
        self.signed_headers.split(';').any(|signed| signed == name)
    }
}
