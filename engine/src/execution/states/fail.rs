//! The Fail state.

use keepstep_asl::definition::{Fail, FailText, State};
use keepstep_asl::jsonata::ResultType;
use serde_json::Value;

use super::super::drive::Outcome;
use super::super::interrupt::{Failure, Interrupt};
use super::super::run::{Active, Run};

pub(super) fn run(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    fail: &Fail,
) -> Result<Outcome, Interrupt> {
    let error = text(run, active, state, fail.error.as_ref(), "Error")?;
    let cause = text(run, active, state, fail.cause.as_ref(), "Cause")?;
    Err(Failure::of(error, cause).into())
}

fn text(
    run: &mut Run<'_>,
    active: &Active,
    state: &State,
    text: Option<&FailText>,
    field: &str,
) -> Result<Option<String>, Interrupt> {
    let expression = match text {
        None => return Ok(None),
        Some(FailText::Literal(text)) => return Ok(Some(text.clone())),
        Some(FailText::Computed(expression)) => expression,
        Some(FailText::Jsonata(expression)) => {
            let value = run.compute(active, state, field, ResultType::String, expression)?;
            return Ok(value.as_str().map(str::to_owned));
        }
    };
    let input = run.value(active.branch.input)?;
    let frame = run.frame(active, state, input)?;
    let value = expression.evaluate(&frame.scope(&run.desk))?;
    run.done(frame);
    match value {
        Value::String(text) => Ok(Some(text)),
        other => Err(Interrupt::runtime(format!(
            "The {field}Path parameter does not reference a string value: {} == {other}",
            expression.text()
        ))),
    }
}
