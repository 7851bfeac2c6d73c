//! Errors of the API's model that the tests of each resource don't come by, as tables of whole answers. What can't occur here is left out:
//! there is no KMS (`Kms*Exception`), and changes of one resource follow one another (`ConflictException` of those that are concurrent).

use keepstep_tests::api::Api;
use keepstep_tests::process::Server;
use keepstep_tests::sdk::ACCOUNT;
use keepstep_tests::wait;
use serde_json::{Value, json};

use super::{PASS, ROLE, WAIT};

const STATES: &str = "arn:aws:states:us-east-1:000000000000";
const INVALID_TOKEN: &str = "Invalid Token: 'Invalid token'";

async fn server() -> anyhow::Result<(Server, Api)> {
    let server = Server::builder().account(ACCOUNT).start().await?;
    let api = Api::new(&server.endpoint(), ACCOUNT);
    Ok((server, api))
}

/// Asserts that a request is refused with this code and exactly this message.
async fn refused(
    api: &Api,
    operation: &str,
    request: Value,
    code: &str,
    message: &str,
) -> anyhow::Result<()> {
    let answer = api.call(operation, &request).await?;
    let told = answer.body.get("message").and_then(Value::as_str);
    assert_eq!(
        (answer.status, answer.error_code(), told),
        (400, Some(code), Some(message)),
        "{operation} {request}"
    );
    Ok(())
}

/// Creates a state machine whose first version is published, and an alias of that named PROD; the ARN of the state machine.
async fn released(api: &Api, name: &str, definition: &str) -> anyhow::Result<String> {
    let request = json!({"name": name, "definition": definition, "roleArn": ROLE, "publish": true});
    api.ok("CreateStateMachine", request).await?;
    let arn = format!("{STATES}:stateMachine:{name}");
    api.ok("CreateStateMachineAlias", json!({"name": "PROD", "routingConfiguration": route(&arn)})).await?;
    Ok(arn)
}

/// All to the first version.
fn route(machine: &str) -> Value {
    json!([{"stateMachineVersionArn": format!("{machine}:1"), "weight": 100}])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_arn_is_refused_by_all_that_take_one() -> anyhow::Result<()> {
    let (_server, api) = server().await?;
    let cases = [
        (
            "CreateStateMachineAlias",
            json!({"name": "n", "routingConfiguration": [{"stateMachineVersionArn": "x", "weight": 100}]}),
        ),
        ("DeleteActivity", json!({"activityArn": "x"})),
        ("DeleteStateMachine", json!({"stateMachineArn": "x"})),
        ("DeleteStateMachineAlias", json!({"stateMachineAliasArn": "x"})),
        ("DeleteStateMachineVersion", json!({"stateMachineVersionArn": "x"})),
        ("DescribeActivity", json!({"activityArn": "x"})),
        ("DescribeExecution", json!({"executionArn": "x"})),
        ("DescribeMapRun", json!({"mapRunArn": "x"})),
        ("DescribeStateMachine", json!({"stateMachineArn": "x"})),
        ("DescribeStateMachineAlias", json!({"stateMachineAliasArn": "x"})),
        ("DescribeStateMachineForExecution", json!({"executionArn": "x"})),
        ("GetActivityTask", json!({"activityArn": "x"})),
        ("GetExecutionHistory", json!({"executionArn": "x"})),
        ("ListExecutions", json!({"stateMachineArn": "x"})),
        ("ListExecutions", json!({"mapRunArn": "x"})),
        ("ListMapRuns", json!({"executionArn": "x"})),
        ("ListStateMachineAliases", json!({"stateMachineArn": "x"})),
        ("ListStateMachineVersions", json!({"stateMachineArn": "x"})),
        ("ListTagsForResource", json!({"resourceArn": "x"})),
        ("PublishStateMachineVersion", json!({"stateMachineArn": "x"})),
        ("RedriveExecution", json!({"executionArn": "x"})),
        ("StartExecution", json!({"stateMachineArn": "x"})),
        ("StartSyncExecution", json!({"stateMachineArn": "x"})),
        ("StopExecution", json!({"executionArn": "x"})),
        ("TagResource", json!({"resourceArn": "x", "tags": []})),
        ("UntagResource", json!({"resourceArn": "x", "tagKeys": []})),
        ("UpdateMapRun", json!({"mapRunArn": "x", "maxConcurrency": 1})),
        ("UpdateStateMachine", json!({"stateMachineArn": "x", "definition": PASS})),
        ("UpdateStateMachineAlias", json!({"stateMachineAliasArn": "x", "description": "d"})),
    ];
    for (operation, request) in cases {
        refused(&api, operation, request, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: x'").await?;
    }
    let machine = format!("{STATES}:stateMachine:m");
    let state = json!({"Type": "Pass", "End": true}).to_string();
    for (operation, request) in [
        ("UpdateStateMachine", json!({"stateMachineArn": machine, "roleArn": "x"})),
        ("TestState", json!({"definition": state, "roleArn": "x"})),
    ] {
        refused(&api, operation, request, "InvalidArn", "Invalid Role Arn: 'x'").await?;
    }
    // Arns of something else.
    let kind = "Invalid Arn: 'Resource type not valid in this context: stateMachine'";
    for (operation, member) in [
        ("DeleteActivity", "activityArn"),
        ("DescribeExecution", "executionArn"),
        ("DescribeMapRun", "mapRunArn"),
        ("ListMapRuns", "executionArn"),
        ("StopExecution", "executionArn"),
    ] {
        refused(&api, operation, json!({member: machine}), "InvalidArn", kind).await?;
    }
    for (operation, member, qualifier, what) in [
        ("DeleteStateMachineVersion", "stateMachineVersionArn", "PROD", "version"),
        ("DeleteStateMachineAlias", "stateMachineAliasArn", "1", "alias"),
        ("DescribeStateMachineAlias", "stateMachineAliasArn", "1", "alias"),
    ] {
        let arn = format!("{machine}:{qualifier}");
        let message = format!("Invalid Arn: 'Not the ARN of a state machine {what}: {arn}'");
        refused(&api, operation, json!({member: arn}), "InvalidArn", &message).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_good_only_where_they_were_given() -> anyhow::Result<()> {
    let (_server, api) = server().await?;
    let machine = released(&api, "m", PASS).await?;
    let start = json!({"stateMachineArn": machine, "name": "e"});
    let execution = api.ok("StartExecution", start).await?["executionArn"].clone();
    for name in ["a", "b"] {
        api.ok("CreateActivity", json!({"name": name})).await?;
    }
    let page = api.ok("ListActivities", json!({"maxResults": 1})).await?;
    let foreign = page["nextToken"].as_str().unwrap_or_default();
    assert!(!foreign.is_empty(), "{page}");
    for token in ["nonsense", foreign] {
        for (operation, request) in [
            ("GetExecutionHistory", json!({"executionArn": execution})),
            ("ListExecutions", json!({"stateMachineArn": machine})),
            ("ListMapRuns", json!({"executionArn": execution})),
            ("ListStateMachineAliases", json!({"stateMachineArn": machine})),
            ("ListStateMachineVersions", json!({"stateMachineArn": machine})),
            ("ListStateMachines", json!({})),
        ] {
            let mut request = request;
            request["nextToken"] = json!(token);
            refused(&api, operation, request, "InvalidToken", INVALID_TOKEN).await?;
        }
    }
    refused(&api, "ListActivities", json!({"nextToken": "x"}), "InvalidToken", INVALID_TOKEN).await?;
    for (operation, request) in [
        ("SendTaskFailure", json!({"taskToken": "x"})),
        ("SendTaskHeartbeat", json!({"taskToken": "x"})),
        ("SendTaskSuccess", json!({"taskToken": "x", "output": "1"})),
    ] {
        refused(&api, operation, request, "InvalidToken", INVALID_TOKEN).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_machine_that_is_being_deleted_takes_nothing_more() -> anyhow::Result<()> {
    let (_server, api) = server().await?;
    let machine = released(&api, "m", WAIT).await?;
    let start = json!({"stateMachineArn": machine, "name": "e"});
    let execution = api.ok("StartExecution", start).await?["executionArn"].clone();
    let activity = api.ok("CreateActivity", json!({"name": "a"})).await?["activityArn"].clone();
    let task = json!({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": activity, "End": true}}});
    let tasks = released(&api, "tasks", &task.to_string()).await?;
    api.ok("StartExecution", json!({"stateMachineArn": tasks})).await?;
    let token = api.ok("GetActivityTask", json!({"activityArn": activity})).await?["taskToken"].clone();
    let request = json!({"name": "express", "definition": PASS, "roleArn": ROLE, "type": "EXPRESS"});
    api.ok("CreateStateMachine", request).await?;

    for arn in [&machine, &tasks] {
        for _ in 0..2 {
            assert_eq!(api.ok("DeleteStateMachine", json!({"stateMachineArn": arn})).await?, json!({}));
        }
        // Its execution goes on until its next transition, and it is there as long as that.
        let described = api.ok("DescribeStateMachine", json!({"stateMachineArn": arn})).await?;
        assert_eq!(described["status"], "DELETING");
    }
    let (version, alias) = (format!("{machine}:1"), format!("{machine}:PROD"));
    let cases = [
        ("CreateStateMachine", json!({"name": "m", "definition": WAIT, "roleArn": ROLE}), &machine),
        ("CreateStateMachineAlias", json!({"name": "a", "routingConfiguration": route(&machine)}), &machine),
        ("ListStateMachineAliases", json!({"stateMachineArn": machine}), &machine),
        ("PublishStateMachineVersion", json!({"stateMachineArn": machine}), &machine),
        ("StartExecution", json!({"stateMachineArn": machine}), &machine),
        ("StartExecution", json!({"stateMachineArn": version}), &version),
        ("StartExecution", json!({"stateMachineArn": alias}), &alias),
        ("StartSyncExecution", json!({"stateMachineArn": machine}), &machine),
        ("UpdateStateMachine", json!({"stateMachineArn": machine, "definition": PASS}), &machine),
        ("UpdateStateMachineAlias", json!({"stateMachineAliasArn": alias, "description": "d"}), &machine),
    ];
    for (operation, request, named) in cases {
        let message = format!("State Machine is being deleted: '{named}'");
        refused(&api, operation, request, "StateMachineDeleting", &message).await?;
    }

    // Stopped, the execution goes, and the state machine with it. A task's execution goes when the task ends.
    api.ok("StopExecution", json!({"executionArn": execution})).await?;
    api.ok("SendTaskSuccess", json!({"taskToken": token, "output": "1"})).await?;
    for arn in [&machine, &tasks] {
        wait::until("the state machine is gone", || async {
            let answer = api.call("DescribeStateMachine", &json!({"stateMachineArn": arn})).await.ok()?;
            (answer.error_code() == Some("StateMachineDoesNotExist")).then_some(())
        })
        .await?;
    }
    let gone = "Task Does Not Exist: 'Provided task does not exist'";
    for (operation, request) in [
        ("SendTaskFailure", json!({"taskToken": token})),
        ("SendTaskHeartbeat", json!({"taskToken": token})),
        ("SendTaskSuccess", json!({"taskToken": token, "output": "1"})),
    ] {
        refused(&api, operation, request, "TaskDoesNotExist", gone).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_bounded_and_go_together() -> anyhow::Result<()> {
    let (_server, api) = server().await?;
    let machine = released(&api, "m", PASS).await?;
    let run = format!("{STATES}:mapRun:m/L:x");
    let long = "x".repeat(257);
    let too_long = |member: &str| {
        format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must have length less than or equal to 256"
        )
    };
    let shown = |value: &str, member: &str, constraint: &str| {
        format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {constraint}"
        )
    };
    let arn_too_long = |member: &str| shown(&long, member, "have length less than or equal to 256");
    let one_of = "Exactly one of stateMachineArn and mapRunArn must be specified".to_owned();
    let without_publish = "Version description can only be set when publish is true".to_owned();
    let cases = [
        ("DeleteStateMachine", json!({"stateMachineArn": long}), arn_too_long("stateMachineArn")),
        ("DeleteStateMachineAlias", json!({"stateMachineAliasArn": long}), arn_too_long("stateMachineAliasArn")),
        ("DescribeStateMachineAlias", json!({"stateMachineAliasArn": long}), arn_too_long("stateMachineAliasArn")),
        ("ListExecutions", json!({}), one_of.clone()),
        ("ListExecutions", json!({"stateMachineArn": machine, "mapRunArn": run}), one_of),
        (
            "ListExecutions",
            json!({"stateMachineArn": machine, "statusFilter": "DONE"}),
            shown(
                "DONE",
                "statusFilter",
                "satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]",
            ),
        ),
        (
            "ListStateMachineVersions",
            json!({"stateMachineArn": machine, "maxResults": 1001}),
            shown("1001", "maxResults", "have value less than or equal to 1000"),
        ),
        ("PublishStateMachineVersion", json!({"stateMachineArn": machine, "description": long}), too_long("description")),
        ("StopExecution", json!({"executionArn": format!("{STATES}:execution:m:e"), "error": long}), too_long("error")),
        (
            "UpdateMapRun",
            json!({"mapRunArn": run, "maxConcurrency": -1}),
            shown("-1", "maxConcurrency", "have value greater than or equal to 0"),
        ),
        (
            "UpdateMapRun",
            json!({"mapRunArn": run}),
            "At least one of maxConcurrency, toleratedFailureCount and toleratedFailurePercentage must be specified".to_owned(),
        ),
        ("UpdateStateMachine", json!({"stateMachineArn": machine, "roleArn": ROLE, "versionDescription": "d"}), without_publish),
    ];
    for (operation, request, message) in cases {
        refused(&api, operation, request, "ValidationException", &message).await?;
    }
    let logging = "Invalid Logging Configuration: Must specify exactly one Log Destination.";
    let request = json!({"stateMachineArn": machine, "loggingConfiguration": {"level": "ALL"}});
    refused(&api, "UpdateStateMachine", request, "InvalidLoggingConfiguration", logging).await?;
    let encryption = "Invalid Encryption Configuration: 'This server has no KMS: encryption of the type CUSTOMER_MANAGED_KMS_KEY is not supported, only AWS_OWNED_KEY is'";
    let request = json!({"stateMachineArn": machine, "encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"}});
    refused(&api, "UpdateStateMachine", request, "InvalidEncryptionConfiguration", encryption).await?;
    let definition = "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: This object should have only one of the following fields: [Next, End] at /'";
    refused(&api, "TestState", json!({"definition": r#"{"Type":"Pass"}"#}), "InvalidDefinition", definition)
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn quotas_hold() -> anyhow::Result<()> {
    let server = Server::builder().account(ACCOUNT).flag("--tags-max", 1).flag("--pollers-max", 1);
    let server = server.flag("--state-machines-max", 1).flag("--activities-max", 1).start().await?;
    let api = Api::new(&server.endpoint(), ACCOUNT);
    let tag = json!({"key": "a", "value": "1"});
    let machine =
        |name: &str, tags: Value| json!({"name": name, "definition": PASS, "roleArn": ROLE, "tags": tags});
    let activity = |name: &str, tags: Value| json!({"name": name, "tags": tags});
    let two = json!([tag, {"key": "b", "value": "2"}]);
    let tags = "You've exceeded the number of tags allowed for a resource.";
    refused(&api, "CreateStateMachine", machine("m", two.clone()), "TooManyTags", tags).await?;
    refused(&api, "CreateActivity", activity("a", two), "TooManyTags", tags).await?;

    let arn = released(&api, "m", PASS).await?;
    let worked = api.ok("CreateActivity", activity("a", json!([tag]))).await?["activityArn"].clone();
    for number in 1..100 {
        let request = json!({"name": format!("a{number}"), "routingConfiguration": route(&arn)});
        api.ok("CreateStateMachineAlias", request).await?;
    }
    // One worker waits for a task of the activity.
    let waiting = tokio::spawn({
        let (api, request) = (api.clone(), json!({"activityArn": worked}));
        async move { api.call("GetActivityTask", &request).await }
    });
    wait::until("the worker waits", || async {
        let (_, text) = api.get("/metrics").await.ok()?;
        (keepstep_tests::cluster::metric(&text, "keepstep_activity_pollers")? >= 1.0).then_some(())
    })
    .await?;
    let cases = [
        (
            "CreateStateMachine",
            machine("n", json!([])),
            "StateMachineLimitExceeded",
            "The maximum number of state machines has been reached. Existing state machines must be deleted before a new state machine can be created.",
        ),
        (
            "CreateActivity",
            activity("b", json!([])),
            "ActivityLimitExceeded",
            "The maximum number of activities has been reached. Existing activities must be deleted before a new activity can be created.",
        ),
        (
            "CreateStateMachineAlias",
            json!({"name": "a100", "routingConfiguration": route(&arn)}),
            "ServiceQuotaExceededException",
            "The maximum number of aliases (100) of the state machine has been reached. Delete aliases before you create another one.",
        ),
        (
            "TagResource",
            json!({"resourceArn": worked, "tags": [{"key": "b", "value": "2"}]}),
            "TooManyTags",
            tags,
        ),
        (
            "GetActivityTask",
            json!({"activityArn": worked}),
            "ActivityWorkerLimitExceeded",
            "The maximum number of workers concurrently polling for activity tasks has been reached.",
        ),
    ];
    for (operation, request, code, message) in cases {
        refused(&api, operation, request, code, message).await?;
    }
    waiting.abort();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_twice_is_done_once() -> anyhow::Result<()> {
    let (_server, api) = server().await?;
    let tags = json!([{"key": "team", "value": "blue"}]);
    // A role and tags that differ are not compared, and not taken either.
    let create =
        |role: &str| json!({"name": "m", "definition": PASS, "roleArn": role, "publish": true, "tags": tags});
    let created = api.ok("CreateStateMachine", create(ROLE)).await?;
    let other = format!("{ROLE}-2");
    let mut again = create(&other);
    again["tags"] = json!([{"key": "team", "value": "red"}]);
    assert_eq!(api.ok("CreateStateMachine", again).await?, created);
    let machine = created["stateMachineArn"].clone();
    let described = api.ok("DescribeStateMachine", json!({"stateMachineArn": machine})).await?;
    assert_eq!(described["roleArn"], ROLE);
    assert_eq!(api.ok("ListTagsForResource", json!({"resourceArn": machine})).await?, json!({"tags": tags}));

    let activity = api.ok("CreateActivity", json!({"name": "a"})).await?;
    assert_eq!(api.ok("CreateActivity", json!({"name": "a", "tags": tags})).await?, activity);
    let resource = json!({"resourceArn": activity["activityArn"]});
    assert_eq!(api.ok("ListTagsForResource", resource).await?, json!({"tags": []}));

    let request = json!({"stateMachineArn": machine, "definition": WAIT});
    let updated = api.ok("UpdateStateMachine", request.clone()).await?;
    let same = api.ok("UpdateStateMachine", request).await?;
    assert_eq!(same["revisionId"], updated["revisionId"]);
    let request = json!({"stateMachineArn": machine, "description": "d"});
    let published = api.ok("PublishStateMachineVersion", request.clone()).await?;
    assert_eq!(api.ok("PublishStateMachineVersion", request).await?, published);

    let start = json!({"stateMachineArn": machine, "name": "e", "input": "[1]"});
    let started = api.ok("StartExecution", start.clone()).await?;
    assert_eq!(api.ok("StartExecution", start).await?, started);
    let stop = json!({"executionArn": started["executionArn"]});
    let stopped = api.ok("StopExecution", stop.clone()).await?;
    assert_eq!(api.ok("StopExecution", stop).await?, stopped);

    let version = published["stateMachineVersionArn"].clone();
    for (operation, request) in [
        ("DeleteStateMachineVersion", json!({"stateMachineVersionArn": version})),
        ("DeleteActivity", json!({"activityArn": activity["activityArn"]})),
        ("DeleteStateMachine", json!({"stateMachineArn": machine})),
    ] {
        for _ in 0..2 {
            assert_eq!(api.ok(operation, request.clone()).await?, json!({}), "{operation}");
        }
    }
    Ok(())
}
