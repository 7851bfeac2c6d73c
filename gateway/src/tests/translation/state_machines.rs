//! State machines: create, update, describe, delete.

use super::*;

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
