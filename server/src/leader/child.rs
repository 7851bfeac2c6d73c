//! Starts and stops other executions for tasks, and answers as AWS's optimised integration for Step Functions does. The child's name
//! and request id derive from the parent, branch and attempt, so that a repeated call finds the child that the first one started.

use std::sync::Arc;

use bytes::Bytes;
use keepstep_asl::Entropy;
use keepstep_engine::draft::decode;
use keepstep_engine::execution::{StartExecution, start as decide_start};
use keepstep_engine::id::{ExecutionId, RequestId};
use keepstep_engine::key::{self, CallKey};
use keepstep_engine::record::{Call, Head, ParentLink};
use keepstep_engine::stimulus::CallResult;
use keepstep_engine::{ApiError, Arrival, Caller, Desk, Stimulus};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::entropy::OsEntropy;
use super::term::Term;
use super::{Failure, Shared, decide, step};
use crate::sdk_answer::{self, Header};

/// Starts the child. `None` if the term ended, or the parent is gone, before there was a result.
pub(crate) async fn start(
    shared: &Arc<Shared>,
    term: &Arc<Term>,
    key: CallKey,
    call: &Call,
    input: Bytes,
) -> Option<CallResult> {
    let caller = caller_of(shared, key.execution)?;
    let parent = call.reports_end.then(|| ParentLink {
        execution: Bytes::copy_from_slice(key.execution.as_bytes()),
        branch: key.branch.0,
        attempt: call.attempt,
    });
    let request = StartExecution {
        caller,
        state_machine_arn: call.target.clone(),
        name: call.name.clone(),
        input,
        trace_header: call.trace_header.clone(),
        request: request_id(key, call.attempt),
        parent,
    };
    let decide = Arc::new(move |desk: &Desk<'_>| decide_start(desk, &request));
    loop {
        return match decide::run(shared, term, decide.clone()).await {
            Ok(started) => Some(CallResult::Succeeded(started_answer(&started.arn, started.started_ms))),
            Err(Failure::Api(error)) => Some(refused(&error)),
            Err(Failure::NotLeader) => None,
            Err(Failure::Internal(error)) => {
                tracing::error!(execution = %key.execution, error, "a child can't be started");
                None
            }
            Err(Failure::Unavailable(_) | Failure::Unknown(_) | Failure::Overloaded) => {
                term.ended.run_until_cancelled(tokio::time::sleep(shared.pauses.longest)).await?;
                continue;
            }
        };
    }
}

/// Stops the child; whether it was there to be stopped makes no difference. `None` if the term ended before.
pub(crate) async fn stop(shared: &Arc<Shared>, term: &Arc<Term>, call: &Call) -> Option<CallResult> {
    let child = ExecutionId::of_arn(&call.target);
    loop {
        let arrival = Arrival { request: None, stimulus: Stimulus::Stop { error: None, cause: None } };
        match step::deliver(shared, term, child, arrival, None).await {
            Ok(_) | Err(Failure::Api(_)) => return Some(CallResult::Succeeded(Bytes::from_static(b"{}"))),
            Err(Failure::NotLeader) => return None,
            Err(Failure::Internal(error)) => {
                tracing::error!(execution = %child, error, "a child can't be stopped");
                return None;
            }
            Err(Failure::Unavailable(_) | Failure::Unknown(_) | Failure::Overloaded) => {
                term.ended.run_until_cancelled(tokio::time::sleep(shared.pauses.longest)).await?;
            }
        }
    }
}

/// A task acts in its execution's own account and region.
fn caller_of(shared: &Shared, parent: ExecutionId) -> Option<Caller> {
    let key = key::head(parent);
    let stored = shared.ledger.view().get(&key).ok()??;
    let head: Head = decode(&key, &stored.value).ok()?;
    // arn:PARTITION:states:REGION:ACCOUNT:execution:...
    let mut parts = head.arn.split(':').skip(1);
    let partition = parts.next()?.to_owned();
    let region = parts.nth(1)?.to_owned();
    let account = parts.next()?.to_owned();
    Some(Caller { account, region, partition })
}

fn request_id(key: CallKey, attempt: u64) -> RequestId {
    let digest = Sha256::new_with_prefix(key.key()).chain_update(attempt.to_be_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    RequestId::from_bytes(bytes)
}

/// As the integration shows the answer of StartExecution; times are milliseconds.
fn started_answer(arn: &str, started_ms: i64) -> Bytes {
    let request_id = aws_request_id();
    // What the answer would be on the wire, whose length a header tells.
    let content_length =
        format!(r#"{{"executionArn":"{arn}","startDate":{}.{:03}}}"#, started_ms / 1000, started_ms % 1000)
            .len();
    let headers = [
        Header::new("x-amzn-RequestId", &request_id),
        Header::new("connection", "keep-alive"),
        Header::new("Content-Length", &content_length.to_string()),
        Header::new("Date", &sdk_answer::http_date(started_ms)),
        Header::new("Content-Type", "application/x-amz-json-1.0"),
    ];
    let mut answer = Map::new();
    answer.insert("ExecutionArn".to_owned(), arn.into());
    answer.insert("SdkHttpMetadata".to_owned(), sdk_answer::http_metadata(&headers, 200));
    answer.insert("SdkResponseMetadata".to_owned(), sdk_answer::response_metadata(&request_id));
    answer.insert("StartDate".to_owned(), started_ms.into());
    Value::Object(answer).to_string().into()
}

/// As the integration shows an error of StartExecution.
fn refused(error: &ApiError) -> CallResult {
    // Names that end so are kept; others get the suffix that the SDK's classes have.
    let name = if error.code.ends_with("Exception") {
        error.code.to_owned()
    } else {
        format!("{}Exception", error.code)
    };
    CallResult::Failed {
        error: format!("StepFunctions.{name}"),
        cause: sdk_answer::optimised_cause(
            &error.message,
            "AWSStepFunctions",
            400,
            error.code,
            &aws_request_id(),
        ),
    }
}

/// AWS's request ids are random UUIDs.
fn aws_request_id() -> String {
    let mut bytes = [0; 16];
    OsEntropy.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_named_as_the_integration_names_them() {
        let check = |code: &'static str, expected: &str| {
            let CallResult::Failed { error, cause } = refused(&ApiError::new(code, "What happened")) else {
                panic!("a refusal is a failure");
            };
            assert_eq!(error, expected);
            let head = format!(
                "What happened (Service: AWSStepFunctions; Status Code: 400; Error Code: {code}; Request ID: "
            );
            assert!(cause.starts_with(&head) && cause.ends_with("; Proxy: null)"), "{cause}");
        };
        check("ExecutionAlreadyExists", "StepFunctions.ExecutionAlreadyExistsException");
        check("StateMachineDoesNotExist", "StepFunctions.StateMachineDoesNotExistException");
        check("InvalidArn", "StepFunctions.InvalidArnException");
        check("ValidationException", "StepFunctions.ValidationException");
    }

    #[test]
    fn an_answer_looks_like_the_integrations() {
        let answer = started_answer("arn:aws:states:us-east-1:123456789012:execution:a:b", 1_700_000_000_123);
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        assert_eq!(answer["ExecutionArn"], "arn:aws:states:us-east-1:123456789012:execution:a:b");
        assert_eq!(answer["StartDate"], 1_700_000_000_123_i64);
        assert_eq!(answer["SdkHttpMetadata"]["HttpStatusCode"], 200);
        assert_eq!(answer["SdkHttpMetadata"]["HttpHeaders"]["Date"], "Tue, 14 Nov 2023 22:13:20 GMT");
        assert_eq!(
            answer["SdkHttpMetadata"]["AllHttpHeaders"]["connection"],
            serde_json::json!(["keep-alive"])
        );
        assert_eq!(
            answer["SdkResponseMetadata"]["RequestId"],
            answer["SdkHttpMetadata"]["HttpHeaders"]["x-amzn-RequestId"]
        );
    }

    #[test]
    fn a_repeated_call_has_the_same_request_id() {
        let key = CallKey {
            execution: ExecutionId::of_arn("x"),
            branch: keepstep_engine::id::BranchId::ROOT,
            kind: keepstep_engine::record::CallKind::StartExecution,
        };
        assert_eq!(request_id(key, 1), request_id(key, 1));
        assert_ne!(request_id(key, 1), request_id(key, 2));
    }
}
