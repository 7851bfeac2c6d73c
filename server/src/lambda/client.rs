//! The HTTP client of the Invoke API. Requests are not signed: endpoints other than AWS's own don't ask for it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, Method, Request};
use http_body_util::Full;
use keepstep_engine::stimulus::CallResult;

use super::endpoint::Endpoints;
use super::outcome::Answer;
use crate::http_client::{self, HttpClient};

/// The longest that a function may take, and a little: Lambda's own limit is 900 s.
const CALL_TIMEOUT: Duration = Duration::from_secs(905);
/// Lambda's own limit on an answer is 6 MiB.
const ANSWER_BYTES_MAX: usize = 7 << 20;
/// The same for every time that a call is made: functions can tell a repeated call by it.
const IDEMPOTENCY_HEADER: HeaderName = HeaderName::from_static("x-keepstep-idempotency-id");

/// One call of a function.
#[derive(Clone, Debug)]
pub(crate) struct Invocation<'a> {
    /// ARN or name.
    pub(crate) function: &'a str,
    /// Version or alias; empty for what the function's ARN says.
    pub(crate) qualifier: &'a str,
    /// JSON.
    pub(crate) payload: Bytes,
    /// `RequestResponse`, `Event` or `DryRun`; empty means the first.
    pub(crate) invocation_type: &'a str,
    /// Base64; empty for none.
    pub(crate) client_context: &'a str,
    /// `Tail` or `None`; empty for none.
    pub(crate) log_type: &'a str,
    /// The result is the service's whole answer, not the function's payload alone.
    pub(crate) whole_answer: bool,
    /// The same for every time that this call is made.
    pub(crate) idempotency_id: String,
}

/// Calls functions. Connections are kept and shared.
pub(crate) struct Client {
    http: HttpClient,
    endpoints: Endpoints,
}

impl Client {
    /// A client of these endpoints.
    pub(crate) fn new(endpoints: Endpoints) -> Self {
        Self { http: http_client::client(), endpoints }
    }

    /// Calls a function once.
    pub(crate) async fn invoke(&self, invocation: Invocation<'_>) -> CallResult {
        let Some(url) = self.endpoints.url(invocation.function, invocation.qualifier) else {
            return client_error(format!(
                "No endpoint is configured for Lambda function {}: set --lambda-endpoint, --lambda-function or \
                 AWS_ENDPOINT_URL_LAMBDA",
                invocation.function
            ));
        };
        let whole_answer = invocation.whole_answer;
        match tokio::time::timeout(CALL_TIMEOUT, self.exchange(&url, invocation)).await {
            Ok(Ok((head, body))) => {
                Answer { status: head.status, headers: &head.headers, body: &body }.outcome(whole_answer)
            }
            Ok(Err(reason)) => client_error(format!("Unable to execute HTTP request: {reason}")),
            Err(_) => client_error("Unable to execute HTTP request: Read timed out".to_owned()),
        }
    }

    async fn exchange(
        &self,
        url: &str,
        invocation: Invocation<'_>,
    ) -> Result<(http::response::Parts, Bytes), String> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(url)
            .header(http::header::CONTENT_TYPE, "application/json")
            .header(IDEMPOTENCY_HEADER, &invocation.idempotency_id);
        for (name, value) in [
            ("x-amz-invocation-type", invocation.invocation_type),
            ("x-amz-client-context", invocation.client_context),
            ("x-amz-log-type", invocation.log_type),
        ] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        let request = request.body(Full::new(invocation.payload)).map_err(|error| error.to_string())?;
        http_client::exchange(&self.http, request, ANSWER_BYTES_MAX).await
    }
}

/// What AWS's SDK calls errors that never reached the service, or whose answer never came.
fn client_error(cause: String) -> CallResult {
    CallResult::Failed { error: "Lambda.SdkClientException".to_owned(), cause }
}

#[cfg(test)]
mod tests {
    use http::Response;
    use tokio::net::TcpListener;

    use super::*;
    use crate::http_stub;

    fn invocation(function: &str) -> Invocation<'_> {
        Invocation {
            function,
            qualifier: "",
            payload: Bytes::from_static(br#"{"x":1}"#),
            invocation_type: "RequestResponse",
            client_context: "",
            log_type: "Tail",
            whole_answer: false,
            idempotency_id: "id-1".to_owned(),
        }
    }

    fn client(endpoint: Option<&str>) -> Client {
        Client::new(Endpoints::new(endpoint, &[]).expect("a URL"))
    }

    #[tokio::test]
    async fn a_call_is_a_post_to_the_invoke_api() {
        let (url, seen) = http_stub::start(|| Response::new(r#"{"y": 2}"#)).await;
        let function = "arn:aws:lambda:us-east-1:123456789012:function:f:live";
        let result = client(Some(&url)).invoke(invocation(function)).await;
        assert_eq!(result, CallResult::Succeeded(Bytes::from_static(br#"{"y": 2}"#)));
        let seen = seen.lock().expect("no panic");
        let [(head, body)] = seen.as_slice() else { panic!("one request") };
        assert_eq!(head.method, Method::POST);
        assert_eq!(head.uri, "/2015-03-31/functions/f/invocations?Qualifier=live");
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        assert_eq!(header("content-type"), Some("application/json"));
        assert_eq!(header("x-amz-invocation-type"), Some("RequestResponse"));
        assert_eq!(header("x-amz-log-type"), Some("Tail"));
        assert_eq!(header("x-amz-client-context"), None);
        assert_eq!(header("x-keepstep-idempotency-id"), Some("id-1"));
        assert_eq!(body.as_ref(), br#"{"x":1}"#);
    }

    #[tokio::test]
    async fn an_endpoint_that_is_not_there_is_a_client_error() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        drop(listener);
        let CallResult::Failed { error, cause } = client(Some(&url)).invoke(invocation("f")).await else {
            panic!("nobody listens");
        };
        assert_eq!(error, "Lambda.SdkClientException");
        assert!(
            cause.starts_with("Unable to execute HTTP request: ") && cause.contains("refused"),
            "{cause}"
        );
    }

    #[tokio::test]
    async fn without_an_endpoint_the_error_says_what_to_set() {
        let CallResult::Failed { error, cause } = client(None).invoke(invocation("f")).await else {
            panic!("no endpoint");
        };
        assert_eq!(error, "Lambda.SdkClientException");
        assert!(cause.contains("--lambda-endpoint"), "{cause}");
    }
}
