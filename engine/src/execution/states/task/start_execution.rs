//! Tasks that start another execution, in the four patterns of `states:::states:startExecution`.

use bytes::Bytes;
use keepstep_asl::definition::{State, Task};
use keepstep_asl::resource::Pattern;
use serde_json::Value;

use super::super::super::drive::Outcome;
use super::super::super::interrupt::Interrupt;
use super::super::super::run::{Active, Run};
use super::lambda::text;
use super::result::integration_details;
use super::schedule::Schedule;
use crate::id::derived_uuid;
use crate::record::phase::Stage;
use crate::record::{Call, EventDetails, EventType};

pub(super) fn schedule(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    task: &Task,
    schedule: Schedule,
    pattern: Pattern,
) -> Result<Outcome, Interrupt> {
    let parameters = run.parsed(&schedule.parameters)?;
    let mut name = text(&parameters, "Name")?;
    if name.is_empty() {
        name = child_name(run, active);
    }
    let call = Call {
        attempt: active.branch.attempt,
        target: text(&parameters, "StateMachineArn")?,
        name,
        trace_header: text(&parameters, "TraceHeader")?,
        reports_end: matches!(pattern, Pattern::Sync | Pattern::Sync2),
        account: schedule.role_arn.as_deref().and_then(account_of_role).unwrap_or_default().to_owned(),
        ..Call::default()
    };
    let child_input = child_input(parameters.get("Input"));
    let input = run.store_parameters(&state.name, schedule.parameters.clone())?;
    let details =
        EventDetails { region: run.region(), ..integration_details(&task.resource, schedule.details(input)) };
    run.event(active, EventType::TaskScheduled, details)?;
    let started = integration_details(&task.resource, EventDetails::default());
    run.event(active, EventType::TaskStarted, started)?;
    let payload = Some(run.keep(&state.name, child_input)?);
    schedule.begin(run, active, input, Stage::Calling, Some(Call { payload, ..call }));
    Ok(Outcome::Waits)
}

/// `arn:PARTITION:iam::ACCOUNT:role/NAME`.
fn account_of_role(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}

/// A text is passed on as it is; anything else as its JSON text.
fn child_input(input: Option<&Value>) -> Bytes {
    match input {
        None | Some(Value::Null) => Bytes::from_static(b"{}"),
        Some(Value::String(text)) => Bytes::copy_from_slice(text.as_bytes()),
        Some(other) => other.to_string().into(),
    }
}

/// Derived from who starts the child, so that a repeated call finds the first.
fn child_name(run: &Run<'_>, active: &Active) -> String {
    let numbers = [active.id.0.to_be_bytes(), active.branch.attempt.to_be_bytes()];
    derived_uuid(&[run.id.as_bytes(), &numbers[0], &numbers[1]])
}
