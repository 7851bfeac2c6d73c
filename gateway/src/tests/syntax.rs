//! What isn't a request of the API at all, and what breaks its model.

use serde_json::json;

use super::*;
use crate::decode::decode;
use crate::operation::Operation;
use crate::validate::validate;
use crate::{Limits, model};

/// No node is ever asked.
async fn check(operation: &str, body: &[u8], status: u16, expected: Value) {
    let fake = Fake::new(Vec::new());
    let gateway = Running::start(any_port(), &fake).await;
    let answer = gateway.request(operation, &[], body).await;
    let shown = String::from_utf8_lossy(body).chars().take(200).collect::<String>();
    assert_eq!((answer.status, answer.json()), (status, expected.clone()), "{operation} {shown}");
    let kind = expected["__type"].as_str().unwrap().rsplit_once('#').unwrap().1;
    assert_eq!(answer.header("x-amzn-errortype"), Some(kind));
    assert_eq!(answer.header("content-type"), Some("application/x-amz-json-1.0"));
    assert_eq!(answer.header("x-amzn-requestid").map(str::len), Some(36));
    assert!(fake.requests::<()>().is_empty());
    gateway.stop().await;
}

fn serialization(message: Option<&str>) -> Value {
    let mut body = json!({"__type": "com.amazon.coral.service#SerializationException"});
    if let Some(message) = message {
        body["message"] = message.into();
    }
    body
}

#[tokio::test]
async fn unknown_operations() {
    let unknown = json!({"__type": "com.amazon.coral.service#UnknownOperationException"});
    for operation in
        ["", "Nothing", "startexecution", "StartAsyncExecution", "AWSStepFunctions.ListActivities"]
    {
        check(operation, b"{}", 400, unknown.clone()).await;
    }
}

#[tokio::test]
async fn malformed_bodies() {
    let nested = format!(r#"{{"unknown":{}"#, "[".repeat(100_000));
    let bodies: &[&[u8]] = &[
        b"",
        b"{",
        b"not json",
        b"{\"name\":\"\xff\"}",
        b"{\"unknown\":\"\xff\"}",
        br#"{"name":"\ud800"}"#,
        br#"{"name":"a"} {"#,
        br#"{"name":"a",}"#,
        nested.as_bytes(),
        b"\0\0\0\0",
    ];
    for body in bodies {
        check("CreateActivity", body, 400, serialization(None)).await;
    }
}

#[tokio::test]
async fn wrong_types() {
    let table = [
        ("CreateActivity", "[[", "Start of list found where not expected"),
        ("CreateActivity", r#"{"name":1}"#, "NUMBER_VALUE can not be converted to a String"),
        ("CreateActivity", r#"{"name":1.5}"#, "DECIMAL_VALUE can not be converted to a String"),
        ("CreateActivity", r#"{"name":true}"#, "TRUE_VALUE can not be converted to a String"),
        ("CreateActivity", r#"{"name":["a"]}"#, "Start of list found where not expected"),
        ("CreateActivity", r#"{"name":{}}"#, "Start of structure or map found where not expected"),
        ("CreateActivity", r#"{"tags":"x"}"#, "STRING_VALUE can not be converted to a List"),
        ("CreateActivity", r#"{"tags":["x"]}"#, "STRING_VALUE can not be converted to a Structure"),
        ("CreateActivity", r#"{"name":"a","name":"b"}"#, "Duplicate member: name"),
        ("ListActivities", r#"{"maxResults":"x"}"#, "STRING_VALUE can not be converted to an Integer"),
        ("ListActivities", r#"{"maxResults":2147483648}"#, "NUMBER_VALUE can not be converted to an Integer"),
        (
            "ListActivities",
            r#"{"maxResults":18446744073709551615}"#,
            "NUMBER_VALUE can not be converted to an Integer",
        ),
        ("ListActivities", r#"{"maxResults":1e300}"#, "DECIMAL_VALUE can not be converted to an Integer"),
        (
            "ListActivities",
            r#"{"maxResults":123456789012345678901234567890}"#,
            "DECIMAL_VALUE can not be converted to an Integer",
        ),
        ("GetExecutionHistory", r#"{"reverseOrder":0}"#, "NUMBER_VALUE can not be converted to a Boolean"),
    ];
    for (operation, body, message) in table {
        check(operation, body.as_bytes(), 400, serialization(Some(message))).await;
    }
}

#[tokio::test]
async fn broken_constraints() {
    let long = "a".repeat(81);
    let arn = "arn:aws:states:us-east-1:123456789012:stateMachine:m";
    let long_arn = "x".repeat(257);
    let payload = "x".repeat(262_145);
    let table = [
        (
            "CreateActivity",
            json!({}),
            "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"
                .to_owned(),
        ),
        (
            "CreateActivity",
            json!({"name": null}),
            "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"
                .to_owned(),
        ),
        (
            "CreateActivity",
            json!({"name": ""}),
            "1 validation error detected: Value '' at 'name' failed to satisfy constraint: Member must have length greater \
             than or equal to 1"
                .to_owned(),
        ),
        (
            "CreateActivity",
            json!({"name": long}),
            format!(
                "1 validation error detected: Value '{long}' at 'name' failed to satisfy constraint: Member must have length \
                 less than or equal to 80"
            ),
        ),
        (
            "CreateActivity",
            json!({"name": "a", "tags": [{"key": "k"}, {"key": ""}]}),
            "1 validation error detected: Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must have \
             length greater than or equal to 1"
                .to_owned(),
        ),
        (
            "CreateActivity",
            json!({"name": "a", "tags": [{"value": "v"}]}),
            "1 validation error detected: Value null at 'tags.1.member.key' failed to satisfy constraint: Member must not be \
             null"
                .to_owned(),
        ),
        (
            "ListActivities",
            json!({"maxResults": 1001, "nextToken": ""}),
            "2 validation errors detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value \
             less than or equal to 1000; Value '' at 'nextToken' failed to satisfy constraint: Member must have length greater \
             than or equal to 1"
                .to_owned(),
        ),
        (
            "ListActivities",
            json!({"maxResults": -1}),
            "1 validation error detected: Value '-1' at 'maxResults' failed to satisfy constraint: Member must have value \
             greater than or equal to 0"
                .to_owned(),
        ),
        (
            "ListExecutions",
            json!({"stateMachineArn": arn, "statusFilter": "running"}),
            "1 validation error detected: Value 'running' at 'statusFilter' failed to satisfy constraint: Member must satisfy \
             enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]"
                .to_owned(),
        ),
        (
            "DescribeStateMachine",
            json!({"stateMachineArn": long_arn}),
            format!(
                "1 validation error detected: Value '{long_arn}' at 'stateMachineArn' failed to satisfy constraint: Member \
                 must have length less than or equal to 256"
            ),
        ),
        (
            "StartExecution",
            json!({"stateMachineArn": arn, "input": payload, "traceHeader": "é"}),
            "2 validation errors detected: Value at 'input' failed to satisfy constraint: Member must have length less than \
             or equal to 262144; Value 'é' at 'traceHeader' failed to satisfy constraint: Member must satisfy regular \
             expression pattern: \\p{ASCII}*"
                .to_owned(),
        ),
        (
            "RedriveExecution",
            json!({"executionArn": arn, "clientToken": "a b"}),
            "1 validation error detected: Value 'a b' at 'clientToken' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: [!-~]+"
                .to_owned(),
        ),
        (
            "CreateStateMachine",
            json!({"name": "m", "definition": "", "roleArn": "", "type": "FAST"}),
            "3 validation errors detected: Value at 'definition' failed to satisfy constraint: Member must have length greater \
             than or equal to 1; Value '' at 'roleArn' failed to satisfy constraint: Member must have length greater than or \
             equal to 1; Value 'FAST' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [STANDARD, \
             EXPRESS]"
                .to_owned(),
        ),
        (
            "CreateStateMachineAlias",
            json!({"name": "12", "routingConfiguration": []}),
            "2 validation errors detected: Value '12' at 'name' failed to satisfy constraint: Member must satisfy regular \
             expression pattern: ^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$; Value at 'routingConfiguration' failed to \
             satisfy constraint: Member must have length greater than or equal to 1"
                .to_owned(),
        ),
        (
            "UpdateStateMachineAlias",
            json!({"stateMachineAliasArn": "a", "routingConfiguration": [
                {"stateMachineVersionArn": "v", "weight": 101}, {"weight": -1}, {"stateMachineVersionArn": "v"},
            ]}),
            "5 validation errors detected: Value at 'routingConfiguration' failed to satisfy constraint: Member must have \
             length less than or equal to 2; Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy \
             constraint: Member must have value less than or equal to 100; Value null at \
             'routingConfiguration.2.member.stateMachineVersionArn' failed to satisfy constraint: Member must not be null; \
             Value '-1' at 'routingConfiguration.2.member.weight' failed to satisfy constraint: Member must have value \
             greater than or equal to 0; Value null at 'routingConfiguration.3.member.weight' failed to satisfy constraint: \
             Member must not be null"
                .to_owned(),
        ),
        (
            "UpdateMapRun",
            json!({
                "mapRunArn": "arn:aws:states:us-east-1:123456789012:mapRun:m/l:u", "maxConcurrency": -1,
                "toleratedFailurePercentage": 100.5, "toleratedFailureCount": -2,
            }),
            "3 validation errors detected: Value '-1' at 'maxConcurrency' failed to satisfy constraint: Member must have value greater \
             than or equal to 0; Value '100.5' at 'toleratedFailurePercentage' failed to satisfy constraint: Member must have value \
             less than or equal to 100; Value '-2' at 'toleratedFailureCount' failed to satisfy constraint: Member must have value \
             greater than or equal to 0"
                .to_owned(),
        ),
    ];
    for (operation, body, message) in table {
        let expected = json!({"__type": "com.amazon.coral.validate#ValidationException", "message": message});
        check(operation, body.to_string().as_bytes(), 400, expected).await;
    }
}

#[tokio::test]
async fn refused_members() {
    let machine = |change: Value| {
        let mut body = json!({
            "name": "m", "definition": "{}", "roleArn": "arn:aws:iam::123456789012:role/r",
        });
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let arn = "arn:aws:states:us-east-1:123456789012:stateMachine:m";
    let table = [
        ("CreateActivity", json!({"name": "a b"}), "InvalidName", "Invalid Name: 'a b'"),
        (
            "CreateActivity",
            json!({"name": "a", "encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"}}),
            "InvalidEncryptionConfiguration",
            "Invalid Encryption Configuration: 'This server has no KMS: encryption of the type CUSTOMER_MANAGED_KMS_KEY is not supported, only AWS_OWNED_KEY is'",
        ),
        ("CreateStateMachine", machine(json!({"name": "a/b"})), "InvalidName", "Invalid Name: 'a/b'"),
        ("CreateStateMachine", machine(json!({"roleArn": "r"})), "InvalidArn", "Invalid Role Arn: 'r'"),
        (
            "CreateStateMachine",
            machine(json!({"versionDescription": "v"})),
            "ValidationException",
            "Version description can only be set when publish is true",
        ),
        (
            "DeleteStateMachineVersion",
            json!({"stateMachineVersionArn": arn}),
            "InvalidArn",
            "Invalid Arn: 'Invalid ARN format: arn:aws:states:us-east-1:123456789012:stateMachine:m'",
        ),
        (
            "CreateStateMachineAlias",
            json!({"name": "a", "routingConfiguration": [{"stateMachineVersionArn": "v", "weight": 100}]}),
            "InvalidArn",
            "Invalid Arn: 'Invalid ARN prefix: v'",
        ),
        (
            "CreateStateMachine",
            machine(
                json!({"encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"}}),
            ),
            "InvalidEncryptionConfiguration",
            "Invalid Encryption Configuration: 'This server has no KMS: encryption of the type CUSTOMER_MANAGED_KMS_KEY is not supported, only AWS_OWNED_KEY is'",
        ),
        (
            "UpdateStateMachine",
            json!({"stateMachineArn": arn, "encryptionConfiguration": {"type": "AWS_OWNED_KEY", "kmsDataKeyReusePeriodSeconds": 60}}),
            "InvalidEncryptionConfiguration",
            "Invalid Encryption Configuration: 'kmsKeyId and kmsDataKeyReusePeriodSeconds apply to the type CUSTOMER_MANAGED_KMS_KEY only, which this server does not support'",
        ),
        (
            "UpdateStateMachine",
            json!({"stateMachineArn": arn}),
            "MissingRequiredParameter",
            "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
        ),
        (
            "StartExecution",
            json!({"stateMachineArn": "not_a_valid_arn"}),
            "InvalidArn",
            "Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'",
        ),
        (
            "DescribeExecution",
            json!({"executionArn": arn}),
            "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: stateMachine'",
        ),
        (
            "ListExecutions",
            json!({}),
            "ValidationException",
            "Exactly one of stateMachineArn and mapRunArn must be specified",
        ),
        (
            "ListExecutions",
            json!({"mapRunArn": arn}),
            "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: stateMachine'",
        ),
        (
            "UpdateMapRun",
            json!({"mapRunArn": "arn:aws:states:us-east-1:123456789012:mapRun:m/l:u"}),
            "ValidationException",
            "At least one of maxConcurrency, toleratedFailureCount and toleratedFailurePercentage must be specified",
        ),
        (
            "ListExecutions",
            json!({"stateMachineArn": arn, "redriveFilter": "REDRIVEN"}),
            "ValidationException",
            "redriveFilter can be specified together with mapRunArn only",
        ),
        (
            "ListExecutions",
            json!({"stateMachineArn": arn, "statusFilter": "PENDING_REDRIVE"}),
            "ValidationException",
            "The statusFilter PENDING_REDRIVE can be specified together with mapRunArn only",
        ),
        (
            "RedriveExecution",
            json!({"executionArn": arn}),
            "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: stateMachine'",
        ),
    ];
    for (operation, body, code, message) in table {
        let kind = format!("com.amazonaws.swf.service.v2.model#{code}");
        let expected = json!({"__type": kind, "message": message});
        check(operation, body.to_string().as_bytes(), 400, expected).await;
    }
}

#[tokio::test]
async fn too_large() {
    let limit = any_port().limits.request_bytes;
    let expected = json!({
        "__type": "com.amazon.coral.service#RequestEntityTooLargeException",
        "message": format!("Request size exceeded {limit} bytes"),
    });
    check("CreateActivity", &vec![b' '; limit + 1], 413, expected).await;
}

/// Whatever bytes come, the decoder and the validator end with an answer.
#[test]
fn damaged_bodies() {
    let body = json!({
        "name": "n\u{e9}\n", "definition": "{\"a\":1}", "roleArn": "r", "type": "STANDARD", "publish": true,
        "tags": [{"key": "k", "value": null}], "encryptionConfiguration": {"type": "x", "kmsDataKeyReusePeriodSeconds": 60},
        "maxResults": -12.5e3, "unknown": [[], {}, "\u{1f600}"],
    })
    .to_string()
    .into_bytes();
    let look = |body: &[u8]| {
        for operation in Operation::ALL {
            let structure = model::request(*operation);
            if let Ok(members) = decode(structure, body) {
                let _ = validate(structure, &members, &Limits::default());
            }
        }
    };
    for end in 0..body.len() {
        look(&body[..end]);
        for byte in [0, b'"', b'\\', b'{', b'[', b'9', 0x80, 0xff] {
            let mut damaged = body.clone();
            damaged[end] = byte;
            look(&damaged);
        }
    }
}
