//! What a state fails with when its items can't be read or its results can't be written, and how S3's errors read in it.

use http::StatusCode;

/// Error and cause, as the failed map run and its state show them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {cause}")]
pub(crate) struct Failure {
    /// `States.ItemReaderFailed` or `States.ResultWriterFailed`.
    pub(crate) error: String,
    /// What happened.
    pub(crate) cause: String,
}

impl Failure {
    /// The items can't be read.
    pub(crate) fn reader(cause: impl Into<String>) -> Self {
        Self { error: "States.ItemReaderFailed".to_owned(), cause: cause.into() }
    }

    /// The results can't be written.
    pub(crate) fn writer(cause: impl Into<String>) -> Self {
        Self { error: "States.ResultWriterFailed".to_owned(), cause: cause.into() }
    }
}

/// An error as AWS's SDK would tell it: S3's own words where it answered, else why it didn't.
pub(crate) fn service_text(error: &object_store::Error) -> String {
    // The library's errors keep status and body of the answer, but show them in their text only.
    let text = error.to_string();
    let status = text.split_once("status code: ").and_then(|(_, rest)| rest.get(..3)?.parse().ok());
    if let Some(status) = status {
        let body = text.find("<Error").and_then(|start| text.get(start..));
        return answer_text(status, body.unwrap_or_default());
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    format!("Unable to execute HTTP request: {innermost}")
}

/// An answer of S3 that is an error, as AWS's SDK shows it.
pub(super) fn answer_text(status: u16, body: &str) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("");
    let member = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        let (text, _) = rest.split_once("</")?;
        Some(quick_xml::escape::unescape(text).map_or_else(|_| text.to_owned(), |text| text.into_owned()))
    };
    let code = member("Code").unwrap_or_else(|| format!("{status} {reason}"));
    let message = member("Message").unwrap_or_else(|| reason.to_owned());
    let or_null = |name| member(name).unwrap_or_else(|| "null".to_owned());
    format!(
        "{message} (Service: Amazon S3; Status Code: {status}; Error Code: {code}; Request ID: {}; S3 Extended Request ID: {}; \
         Proxy: null)",
        or_null("RequestId"),
        or_null("HostId"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_as_by_the_sdk() {
        let body = "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code><Message>It isn&apos;t there.</Message><Key>k</Key>\
                    <RequestId>R1</RequestId><HostId>H/1=</HostId></Error>";
        assert_eq!(
            answer_text(404, body),
            "It isn't there. (Service: Amazon S3; Status Code: 404; Error Code: NoSuchKey; Request ID: R1; S3 Extended Request \
             ID: H/1=; Proxy: null)"
        );
        assert_eq!(
            answer_text(403, ""),
            "Forbidden (Service: Amazon S3; Status Code: 403; Error Code: 403 Forbidden; Request ID: null; S3 Extended Request \
             ID: null; Proxy: null)"
        );
    }
}
