//! The JSON that tasks of `states:::states:startExecution` get: of the start, and of the end that `.sync` and `.sync:2` wait for.

use bytes::Bytes;
use keepstep_asl::resource::Pattern;
use serde_json::{Map, Value, json};

use super::super::super::interrupt::Failure;
use super::super::super::payload::read_payload;
use crate::execution::Started;
use crate::id::ExecutionId;
use crate::key;
use crate::record::{ChildResult, ExecutionStatus, Head, PayloadRef};
use crate::stimulus::CallResult;
use crate::view::{Versioned, View, ViewError};

/// The answer of StartExecution as AWS's integration shows it. `request_id` is the call's, `date` is the answer's, as in HTTP.
pub fn start_result(started: &Started, request_id: &str, date: &str) -> CallResult {
    let body_len = json!({ "executionArn": started.arn, "startDate": started.started_ms }).to_string().len();
    let (kind, length) = ("application/x-amz-json-1.0", body_len.to_string());
    let result = json!({
        "ExecutionArn": started.arn,
        "SdkHttpMetadata": {
            "AllHttpHeaders": {
                "x-amzn-RequestId": [request_id],
                "connection": ["keep-alive"],
                "Content-Length": [length],
                "Date": [date],
                "Content-Type": [kind],
            },
            "HttpHeaders": {
                "connection": "keep-alive",
                "Content-Length": length,
                "Content-Type": kind,
                "Date": date,
                "x-amzn-RequestId": request_id,
            },
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": { "RequestId": request_id },
        "StartDate": started.started_ms,
    });
    CallResult::Succeeded(result.to_string().into())
}

/// The refusal of StartExecution, by the API error's code and message, as AWS's integration shows it.
pub fn start_failure(code: &str, message: &str, request_id: &str) -> CallResult {
    CallResult::Failed {
        error: format!("StepFunctions.{}Exception", code.strip_suffix("Exception").unwrap_or(code)),
        cause: format!(
            "{message} (Service: AWSStepFunctions; Status Code: 400; Error Code: {code}; Request ID: {request_id}; Proxy: null)"
        ),
    }
}

/// The child's ARN in the answer of StartExecution.
pub(super) fn arn(answer: &[u8]) -> String {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    answer.get("ExecutionArn").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// How a child has ended.
pub(super) enum ChildEnd {
    /// The task's result.
    Succeeded(Bytes),
    /// The task's failure.
    Failed(Failure),
}

/// Reads how the child has ended that has reported.
pub(super) fn end(view: &dyn View, report: &ChildResult, pattern: Pattern) -> Result<ChildEnd, ViewError> {
    let missing = || ViewError::Missing { what: "a child execution", key: hex::encode(&report.child) };
    let child = ExecutionId::from_slice(&report.child).ok_or_else(missing)?;
    let key = key::head(child);
    let Versioned { value, .. } = view.get(&key)?.ok_or_else(missing)?;
    let head: Head = crate::draft::decode(&key, &value)?;
    let payload = |payload: PayloadRef| -> Result<Value, ViewError> {
        let text = read_payload(view, child, payload)?;
        Ok(match pattern {
            Pattern::Sync2 => serde_json::from_slice(&text).unwrap_or_default(),
            _ => String::from_utf8_lossy(&text).into_owned().into(),
        })
    };
    let status = head.status();
    let mut end = Map::new();
    let mut set = |name: &str, value: Value| drop(end.insert(name.to_owned(), value));
    if let Some(cause) = &head.cause {
        set("Cause", cause.clone().into());
    }
    if let Some(error) = &head.error {
        set("Error", error.clone().into());
    }
    set("ExecutionArn", head.arn.clone().into());
    set("Input", payload(head.input)?);
    set("InputDetails", json!({ "Included": true }));
    set("Name", head.arn.rsplit(':').next().unwrap_or_default().into());
    if let Some(output) = head.output {
        set("Output", payload(output)?);
        set("OutputDetails", json!({ "Included": true }));
    }
    set("RedriveCount", head.redrive_count.into());
    if let Some(redriven_ms) = head.redriven_ms {
        set("RedriveDate", redriven_ms.into());
    }
    if status == ExecutionStatus::Succeeded {
        set("RedriveStatus", "NOT_REDRIVABLE".into());
        set("RedriveStatusReason", "Execution is SUCCEEDED and cannot be redriven".into());
    } else {
        set("RedriveStatus", "REDRIVABLE".into());
    }
    set("StartDate", head.started_ms.into());
    if let Some(arn) = head.alias_arn() {
        set("StateMachineAliasArn", arn.into());
    }
    set("StateMachineArn", head.state_machine_arn.clone().into());
    if let Some(arn) = head.version_arn() {
        set("StateMachineVersionArn", arn.into());
    }
    set("Status", status.api_name().into());
    set("StopDate", head.stopped_ms.into());
    let text = Value::Object(end).to_string();
    Ok(match status {
        ExecutionStatus::Succeeded => ChildEnd::Succeeded(text.into()),
        _ => ChildEnd::Failed(Failure::new("States.TaskFailed", text)),
    })
}
