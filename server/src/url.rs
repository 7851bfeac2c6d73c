//! URLs of other services' endpoints, and what goes into them.

use http::Uri;

/// The URL of an endpoint, without a slash at its end; `None` if it is no `http://` or `https://` URL with a host.
pub(crate) fn endpoint(url: &str) -> Option<String> {
    let parsed: Uri = url.parse().ok()?;
    let is_http = matches!(parsed.scheme_str(), Some("http" | "https"));
    let has_host = parsed.host().is_some_and(|host| !host.is_empty());
    (is_http && has_host).then(|| url.trim_end_matches('/').to_owned())
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
