//! URLs of other services' endpoints, and what goes into them.

use std::net::{IpAddr, SocketAddr};

use http::Uri;

/// The URL of an endpoint, without a slash at its end; `None` if it is no `http://` or `https://` URL with a host.
pub(crate) fn endpoint(url: &str) -> Option<String> {
    let parsed: Uri = url.parse().ok()?;
    let is_http = matches!(parsed.scheme_str(), Some("http" | "https"));
    let has_host = parsed.host().is_some_and(|host| !host.is_empty());
    (is_http && has_host).then(|| url.trim_end_matches('/').to_owned())
}

/// Whether a URL leads to one of these addresses of this machine.
pub(crate) fn leads_to(url: &str, addresses: &[SocketAddr]) -> bool {
    let Ok(parsed) = url.parse::<Uri>() else { return false };
    let Some(host) = parsed.host() else { return false };
    let port = parsed.port_u16().unwrap_or(if parsed.scheme_str() == Some("https") { 443 } else { 80 });
    let ip: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    addresses.iter().filter(|address| address.port() == port).any(|address| match ip {
        Some(ip) => ip == address.ip() || (ip.is_loopback() && address.ip().is_unspecified()),
        None => host == "localhost" && (address.ip().is_loopback() || address.ip().is_unspecified()),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_lead_back() {
        let loopback = ["127.0.0.1:8083", "[::1]:8083"].map(|address| address.parse().expect("an address"));
        let anywhere = ["0.0.0.0:80".parse().expect("an address")];
        let table: &[(&str, &[SocketAddr], bool)] = &[
            ("http://127.0.0.1:8083", &loopback, true),
            ("http://localhost:8083/", &loopback, true),
            ("http://[::1]:8083", &loopback, true),
            ("http://127.0.0.1:4566", &loopback, false),
            ("http://10.0.0.1:8083", &loopback, false),
            ("http://keepstep.example:8083", &loopback, false),
            ("http://127.0.0.1", &anywhere, true),
            ("http://localhost", &anywhere, true),
            ("https://localhost", &anywhere, false),
            ("nonsense", &anywhere, false),
        ];
        for (url, addresses, expected) in table {
            assert_eq!(leads_to(url, addresses), *expected, "{url}");
        }
    }
}
