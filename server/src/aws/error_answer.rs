//! What an answer that is an error says of itself, in the forms that AWS's JSON protocols have.

use http::HeaderMap;
use serde::Deserialize;

/// Longer ones are no names.
const CODE_MAX: usize = 64;

/// An error as its service names and explains it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ErrorAnswer {
    /// Its plain name.
    pub(crate) code: Option<String>,
    /// Its text.
    pub(crate) message: Option<String>,
}

#[derive(Default, Deserialize)]
struct Body {
    #[serde(alias = "Message")]
    message: Option<String>,
    #[serde(rename = "__type", alias = "Code", alias = "code")]
    kind: Option<String>,
}

impl ErrorAnswer {
    /// Reads what of it is there: the header `x-amzn-ErrorType`, or the body's `__type` or `code`; `message` or `Message`.
    pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        let body: Body = serde_json::from_slice(body).unwrap_or_default();
        let header = headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok());
        let code = header.or(body.kind.as_deref()).map(plain_name);
        let code = code.filter(|name| !name.is_empty() && name.len() <= CODE_MAX);
        Self { code: code.map(str::to_owned), message: body.message }
    }
}

/// `com.amazon#TooManyRequestsException:http://...` is the name between `#` and `:`.
fn plain_name(text: &str) -> &str {
    let text = text.split(':').next().unwrap_or_default();
    text.rsplit('#').next().unwrap_or_default()
}
