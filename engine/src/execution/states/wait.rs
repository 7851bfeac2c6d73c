//! The Wait state.

use jiff::Timestamp;
use keepstep_asl::definition::{State, Until, Wait};
use keepstep_asl::jsonata::ResultType;
use keepstep_asl::path::Path;
use keepstep_asl::timestamp;
use serde_json::Value;

use super::super::compute::refused;
use super::super::drive::Outcome;
use super::super::interrupt::Interrupt;
use super::super::run::{Active, Run};
use super::super::seconds;
use crate::record::phase::{Phase, Waiting};

pub(super) fn run(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    wait: &Wait,
) -> Result<Outcome, Interrupt> {
    // Redriven, it waits once more: a state that was left has been entered after that.
    let since_ms = active.branch.entered_ms.max(run.head.redriven_ms.unwrap_or(i64::MIN));
    let due_ms = match &wait.until {
        Until::Seconds(seconds) => seconds::after(since_ms, *seconds),
        Until::SecondsPath(path) => {
            let value = value_at(run, active, state, path)?;
            seconds::after(since_ms, seconds::read("SecondsPath", path.text(), &value)?)
        }
        Until::Timestamp { moment, .. } => milliseconds(*moment),
        Until::TimestampPath(path) => {
            let value = value_at(run, active, state, path)?;
            milliseconds(moment(path, &value)?)
        }
        Until::SecondsJsonata(expression) => {
            seconds::after(since_ms, run.compute_whole(active, state, "Seconds", expression)?)
        }
        Until::TimestampJsonata(expression) => {
            let value = run.compute(active, state, "Timestamp", ResultType::String, expression)?;
            let moment = value.as_str().and_then(timestamp::parse);
            let expected = "a timestamp as of RFC 3339";
            milliseconds(moment.ok_or_else(|| refused(expression, "Timestamp", expected, &value))?)
        }
    };
    if due_ms <= run.now_ms() {
        return is_over(run, active, state);
    }
    active.branch.phase = Some(Phase::Waiting(Waiting { due_ms }));
    Ok(Outcome::Waits)
}

/// What comes of a Wait state when the time has come.
pub(in super::super) fn is_over(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
) -> Result<Outcome, Interrupt> {
    Ok(Outcome::left(state, run.exit(active, state, None)?))
}

fn value_at(run: &mut Run<'_>, active: &Active, state: &State, path: &Path) -> Result<Value, Interrupt> {
    let input = run.effective_input(active, state)?;
    let input = run.parsed(&input)?;
    let frame = run.frame(active, state, input)?;
    let value = path.evaluate(&frame.scope(&run.desk))?;
    run.done(frame);
    Ok(value)
}

fn moment(path: &Path, value: &Value) -> Result<Timestamp, Interrupt> {
    let text = value.as_str();
    text.and_then(timestamp::parse).ok_or_else(|| {
        let shown = text.map_or_else(|| value.to_string(), str::to_owned);
        Interrupt::runtime(format!(
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: {} == {shown}",
            path.text()
        ))
    })
}

/// The first millisecond that is not before the moment.
fn milliseconds(moment: Timestamp) -> i64 {
    let floor = moment.as_millisecond();
    let is_exact = moment.subsec_nanosecond() % 1_000_000 == 0;
    // `as_millisecond` truncates towards zero, which is already up before the epoch.
    if is_exact || floor < 0 { floor } else { floor + 1 }
}
