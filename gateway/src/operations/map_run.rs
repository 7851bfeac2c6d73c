//! Map runs: describe, list, update.

use keepstep_proto::workflow::v1::{
    Caller, DescribeMapRunRequest, DescribeMapRunResponse, ListMapRunsRequest, ListMapRunsResponse,
    MapRunCounts, MapRunStatus, UpdateMapRunRequest,
};
use serde::Serialize;

use super::json::{self, Time};
use super::list::max_results;
use crate::arn::{self, Kind};
use crate::decode::Members;
use crate::fault::Fault;

fn checked_arn(members: &mut Members) -> Result<String, Fault> {
    let map_run_arn = members.required_text("mapRunArn");
    arn::check(&map_run_arn, Kind::MapRun)?;
    Ok(map_run_arn)
}

pub(super) fn describe(mut members: Members, caller: Caller) -> Result<DescribeMapRunRequest, Fault> {
    Ok(DescribeMapRunRequest { caller: Some(caller), map_run_arn: checked_arn(&mut members)? })
}

pub(super) fn list(mut members: Members, caller: Caller) -> Result<ListMapRunsRequest, Fault> {
    let execution_arn = members.required_text("executionArn");
    arn::check(&execution_arn, Kind::Execution)?;
    Ok(ListMapRunsRequest {
        caller: Some(caller),
        execution_arn,
        max_results: max_results(&members),
        next_token: members.text("nextToken").unwrap_or_default(),
    })
}

pub(super) fn update(mut members: Members, caller: Caller) -> Result<UpdateMapRunRequest, Fault> {
    let map_run_arn = checked_arn(&mut members)?;
    let whole = |number: i64| u64::try_from(number).ok();
    let max_concurrency = members.integer("maxConcurrency").map(i64::from).and_then(whole);
    let tolerated_failure_count = members.long("toleratedFailureCount").and_then(whole);
    let tolerated_failure_percentage = members.float("toleratedFailurePercentage");
    if (max_concurrency, tolerated_failure_count, tolerated_failure_percentage) == (None, None, None) {
        return Err(Fault::modelled(
            "ValidationException",
            "At least one of maxConcurrency, toleratedFailureCount and toleratedFailurePercentage must be specified",
        ));
    }
    Ok(UpdateMapRunRequest {
        caller: Some(caller),
        map_run_arn,
        max_concurrency,
        tolerated_failure_percentage,
        tolerated_failure_count,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Described<'a> {
    map_run_arn: &'a str,
    execution_arn: &'a str,
    status: &'a str,
    start_date: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_date: Option<Time>,
    max_concurrency: u64,
    tolerated_failure_percentage: f64,
    tolerated_failure_count: u64,
    item_counts: Counts,
    execution_counts: Counts,
    redrive_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_date: Option<Time>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    pending: u64,
    running: u64,
    succeeded: u64,
    failed: u64,
    timed_out: u64,
    aborted: u64,
    total: u64,
    results_written: u64,
    failures_not_redrivable: u64,
    pending_redrive: u64,
}

impl From<&MapRunCounts> for Counts {
    fn from(counts: &MapRunCounts) -> Self {
        Self {
            pending: counts.pending,
            running: counts.running,
            succeeded: counts.succeeded,
            failed: counts.failed,
            timed_out: counts.timed_out,
            aborted: counts.aborted,
            total: counts.total,
            results_written: counts.results_written,
            failures_not_redrivable: counts.failures_not_redrivable,
            pending_redrive: counts.pending_redrive,
        }
    }
}

fn status(status: MapRunStatus) -> &'static str {
    match status {
        MapRunStatus::MapRunRunning | MapRunStatus::Unspecified => "RUNNING",
        MapRunStatus::MapRunSucceeded => "SUCCEEDED",
        MapRunStatus::MapRunFailed => "FAILED",
        MapRunStatus::MapRunAborted => "ABORTED",
    }
}

pub(super) fn described(answer: &DescribeMapRunResponse) -> Vec<u8> {
    json::body(&Described {
        map_run_arn: &answer.map_run_arn,
        execution_arn: &answer.execution_arn,
        status: status(answer.status()),
        start_date: Time(answer.start_date_ms),
        stop_date: answer.stop_date_ms.map(Time),
        max_concurrency: answer.max_concurrency,
        tolerated_failure_percentage: answer.tolerated_failure_percentage,
        tolerated_failure_count: answer.tolerated_failure_count,
        item_counts: answer.item_counts.as_ref().map(Counts::from).unwrap_or_default(),
        execution_counts: answer.execution_counts.as_ref().map(Counts::from).unwrap_or_default(),
        redrive_count: answer.redrive_count,
        redrive_date: answer.redrive_date_ms.map(Time),
    })
}

pub(super) fn listed(answer: &ListMapRunsResponse) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Listed<'a> {
        map_runs: Vec<Item<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<&'a str>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Item<'a> {
        execution_arn: &'a str,
        map_run_arn: &'a str,
        state_machine_arn: &'a str,
        start_date: Time,
        #[serde(skip_serializing_if = "Option::is_none")]
        stop_date: Option<Time>,
    }
    let items = answer.map_runs.iter().map(|item| Item {
        execution_arn: &item.execution_arn,
        map_run_arn: &item.map_run_arn,
        state_machine_arn: &item.state_machine_arn,
        start_date: Time(item.start_date_ms),
        stop_date: item.stop_date_ms.map(Time),
    });
    json::body(&Listed { map_runs: items.collect(), next_token: json::some(&answer.next_token) })
}
