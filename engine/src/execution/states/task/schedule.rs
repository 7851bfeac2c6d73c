//! What all tasks have when they are scheduled: parameters, timeouts, credentials, and a token where something waits for it.

use bytes::Bytes;
use keepstep_asl::definition::{Payload, State, Task, Timeout};
use keepstep_asl::jsonata::Limits;
use keepstep_asl::resource::Pattern;
use serde_json::Value;

use super::super::super::compute::refused;
use super::super::super::interrupt::Interrupt;
use super::super::super::io::Document;
use super::super::super::run::{Active, Run};
use super::super::super::seconds;
use crate::record::phase::{Phase, Stage, Work};
use crate::record::{Call, EventDetails, PayloadRef};
use crate::task_token::{NONCE_LEN, TaskToken};

/// A task about to be scheduled.
pub(super) struct Schedule {
    /// Parameters, or the effective input.
    pub parameters: Document,
    /// TimeoutSeconds.
    pub timeout_seconds: Option<u64>,
    /// HeartbeatSeconds.
    pub heartbeat_seconds: Option<u64>,
    /// Credentials' RoleArn.
    pub role_arn: Option<String>,
    /// The nonce of the task token; empty for none.
    pub nonce: Bytes,
}

impl Schedule {
    /// Evaluates the fields of the state.
    pub(super) fn evaluate(
        run: &mut Run<'_>,
        active: &Active,
        state: &State,
        task: &Task,
    ) -> Result<Self, Interrupt> {
        let input = run.effective_input(active, state)?;
        let waits_for_token = task.resource.pattern() == Some(Pattern::WaitForTaskToken);
        let nonce = if waits_for_token { nonce(run) } else { Bytes::new() };
        let parameters = parameters(run, active, state, task, &input, &nonce)?;
        run.see_parameters(state, &parameters)?;
        let credentials = match &task.credentials {
            None => None,
            Some(Payload::Jsonata(credentials)) => {
                Some(run.compute_all(active, state, "Credentials", credentials)?.into())
            }
            Some(Payload::JsonPath(credentials)) => {
                Some(run.fill(active, state, Some(credentials), input.clone())?)
            }
        };
        let role_arn = match credentials {
            None => None,
            Some(credentials) => {
                run.parsed(&credentials)?.get("RoleArn").and_then(Value::as_str).map(str::to_owned)
            }
        };
        let timeout_seconds =
            read_seconds(run, active, state, &input, task.timeout.as_ref(), "TimeoutSeconds")?;
        let heartbeat_seconds =
            read_seconds(run, active, state, &input, task.heartbeat.as_ref(), "HeartbeatSeconds")?;
        Ok(Self { parameters, timeout_seconds, heartbeat_seconds, role_arn, nonce })
    }

    /// The details that all `*Scheduled` events have.
    pub(super) fn details(&self, parameters: PayloadRef) -> EventDetails {
        EventDetails {
            input: Some(parameters),
            timeout_seconds: self.timeout_seconds,
            heartbeat_seconds: self.heartbeat_seconds,
            role_arn: self.role_arn.clone(),
            ..EventDetails::default()
        }
    }

    /// The task is under way.
    pub(super) fn begin(
        self,
        run: &Run<'_>,
        active: &mut Active,
        input: PayloadRef,
        stage: Stage,
        call: Option<Call>,
    ) {
        let mut work = Work {
            stage: stage as i32,
            scheduled_ms: run.now_ms(),
            input,
            nonce: self.nonce,
            timeout_seconds: self.timeout_seconds,
            heartbeat_seconds: self.heartbeat_seconds,
            call,
            ..Work::default()
        };
        if stage != Stage::Queued {
            start_clocks(&mut work, run.now_ms());
        }
        active.branch.phase = Some(Phase::Working(Box::new(work)));
    }
}

/// Parameters, Arguments, or the effective input. They see the token of a task that has one.
fn parameters(
    run: &mut Run<'_>,
    active: &Active,
    state: &State,
    task: &Task,
    input: &Document,
    nonce: &Bytes,
) -> Result<Document, Interrupt> {
    if task.parameters.is_none() && task.arguments.is_none() {
        return Ok(input.clone());
    }
    let value = run.parsed(input)?;
    let mut frame = run.frame(active, state, value)?;
    frame.input_text = run.stored_text(input)?;
    if let Some(members) = frame.context.as_object_mut()
        && let Some(token) = token(run, active, nonce)
    {
        members.insert("Task".to_owned(), serde_json::json!({ "Token": token.encode() }));
    }
    run.overlay(&mut frame.context);
    let filled = match (&task.parameters, &task.arguments) {
        (Some(parameters), _) => parameters.evaluate(&frame.scope(&run.desk))?.into(),
        (None, Some(arguments)) => {
            arguments.evaluate("Arguments", &frame.bindings(&run.desk), &Limits::default())?.into()
        }
        (None, None) => input.clone(),
    };
    run.done(frame);
    Ok(filled)
}

/// Starts the clocks of a task: they run from when it starts, not from when it is scheduled (developer guide, "Task workflow state").
pub(super) fn start_clocks(work: &mut Work, now_ms: i64) {
    work.timeout_due_ms = work.timeout_seconds.map(|timeout| seconds::after(now_ms, timeout));
    work.heartbeat_due_ms = work.heartbeat_seconds.map(|heartbeat| seconds::after(now_ms, heartbeat));
}

/// Sixteen random bytes.
pub(super) fn nonce(run: &Run<'_>) -> Bytes {
    let mut nonce = [0; NONCE_LEN];
    run.desk.entropy.fill(&mut nonce);
    Bytes::copy_from_slice(&nonce)
}

/// The token of the attempt that a branch is in; `None` for a task without one.
pub(super) fn token(run: &Run<'_>, active: &Active, nonce: &[u8]) -> Option<TaskToken> {
    let nonce = nonce.try_into().ok()?;
    Some(TaskToken { execution: run.id, branch: active.id, attempt: active.branch.attempt, nonce })
}

fn read_seconds(
    run: &mut Run<'_>,
    active: &Active,
    state: &State,
    input: &Document,
    timeout: Option<&Timeout>,
    field: &str,
) -> Result<Option<u64>, Interrupt> {
    let path = match timeout {
        None => return Ok(None),
        Some(Timeout::Seconds(seconds)) => return Ok(Some(*seconds)),
        Some(Timeout::Path(path)) => path,
        Some(Timeout::Jsonata(expression)) => {
            return match run.compute_whole(active, state, field, expression)? {
                0 => Err(refused(expression, field, "a number above 0", &Value::from(0))),
                seconds => Ok(Some(seconds)),
            };
        }
    };
    let input = run.parsed(input)?;
    let frame = run.frame(active, state, input)?;
    let value = path.evaluate(&frame.scope(&run.desk))?;
    run.done(frame);
    let field = format!("{field}Path");
    match seconds::read(&field, path.text(), &value)? {
        0 => Err(Interrupt::runtime(format!(
            "The {field} parameter references a value that is not positive: {} == 0",
            path.text()
        ))),
        seconds => Ok(Some(seconds)),
    }
}
