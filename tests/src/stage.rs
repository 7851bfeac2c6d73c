//! One server, and workflows that a test runs on it through the official SDK, each compared with the whole history that it must have.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::Value;

use crate::api::Api;
use crate::history::{masked, transcript};
use crate::process::{Builder, Server};
use crate::{sdk, wait};

/// A server with its clients.
pub struct Stage {
    /// The process.
    pub server: Server,
    /// The official SDK.
    pub client: Client,
    api: Api,
    created: AtomicUsize,
}

/// A task that a worker was given.
pub struct Taken {
    /// Its token.
    pub token: String,
    /// Its input.
    pub input: String,
}

const ROLE: &str = "arn:aws:iam::000000000000:role/test";

impl Stage {
    /// A single node with the defaults.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(Server::builder()).await
    }

    /// A single node with settings of its own.
    pub async fn start_with(builder: Builder) -> anyhow::Result<Self> {
        let server = builder.account(sdk::ACCOUNT).start().await?;
        let client = sdk::client(&server.endpoint());
        let api = Api::new(&server.endpoint(), sdk::ACCOUNT);
        Ok(Self { server, client, api, created: AtomicUsize::new(0) })
    }

    /// Starts the process again on its data, after it was killed or has ended.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.server.spawn()?;
        self.server.ready().await
    }

    /// Creates a state machine; its ARN.
    pub async fn create(&self, name: &str, definition: &str) -> anyhow::Result<String> {
        let request = self.client.create_state_machine().name(name).definition(definition).role_arn(ROLE);
        Ok(request.send().await.with_context(|| definition.to_owned())?.state_machine_arn)
    }

    /// Creates an activity; its ARN.
    pub async fn activity(&self, name: &str) -> anyhow::Result<String> {
        Ok(self.client.create_activity().name(name).send().await?.activity_arn)
    }

    /// Starts an execution named `e` of a new state machine named `m1`, `m2`, ...; its ARN.
    pub async fn begin(&self, definition: &str, input: &str) -> anyhow::Result<String> {
        let number = self.created.fetch_add(1, Ordering::Relaxed) + 1;
        let machine = self.create(&format!("m{number}"), definition).await?;
        let request = self.client.start_execution().state_machine_arn(machine).name("e").input(input);
        Ok(request.send().await?.execution_arn)
    }

    /// Takes the next task of an activity as the worker `tester`.
    pub async fn take(&self, activity: &str) -> anyhow::Result<Taken> {
        let request = self.client.get_activity_task().activity_arn(activity).worker_name("tester");
        let task = request.send().await?;
        let token = task.task_token.filter(|token| !token.is_empty()).context("no task came")?;
        Ok(Taken { token, input: task.input.unwrap_or_default() })
    }

    /// Completes a task.
    pub async fn succeed(&self, task: &Taken, output: &str) -> anyhow::Result<()> {
        self.client.send_task_success().task_token(&task.token).output(output).send().await?;
        Ok(())
    }

    /// Fails a task.
    pub async fn fail(&self, task: &Taken, error: &str, cause: &str) -> anyhow::Result<()> {
        self.client.send_task_failure().task_token(&task.token).error(error).cause(cause).send().await?;
        Ok(())
    }

    /// Waits until an execution has ended.
    pub async fn ended(&self, execution: &str) -> anyhow::Result<DescribeExecutionOutput> {
        wait::until("the execution has ended", || async {
            let described = self.client.describe_execution().execution_arn(execution).send().await.ok()?;
            (described.status != ExecutionStatus::Running).then_some(described)
        })
        .await
    }

    /// Waits until the history of an execution has an event of a type.
    pub async fn reached(&self, execution: &str, kind: &str) -> anyhow::Result<()> {
        wait::until(kind, || async {
            let events = self.api.history(execution).await.ok()?;
            events.iter().any(|event| event.get("type").is_some_and(|found| found == kind)).then_some(())
        })
        .await
    }

    /// All events of an execution.
    pub async fn history(&self, execution: &str) -> anyhow::Result<Vec<Value>> {
        self.api.history(execution).await
    }

    /// Waits for the end of an execution and compares its status and its history, whose last event must say what DescribeExecution says.
    /// `masks` are what [`masked`] takes.
    pub async fn assert_masked(
        &self,
        execution: &str,
        status: ExecutionStatus,
        masks: &[&str],
        expected: &str,
    ) -> anyhow::Result<()> {
        let described = self.ended(execution).await?;
        let events = self.history(execution).await?;
        let expected: String = expected
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| format!("{line}\n"))
            .collect();
        let actual = masked(&transcript(&events), masks);
        assert!(actual == expected, "{execution}\n--- expected:\n{expected}--- happened:\n{actual}");
        assert_eq!(described.status, status, "{actual}");
        let last = events.last().and_then(Value::as_object).into_iter().flatten();
        let details =
            last.filter(|(name, _)| name.ends_with("EventDetails")).map(|(_, details)| details).next();
        let said = |name: &str| details.and_then(|details| details.get(name)).and_then(Value::as_str);
        // An execution that timed out has no error, though its last event does.
        let error = said("error").filter(|_| status != ExecutionStatus::TimedOut);
        assert_eq!(
            (described.output.as_deref(), described.error.as_deref(), described.cause.as_deref()),
            (said("output"), error, said("cause")),
            "{actual}"
        );
        Ok(())
    }

    /// The same without masks.
    pub async fn assert_ended(
        &self,
        execution: &str,
        status: ExecutionStatus,
        expected: &str,
    ) -> anyhow::Result<()> {
        self.assert_masked(execution, status, &[], expected).await
    }

    /// Runs a workflow and compares its status and its whole history.
    pub async fn check(
        &self,
        definition: &str,
        input: &str,
        status: ExecutionStatus,
        expected: &str,
    ) -> anyhow::Result<()> {
        let execution = self.begin(definition, input).await?;
        self.assert_ended(&execution, status, expected).await
    }
}
