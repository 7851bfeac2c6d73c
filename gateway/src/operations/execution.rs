//! Executions: start, in both ways, stop, redrive, describe.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use keepstep_proto::workflow::v1::{
    Caller, DescribeExecutionRequest, DescribeExecutionResponse, RedriveExecutionRequest,
    RedriveExecutionResponse, StartExecutionRequest, StartExecutionResponse, StartSyncExecutionRequest,
    StartSyncExecutionResponse, StopExecutionRequest, StopExecutionResponse,
};
use serde::Serialize;

use super::json::{self, IncludedData, Time};
use crate::arn::{self, Kind};
use crate::decode::Members;
use crate::fault::Fault;
use crate::{name, request_id};

/// The input of an execution that was given none.
const NO_INPUT: &[u8] = b"{}";

/// How long a node may work on a synchronous execution: AWS's five minutes, and a little.
pub(super) const SYNC_WORK_MAX: Duration = Duration::from_secs(305);

/// What both ways to start an execution are told.
struct Start {
    state_machine_arn: String,
    name: String,
    input: Bytes,
    trace_header: String,
}

impl Start {
    fn read(members: &mut Members, caller: &Caller) -> Result<Self, Fault> {
        let state_machine_arn = members.required_text("stateMachineArn");
        arn::check(&state_machine_arn, Kind::StateMachine)?;
        let name = match members.text("name") {
            Some(name) => {
                name::check(&name)?;
                name
            }
            None => request_id::execution_name(&caller.request_id),
        };
        Ok(Self {
            state_machine_arn,
            name,
            input: members.text("input").map_or(Bytes::from_static(NO_INPUT), Bytes::from),
            trace_header: members.text("traceHeader").unwrap_or_default(),
        })
    }
}

pub(super) fn start(mut members: Members, caller: Caller) -> Result<StartExecutionRequest, Fault> {
    let Start { state_machine_arn, name, input, trace_header } = Start::read(&mut members, &caller)?;
    Ok(StartExecutionRequest {
        caller: Some(caller),
        state_machine_arn,
        name,
        input,
        trace_header,
        receiver: 0,
    })
}

pub(super) fn start_sync(mut members: Members, caller: Caller) -> Result<StartSyncExecutionRequest, Fault> {
    let Start { state_machine_arn, name, input, trace_header } = Start::read(&mut members, &caller)?;
    Ok(StartSyncExecutionRequest { caller: Some(caller), state_machine_arn, name, input, trace_header })
}

pub(super) fn stop(mut members: Members, caller: Caller) -> Result<StopExecutionRequest, Fault> {
    let execution_arn = members.required_text("executionArn");
    arn::check(&execution_arn, Kind::Execution)?;
    let (error, cause) = (members.text("error"), members.text("cause"));
    Ok(StopExecutionRequest { caller: Some(caller), execution_arn, error, cause })
}

pub(super) fn redrive(mut members: Members, caller: Caller) -> Result<RedriveExecutionRequest, Fault> {
    let execution_arn = members.required_text("executionArn");
    arn::check(&execution_arn, Kind::Execution)?;
    let client_token = members.text("clientToken").unwrap_or_default();
    Ok(RedriveExecutionRequest { caller: Some(caller), execution_arn, client_token })
}

pub(super) fn describe(mut members: Members, caller: Caller) -> Result<DescribeExecutionRequest, Fault> {
    let execution_arn = members.required_text("executionArn");
    arn::check(&execution_arn, Kind::AnyExecution)?;
    Ok(DescribeExecutionRequest { caller: Some(caller), execution_arn })
}

pub(super) fn started(answer: &StartExecutionResponse) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Started<'a> {
        execution_arn: &'a str,
        start_date: Time,
    }
    json::body(&Started { execution_arn: &answer.execution_arn, start_date: Time(answer.start_date_ms) })
}

pub(super) fn ran(answer: &StartSyncExecutionResponse, data: IncludedData) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Ran<'a> {
        execution_arn: &'a str,
        state_machine_arn: &'a str,
        name: &'a str,
        start_date: Time,
        stop_date: Time,
        status: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cause: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        input: Option<Cow<'a, str>>,
        input_details: Details,
        #[serde(skip_serializing_if = "Option::is_none")]
        output: Option<Cow<'a, str>>,
        output_details: Details,
        #[serde(skip_serializing_if = "Option::is_none")]
        trace_header: Option<&'a str>,
        billing_details: Billing,
    }
    #[derive(Serialize)]
    struct Billing {
        #[serde(rename = "billedMemoryUsedInMB")]
        memory_mb: u64,
        #[serde(rename = "billedDurationInMilliseconds")]
        duration_ms: u64,
    }
    let included = data == IncludedData::All;
    json::body(&Ran {
        execution_arn: &answer.execution_arn,
        state_machine_arn: &answer.state_machine_arn,
        name: &answer.name,
        start_date: Time(answer.start_date_ms),
        stop_date: Time(answer.stop_date_ms),
        status: answer.status().as_str_name(),
        error: answer.error.as_deref().filter(|_| included),
        cause: answer.cause.as_deref().filter(|_| included),
        input: included.then(|| json::text(&answer.input)),
        input_details: Details { included },
        output: answer.output.as_deref().filter(|_| included).map(json::text),
        output_details: Details { included },
        trace_header: json::some(&answer.trace_header),
        billing_details: Billing {
            memory_mb: answer.billed_memory_mb,
            duration_ms: answer.billed_duration_ms,
        },
    })
}

pub(super) fn stopped(answer: &StopExecutionResponse) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Stopped {
        stop_date: Time,
    }
    json::body(&Stopped { stop_date: Time(answer.stop_date_ms) })
}

pub(super) fn redriven(answer: &RedriveExecutionResponse) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Redriven {
        redrive_date: Time,
    }
    json::body(&Redriven { redrive_date: Time(answer.redrive_date_ms) })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Described<'a> {
    execution_arn: &'a str,
    state_machine_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_version_arn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_alias_arn: Option<&'a str>,
    name: &'a str,
    status: &'a str,
    start_date: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_date: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Cow<'a, str>>,
    input_details: Details,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_details: Option<Details>,
    #[serde(skip_serializing_if = "Option::is_none")]
    map_run_arn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_header: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    redrive_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_date: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_status_reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Details {
    included: bool,
}

pub(super) fn described(answer: &DescribeExecutionResponse, data: IncludedData) -> Vec<u8> {
    let included = data == IncludedData::All;
    json::body(&Described {
        execution_arn: &answer.execution_arn,
        state_machine_arn: &answer.state_machine_arn,
        state_machine_version_arn: answer.state_machine_version_arn.as_deref(),
        state_machine_alias_arn: answer.state_machine_alias_arn.as_deref(),
        name: &answer.name,
        status: answer.status().as_str_name(),
        start_date: Time(answer.start_date_ms),
        stop_date: answer.stop_date_ms.map(Time),
        input: included.then(|| json::text(&answer.input)),
        input_details: Details { included },
        output: answer.output.as_deref().filter(|_| included).map(json::text),
        output_details: answer.output.as_ref().map(|_| Details { included }),
        map_run_arn: json::some(&answer.map_run_arn),
        trace_header: json::some(&answer.trace_header),
        // Error and cause are the execution's data, as its output is.
        error: answer.error.as_deref().filter(|_| included),
        cause: answer.cause.as_deref().filter(|_| included),
        redrive_count: answer.redrive_count,
        redrive_date: answer.redrive_date_ms.map(Time),
        redrive_status: json::some(&answer.redrive_status),
        redrive_status_reason: json::some(&answer.redrive_status_reason),
    })
}
