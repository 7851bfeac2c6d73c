//! Why a call came to nothing, and whether it may be made again.

use http::{HeaderMap, StatusCode};

use super::ErrorAnswer;

/// The errors with which services ask for patience whatever their status, as AWS's SDKs know them (botocore, `retries/standard.py`).
const PATIENCE: [&str; 14] = [
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];
/// What is shown of a body that explains itself in no known form.
const SHOWN_CHARS_MAX: usize = 200;

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct Failure {
    /// Of the answer; `None` if there was none.
    pub(crate) status: Option<StatusCode>,
    /// The error's plain name, such as `ResourceNotFoundException`; `SdkClientException` if there was no answer.
    pub(crate) code: String,
    /// For people.
    pub(crate) message: String,
    /// The same call may succeed later.
    pub(crate) is_retryable: bool,
}

impl Failure {
    /// No request was made.
    pub(super) fn unsent(reason: String) -> Self {
        Self { is_retryable: false, ..Self::unanswered(reason) }
    }

    /// No answer came.
    pub(super) fn unanswered(reason: String) -> Self {
        Self { status: None, code: "SdkClientException".to_owned(), message: reason, is_retryable: true }
    }

    /// The answer is an error.
    pub(super) fn answered(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let ErrorAnswer { code, message } = ErrorAnswer::read(headers, body);
        let code = code.unwrap_or_else(|| status.to_string());
        let shown = || String::from_utf8_lossy(body).chars().take(SHOWN_CHARS_MAX).collect();
        let is_retryable = status.is_server_error()
            || status == StatusCode::TOO_MANY_REQUESTS
            || PATIENCE.contains(&code.as_str());
        Self { status: Some(status), code, message: message.unwrap_or_else(shown), is_retryable }
    }
}
