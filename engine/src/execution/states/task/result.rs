//! What comes of tasks: answers of calls, results of workers, ends of children.

use bytes::Bytes;
use keepstep_asl::definition::{State, Task};
use keepstep_asl::resource::{Pattern, Resource};

use super::super::super::drive::{Outcome, failure_details, output_details};
use super::super::super::inspection::Waypoint;
use super::super::super::interrupt::{Failure, Interrupt};
use super::super::super::io::Document;
use super::super::super::run::{Active, Run};
use super::started_execution::{self, ChildEnd};
use crate::key;
use crate::record::phase::{Phase, Stage};
use crate::record::{ChildResult, EventDetails, EventType};
use crate::stimulus::CallResult;

/// Adds a service integration's names to the details of its events; nothing to those of other tasks.
pub(super) fn integration_details(resource: &Resource, details: EventDetails) -> EventDetails {
    match resource.integration() {
        Some((resource_type, resource)) => EventDetails {
            resource: Some(resource),
            resource_type: Some(resource_type.to_owned()),
            ..details
        },
        None => details,
    }
}

/// A worker has sent a result.
pub(in super::super::super) fn token_succeeded(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    task: &Task,
    output: Bytes,
) -> Result<Outcome, Interrupt> {
    succeeded(run, active, state, task, succeeded_type(&task.resource), output)
}

/// A worker has sent a failure.
pub(in super::super::super) fn token_failed(
    run: &mut Run<'_>,
    active: &mut Active,
    task: &Task,
    failure: Failure,
) -> Result<Outcome, Interrupt> {
    failed(run, active, task, failed_type(&task.resource), failure)
}

/// Somebody says what the task comes to.
pub(in super::super::super) fn ended(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    task: &Task,
    result: CallResult,
) -> Result<Outcome, Interrupt> {
    match checked(result) {
        Ok(output) => succeeded(run, active, state, task, succeeded_type(&task.resource), output),
        Err(failure) => failed(run, active, task, failed_type(&task.resource), failure),
    }
}

/// The type of the event that says that a task has succeeded.
fn succeeded_type(resource: &Resource) -> EventType {
    match resource {
        Resource::Activity { .. } => EventType::ActivitySucceeded,
        Resource::LambdaFunction { .. } => EventType::LambdaFunctionSucceeded,
        _ => EventType::TaskSucceeded,
    }
}

/// The type of the event that says that a task has failed.
fn failed_type(resource: &Resource) -> EventType {
    match resource {
        Resource::Activity { .. } => EventType::ActivityFailed,
        Resource::LambdaFunction { .. } => EventType::LambdaFunctionFailed,
        _ => EventType::TaskFailed,
    }
}

/// Checks the size of a result. Results that are too large are the task's failure: they go by its resource's ARN or by the type of its
/// service, as users of AWS report (`The state/task 'arn:aws:lambda:...' returned a result ...`, `The state/task 'lambda' ...`).
fn too_large(run: &Run<'_>, task: &Task, result: &Bytes) -> Option<Failure> {
    (result.len() > run.desk.limits.payload_bytes_max).then(|| {
        let integration = task.resource.integration();
        Failure::data_limit_exceeded(integration.map_or(task.resource_arn.as_str(), |(kind, _)| kind))
    })
}

/// A call was answered: of a function, or of StartExecution.
pub(in super::super::super) fn call_finished(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    task: &Task,
    result: CallResult,
) -> Result<Outcome, Interrupt> {
    let output = match checked(result) {
        Ok(output) => output,
        Err(failure) => {
            let kind = match (&task.resource, task.resource.pattern()) {
                (Resource::StartExecution { .. }, Some(Pattern::RequestResponse)) => EventType::TaskFailed,
                (Resource::StartExecution { .. }, _) => EventType::TaskSubmitFailed,
                (resource, _) => failed_type(resource),
            };
            return failed(run, active, task, kind, failure);
        }
    };
    match task.resource.pattern() {
        None | Some(Pattern::RequestResponse) => {
            succeeded(run, active, state, task, succeeded_type(&task.resource), output)
        }
        Some(pattern) => {
            let arn = started_execution::arn(&output);
            if let Some(failure) = too_large(run, task, &output) {
                return failed(run, active, task, EventType::TaskFailed, failure);
            }
            let output = run.keep(&state.name, output)?;
            let details = integration_details(&task.resource, output_details(output));
            run.event(active, EventType::TaskSubmitted, details)?;
            if let Some(Phase::Working(work)) = &mut active.branch.phase {
                work.set_stage(Stage::Started);
                match pattern {
                    // The call stays: a new leader that repeats it learns of an end that its predecessor didn't tell.
                    Pattern::Sync | Pattern::Sync2 => work.child_arn = arn,
                    Pattern::WaitForTaskToken | Pattern::RequestResponse => work.call = None,
                }
            }
            child_finished(run, active, state, task)
        }
    }
}

/// The child that a task waits for may have ended: it has if it has reported.
pub(in super::super::super) fn child_finished(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    task: &Task,
) -> Result<Outcome, Interrupt> {
    let Some(pattern @ (Pattern::Sync | Pattern::Sync2)) = task.resource.pattern() else {
        return Ok(Outcome::Waits);
    };
    let inbox = key::inbox(run.id, active.id, active.branch.attempt);
    // Guarded: a child that is redriven takes its report back.
    let Some(report) = run.draft.get::<ChildResult>(&inbox)? else { return Ok(Outcome::Waits) };
    run.draft.delete(inbox);
    match started_execution::end(run.desk.view, &report, pattern)? {
        ChildEnd::Succeeded(output) => succeeded(run, active, state, task, EventType::TaskSucceeded, output),
        ChildEnd::Failed(failure) => failed(run, active, task, EventType::TaskFailed, failure),
    }
}

fn succeeded(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    task: &Task,
    kind: EventType,
    output: Bytes,
) -> Result<Outcome, Interrupt> {
    if let Some(failure) = too_large(run, task, &output) {
        return failed(run, active, task, failed_type(&task.resource), failure);
    }
    let result = run.keep(&state.name, output)?;
    run.event(active, kind, integration_details(&task.resource, output_details(result)))?;
    active.branch.phase = None;
    run.see(Waypoint::Result, &Document::Stored(result))?;
    let exit = run.exit(active, state, Some(Document::Stored(result)))?;
    Ok(Outcome::left(state, exit))
}

fn failed(
    run: &mut Run<'_>,
    active: &mut Active,
    task: &Task,
    kind: EventType,
    failure: Failure,
) -> Result<Outcome, Interrupt> {
    run.event(active, kind, integration_details(&task.resource, failure_details(&failure)))?;
    active.branch.phase = None;
    Err(failure.into())
}

/// The output of a call, which must be JSON.
pub(in super::super::super) fn checked(result: CallResult) -> Result<Bytes, Failure> {
    match result {
        CallResult::Failed { error, cause } => Err(Failure::new(error, cause)),
        // Items are for map runs: no task asks for any.
        CallResult::ItemsRead { .. } => {
            Err(Failure::new("States.Runtime", "The result of the task is no JSON."))
        }
        CallResult::Succeeded(output) => {
            let is_json =
                std::str::from_utf8(&output).is_ok_and(|text| keepstep_asl::jackson::check(text).is_ok());
            if is_json {
                Ok(output)
            } else {
                Err(Failure::new("States.Runtime", "The result of the task is no JSON."))
            }
        }
    }
}
