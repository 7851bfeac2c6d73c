//! How executions end: the last event, and all that is cleared away and made known with it.

use prost::Message;

use super::drive::{failure_details, output_details};
use super::interrupt::Failure;
use super::redrive;
use super::run::{Active, Run};
use super::{fan_out, status_change};
use crate::arn::{StateMachineArn, is_express};
use crate::draft::Draft;
use crate::effect::Effect;
use crate::id::{BranchId, ExecutionId, MachineId, Timestamp};
use crate::key;
use crate::map_run;
use crate::record::{
    ChildResult, EventDetails, EventType, ExecutionStatus, Head, PayloadRef, StateMachine, StateMachineStatus,
};
use crate::retention;
use crate::view::ViewError;

/// The root has ended with this output.
pub(super) fn succeeded(run: &mut Run<'_>, output: PayloadRef, previous_id: u64) -> Result<(), ViewError> {
    run.head.output = Some(output);
    run.history.append_last(EventType::ExecutionSucceeded, previous_id, output_details(output));
    end(run, ExecutionStatus::Succeeded)
}

/// A failure that no state retries or catches.
pub(super) fn failed(run: &mut Run<'_>, failure: Failure, previous_id: u64) -> Result<(), ViewError> {
    run.history.append_last(EventType::ExecutionFailed, previous_id, failure_details(&failure));
    run.head.error = failure.error;
    run.head.cause = failure.cause;
    end(run, ExecutionStatus::Failed)
}

/// The history has room for its last event only.
pub(super) fn history_full(run: &mut Run<'_>) -> Result<(), ViewError> {
    let events_max = run.desk.limits.history_events_max;
    let cause = format!("The execution reached the maximum number of history events ({events_max}).");
    let previous_id = run.history.last_event_id();
    failed(run, Failure::new("States.Runtime", cause), previous_id)
}

/// The `previousEventId` of an end that follows from no event (github.com/floci-io/floci/pull/2782, of AWS's `ExecutionTimedOut`).
const FROM_OUTSIDE: u64 = 0;

/// StopExecution, or the deletion of the state machine.
pub(super) fn aborted(
    run: &mut Run<'_>,
    error: Option<String>,
    cause: Option<String>,
) -> Result<(), ViewError> {
    let details = EventDetails { error: error.clone(), cause: cause.clone(), ..EventDetails::default() };
    run.history.append_last(EventType::ExecutionAborted, FROM_OUTSIDE, details);
    run.head.error = error;
    run.head.cause = cause;
    end(run, ExecutionStatus::Aborted)
}

/// The state machine's own TimeoutSeconds, or the longest time that is allowed, has passed. AWS names the error in the event alone:
/// DescribeExecution has none (github.com/floci-io/floci/issues/2733, which quotes AWS's answers).
pub(super) fn timed_out(run: &mut Run<'_>) -> Result<(), ViewError> {
    let details = EventDetails { error: Some("States.Timeout".to_owned()), ..EventDetails::default() };
    run.history.append_last(EventType::ExecutionTimedOut, FROM_OUTSIDE, details);
    end(run, ExecutionStatus::TimedOut)
}

/// Ends the execution if its state machine is being deleted, or is gone. Returns whether it did.
pub(super) fn if_deleting(run: &mut Run<'_>) -> Result<bool, ViewError> {
    let is_active = is_active(&run.draft, &run.head.state_machine_arn, &run.head.machine)?;
    if !is_active {
        aborted(run, None, None)?;
    }
    Ok(!is_active)
}

/// Whether a state machine is there, in the life in which it has this id, and not being deleted.
pub(crate) fn is_active(draft: &Draft<'_>, state_machine_arn: &str, id: &[u8]) -> Result<bool, ViewError> {
    let Ok(arn) = StateMachineArn::parse(state_machine_arn) else { return Ok(true) };
    let key = key::state_machine(arn.place.account, arn.place.region, arn.name);
    let machine: Option<StateMachine> = draft.peek(&key)?;
    Ok(machine.is_some_and(|machine| machine.id == id && machine.status() == StateMachineStatus::Active))
}

fn end(run: &mut Run<'_>, status: ExecutionStatus) -> Result<(), ViewError> {
    run.queue.clear();
    let is_redrivable = status != ExecutionStatus::Succeeded
        && !is_express(&run.head.arn)
        && redrive::has_room(run.history.last_event_id(), run.desk.limits)
        && is_active(&run.draft, &run.head.state_machine_arn, &run.head.machine)?;
    let ended = run.take_all(BranchId::ROOT)?;
    ended.iter().for_each(|active| fan_out::release(run, active));
    let is_redrivable = is_redrivable && can_be_kept(&ended);
    if is_redrivable {
        ended.into_iter().for_each(|active| fan_out::stop(run, active));
    } else {
        run.delete_slices()?;
    }
    if run.is_stored() {
        run.draft.delete_all(&key::inboxes(run.id))?;
    }
    run.head.set_status(status);
    run.head.stopped_ms = Some(run.now_ms());
    let machine = MachineId::from_slice(&run.head.machine);
    let kept = retention::seconds(&run.draft, machine, run.desk.limits)?;
    let expiry = super::seconds::after(run.now_ms(), kept);
    run.draft.put_empty(key::expiry(Timestamp(expiry), run.id));
    report(run)?;
    status_change::tell(run);
    run.draft.effects.push(Effect::Finished(status));
    if run.head.observed.as_ref().is_some_and(|observed| observed.tracing_enabled) {
        run.draft.effects.push(Effect::Trace(run.id));
    }
    Ok(())
}

/// The most bytes of branches that are kept for a redrive, so that the transaction that ends an execution, and the one that redrives it,
/// stay small: ours.
const STOPPED_BYTES_MAX: usize = 1024 * 1024;

/// Whether all branches can be kept. Each is small, but inner ones are many where Maps lie in Maps.
fn can_be_kept(branches: &[Active]) -> bool {
    let bytes: usize = branches.iter().map(|active| active.branch.encoded_len()).sum();
    bytes <= STOPPED_BYTES_MAX
}

/// Tells the parent that waits for this execution's end. One that ends in the transaction that it starts in has nobody to tell: whoever
/// started it there sees how it ended.
fn report(run: &mut Run<'_>) -> Result<(), ViewError> {
    if run.is_stored()
        && let Some(link) = run.head.map_run.clone()
        && let Some(map_run) = ExecutionId::from_slice(&link.map_run)
    {
        let child = ChildResult { child: run.id.as_bytes().to_vec().into() };
        let branch = BranchId(link.number);
        run.draft.put(key::inbox(map_run, branch, map_run::ATTEMPT), &child);
        let attempt = map_run::ATTEMPT;
        run.draft.effects.push(Effect::WakeParent { execution: map_run, branch, attempt });
    }
    let Some(link) = run.head.parent.clone() else { return Ok(()) };
    let Some(parent) = ExecutionId::from_slice(&link.execution) else { return Ok(()) };
    // A parent that has ended would never empty its inbox. If it ends just now, its deletion does.
    let head: Option<Head> = run.draft.peek(&key::head(parent))?;
    if head.is_some_and(|head| head.status() == ExecutionStatus::Running) {
        let branch = BranchId(link.branch);
        let child = ChildResult { child: run.id.as_bytes().to_vec().into() };
        run.draft.put(key::inbox(parent, branch, link.attempt), &child);
        run.draft.effects.push(Effect::WakeParent { execution: parent, branch, attempt: link.attempt });
    }
    Ok(())
}
