//! The services that are called. Another one is another constant.

/// A service that speaks the JSON protocol 1.1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// In its host's name and in signatures.
    pub(super) name: &'static str,
    /// What `X-Amz-Target` has before the operation's name.
    pub(super) target: &'static str,
    /// The variable by which AWS's SDKs know its endpoint; `AWS_ENDPOINT_URL` is that of all services.
    pub(super) endpoint_variable: &'static str,
}

/// EventBridge.
pub(crate) const EVENTS: Service =
    Service { name: "events", target: "AWSEvents", endpoint_variable: "AWS_ENDPOINT_URL_EVENTS" };

/// CloudWatch Logs.
pub(crate) const LOGS: Service =
    Service { name: "logs", target: "Logs_20140328", endpoint_variable: "AWS_ENDPOINT_URL_LOGS" };
