//! The Map state in the mode `DISTRIBUTED`: map runs and their children through the API, items and results in an object store.

use aws_sdk_sfn::types::ExecutionStatus::{Failed, Running, Succeeded};
use aws_sdk_sfn::types::MapRunStatus;
use keepstep_tests::process::Server;
use keepstep_tests::s3::S3;
use keepstep_tests::stage::Stage;
use keepstep_tests::wait;
use serde_json::{Value, json};

fn definition(fields: &str, kind: &str, flow: &str) -> String {
    format!(
        r#"{{"StartAt": "M", "States": {{"M": {{"Type": "Map", "Label": "L", "End": true, {fields}
            "ItemProcessor": {{"ProcessorConfig": {{"Mode": "DISTRIBUTED", "ExecutionType": "{kind}"}}, {flow}}}}}}}}}"#
    )
}

const PASS: &str = r#""StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}"#;

async fn map_run(stage: &Stage, execution: &str) -> anyhow::Result<String> {
    let listed = stage.client.list_map_runs().execution_arn(execution).send().await?;
    let [run] = listed.map_runs.as_slice() else { anyhow::bail!("{listed:?}") };
    assert_eq!(run.execution_arn, execution);
    Ok(run.map_run_arn.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_map_run_and_its_children_are_seen_through_the_api() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let fields =
        r#""ItemBatcher": {"MaxItemsPerBatch": 2}, "ToleratedFailurePercentage": 10, "MaxConcurrency": 7,"#;
    let execution = stage.begin(&definition(fields, "STANDARD", PASS), "[1,2,3]").await?;
    stage.ended(&execution).await?;
    let run = map_run(&stage, &execution).await?;
    assert!(run.starts_with("arn:aws:states:us-east-1:000000000000:mapRun:m1/L:"), "{run}");
    stage
        .assert_ended(
            &execution,
            Succeeded,
            &format!(
                r#"
            1 <0 ExecutionStarted input=[1,2,3] roleArn=arn:aws:iam::000000000000:role/test
            2 <0 MapStateEntered name=M input=[1,2,3]
            3 <2 MapStateStarted length=3
            4 <3 MapRunStarted mapRunArn={run}
            5 <4 MapRunSucceeded
            6 <5 MapStateSucceeded
            7 <5 MapStateExited name=M output=[{{"Items":[1,2]}},{{"Items":[3]}}]
            8 <7 ExecutionSucceeded output=[{{"Items":[1,2]}},{{"Items":[3]}}]
            "#
            ),
        )
        .await?;
    let described = stage.client.describe_map_run().map_run_arn(&run).send().await?;
    assert_eq!((described.status, described.max_concurrency), (MapRunStatus::Succeeded, 7));
    assert!((described.tolerated_failure_percentage - 10.0).abs() < f32::EPSILON);
    assert!(described.stop_date.is_some());
    let (items, children) =
        (described.item_counts.expect("items"), described.execution_counts.expect("children"));
    assert_eq!((items.total, items.succeeded, items.pending, items.running), (3, 3, 0, 0));
    assert_eq!((children.total, children.succeeded, children.failed, children.results_written), (2, 2, 0, 0));

    let listed = stage.client.list_executions().map_run_arn(&run).status_filter(Succeeded).send().await?;
    let mut counts: Vec<_> = listed.executions.iter().map(|child| child.item_count).collect();
    counts.sort_unstable();
    assert_eq!(counts, [Some(1), Some(2)]);
    let child = listed.executions.iter().find(|child| child.item_count == Some(2)).expect("a child of two");
    assert_eq!(child.map_run_arn.as_deref(), Some(run.as_str()));
    let arn = &child.execution_arn;
    assert!(arn.starts_with("arn:aws:states:us-east-1:000000000000:execution:m1/L:"), "{arn}");
    let seen = stage.client.describe_execution().execution_arn(arn).send().await?;
    assert_eq!(seen.map_run_arn.as_deref(), Some(run.as_str()));
    assert_eq!(seen.state_machine_arn, "arn:aws:states:us-east-1:000000000000:stateMachine:m1/L");
    stage
        .assert_ended(
            arn,
            Succeeded,
            r#"
            1 <0 ExecutionStarted input={"Items":[1,2]} roleArn=arn:aws:iam::000000000000:role/test
            2 <0 PassStateEntered name=P input={"Items":[1,2]}
            3 <2 PassStateExited name=P output={"Items":[1,2]}
            4 <3 ExecutionSucceeded output={"Items":[1,2]}
            "#,
        )
        .await?;
    let machine = stage.client.describe_state_machine_for_execution().execution_arn(arn).send().await?;
    assert_eq!((machine.label.as_deref(), machine.map_run_arn.as_deref()), (Some("L"), Some(run.as_str())));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn children_of_the_type_express_have_no_history() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let execution = stage.begin(&definition("", "EXPRESS", PASS), "[1]").await?;
    assert_eq!(stage.ended(&execution).await?.output.as_deref(), Some("[1]"));
    let run = map_run(&stage, &execution).await?;
    let listed = stage.client.list_executions().map_run_arn(&run).send().await?;
    let arn = &listed.executions.first().expect("a child").execution_arn;
    assert!(arn.starts_with("arn:aws:states:us-east-1:000000000000:express:m1/L:"), "{arn}");
    let seen = stage.client.describe_execution().execution_arn(arn).send().await?;
    assert_eq!(seen.output.as_deref(), Some("1"));
    let refused =
        stage.client.get_execution_history().execution_arn(arn).send().await.expect_err("it has none");
    assert!(refused.into_service_error().is_invalid_arn());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_map_run_is_updated_while_it_runs_and_ends_with_its_execution() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let activity = stage.activity("a").await?;
    let flow = format!(
        r#""StartAt": "T", "States": {{"T": {{"Type": "Task", "Resource": "{activity}", "End": true}}}}"#
    );
    let execution =
        stage.begin(&definition(r#""MaxConcurrency": 1,"#, "STANDARD", &flow), "[1,2,3,4]").await?;
    let run = wait::until("the map run begins", || async { map_run(&stage, &execution).await.ok() }).await?;
    let running = |wanted: usize| {
        let (stage, run) = (&stage, &run);
        wait::until("so many children run", move || async move {
            let request = stage.client.list_executions().map_run_arn(run).status_filter(Running);
            (request.send().await.ok()?.executions.len() == wanted).then_some(())
        })
    };
    running(1).await?;
    stage.client.update_map_run().map_run_arn(&run).max_concurrency(3).send().await?;
    running(3).await?;
    let taken = stage.take(&activity).await?;
    stage.succeed(&taken, "0").await?;
    stage.client.stop_execution().execution_arn(&execution).send().await?;
    let described = wait::until("the map run has ended", || async {
        let described = stage.client.describe_map_run().map_run_arn(&run).send().await.ok()?;
        (described.status == MapRunStatus::Aborted && described.stop_date.is_some()).then_some(described)
    })
    .await?;
    let children = described.execution_counts.expect("children");
    assert_eq!(children.succeeded + children.aborted, children.total);
    assert!(children.succeeded <= 1 && children.aborted >= 2, "{children:?}");
    let refused = stage.client.update_map_run().map_run_arn(&run).max_concurrency(3).send().await;
    assert!(refused.expect_err("it has ended").into_service_error().is_validation_exception());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_isnt_there_is_told() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let missing = "arn:aws:states:us-east-1:000000000000:mapRun:m/L:x";
    let refused = stage.client.describe_map_run().map_run_arn(missing).send().await.expect_err("not there");
    assert!(refused.into_service_error().is_resource_not_found());
    let refused = stage.client.update_map_run().map_run_arn(missing).max_concurrency(1).send().await;
    assert!(refused.expect_err("not there").into_service_error().is_resource_not_found());
    let refused = stage.client.list_executions().map_run_arn(missing).send().await.expect_err("not there");
    assert!(refused.into_service_error().is_resource_not_found());
    let refused =
        stage.client.describe_map_run().map_run_arn("arn:aws:states:us-east-1:000000000000:mapRun:m").send();
    assert!(refused.await.expect_err("no ARN").into_service_error().is_invalid_arn());
    let execution = "arn:aws:states:us-east-1:000000000000:execution:m:e";
    let refused = stage.client.list_map_runs().execution_arn(execution).send().await.expect_err("not there");
    assert!(refused.into_service_error().is_execution_does_not_exist());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn items_come_from_an_object_store_and_results_go_there() -> anyhow::Result<()> {
    let s3 = S3::start().await?;
    s3.create_bucket("bucket").await?;
    let rows: String = (0..2_500).map(|row| format!("{row},name {row}\n")).collect();
    s3.put("bucket", "items.csv", format!("id,name\n{rows}")).await?;
    let builder = Server::builder().flag("--s3-endpoint", s3.endpoint());
    let builder = builder.env("AWS_ACCESS_KEY_ID", "any").env("AWS_SECRET_ACCESS_KEY", "any");
    let stage = Stage::start_with(builder).await?;
    let fields = r#""ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "bucket", "Key": "items.csv"},
            "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}},
        "ItemSelector": {"id.$": "$$.Map.Item.Value.id", "source.$": "$$.Map.Item.Source"},
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "bucket", "Prefix": "out"}},"#;
    let execution = stage.begin(&definition(fields, "STANDARD", PASS), "{}").await?;
    let ended = stage.ended(&execution).await?;
    assert_eq!(ended.status, Succeeded, "{ended:?}");
    let output: Value = serde_json::from_str(&ended.output.unwrap_or_default())?;
    let run = map_run(&stage, &execution).await?;
    let name = run.rsplit(':').next().unwrap_or_default();
    let details = json!({ "Bucket": "bucket", "Key": format!("out/{name}/manifest.json") });
    assert_eq!(output, json!({ "MapRunArn": run, "ResultWriterDetails": details }));
    let manifest: Value =
        serde_json::from_slice(&s3.get("bucket", &format!("out/{name}/manifest.json")).await?)?;
    let key = manifest.pointer("/ResultFiles/SUCCEEDED/0/Key").and_then(Value::as_str).expect("a file");
    let results: Vec<Value> = serde_json::from_slice(&s3.get("bucket", key).await?)?;
    assert_eq!(results.len(), 2_500);
    for (row, result) in results.iter().enumerate() {
        let output = result.get("Output").and_then(Value::as_str).expect("an output");
        let expected = json!({ "id": row.to_string(), "source": "S3://bucket/items.csv" });
        assert_eq!(serde_json::from_str::<Value>(output)?, expected);
    }
    let described = stage.client.describe_map_run().map_run_arn(&run).send().await?;
    assert_eq!(described.item_counts.map(|items| (items.total, items.results_written)), Some((2_500, 2_500)));

    let fields = fields.replace("items.csv", "missing.csv");
    let execution = stage.begin(&definition(&fields, "STANDARD", PASS), "{}").await?;
    let ended = stage.ended(&execution).await?;
    assert_eq!((ended.status, ended.error.as_deref()), (Failed, Some("States.ItemReaderFailed")));
    assert!(ended.cause.unwrap_or_default().contains("NoSuchKey"));
    Ok(())
}

/// Killed at whatever moment: each item has exactly one child.
#[tokio::test(flavor = "multi_thread")]
async fn a_map_run_survives_its_node() -> anyhow::Result<()> {
    let mut stage = Stage::start().await?;
    let flow = r#""StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "Next": "P"}, "P": {"Type": "Pass", "End": true}}"#;
    let items: Vec<usize> = (0..600).collect();
    let input = serde_json::to_string(&items)?;
    let execution = stage.begin(&definition(r#""MaxConcurrency": 200,"#, "STANDARD", flow), &input).await?;
    let run = wait::until("the map run begins", || async { map_run(&stage, &execution).await.ok() }).await?;
    for least in [1, 250] {
        wait::until("some children have ended", || async {
            let described = stage.client.describe_map_run().map_run_arn(&run).send().await.ok()?;
            (described.execution_counts?.succeeded >= least).then_some(())
        })
        .await?;
        stage.server.kill().await?;
        stage.restart().await?;
    }
    let ended = stage.ended(&execution).await?;
    assert_eq!((ended.status, ended.output.as_deref()), (Succeeded, Some(input.as_str())));
    let described = stage.client.describe_map_run().map_run_arn(&run).send().await?;
    assert_eq!(
        described.execution_counts.map(|children| (children.total, children.succeeded)),
        Some((600, 600))
    );
    Ok(())
}
