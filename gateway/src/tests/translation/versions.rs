//! Versions: published with a state machine and alone, listed, deleted.

use super::*;

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
