//! Each operation: what a node is asked for a request, and what the client gets for the node's answer.

use std::fmt::Debug;

use bytes::Bytes;
use keepstep_proto::workflow::v1::*;
use serde_json::json;

use super::*;

pub(super) const MAP_RUN: &str = "arn:aws:states:us-east-1:123456789012:mapRun:m/l:r";
pub(super) const MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:m";
pub(super) const VERSION: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:m:2";
pub(super) const ALIAS: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:m:PROD";
pub(super) const EXECUTION: &str = "arn:aws:states:us-east-1:123456789012:execution:m:e";
pub(super) const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:a";
pub(super) const ROLE: &str = "arn:aws:iam::123456789012:role/r";
const INVOCATION: &str = "invocation";

/// Makes a request, and holds what a node was asked and what came back against the expected.
pub(super) async fn check<Q, A>(
    operation: &str,
    body: Value,
    asked: impl FnOnce(Option<Caller>) -> Q,
    answer: A,
    expected: Value,
) where
    Q: Clone + PartialEq + Debug + 'static,
    A: Send + Sync + 'static,
{
    let fake = Fake::new(vec![Reply::answer(answer)]);
    let gateway = Running::start(any_port(), &fake).await;
    let headers = [("amz-sdk-invocation-id", INVOCATION)];
    let answer = gateway.request(operation, &headers, body.to_string().as_bytes()).await;
    assert_eq!((answer.status, answer.json()), (200, expected), "{operation} {body}");
    assert_eq!(answer.header("content-type"), Some("application/x-amz-json-1.0"));
    assert_eq!(answer.header("x-amzn-requestid").map(str::len), Some(36));
    assert_eq!(answer.header("x-amzn-errortype"), None);
    let headers = http::HeaderMap::from_iter([(
        http::HeaderName::from_static("amz-sdk-invocation-id"),
        http::HeaderValue::from_static(INVOCATION),
    )]);
    let id = crate::request_id::of(&headers, "123456789012", "us-east-1", operation);
    let caller = Caller {
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        partition: "aws".to_owned(),
        request_id: Bytes::copy_from_slice(&id),
    };
    assert_eq!(fake.requests::<Q>(), [asked(Some(caller))], "{operation} {body}");
    gateway.stop().await;
}

pub(super) fn text(text: &str) -> String {
    text.to_owned()
}

#[tokio::test]
async fn state_machines_are_created() {
    check(
        "CreateStateMachine",
        json!({"name": "m", "definition": "{\"é\":1}", "roleArn": ROLE, "unknown": {"deep": [1, 2.5, null]}}),
        |caller| CreateStateMachineRequest {
            caller,
            name: text("m"),
            definition: Bytes::from_static("{\"é\":1}".as_bytes()),
            role_arn: text(ROLE),
            r#type: StateMachineType::Standard.into(),
            ..Default::default()
        },
        CreateStateMachineResponse {
            state_machine_arn: text(MACHINE),
            creation_date_ms: 1_732_330_993_123,
            state_machine_version_arn: String::new(),
        },
        json!({"stateMachineArn": MACHINE, "creationDate": 1_732_330_993.123}),
    )
    .await;
    check(
        "CreateStateMachine",
        json!({
            "name": "m", "definition": "d", "roleArn": ROLE, "type": "STANDARD", "publish": false,
            "tags": [{"key": "k", "value": "v"}, {"key": "l"}],
            "tracingConfiguration": {"enabled": true},
            "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
            "loggingConfiguration": {
                "level": "ERROR", "includeExecutionData": true,
                "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:x"}}, {}],
            },
        }),
        |caller| CreateStateMachineRequest {
            caller,
            name: text("m"),
            definition: Bytes::from_static(b"d"),
            role_arn: text(ROLE),
            r#type: StateMachineType::Standard.into(),
            configuration: Some(Configuration {
                logging: Some(LoggingConfiguration {
                    level: text("ERROR"),
                    include_execution_data: true,
                    log_group_arns: vec![text("arn:aws:logs:x"), String::new()],
                }),
                tracing_enabled: Some(true),
                owned_encryption: true,
            }),
            tags: vec![
                Tag { key: text("k"), value: text("v") },
                Tag { key: text("l"), value: String::new() },
            ],
            ..Default::default()
        },
        CreateStateMachineResponse::default(),
        json!({"stateMachineArn": "", "creationDate": 0.0}),
    )
    .await;
}

#[tokio::test]
async fn versions_are_published_with_state_machines() {
    check(
        "CreateStateMachine",
        json!({
            "name": "m", "definition": "d", "roleArn": ROLE, "publish": true, "versionDescription": "v",
        }),
        |caller| CreateStateMachineRequest {
            caller,
            name: text("m"),
            definition: Bytes::from_static(b"d"),
            role_arn: text(ROLE),
            r#type: StateMachineType::Standard.into(),
            publish: true,
            version_description: text("v"),
            ..Default::default()
        },
        CreateStateMachineResponse {
            state_machine_arn: text(MACHINE),
            creation_date_ms: 1_000,
            state_machine_version_arn: text(VERSION),
        },
        json!({"stateMachineArn": MACHINE, "creationDate": 1.0, "stateMachineVersionArn": VERSION}),
    )
    .await;
    check(
        "UpdateStateMachine",
        json!({"stateMachineArn": MACHINE, "definition": "d", "publish": true, "versionDescription": "v"}),
        |caller| UpdateStateMachineRequest {
            caller,
            state_machine_arn: text(MACHINE),
            definition: Some(Bytes::from_static(b"d")),
            publish: true,
            version_description: text("v"),
            ..Default::default()
        },
        UpdateStateMachineResponse {
            update_date_ms: 1_500,
            revision_id: text("r"),
            state_machine_version_arn: text(VERSION),
        },
        json!({"updateDate": 1.5, "revisionId": "r", "stateMachineVersionArn": VERSION}),
    )
    .await;
}

#[tokio::test]
async fn versions() {
    check(
        "PublishStateMachineVersion",
        json!({"stateMachineArn": MACHINE, "revisionId": "INITIAL", "description": "d"}),
        |caller| PublishStateMachineVersionRequest {
            caller,
            state_machine_arn: text(MACHINE),
            revision_id: Some(text("INITIAL")),
            description: text("d"),
        },
        PublishStateMachineVersionResponse {
            state_machine_version_arn: text(VERSION),
            creation_date_ms: 1_000,
        },
        json!({"stateMachineVersionArn": VERSION, "creationDate": 1.0}),
    )
    .await;
    check(
        "ListStateMachineVersions",
        json!({"stateMachineArn": MACHINE, "maxResults": 1, "nextToken": "n"}),
        |caller| ListStateMachineVersionsRequest {
            caller,
            state_machine_arn: text(MACHINE),
            max_results: 1,
            next_token: text("n"),
        },
        ListStateMachineVersionsResponse {
            state_machine_versions: vec![StateMachineVersionListItem {
                state_machine_version_arn: text(VERSION),
                creation_date_ms: 1_000,
            }],
            next_token: text("o"),
        },
        json!({
            "stateMachineVersions": [{"stateMachineVersionArn": VERSION, "creationDate": 1.0}], "nextToken": "o",
        }),
    )
    .await;
    check(
        "DeleteStateMachineVersion",
        json!({"stateMachineVersionArn": VERSION}),
        |caller| DeleteStateMachineVersionRequest { caller, state_machine_version_arn: text(VERSION) },
        DeleteStateMachineVersionResponse {},
        json!({}),
    )
    .await;
}

#[tokio::test]
async fn aliases_are_created_updated_and_deleted() {
    let route = |weight| Route { state_machine_version_arn: text(VERSION), weight };
    check(
        "CreateStateMachineAlias",
        json!({
            "name": "PROD", "description": "d",
            "routingConfiguration": [
                {"stateMachineVersionArn": VERSION, "weight": 99}, {"stateMachineVersionArn": VERSION, "weight": 1},
            ],
        }),
        |caller| CreateStateMachineAliasRequest {
            caller,
            name: text("PROD"),
            description: text("d"),
            routing_configuration: vec![route(99), route(1)],
        },
        CreateStateMachineAliasResponse { state_machine_alias_arn: text(ALIAS), creation_date_ms: 1_000 },
        json!({"stateMachineAliasArn": ALIAS, "creationDate": 1.0}),
    )
    .await;
    check(
        "UpdateStateMachineAlias",
        json!({
            "stateMachineAliasArn": ALIAS,
            "routingConfiguration": [{"stateMachineVersionArn": VERSION, "weight": 100}],
        }),
        |caller| UpdateStateMachineAliasRequest {
            caller,
            state_machine_alias_arn: text(ALIAS),
            description: None,
            routing_configuration: vec![route(100)],
        },
        UpdateStateMachineAliasResponse { update_date_ms: 2_000 },
        json!({"updateDate": 2.0}),
    )
    .await;
    check(
        "UpdateStateMachineAlias",
        json!({"stateMachineAliasArn": ALIAS, "description": ""}),
        |caller| UpdateStateMachineAliasRequest {
            caller,
            state_machine_alias_arn: text(ALIAS),
            description: Some(String::new()),
            routing_configuration: Vec::new(),
        },
        UpdateStateMachineAliasResponse { update_date_ms: 2_000 },
        json!({"updateDate": 2.0}),
    )
    .await;
    check(
        "DeleteStateMachineAlias",
        json!({"stateMachineAliasArn": ALIAS}),
        |caller| DeleteStateMachineAliasRequest { caller, state_machine_alias_arn: text(ALIAS) },
        DeleteStateMachineAliasResponse {},
        json!({}),
    )
    .await;
}

#[tokio::test]
async fn aliases_are_described_and_listed() {
    let described = |description: &str| DescribeStateMachineAliasResponse {
        state_machine_alias_arn: text(ALIAS),
        name: text("PROD"),
        description: text(description),
        routing_configuration: vec![Route { state_machine_version_arn: text(VERSION), weight: 100 }],
        creation_date_ms: 1_000,
        update_date_ms: 2_000,
    };
    let mut expected = json!({
        "stateMachineAliasArn": ALIAS, "name": "PROD", "creationDate": 1.0, "updateDate": 2.0,
        "routingConfiguration": [{"stateMachineVersionArn": VERSION, "weight": 100}],
    });
    let asked = |caller| DescribeStateMachineAliasRequest { caller, state_machine_alias_arn: text(ALIAS) };
    let body = json!({"stateMachineAliasArn": ALIAS});
    check("DescribeStateMachineAlias", body.clone(), asked, described(""), expected.clone()).await;
    expected["description"] = json!("d");
    check("DescribeStateMachineAlias", body, asked, described("d"), expected).await;
    check(
        "ListStateMachineAliases",
        json!({"stateMachineArn": VERSION}),
        |caller| ListStateMachineAliasesRequest {
            caller,
            state_machine_arn: text(VERSION),
            max_results: 0,
            next_token: String::new(),
        },
        ListStateMachineAliasesResponse {
            state_machine_aliases: vec![StateMachineAliasListItem {
                state_machine_alias_arn: text(ALIAS),
                creation_date_ms: 1_000,
            }],
            next_token: String::new(),
        },
        json!({"stateMachineAliases": [{"stateMachineAliasArn": ALIAS, "creationDate": 1.0}]}),
    )
    .await;
}

#[tokio::test]
async fn state_machines_are_updated_and_deleted() {
    check(
        "UpdateStateMachine",
        json!({"stateMachineArn": MACHINE, "definition": "d"}),
        |caller| UpdateStateMachineRequest {
            caller,
            state_machine_arn: text(MACHINE),
            definition: Some(Bytes::from_static(b"d")),
            ..Default::default()
        },
        UpdateStateMachineResponse { update_date_ms: 1_500, revision_id: text("r"), ..Default::default() },
        json!({"updateDate": 1.5, "revisionId": "r"}),
    )
    .await;
    check(
        "UpdateStateMachine",
        json!({"stateMachineArn": MACHINE, "roleArn": ROLE, "tracingConfiguration": {}, "loggingConfiguration": {}}),
        |caller| UpdateStateMachineRequest {
            caller,
            state_machine_arn: text(MACHINE),
            role_arn: Some(text(ROLE)),
            configuration: Some(Configuration {
                logging: Some(LoggingConfiguration { level: text("OFF"), ..Default::default() }),
                tracing_enabled: Some(false),
                owned_encryption: false,
            }),
            ..Default::default()
        },
        UpdateStateMachineResponse::default(),
        json!({"updateDate": 0.0}),
    )
    .await;
    check(
        "DeleteStateMachine",
        json!({"stateMachineArn": MACHINE}),
        |caller| DeleteStateMachineRequest { caller, state_machine_arn: text(MACHINE) },
        DeleteStateMachineResponse {},
        json!({}),
    )
    .await;
}

#[tokio::test]
async fn state_machines_are_described() {
    let asked = |caller| DescribeStateMachineRequest { caller, state_machine_arn: text(MACHINE) };
    let answer = || DescribeStateMachineResponse {
        state_machine_arn: text(MACHINE),
        name: text("m"),
        status: StateMachineStatus::Active.into(),
        definition: Bytes::from_static(b"{\"StartAt\":\"A\"}"),
        role_arn: text(ROLE),
        r#type: StateMachineType::Standard.into(),
        creation_date_ms: 1_000,
        configuration: None,
        revision_id: String::new(),
        variable_references: vec![VariableReferences {
            state: text("A"),
            variables: vec![text("x"), text("y")],
        }],
        description: text("d"),
    };
    let expected = |definition: &str| {
        json!({
            "stateMachineArn": MACHINE, "name": "m", "status": "ACTIVE", "definition": definition, "roleArn": ROLE,
            "type": "STANDARD", "creationDate": 1.0, "loggingConfiguration": {"level": "OFF", "includeExecutionData": false},
            "description": "d",
            "tracingConfiguration": {"enabled": false}, "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
        })
    };
    let mut whole = expected("{\"StartAt\":\"A\"}");
    whole["variableReferences"] = json!({"A": ["x", "y"]});
    let body = json!({"stateMachineArn": MACHINE});
    check("DescribeStateMachine", body, asked, answer(), whole).await;
    let body = json!({"stateMachineArn": MACHINE, "includedData": "METADATA_ONLY"});
    check("DescribeStateMachine", body, asked, answer(), expected("{}")).await;
    let logging = LoggingConfiguration {
        level: text("OFF"),
        include_execution_data: true,
        log_group_arns: vec![text("g")],
    };
    check(
        "DescribeStateMachineForExecution",
        json!({"executionArn": EXECUTION}),
        |caller| DescribeStateMachineForExecutionRequest { caller, execution_arn: text(EXECUTION) },
        DescribeStateMachineForExecutionResponse {
            state_machine_arn: text(MACHINE),
            name: text("m"),
            definition: Bytes::from_static(b"d"),
            role_arn: text(ROLE),
            update_date_ms: 1_000,
            configuration: Some(Configuration {
                logging: Some(logging),
                tracing_enabled: Some(false),
                owned_encryption: true,
            }),
            revision_id: text("r"),
            variable_references: Vec::new(),
            map_run_arn: text(MAP_RUN),
            label: text("l"),
        },
        json!({
            "stateMachineArn": MACHINE, "name": "m", "definition": "d", "roleArn": ROLE, "updateDate": 1.0,
            "loggingConfiguration": {
                "level": "OFF", "includeExecutionData": true,
                "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": "g"}}],
            },
            "tracingConfiguration": {"enabled": false}, "revisionId": "r",
            "encryptionConfiguration": {"type": "AWS_OWNED_KEY"}, "mapRunArn": MAP_RUN, "label": "l",
        }),
    )
    .await;
}

#[tokio::test]
async fn executions_are_started_and_stopped() {
    check(
        "StartExecution",
        json!({"stateMachineArn": MACHINE, "name": "e", "input": "", "traceHeader": "t"}),
        |caller| StartExecutionRequest {
            caller,
            state_machine_arn: text(MACHINE),
            name: text("e"),
            input: Bytes::new(),
            trace_header: text("t"),
            receiver: 0,
        },
        StartExecutionResponse { execution_arn: text(EXECUTION), start_date_ms: 1, express_start: None },
        json!({"executionArn": EXECUTION, "startDate": 0.001}),
    )
    .await;
    check(
        "StopExecution",
        json!({"executionArn": EXECUTION, "error": "E", "cause": ""}),
        |caller| StopExecutionRequest {
            caller,
            execution_arn: text(EXECUTION),
            error: Some(text("E")),
            cause: Some(String::new()),
        },
        StopExecutionResponse { stop_date_ms: 2_000 },
        json!({"stopDate": 2.0}),
    )
    .await;
    for (body, client_token) in [
        (json!({"executionArn": EXECUTION, "clientToken": "!~"}), "!~"),
        (json!({"executionArn": EXECUTION}), ""),
    ] {
        check(
            "RedriveExecution",
            body,
            |caller| RedriveExecutionRequest {
                caller,
                execution_arn: text(EXECUTION),
                client_token: text(client_token),
            },
            RedriveExecutionResponse { redrive_date_ms: 3_000 },
            json!({"redriveDate": 3.0}),
        )
        .await;
    }
}

#[tokio::test]
async fn executions_are_described() {
    let asked = |caller| DescribeExecutionRequest { caller, execution_arn: text(EXECUTION) };
    let body = json!({"executionArn": EXECUTION});
    let succeeded = || DescribeExecutionResponse {
        execution_arn: text(EXECUTION),
        state_machine_arn: text(MACHINE),
        name: text("e"),
        status: ExecutionStatus::Succeeded.into(),
        start_date_ms: 1_000,
        stop_date_ms: Some(2_000),
        input: Bytes::from_static(b"1"),
        output: Some(Bytes::from_static(b"2")),
        trace_header: String::new(),
        error: None,
        cause: None,
        redrive_count: 0,
        redrive_date_ms: None,
        redrive_status: text("NOT_REDRIVABLE"),
        redrive_status_reason: text("Execution is SUCCEEDED and cannot be redriven"),
        map_run_arn: text(MAP_RUN),
        state_machine_version_arn: Some(text(VERSION)),
        state_machine_alias_arn: Some(text(ALIAS)),
    };
    let mut expected = json!({
        "executionArn": EXECUTION, "stateMachineArn": MACHINE, "stateMachineVersionArn": VERSION,
        "stateMachineAliasArn": ALIAS, "name": "e", "status": "SUCCEEDED", "startDate": 1.0,
        "stopDate": 2.0, "input": "1", "inputDetails": {"included": true}, "output": "2", "outputDetails": {"included": true},
        "redriveCount": 0, "redriveStatus": "NOT_REDRIVABLE",
        "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven", "mapRunArn": MAP_RUN,
    });
    check("DescribeExecution", body.clone(), asked, succeeded(), expected.clone()).await;
    let metadata = json!({"executionArn": EXECUTION, "includedData": "METADATA_ONLY"});
    let members = expected.as_object_mut().unwrap();
    members.remove("input");
    members.remove("output");
    members["inputDetails"] = json!({"included": false});
    members["outputDetails"] = json!({"included": false});
    check("DescribeExecution", metadata, asked, succeeded(), expected).await;
    let failed = DescribeExecutionResponse {
        status: ExecutionStatus::Failed.into(),
        output: None,
        trace_header: text("t"),
        error: Some(text("E")),
        cause: Some(String::new()),
        redrive_count: 3,
        redrive_date_ms: Some(1_500),
        redrive_status: text("REDRIVABLE"),
        redrive_status_reason: String::new(),
        map_run_arn: String::new(),
        state_machine_version_arn: None,
        state_machine_alias_arn: None,
        ..succeeded()
    };
    let expected = json!({
        "executionArn": EXECUTION, "stateMachineArn": MACHINE, "name": "e", "status": "FAILED", "startDate": 1.0,
        "stopDate": 2.0, "input": "1", "inputDetails": {"included": true}, "traceHeader": "t", "error": "E", "cause": "",
        "redriveCount": 3, "redriveDate": 1.5, "redriveStatus": "REDRIVABLE",
    });
    check("DescribeExecution", body, asked, failed, expected).await;
}

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

#[tokio::test]
async fn activities() {
    check(
        "CreateActivity",
        json!({"name": "a", "tags": []}),
        |caller| CreateActivityRequest { caller, name: text("a"), tags: Vec::new() },
        CreateActivityResponse { activity_arn: text(ACTIVITY), creation_date_ms: 1_000 },
        json!({"activityArn": ACTIVITY, "creationDate": 1.0}),
    )
    .await;
    let body = json!({"activityArn": ACTIVITY});
    check(
        "DescribeActivity",
        body.clone(),
        |caller| DescribeActivityRequest { caller, activity_arn: text(ACTIVITY) },
        DescribeActivityResponse { activity_arn: text(ACTIVITY), name: text("a"), creation_date_ms: 1_000 },
        json!({
            "activityArn": ACTIVITY, "name": "a", "creationDate": 1.0,
            "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
        }),
    )
    .await;
    check(
        "DeleteActivity",
        body,
        |caller| DeleteActivityRequest { caller, activity_arn: text(ACTIVITY) },
        DeleteActivityResponse {},
        json!({}),
    )
    .await;
}

#[tokio::test]
async fn tasks() {
    check(
        "SendTaskSuccess",
        json!({"taskToken": "t", "output": "1"}),
        |caller| SendTaskSuccessRequest { caller, task_token: text("t"), output: Bytes::from_static(b"1") },
        SendTaskSuccessResponse {},
        json!({}),
    )
    .await;
    check(
        "SendTaskFailure",
        json!({"taskToken": "t", "cause": "c"}),
        |caller| SendTaskFailureRequest {
            caller,
            task_token: text("t"),
            error: None,
            cause: Some(text("c")),
        },
        SendTaskFailureResponse {},
        json!({}),
    )
    .await;
    check(
        "SendTaskHeartbeat",
        json!({"taskToken": "t"}),
        |caller| SendTaskHeartbeatRequest { caller, task_token: text("t") },
        SendTaskHeartbeatResponse {},
        json!({}),
    )
    .await;
}

#[tokio::test]
async fn tags() {
    check(
        "TagResource",
        json!({"resourceArn": MACHINE, "tags": [{"key": "k", "value": "v"}]}),
        |caller| TagResourceRequest {
            caller,
            resource_arn: text(MACHINE),
            tags: vec![Tag { key: text("k"), value: text("v") }],
        },
        TagResourceResponse {},
        json!({}),
    )
    .await;
    check(
        "UntagResource",
        json!({"resourceArn": ACTIVITY, "tagKeys": ["k", "l"]}),
        |caller| UntagResourceRequest {
            caller,
            resource_arn: text(ACTIVITY),
            tag_keys: vec![text("k"), text("l")],
        },
        UntagResourceResponse {},
        json!({}),
    )
    .await;
    check(
        "ListTagsForResource",
        json!({"resourceArn": MACHINE}),
        |caller| ListTagsForResourceRequest { caller, resource_arn: text(MACHINE) },
        ListTagsForResourceResponse { tags: vec![Tag { key: text("k"), value: text("v") }] },
        json!({"tags": [{"key": "k", "value": "v"}]}),
    )
    .await;
}

#[tokio::test]
async fn definitions_are_validated() {
    let asked = |definition: &'static str, kind: StateMachineType, include_warnings, max_results| {
        move |caller| ValidateStateMachineDefinitionRequest {
            caller,
            definition: Bytes::from_static(definition.as_bytes()),
            r#type: kind.into(),
            include_warnings,
            max_results,
        }
    };
    check(
        "ValidateStateMachineDefinition",
        json!({"definition": "d"}),
        asked("d", StateMachineType::Standard, false, 0),
        ValidateStateMachineDefinitionResponse { valid: true, ..Default::default() },
        json!({"result": "OK", "diagnostics": [], "truncated": false}),
    )
    .await;
    let diagnostic = |severity: &str, location: Option<&str>| Diagnostic {
        severity: text(severity),
        code: text("C"),
        message: text("m"),
        location: location.map(text),
    };
    check(
        "ValidateStateMachineDefinition",
        json!({"definition": "é", "type": "EXPRESS", "severity": "WARNING", "maxResults": 2}),
        asked("é", StateMachineType::Express, true, 2),
        ValidateStateMachineDefinitionResponse {
            valid: false,
            diagnostics: vec![diagnostic("ERROR", None), diagnostic("WARNING", Some("/States/A"))],
            truncated: true,
        },
        json!({"result": "FAIL", "truncated": true, "diagnostics": [
            {"severity": "ERROR", "code": "C", "message": "m"},
            {"severity": "WARNING", "code": "C", "message": "m", "location": "/States/A"},
        ]}),
    )
    .await;
}

#[tokio::test]
async fn states_are_tested() {
    check(
        "TestState",
        json!({
            "definition": "d", "roleArn": ROLE, "input": "{}", "inspectionLevel": "DEBUG", "revealSecrets": true,
            "variables": "{\"v\":1}", "stateName": "S", "context": "{}",
            "mock": {"result": "1", "errorOutput": {"error": "E", "cause": "c"}, "fieldValidationMode": "NONE"},
            "stateConfiguration": {
                "retrierRetryCount": 1, "errorCausedByState": "I", "mapIterationFailureCount": 2, "mapItemReaderData": "[]",
            },
        }),
        |caller| TestStateRequest {
            caller,
            definition: Bytes::from_static(b"d"),
            role_arn: Some(text(ROLE)),
            input: Some(Bytes::from_static(b"{}")),
            inspection_level: text("DEBUG"),
            reveal_secrets: true,
            variables: Some(Bytes::from_static(b"{\"v\":1}")),
            state_name: Some(text("S")),
            mock: Some(TestStateMock {
                result: Some(Bytes::from_static(b"1")),
                error_output: Some(TestStateError { error: Some(text("E")), cause: Some(text("c")) }),
                field_validation_mode: text("NONE"),
            }),
            context: Some(Bytes::from_static(b"{}")),
            configuration: Some(TestStateConfiguration {
                retrier_retry_count: Some(1),
                error_caused_by_state: Some(text("I")),
                map_iteration_failure_count: Some(2),
                map_item_reader_data: Some(Bytes::from_static(b"[]")),
            }),
        },
        TestStateResponse {
            status: text("RETRIABLE"),
            error: Some(text("E")),
            cause: Some(text("c")),
            inspection_data: Some(InspectionData {
                input: Bytes::from_static(b"{}"),
                after_arguments: Some(Bytes::from_static(b"1")),
                after_input_path: Some(Bytes::from_static(b"2")),
                after_parameters: Some(Bytes::from_static(b"3")),
                result: Some(Bytes::from_static(b"4")),
                after_result_selector: Some(Bytes::from_static(b"5")),
                after_result_path: Some(Bytes::from_static(b"6")),
                variables: Some(Bytes::from_static(b"{}")),
                after_items_path: Some(Bytes::from_static(b"7")),
                after_items_pointer: Some(Bytes::from_static(b"8")),
                after_item_selector: Some(Bytes::from_static(b"9")),
                after_item_batcher: Some(Bytes::from_static(b"10")),
                max_concurrency: Some(11),
                tolerated_failure_count: Some(12),
                tolerated_failure_percentage: Some(12.5),
                retry_index: Some(0),
                retry_backoff_interval_seconds: Some(13),
                catch_index: None,
            }),
            ..Default::default()
        },
        json!({
            "status": "RETRIABLE", "error": "E", "cause": "c",
            "inspectionData": {
                "input": "{}", "afterArguments": "1", "afterInputPath": "2", "afterParameters": "3", "result": "4",
                "afterResultSelector": "5", "afterResultPath": "6", "variables": "{}", "afterItemsPath": "7",
                "afterItemsPointer": "8", "afterItemSelector": "9", "afterItemBatcher": "10", "maxConcurrency": 11,
                "toleratedFailureCount": 12, "toleratedFailurePercentage": 12.5,
                "errorDetails": {"retryIndex": 0, "retryBackoffIntervalSeconds": 13},
            },
        }),
    )
    .await;
    check(
        "TestState",
        json!({"definition": "d"}),
        |caller| TestStateRequest { caller, definition: Bytes::from_static(b"d"), ..Default::default() },
        TestStateResponse {
            status: text("SUCCEEDED"),
            output: Some(Bytes::from_static(b"1")),
            next_state: Some(text("N")),
            ..Default::default()
        },
        json!({"status": "SUCCEEDED", "output": "1", "nextState": "N"}),
    )
    .await;
}
