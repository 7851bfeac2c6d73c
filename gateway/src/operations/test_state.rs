//! TestState: one state on its own.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use keepstep_proto::workflow::v1::{
    Caller, InspectionData, TestStateConfiguration, TestStateError, TestStateMock, TestStateRequest,
    TestStateResponse,
};
use serde::Serialize;

use super::json;
use crate::decode::Members;
use crate::fault::Fault;

/// How long a node may work on a test: AWS's five minutes, and a little.
pub(super) const WORK_MAX: Duration = Duration::from_secs(305);

pub(super) fn request(mut members: Members, caller: Caller) -> Result<TestStateRequest, Fault> {
    Ok(TestStateRequest {
        caller: Some(caller),
        definition: members.required_text("definition").into(),
        role_arn: members.text("roleArn"),
        input: payload(&mut members, "input"),
        inspection_level: members.text("inspectionLevel").unwrap_or_default(),
        reveal_secrets: members.boolean("revealSecrets").unwrap_or_default(),
        variables: payload(&mut members, "variables"),
        state_name: members.text("stateName"),
        mock: members.structure("mock").map(mock),
        context: payload(&mut members, "context"),
        configuration: members.structure("stateConfiguration").map(configuration),
    })
}

fn payload(members: &mut Members, name: &str) -> Option<Bytes> {
    members.text(name).map(Bytes::from)
}

fn mock(mut members: Members) -> TestStateMock {
    TestStateMock {
        result: payload(&mut members, "result"),
        error_output: members
            .structure("errorOutput")
            .map(|mut members| TestStateError { error: members.text("error"), cause: members.text("cause") }),
        field_validation_mode: members.text("fieldValidationMode").unwrap_or_default(),
    }
}

fn configuration(mut members: Members) -> TestStateConfiguration {
    // The model allows no negative numbers.
    let count = |name: &str| members.integer(name).and_then(|count| u32::try_from(count).ok());
    let (retrier_retry_count, map_iteration_failure_count) =
        (count("retrierRetryCount"), count("mapIterationFailureCount"));
    TestStateConfiguration {
        retrier_retry_count,
        error_caused_by_state: members.text("errorCausedByState"),
        map_iteration_failure_count,
        map_item_reader_data: payload(&mut members, "mapItemReaderData"),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tested<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inspection_data: Option<Inspected<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_state: Option<&'a str>,
    status: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Inspected<'a> {
    input: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_arguments: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_input_path: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_parameters: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_result_selector: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_result_path: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variables: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_details: Option<ErrorDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_items_path: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_item_selector: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_item_batcher: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_items_pointer: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tolerated_failure_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tolerated_failure_percentage: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_concurrency: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorDetails {
    #[serde(skip_serializing_if = "Option::is_none")]
    catch_index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_backoff_interval_seconds: Option<u64>,
}

pub(super) fn tested(answer: &TestStateResponse) -> Vec<u8> {
    json::body(&Tested {
        output: answer.output.as_deref().map(json::text),
        error: answer.error.as_deref(),
        cause: answer.cause.as_deref(),
        inspection_data: answer.inspection_data.as_ref().map(inspected),
        next_state: answer.next_state.as_deref(),
        status: &answer.status,
    })
}

fn inspected(data: &InspectionData) -> Inspected<'_> {
    fn shown(text: Option<&Bytes>) -> Option<Cow<'_, str>> {
        text.map(|text| json::text(text))
    }
    let is_handled = data.retry_index.is_some() || data.catch_index.is_some();
    Inspected {
        input: json::text(&data.input),
        after_arguments: shown(data.after_arguments.as_ref()),
        after_input_path: shown(data.after_input_path.as_ref()),
        after_parameters: shown(data.after_parameters.as_ref()),
        result: shown(data.result.as_ref()),
        after_result_selector: shown(data.after_result_selector.as_ref()),
        after_result_path: shown(data.after_result_path.as_ref()),
        variables: shown(data.variables.as_ref()),
        error_details: is_handled.then_some(ErrorDetails {
            catch_index: data.catch_index,
            retry_index: data.retry_index,
            retry_backoff_interval_seconds: data.retry_backoff_interval_seconds,
        }),
        after_items_path: shown(data.after_items_path.as_ref()),
        after_item_selector: shown(data.after_item_selector.as_ref()),
        after_item_batcher: shown(data.after_item_batcher.as_ref()),
        after_items_pointer: shown(data.after_items_pointer.as_ref()),
        tolerated_failure_count: data.tolerated_failure_count,
        tolerated_failure_percentage: data.tolerated_failure_percentage,
        max_concurrency: data.max_concurrency,
    }
}
