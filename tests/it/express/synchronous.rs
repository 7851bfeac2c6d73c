//! StartSyncExecution.

use aws_sdk_sfn::operation::start_sync_execution::StartSyncExecutionOutput;
use aws_sdk_sfn::types::{BillingDetails, IncludedData, RoutingConfigurationListItem, SyncExecutionStatus};
use keepstep_tests::lambda::{LambdaEndpoint, Reply};
use keepstep_tests::process::Server;
use keepstep_tests::stage::Stage;

use super::{ROLE, express};
use crate::operations::{PASS, assert_refused};

const ECHO: &str = r#"{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",
    "Parameters":{"FunctionName":"f","Payload.$":"$"},"OutputPath":"$.Payload","End":true}}}"#;

/// What doesn't differ each time: status, output, error, cause, input, whether input and output are included.
type Seen<'a> =
    (SyncExecutionStatus, Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<&'a str>, bool, bool);

fn seen(ran: &StartSyncExecutionOutput) -> Seen<'_> {
    (
        ran.status.clone(),
        ran.output(),
        ran.error(),
        ran.cause(),
        ran.input(),
        ran.input_details().is_some_and(|details| details.included),
        ran.output_details().is_some_and(|details| details.included),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_tells_how_the_execution_ended() -> anyhow::Result<()> {
    let lambda = LambdaEndpoint::start(|call| match call.payload.as_str() {
        Some("fail") => Reply::function_error(r#"{"errorType":"E","errorMessage":"m"}"#),
        _ => Reply::payload(call.payload.to_string()),
    })
    .await?;
    let stage = Stage::start_with(Server::builder().flag("--lambda-endpoint", lambda.url())).await?;
    let client = &stage.client;
    let fail = r#"{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"why"}}}"#;
    let late = r#"{"TimeoutSeconds":1,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}"#;
    let both = r#"{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
        {"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":1,"End":true}}},
        {"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}}}]}}}"#;
    use SyncExecutionStatus::{Failed, Succeeded, TimedOut};
    let table: &[(&str, &str, &str, Seen<'_>)] = &[
        (
            "pass",
            PASS,
            r#"{"a":1}"#,
            (Succeeded, Some(r#"{"a":1}"#), None, None, Some(r#"{"a":1}"#), true, true),
        ),
        ("echo", ECHO, "[1]", (Succeeded, Some("[1]"), None, None, Some("[1]"), true, true)),
        ("both", both, "[1]", (Succeeded, Some("[[1],[1]]"), None, None, Some("[1]"), true, true)),
        ("fail", fail, "{}", (Failed, None, Some("E"), Some("why"), Some("{}"), true, true)),
        ("late", late, "{}", (TimedOut, None, None, None, Some("{}"), true, true)),
        (
            "fails",
            ECHO,
            r#""fail""#,
            (
                Failed,
                None,
                Some("E"),
                Some(r#"{"errorType":"E","errorMessage":"m"}"#),
                Some(r#""fail""#),
                true,
                true,
            ),
        ),
    ];
    for (name, definition, input, expected) in table {
        let machine = express(client, name, definition).await?;
        let ran = client
            .start_sync_execution()
            .state_machine_arn(&machine)
            .name("e")
            .input(*input)
            .trace_header("Root=1-5759e988-bd862e3fe1be46a994272793")
            .send()
            .await?;
        assert_eq!(&seen(&ran), expected, "{name}");
        let front = format!("arn:aws:states:us-east-1:000000000000:express:{name}:e:");
        assert!(ran.execution_arn.starts_with(&front), "{}", ran.execution_arn);
        assert_eq!((ran.state_machine_arn(), ran.name()), (Some(machine.as_str()), Some("e")));
        assert_eq!(ran.trace_header(), Some("Root=1-5759e988-bd862e3fe1be46a994272793"));
        let billed = ran.billing_details().expect("it is billed");
        let BillingDetails { billed_memory_used_in_mb, billed_duration_in_milliseconds, .. } = billed;
        assert_eq!(*billed_memory_used_in_mb, 64);
        let took = ran.stop_date.to_millis()? - ran.start_date.to_millis()?;
        let steps = billed_duration_in_milliseconds / 100;
        assert!(
            billed_duration_in_milliseconds % 100 == 0
                && steps > 0
                && steps * 100 >= took
                && took >= (steps - 1) * 100 - 1
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_inputs_may_be_left_out_and_data_can_be_kept_back() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let machine = express(&stage.client, "m", PASS).await?;
    let start = || stage.client.start_sync_execution().state_machine_arn(&machine);
    let (first, second) = (start().send().await?, start().send().await?);
    assert_eq!((first.input(), first.output()), (Some("{}"), Some("{}")));
    assert_eq!(first.name().map(str::len), Some(36), "a UUID");
    assert_ne!(first.execution_arn, second.execution_arn);
    let named = [start().name("n").send().await?, start().name("n").send().await?];
    assert_ne!(named[0].execution_arn, named[1].execution_arn, "names may recur");
    let kept_back = start().input("[1]").included_data(IncludedData::MetadataOnly).send().await?;
    let expected = (SyncExecutionStatus::Succeeded, None, None, None, None, false, false);
    assert_eq!(seen(&kept_back), expected);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_and_aliases_can_be_run() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let client = &stage.client;
    let output = |text: &str| {
        format!(r#"{{"StartAt":"A","States":{{"A":{{"Type":"Pass","Result":"{text}","End":true}}}}}}"#)
    };
    let machine = express(client, "m", &output("one")).await?;
    let version = client.publish_state_machine_version().state_machine_arn(&machine).send().await?;
    let route = RoutingConfigurationListItem::builder()
        .state_machine_version_arn(&version.state_machine_version_arn)
        .weight(100)
        .build()?;
    let alias = client.create_state_machine_alias().name("live").routing_configuration(route).send().await?;
    client.update_state_machine().state_machine_arn(&machine).definition(output("two")).send().await?;
    for (arn, expected) in [
        (&machine, r#""two""#),
        (&version.state_machine_version_arn, r#""one""#),
        (&alias.state_machine_alias_arn, r#""one""#),
    ] {
        let ran = client.start_sync_execution().state_machine_arn(arn).send().await?;
        assert_eq!(
            (ran.output(), ran.state_machine_arn()),
            (Some(expected), Some(machine.as_str())),
            "{arn}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let client = &stage.client;
    let machine = express(client, "m", PASS).await?;
    let standard = stage.create("s", PASS).await?;
    let gone = "arn:aws:states:us-east-1:000000000000:stateMachine:gone";
    let sync = |arn: &str| client.start_sync_execution().state_machine_arn(arn);
    assert_refused(
        sync(&standard).send().await,
        "StateMachineTypeNotSupported",
        "This operation is not supported by this type of state machine",
    );
    assert_refused(sync(gone).send().await, "StateMachineDoesNotExist", gone);
    assert_refused(sync("x").send().await, "InvalidArn", "Invalid ARN prefix: x");
    assert_refused(
        sync(&machine).input("{").send().await,
        "InvalidExecutionInput",
        "Unexpected end-of-input",
    );
    assert_refused(sync(&machine).name("a b").send().await, "InvalidName", "a b");
    assert_refused(
        sync(&machine).input(format!("\"{}\"", "x".repeat(262_144))).send().await,
        "ValidationException",
        "262144",
    );
    let unkept = "arn:aws:states:us-east-1:000000000000:express:m:e:3d4e5f60-0000-4000-8000-000000000000";
    let invalid = "Resource type not valid in this context: express";
    assert_refused(client.describe_execution().execution_arn(unkept).send().await, "InvalidArn", invalid);
    assert_refused(client.stop_execution().execution_arn(unkept).send().await, "InvalidArn", invalid);
    assert_refused(client.get_execution_history().execution_arn(unkept).send().await, "InvalidArn", invalid);
    assert_refused(
        client.list_executions().state_machine_arn(&machine).send().await,
        "StateMachineTypeNotSupported",
        "This operation is not supported by this type of state machine",
    );
    for pattern in [".sync", ".waitForTaskToken"] {
        let waits = format!(
            r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"arn:aws:states:::states:startExecution{pattern}","Parameters":{{"StateMachineArn":"{standard}","Input":{{"t.$":"$$.Task.Token"}}}},"End":true}}}}}}"#
        );
        let create = client.create_state_machine().name("w").definition(waits).role_arn(ROLE);
        let created = create.r#type(aws_sdk_sfn::types::StateMachineType::Express).send().await;
        assert_refused(created, "InvalidDefinition", "Express state machine does not support");
    }
    let update = client.update_state_machine().state_machine_arn(&machine);
    let activity = r#"{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a","End":true}}}"#;
    assert_refused(
        update.definition(activity).send().await,
        "InvalidDefinition",
        "does not support Activity ARN",
    );
    Ok(())
}
