//! The canonical form of a request: what its signature is computed over. Follows AWS's 'Create a canonical request' for services other
//! than S3 (paths are normalized and encoded once more).

use std::fmt::Write;

use http::HeaderMap;

use super::Signed;

/// The canonical request.
pub(super) fn request(signed: Signed<'_>, signed_headers: &str, payload_hash: &str) -> String {
    let mut text = String::with_capacity(512);
    text.push_str(signed.method);
    text.push('\n');
    path(signed.path, &mut text);
    text.push('\n');
    query(signed.query, &mut text);
    text.push('\n');
    for name in signed_headers.split(';') {
        text.push_str(name);
        text.push(':');
        header(signed.headers, signed.authority, name, &mut text);
        text.push('\n');
    }
    text.push('\n');
    text.push_str(signed_headers);
    text.push('\n');
    text.push_str(payload_hash);
    text
}

/// The normalized path (RFC 3986: no `.`, `..` or empty segments), each segment encoded again.
fn path(path: &str, text: &mut String) {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    if segments.is_empty() {
        text.push('/');
        return;
    }
    for segment in segments {
        text.push('/');
        encode(segment.as_bytes(), text);
    }
    if path.ends_with(['/']) {
        text.push('/');
    }
}

/// The parameters, each encoded in the one canonical way, sorted by name and then by value.
fn query(query: &str, text: &mut String) {
    let mut parameters = query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let canonical = |part: &str| {
                let mut encoded = String::new();
                encode(&decode(part), &mut encoded);
                encoded
            };
            (canonical(name), canonical(value))
        })
        .collect::<Vec<_>>();
    parameters.sort_unstable();
    for (index, (name, value)) in parameters.iter().enumerate() {
        let separator = if index == 0 { "" } else { "&" };
        let _ = write!(text, "{separator}{name}={value}");
    }
}

/// A header's values with commas between, each without outer spaces and with inner runs of spaces as one. A name that the request
/// lacks is as empty: the signature then differs.
fn header(headers: &HeaderMap, authority: Option<&str>, name: &str, text: &mut String) {
    let mut first = true;
    for value in headers.get_all(name) {
        if !first {
            text.push(',');
        }
        first = false;
        for (index, word) in value
            .as_bytes()
            .split(|byte| matches!(byte, b' ' | b'\t'))
            .filter(|word| !word.is_empty())
            .enumerate()
        {
            if index > 0 {
                text.push(' ');
            }
            text.push_str(&String::from_utf8_lossy(word));
        }
    }
    if first && name == "host" {
        text.push_str(authority.unwrap_or_default());
    }
}

/// AWS's UriEncode: everything but RFC 3986's unreserved characters.
fn encode(bytes: &[u8], text: &mut String) {
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(*byte))
            }
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
}

/// Undoes percent-encoding; what isn't one stands for itself.
fn decode(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escape = if *first == b'%' { tail.split_at_checked(2) } else { None };
        match escape.and_then(|(digits, tail)| Some((*hex::decode(digits).ok()?.first()?, tail))) {
            Some((byte, tail)) => {
                decoded.push(byte);
                rest = tail;
            }
            None => {
                decoded.push(*first);
                rest = tail;
            }
        }
    }
    decoded
}
