//! What an answer of the Invoke API means for a task: the function's result, the function's own error, or an error of the service, with
//! AWS's names and texts.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use keepstep_engine::stimulus::CallResult;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::aws::ErrorAnswer;
use crate::sdk_answer::{self, Header};

/// The errors of the Invoke API by name (API reference, "Invoke"); any other one is an `AWSLambdaException`.
const MODELLED: [&str; 29] = [
    "EC2AccessDeniedException",
    "EC2ThrottledException",
    "EC2UnexpectedException",
    "EFSIOException",
    "EFSMountConnectivityException",
    "EFSMountFailureException",
    "EFSMountTimeoutException",
    "ENILimitReachedException",
    "InvalidParameterValueException",
    "InvalidRequestContentException",
    "InvalidRuntimeException",
    "InvalidSecurityGroupIDException",
    "InvalidSubnetIDException",
    "InvalidZipFileException",
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
    "RecursiveInvocationException",
    "RequestTooLargeException",
    "ResourceConflictException",
    "ResourceNotFoundException",
    "ResourceNotReadyException",
    "ServiceException",
    "SnapStartException",
    "SnapStartNotReadyException",
    "SnapStartTimeoutException",
    "SubnetIPAddressLimitReachedException",
    "TooManyRequestsException",
];

/// An answer of the Invoke API.
pub(super) struct Answer<'a> {
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a Bytes,
}

/// The members of a function's error that count.
#[derive(Deserialize)]
struct FunctionError {
    #[serde(rename = "errorType")]
    error_type: Option<String>,
}

impl Answer<'_> {
    /// What the task gets. `whole_answer`: through `states:::lambda:invoke`.
    pub(super) fn outcome(&self, whole_answer: bool) -> CallResult {
        if !self.status.is_success() {
            return self.service_error();
        }
        if self.header("x-amz-function-error").is_some() {
            return self.function_error(whole_answer);
        }
        let payload = match self.payload() {
            Ok(payload) => payload,
            Err(result) => return result,
        };
        if whole_answer {
            CallResult::Succeeded(self.whole(payload.as_deref()))
        } else {
            succeeded(payload.as_deref())
        }
    }

    /// The function's result, checked to be JSON; `None` where there is none, as after an invocation of type `Event`.
    fn payload(&self) -> Result<Option<Box<RawValue>>, CallResult> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        serde_json::from_slice(self.body).map(Some).map_err(|error| CallResult::Failed {
            error: "Lambda.Unknown".to_owned(),
            cause: format!("The function returned a payload that isn't JSON: {error}"),
        })
    }

    fn whole(&self, payload: Option<&RawValue>) -> Bytes {
        let mut answer = Map::new();
        let version = self.header("x-amz-executed-version").unwrap_or("$LATEST");
        answer.insert("ExecutedVersion".to_owned(), version.into());
        if let Some(log) = self.header("x-amz-log-result") {
            answer.insert("LogResult".to_owned(), log.into());
        }
        let payload = payload.and_then(|payload| serde_json::from_str(payload.get()).ok());
        answer.insert("Payload".to_owned(), payload.unwrap_or_else(|| Value::String(String::new())));
        let headers: Vec<_> = self
            .headers
            .iter()
            .filter_map(|(name, value)| Some(Header::new(shown_as(name.as_str()), value.to_str().ok()?)))
            .collect();
        answer
            .insert("SdkHttpMetadata".to_owned(), sdk_answer::http_metadata(&headers, self.status.as_u16()));
        answer.insert("SdkResponseMetadata".to_owned(), sdk_answer::response_metadata(self.request_id()));
        answer.insert("StatusCode".to_owned(), self.status.as_u16().into());
        Value::Object(answer).to_string().into()
    }

    fn function_error(&self, compact: bool) -> CallResult {
        let verbatim = String::from_utf8_lossy(self.body);
        let cause = match serde_json::from_slice::<Value>(self.body) {
            Ok(payload) if compact => payload.to_string(),
            _ => verbatim.clone().into_owned(),
        };
        let error_type =
            serde_json::from_slice::<FunctionError>(self.body).ok().and_then(|error| error.error_type);
        match error_type.filter(|name| !name.is_empty()) {
            Some(error) => CallResult::Failed { error, cause },
            None => CallResult::Failed {
                error: "Lambda.Unknown".to_owned(),
                cause: format!(
                    "The cause could not be determined because Lambda did not return an error type. Returned payload: {verbatim}"
                ),
            },
        }
    }

    fn service_error(&self) -> CallResult {
        let ErrorAnswer { code, message } = ErrorAnswer::read(self.headers, self.body);
        let code = code.as_deref().unwrap_or_else(|| by_status(self.status));
        let class = if MODELLED.contains(&code) { code } else { "AWSLambdaException" };
        let message = message.unwrap_or_else(|| String::from_utf8_lossy(self.body).into_owned());
        let message = if code == "ResourceNotFoundException" { with_latest(message) } else { message };
        let status = self.status.as_u16();
        CallResult::Failed {
            error: format!("Lambda.{class}"),
            cause: sdk_answer::optimised_cause(&message, "AWSLambda", status, code, self.request_id()),
        }
    }

    fn request_id(&self) -> &str {
        self.header("x-amzn-requestid").or_else(|| self.header("x-amz-request-id")).unwrap_or("null")
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// The function's own text, with its own spacing.
fn succeeded(payload: Option<&RawValue>) -> CallResult {
    let text = payload.map_or("null", |payload| payload.get());
    CallResult::Succeeded(Bytes::copy_from_slice(text.as_bytes()))
}

/// What Lambda would have said, where an endpoint names no error.
fn by_status(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "ResourceNotFoundException",
        StatusCode::TOO_MANY_REQUESTS => "TooManyRequestsException",
        StatusCode::PAYLOAD_TOO_LARGE => "RequestTooLargeException",
        StatusCode::FORBIDDEN => "AccessDeniedException",
        status if status.is_server_error() => "ServiceException",
        _ => "AWSLambdaException",
    }
}

/// AWS invokes the latest version by its name, so that the ARN of a missing function shows it.
fn with_latest(message: String) -> String {
    match message.split_once(":function:") {
        Some((_, function)) if !function.is_empty() && !function.contains([':', ' ']) => {
            format!("{message}:$LATEST")
        }
        _ => message,
    }
}

/// Header names travel in lower case here; AWS's SDK shows them as the service wrote them.
fn shown_as(name: &str) -> &str {
    match name {
        "content-length" => "Content-Length",
        "content-type" => "Content-Type",
        "date" => "Date",
        "x-amz-executed-version" => "X-Amz-Executed-Version",
        "x-amz-log-result" => "X-Amz-Log-Result",
        "x-amzn-remapped-content-length" => "x-amzn-Remapped-Content-Length",
        "x-amzn-requestid" => "x-amzn-RequestId",
        "x-amzn-trace-id" => "X-Amzn-Trace-Id",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(
        status: u16,
        headers: &[(&'static str, &'static str)],
        body: &'static str,
        whole: bool,
    ) -> CallResult {
        let headers = headers
            .iter()
            .map(|&(name, value)| {
                (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
            })
            .collect();
        let body = Bytes::from_static(body.as_bytes());
        let status = StatusCode::from_u16(status).expect("a status");
        Answer { status, headers: &headers, body: &body }.outcome(whole)
    }

    fn failed(error: &str, cause: &str) -> CallResult {
        CallResult::Failed { error: error.to_owned(), cause: cause.to_owned() }
    }

    #[test]
    fn a_result_keeps_its_own_text() {
        let check = |body: &'static str, expected: &'static str| {
            assert_eq!(
                outcome(200, &[], body, false),
                CallResult::Succeeded(Bytes::from_static(expected.as_bytes()))
            );
        };
        check(r#"{"a":  1}"#, r#"{"a":  1}"#);
        check("1.50", "1.50");
        check("", "null");
    }

    #[test]
    fn the_whole_answer_is_as_the_integration_shows_it() {
        let headers = [
            ("content-type", "application/json"),
            ("x-amzn-requestid", "r-1"),
            ("x-amz-executed-version", "7"),
        ];
        let CallResult::Succeeded(answer) = outcome(200, &headers, r#"{"a": 1}"#, true) else {
            panic!("a success");
        };
        assert_eq!(
            serde_json::from_slice::<Value>(&answer).expect("JSON"),
            serde_json::json!({
                "ExecutedVersion": "7",
                "Payload": {"a": 1},
                "SdkHttpMetadata": {
                    "AllHttpHeaders": {
                        "Content-Type": ["application/json"],
                        "x-amzn-RequestId": ["r-1"],
                        "X-Amz-Executed-Version": ["7"]
                    },
                    "HttpHeaders": {
                        "Content-Type": "application/json",
                        "x-amzn-RequestId": "r-1",
                        "X-Amz-Executed-Version": "7"
                    },
                    "HttpStatusCode": 200
                },
                "SdkResponseMetadata": {"RequestId": "r-1"},
                "StatusCode": 200
            })
        );
    }

    #[test]
    fn a_functions_error_is_named_by_the_function() {
        let unhandled = [("x-amz-function-error", "Unhandled")];
        let body = r#"{"errorMessage": "no",  "errorType": "ValueError"}"#;
        assert_eq!(outcome(200, &unhandled, body, false), failed("ValueError", body));
        assert_eq!(
            outcome(200, &unhandled, body, true),
            failed("ValueError", r#"{"errorMessage":"no","errorType":"ValueError"}"#)
        );
        assert_eq!(
            outcome(200, &unhandled, r#"{"errorMessage":"Task timed out after 3.00 seconds"}"#, false),
            failed(
                "Lambda.Unknown",
                "The cause could not be determined because Lambda did not return an error type. Returned payload: \
                 {\"errorMessage\":\"Task timed out after 3.00 seconds\"}"
            )
        );
    }

    #[test]
    fn service_errors_are_named_as_the_sdk_names_them() {
        let request = ("x-amzn-requestid", "r-1");
        let check = |status, kind: Option<&'static str>, body, error: &str, cause: &str| {
            let mut headers = vec![request];
            headers.extend(kind.map(|kind| ("x-amzn-errortype", kind)));
            assert_eq!(outcome(status, &headers, body, false), failed(error, cause));
        };
        check(
            404,
            Some("ResourceNotFoundException"),
            r#"{"Type":"User","Message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:f"}"#,
            "Lambda.ResourceNotFoundException",
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST (Service: AWSLambda; Status \
             Code: 404; Error Code: ResourceNotFoundException; Request ID: r-1; Proxy: null)",
        );
        check(
            429,
            Some("com.amazonaws#TooManyRequestsException:http://x/"),
            r#"{"Reason":"CallerRateLimitExceeded","message":"Rate Exceeded."}"#,
            "Lambda.TooManyRequestsException",
            "Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: TooManyRequestsException; Request ID: \
             r-1; Proxy: null)",
        );
        check(
            500,
            None,
            "broken",
            "Lambda.ServiceException",
            "broken (Service: AWSLambda; Status Code: 500; Error Code: ServiceException; Request ID: r-1; Proxy: null)",
        );
        check(
            403,
            Some("AccessDeniedException"),
            r#"{"Message":"no"}"#,
            "Lambda.AWSLambdaException",
            "no (Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException; Request ID: r-1; Proxy: null)",
        );
    }

    #[test]
    fn what_is_no_json_is_no_result() {
        assert_eq!(
            outcome(200, &[], "<html>", false),
            failed(
                "Lambda.Unknown",
                "The function returned a payload that isn't JSON: expected value at line 1 column 1"
            )
        );
    }
}
