//! Map runs: describe, update, list.

use super::*;

#[tokio::test]
async fn map_runs() {
    let counts = |first| MapRunCounts {
        pending: first,
        running: first + 1,
        succeeded: first + 2,
        failed: first + 3,
        timed_out: first + 4,
        aborted: first + 5,
        total: first + 6,
        results_written: first + 7,
        failures_not_redrivable: first + 8,
        pending_redrive: first + 9,
    };
    let shown = |first: u64| {
        json!({
            "pending": first, "running": first + 1, "succeeded": first + 2, "failed": first + 3, "timedOut": first + 4,
            "aborted": first + 5, "total": first + 6, "resultsWritten": first + 7,
            "failuresNotRedrivable": first + 8, "pendingRedrive": first + 9,
        })
    };
    check(
        "DescribeMapRun",
        json!({"mapRunArn": MAP_RUN}),
        |caller| DescribeMapRunRequest { caller, map_run_arn: text(MAP_RUN) },
        DescribeMapRunResponse {
            map_run_arn: text(MAP_RUN),
            execution_arn: text(EXECUTION),
            status: MapRunStatus::MapRunAborted.into(),
            start_date_ms: 1_000,
            stop_date_ms: Some(2_000),
            max_concurrency: 3,
            tolerated_failure_percentage: 1.5,
            tolerated_failure_count: 4,
            item_counts: Some(counts(10)),
            execution_counts: Some(counts(20)),
            redrive_count: 5,
            redrive_date_ms: Some(1_500),
        },
        json!({
            "mapRunArn": MAP_RUN, "executionArn": EXECUTION, "status": "ABORTED", "startDate": 1.0, "stopDate": 2.0,
            "maxConcurrency": 3, "toleratedFailurePercentage": 1.5, "toleratedFailureCount": 4, "itemCounts": shown(10),
            "executionCounts": shown(20), "redriveCount": 5, "redriveDate": 1.5,
        }),
    )
    .await;
    check(
        "ListMapRuns",
        json!({"executionArn": EXECUTION, "maxResults": 2, "nextToken": "n"}),
        |caller| ListMapRunsRequest {
            caller,
            execution_arn: text(EXECUTION),
            max_results: 2,
            next_token: text("n"),
        },
        ListMapRunsResponse {
            map_runs: vec![MapRunListItem {
                execution_arn: text(EXECUTION),
                map_run_arn: text(MAP_RUN),
                state_machine_arn: text(MACHINE),
                start_date_ms: 1_000,
                stop_date_ms: None,
            }],
            next_token: text("m"),
        },
        json!({
            "mapRuns": [{
                "executionArn": EXECUTION, "mapRunArn": MAP_RUN, "stateMachineArn": MACHINE, "startDate": 1.0,
            }],
            "nextToken": "m",
        }),
    )
    .await;
    check(
        "UpdateMapRun",
        json!({"mapRunArn": MAP_RUN, "maxConcurrency": 5, "toleratedFailurePercentage": 7, "toleratedFailureCount": 6}),
        |caller| UpdateMapRunRequest {
            caller,
            map_run_arn: text(MAP_RUN),
            max_concurrency: Some(5),
            tolerated_failure_percentage: Some(7.0),
            tolerated_failure_count: Some(6),
        },
        UpdateMapRunResponse {},
        json!({}),
    )
    .await;
}
