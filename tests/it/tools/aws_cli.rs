//! A session with aws-cli, over the operations that a person uses.

use std::process::Stdio;

use anyhow::{Context as _, ensure};
use keepstep_tests::api::Api;
use keepstep_tests::process::Server;
use keepstep_tests::sdk::ACCOUNT;
use keepstep_tests::wait;
use serde_json::{Value, json};
use tokio::process::Command;

use super::{ROLE, text};

const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:standard";
const ACTIVITY: &str = "arn:aws:states:us-east-1:000000000000:activity:work";
const EXPRESS: &str = r#"{"StartAt":"P","States":{"P":{"Type":"Pass","Result":{"sum":3},"End":true}}}"#;

/// A map run whose children wait for a worker.
fn definition() -> String {
    json!({ "StartAt": "M", "States": { "M": { "Type": "Map", "Label": "L", "MaxConcurrency": 1, "End": true,
        "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }, "StartAt": "T",
            "States": { "T": { "Type": "Task", "Resource": ACTIVITY, "End": true } } } } } })
    .to_string()
}

struct Terminal(Server);

impl Terminal {
    /// Runs `aws stepfunctions` with these arguments; what it printed.
    async fn run(&self, arguments: &[&str]) -> anyhow::Result<std::process::Output> {
        let mut command = Command::new("aws");
        command.arg("stepfunctions").args(arguments).args(["--output", "json"]).stdin(Stdio::null());
        // No local name resolves to the host that clients make for StartSyncExecution and TestState.
        command.env("AWS_DISABLE_HOST_PREFIX_INJECTION", "true").env("AWS_ENDPOINT_URL", self.0.endpoint());
        command.env("AWS_ACCESS_KEY_ID", ACCOUNT).env("AWS_SECRET_ACCESS_KEY", "any");
        command.env("AWS_DEFAULT_REGION", "us-east-1").env("AWS_PAGER", "").current_dir(self.0.folder());
        command.output().await.context("is aws-cli installed? tests/run does it")
    }

    /// The answer to a call that must succeed; null where there is nothing to say.
    async fn aws(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let output = self.run(arguments).await?;
        let complaints = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{arguments:?}: {complaints}");
        match output.stdout.is_empty() {
            true => Ok(Value::Null),
            false => Ok(serde_json::from_slice(&output.stdout)?),
        }
    }

    /// What it complains about a call that must fail.
    async fn refused(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.run(arguments).await?;
        ensure!(!output.status.success(), "{arguments:?}: accepted");
        Ok(String::from_utf8(output.stderr)?.trim().to_owned())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_works_with_aws_cli() -> anyhow::Result<()> {
    let server = Server::builder().account(ACCOUNT).start().await?;
    let api = Api::new(&server.endpoint(), ACCOUNT);
    let shell = Terminal(server);
    std::fs::write(shell.0.folder().join("standard.asl.json"), definition())?;

    deploy(&shell).await?;
    map_run(&shell, &api).await?;
    release(&shell).await?;
    at_once(&shell).await?;

    assert_eq!(shell.aws(&["delete-state-machine", "--state-machine-arn", MACHINE]).await?, Value::Null);
    assert_eq!(shell.aws(&["delete-activity", "--activity-arn", ACTIVITY]).await?, Value::Null);
    let left =
        shell.aws(&["list-state-machines", "--query", "stateMachines[?name!='standard'].name"]).await?;
    assert_eq!(left, json!(["express"]));
    Ok(())
}

/// An activity and a state machine, judged, created, tagged and described.
async fn deploy(shell: &Terminal) -> anyhow::Result<()> {
    let created = shell.aws(&["create-activity", "--name", "work"]).await?;
    assert_eq!(created["activityArn"], ACTIVITY);
    let file = ["--definition", "file://standard.asl.json"];
    let judged = shell.aws(&[&["validate-state-machine-definition"], &file[..]].concat()).await?;
    assert_eq!(judged, json!({"result": "OK", "diagnostics": [], "truncated": false}));
    let create =
        ["create-state-machine", "--name", "standard", "--role-arn", ROLE, "--tags", "key=team,value=blue"];
    let created = shell.aws(&[&create[..], &file[..]].concat()).await?;
    assert_eq!(created["stateMachineArn"], MACHINE);
    let tags = ["key=stage,value=test"];
    shell.aws(&[&["tag-resource", "--resource-arn", MACHINE, "--tags"], &tags[..]].concat()).await?;
    let tags = shell.aws(&["list-tags-for-resource", "--resource-arn", MACHINE]).await?;
    let expected = json!({"tags": [{"key": "stage", "value": "test"}, {"key": "team", "value": "blue"}]});
    assert_eq!(tags, expected);
    let query = "[name,status,type,roleArn,definition]";
    let described =
        shell.aws(&["describe-state-machine", "--state-machine-arn", MACHINE, "--query", query]).await?;
    assert_eq!(described, json!(["standard", "ACTIVE", "STANDARD", ROLE, definition()]));
    Ok(())
}

/// An execution with a map run: a worker's commands, and what is seen of it all.
async fn map_run(shell: &Terminal, api: &Api) -> anyhow::Result<()> {
    let start = ["start-execution", "--state-machine-arn", MACHINE, "--name", "e", "--input", "[1,2]"];
    let execution = text(&shell.aws(&start).await?, "executionArn").to_owned();
    let take = ["get-activity-task", "--activity-arn", ACTIVITY, "--worker-name", "me"];
    let succeed = async |task: &Value| {
        let output =
            ["send-task-success", "--task-output", "\"one\"", "--task-token", text(task, "taskToken")];
        shell.aws(&output).await
    };
    let first = shell.aws(&take).await?;
    assert_eq!(first["input"], "1");
    let listed = shell.aws(&["list-map-runs", "--execution-arn", &execution]).await?;
    let run = listed.pointer("/mapRuns/0/mapRunArn").and_then(Value::as_str).context("no map run")?;
    let update = ["update-map-run", "--map-run-arn", run, "--max-concurrency", "2"];
    assert_eq!(shell.aws(&update).await?, Value::Null);
    assert_eq!(succeed(&first).await?, Value::Null);
    let second = shell.aws(&take).await?;
    let token = text(&second, "taskToken");
    let fail = ["send-task-failure", "--error", "E", "--cause", "c", "--task-token", token];
    assert_eq!(shell.aws(&fail).await?, Value::Null);
    ended(api, &execution).await?;

    let query = "[name,status,error,input]";
    let described =
        shell.aws(&["describe-execution", "--execution-arn", &execution, "--query", query]).await?;
    assert_eq!(described, json!(["e", "FAILED", "States.ExceedToleratedFailureThreshold", "[1,2]"]));
    let query = "[status,maxConcurrency,itemCounts.total,itemCounts.succeeded,itemCounts.failed]";
    let described = shell.aws(&["describe-map-run", "--map-run-arn", run, "--query", query]).await?;
    assert_eq!(described, json!(["FAILED", 2, 2, 1, 1]));
    let history = ["get-execution-history", "--execution-arn", &execution, "--reverse-order"];
    let last = shell.aws(&[&history[..], &["--query", "events[0].type"]].concat()).await?;
    assert_eq!(last, "ExecutionFailed");
    let list = ["list-executions", "--state-machine-arn", MACHINE, "--status-filter", "FAILED"];
    let listed = shell.aws(&[&list[..], &["--query", "executions[].executionArn"]].concat()).await?;
    assert_eq!(listed, json!([execution]));
    // The failed item is given out again, and then the execution succeeds.
    shell.aws(&["redrive-execution", "--execution-arn", &execution]).await?;
    let again = shell.aws(&take).await?;
    assert_eq!(succeed(&again).await?, Value::Null);
    ended(api, &execution).await?;
    let query = "[status,redriveCount,output]";
    let described =
        shell.aws(&["describe-execution", "--execution-arn", &execution, "--query", query]).await?;
    assert_eq!(described, json!(["SUCCEEDED", 1, r#"["one","one"]"#]));
    let refusal = shell.refused(&start).await?;
    let expected = format!(
        "An error occurred (ExecutionAlreadyExists) when calling the StartExecution operation: Execution Already Exists: '{execution}'"
    );
    assert!(refusal.ends_with(&expected), "{refusal}");
    Ok(())
}

async fn ended(api: &Api, execution: &str) -> anyhow::Result<()> {
    wait::until("the execution has ended", || async {
        let described = api.ok("DescribeExecution", json!({"executionArn": execution})).await.ok()?;
        (described["status"] != "RUNNING").then_some(())
    })
    .await
}

/// A version and an alias, and an execution that it starts and a person stops.
async fn release(shell: &Terminal) -> anyhow::Result<()> {
    let published = shell.aws(&["publish-state-machine-version", "--state-machine-arn", MACHINE]).await?;
    let version = text(&published, "stateMachineVersionArn");
    assert_eq!(version, format!("{MACHINE}:1"));
    let route = format!("stateMachineVersionArn={version},weight=100");
    let created = shell
        .aws(&["create-state-machine-alias", "--name", "PROD", "--routing-configuration", &route])
        .await?;
    let alias = text(&created, "stateMachineAliasArn");
    let start = ["start-execution", "--state-machine-arn", alias, "--name", "by-alias", "--input", "[1]"];
    let execution = text(&shell.aws(&start).await?, "executionArn").to_owned();
    shell.aws(&["stop-execution", "--execution-arn", &execution, "--error", "Enough"]).await?;
    let query = "[status,error,stateMachineAliasArn]";
    let described =
        shell.aws(&["describe-execution", "--execution-arn", &execution, "--query", query]).await?;
    assert_eq!(described, json!(["ABORTED", "Enough", alias]));
    assert_eq!(
        shell.aws(&["delete-state-machine-alias", "--state-machine-alias-arn", alias]).await?,
        Value::Null
    );
    Ok(())
}

/// What answers with its result: a synchronous execution, and a test of one state.
async fn at_once(shell: &Terminal) -> anyhow::Result<()> {
    let create = ["create-state-machine", "--name", "express", "--type", "EXPRESS", "--role-arn", ROLE];
    let created = shell.aws(&[&create[..], &["--definition", EXPRESS]].concat()).await?;
    let start = ["start-sync-execution", "--state-machine-arn", text(&created, "stateMachineArn")];
    let ran = shell.aws(&[&start[..], &["--query", "[status,output]"]].concat()).await?;
    assert_eq!(ran, json!(["SUCCEEDED", r#"{"sum":3}"#]));
    let state = r#"{"Type":"Pass","Parameters":{"twice.$":"States.Array($.a,$.a)"},"Next":"N"}"#;
    let tested = shell.aws(&["test-state", "--definition", state, "--input", r#"{"a":1}"#]).await?;
    assert_eq!(tested, json!({"status": "SUCCEEDED", "output": r#"{"twice":[1,1]}"#, "nextState": "N"}));
    Ok(())
}
