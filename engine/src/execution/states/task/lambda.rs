//! Tasks of Lambda functions: by their ARN, or through `states:::lambda:invoke`.

use keepstep_asl::definition::{State, Task};
use serde_json::Value;

use super::super::super::drive::Outcome;
use super::super::super::interrupt::Interrupt;
use super::super::super::io::Document;
use super::super::super::run::{Active, Run};
use super::result::integration_details;
use super::schedule::Schedule;
use crate::record::phase::Stage;
use crate::record::{Call, EventDetails, EventType};

/// A function by its ARN: its payload is the input, its answer's payload the result.
pub(super) fn schedule_function(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    schedule: Schedule,
    arn: &str,
) -> Result<Outcome, Interrupt> {
    let input = run.store_parameters(&state.name, schedule.parameters.clone())?;
    let details = EventDetails { resource: Some(arn.to_owned()), ..schedule.details(input) };
    run.event(active, EventType::LambdaFunctionScheduled, details)?;
    run.event(active, EventType::LambdaFunctionStarted, EventDetails::default())?;
    let call = Call {
        attempt: active.branch.attempt,
        target: arn.to_owned(),
        payload: Some(input),
        ..Call::default()
    };
    schedule.begin(run, active, input, Stage::Calling, Some(call));
    Ok(Outcome::Waits)
}

/// The Invoke API with the state's parameters: the whole answer is the result.
pub(super) fn schedule_invoke(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    task: &Task,
    schedule: Schedule,
) -> Result<Outcome, Interrupt> {
    let parameters = run.parsed(&schedule.parameters)?;
    let text = |name: &str| text(&parameters, name);
    let call = Call {
        attempt: active.branch.attempt,
        target: text("FunctionName")?,
        invocation_type: text("InvocationType")?,
        client_context: text("ClientContext")?,
        qualifier: text("Qualifier")?,
        log_type: text("LogType")?,
        whole_answer: true,
        ..Call::default()
    };
    let input = run.store_parameters(&state.name, schedule.parameters.clone())?;
    let details =
        EventDetails { region: run.region(), ..integration_details(&task.resource, schedule.details(input)) };
    run.event(active, EventType::TaskScheduled, details)?;
    let started = integration_details(&task.resource, EventDetails::default());
    run.event(active, EventType::TaskStarted, started)?;
    let payload = match parameters.get("Payload") {
        Some(payload) => Some(run.store(&state.name, Document::from(payload.clone()))?),
        None => None,
    };
    schedule.begin(run, active, input, Stage::Calling, Some(Call { payload, ..call }));
    Ok(Outcome::Waits)
}

/// A parameter that is a text; empty where it is absent.
pub(super) fn text(parameters: &Value, name: &str) -> Result<String, Interrupt> {
    match parameters.get(name) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => {
            Err(Interrupt::runtime(format!("The field '{name}' must be a string, but was: {other}")))
        }
    }
}
