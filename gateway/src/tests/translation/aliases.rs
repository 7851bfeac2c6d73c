//! Aliases: create, update, describe, list, delete.

use super::*;

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
