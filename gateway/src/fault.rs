//! The errors that a client sees, in AWS's shape: an HTTP status, a `__type` and a message.

use std::borrow::Cow;

use http::StatusCode;
use keepstep_proto::workflow::v1::ApiError;
use serde::Serialize;

/// An answer that isn't the asked one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) status: StatusCode,
    origin: Origin,
    code: Cow<'static, str>,
    message: Option<String>,
    reason: Option<String>,
    resource_name: Option<String>,
}

/// Which part of AWS's own server names an error; SDKs look only at what follows the `#`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// The framework: signatures, syntax, availability.
    Service,
    /// The framework's check of requests against the API model.
    Validation,
    /// The Step Functions API itself.
    Model,
}

impl Origin {
    fn prefix(self) -> &'static str {
        match self {
            Self::Service => "com.amazon.coral.service#",
            Self::Validation => "com.amazon.coral.validate#",
            Self::Model => "com.amazonaws.swf.service.v2.model#",
        }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "__type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(rename = "resourceName", skip_serializing_if = "Option::is_none")]
    resource_name: Option<&'a str>,
}

impl Fault {
    fn new(
        status: StatusCode,
        origin: Origin,
        code: impl Into<Cow<'static, str>>,
        message: Option<String>,
    ) -> Self {
        Self { status, origin, code: code.into(), message, reason: None, resource_name: None }
    }

    /// An error of the API model, such as `InvalidName`, that the gateway finds by itself.
    pub(crate) fn modelled(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Origin::Model, code, Some(message.into()))
    }

    /// An error of the API model that a node found.
    pub(crate) fn from_node(error: ApiError) -> Self {
        let some = |text: String| (!text.is_empty()).then_some(text);
        Self {
            reason: some(error.reason),
            resource_name: some(error.resource_name),
            ..Self::new(StatusCode::BAD_REQUEST, Origin::Model, error.code, Some(error.message))
        }
    }

    /// The request breaks the API model's constraints.
    pub(crate) fn validation(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Origin::Validation, "ValidationException", Some(message))
    }

    /// The body is no JSON, or has a member of a wrong type.
    pub(crate) fn serialization(message: Option<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Origin::Service, "SerializationException", message)
    }

    /// `X-Amz-Target` names nothing that is served here.
    pub(crate) fn unknown_operation() -> Self {
        Self::new(StatusCode::BAD_REQUEST, Origin::Service, "UnknownOperationException", None)
    }

    /// The body exceeds its bound.
    pub(crate) fn too_large(limit: usize) -> Self {
        let message = format!("Request size exceeded {limit} bytes");
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            Origin::Service,
            "RequestEntityTooLargeException",
            Some(message),
        )
    }

    /// The body didn't come in time or broke off.
    pub(crate) fn body_timeout() -> Self {
        let message = "The request's body did not arrive in time".to_owned();
        Self::new(StatusCode::REQUEST_TIMEOUT, Origin::Service, "RequestTimeoutException", Some(message))
    }

    /// The signature isn't accepted. AWS's JSON services answer with 400, not with 403.
    pub(crate) fn authentication(code: &'static str, message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Origin::Service, code, Some(message))
    }

    /// More work than there is room for.
    pub(crate) fn throttled() -> Self {
        let message = "Rate exceeded".to_owned();
        Self::new(StatusCode::BAD_REQUEST, Origin::Service, "ThrottlingException", Some(message))
    }

    /// The cluster can't answer now; asking again is right.
    pub(crate) fn unavailable() -> Self {
        let message = "The service is temporarily unavailable. Please try again.".to_owned();
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(status, Origin::Service, "ServiceUnavailableException", Some(message))
    }

    /// Something is broken here; the log says what.
    pub(crate) fn internal() -> Self {
        let message = "The request failed because of an internal error.".to_owned();
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Origin::Service, "InternalFailure", Some(message))
    }

    /// The error's name without its origin.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// The body of the answer, in JSON.
    pub(crate) fn body(&self) -> Vec<u8> {
        let body = Body {
            kind: format!("{}{}", self.origin.prefix(), self.code),
            message: self.message.as_deref(),
            reason: self.reason.as_deref(),
            resource_name: self.resource_name.as_deref(),
        };
        serde_json::to_vec(&body).expect("strings always serialize")
    }
}
