//! ListStateMachines, ListActivities and ListExecutions.

use super::*;

#[tokio::test]
async fn lists() {
    check(
        "ListStateMachines",
        json!({"maxResults": 2, "nextToken": "n"}),
        |caller| ListStateMachinesRequest { caller, max_results: 2, next_token: text("n") },
        ListStateMachinesResponse {
            state_machines: vec![StateMachineListItem {
                state_machine_arn: text(MACHINE),
                name: text("m"),
                r#type: StateMachineType::Standard.into(),
                creation_date_ms: 1_000,
            }],
            next_token: text("o"),
        },
        json!({
            "stateMachines": [{"stateMachineArn": MACHINE, "name": "m", "type": "STANDARD", "creationDate": 1.0}],
            "nextToken": "o",
        }),
    )
    .await;
    check(
        "ListActivities",
        json!({}),
        |caller| ListActivitiesRequest { caller, max_results: 0, next_token: String::new() },
        ListActivitiesResponse {
            activities: vec![DescribeActivityResponse {
                activity_arn: text(ACTIVITY),
                name: text("a"),
                creation_date_ms: 1_000,
            }],
            next_token: String::new(),
        },
        json!({"activities": [{"activityArn": ACTIVITY, "name": "a", "creationDate": 1.0}]}),
    )
    .await;
    let running = ExecutionListItem {
        execution_arn: text(EXECUTION),
        state_machine_arn: text(MACHINE),
        name: text("e"),
        status: ExecutionStatus::Running.into(),
        start_date_ms: 1_000,
        stop_date_ms: None,
        redrive_count: 0,
        redrive_date_ms: None,
        map_run_arn: String::new(),
        item_count: None,
        state_machine_version_arn: None,
        state_machine_alias_arn: None,
    };
    let aborted = ExecutionListItem {
        status: ExecutionStatus::Aborted.into(),
        stop_date_ms: Some(2_000),
        redrive_count: 1,
        redrive_date_ms: Some(1_500),
        map_run_arn: text(MAP_RUN),
        item_count: Some(0),
        state_machine_version_arn: Some(text(VERSION)),
        state_machine_alias_arn: Some(text(ALIAS)),
        ..running.clone()
    };
    check(
        "ListExecutions",
        json!({"stateMachineArn": MACHINE, "statusFilter": "TIMED_OUT", "maxResults": 1000, "nextToken": "n"}),
        |caller| ListExecutionsRequest {
            caller,
            state_machine_arn: text(MACHINE),
            map_run_arn: String::new(),
            status_filter: ExecutionStatus::TimedOut.into(),
            redrive_filter: RedriveFilter::Unspecified.into(),
            max_results: 1_000,
            next_token: text("n"),
        },
        ListExecutionsResponse { executions: vec![running, aborted], next_token: String::new() },
        json!({"executions": [
            {
                "executionArn": EXECUTION, "stateMachineArn": MACHINE, "name": "e", "status": "RUNNING", "startDate": 1.0,
                "redriveCount": 0,
            },
            {
                "executionArn": EXECUTION, "stateMachineArn": MACHINE, "stateMachineVersionArn": VERSION,
                "stateMachineAliasArn": ALIAS, "name": "e", "status": "ABORTED", "startDate": 1.0,
                "stopDate": 2.0, "redriveCount": 1, "redriveDate": 1.5, "mapRunArn": MAP_RUN, "itemCount": 0,
            },
        ]}),
    )
    .await;
    for (name, redrive_filter) in
        [("REDRIVEN", RedriveFilter::Redriven), ("NOT_REDRIVEN", RedriveFilter::NotRedriven)]
    {
        check(
            "ListExecutions",
            json!({"mapRunArn": MAP_RUN, "statusFilter": "PENDING_REDRIVE", "redriveFilter": name}),
            |caller| ListExecutionsRequest {
                caller,
                state_machine_arn: String::new(),
                map_run_arn: text(MAP_RUN),
                status_filter: ExecutionStatus::PendingRedrive.into(),
                redrive_filter: redrive_filter.into(),
                max_results: 0,
                next_token: String::new(),
            },
            ListExecutionsResponse { executions: Vec::new(), next_token: String::new() },
            json!({"executions": []}),
        )
        .await;
    }
}
