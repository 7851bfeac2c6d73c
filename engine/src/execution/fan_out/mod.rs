//! Parallel and Map: starting branches within their bounds, gathering what they come to, ending them.

mod batch;
pub(super) mod distributed;
mod item_data;
pub(super) mod map;
pub(super) mod parallel;
mod release;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use keepstep_asl::definition::{State, StateKind};

use super::drive::Outcome;
use super::exit::{Exit, is_verbatim};
use super::inspection::Waypoint;
use super::interrupt::{Failure, Interrupt};
use super::io::Document;
use super::run::{Active, Run};
use super::states::task;
use crate::id::BranchId;
use crate::record::phase::{FanOut, Phase, Ready};
use crate::record::{Branch, EventDetails, EventType, PayloadRef, SLICE_LEN};
use crate::stimulus::CallResult;
use crate::view::ViewError;

pub(super) use release::{abort_branches, forget, release, stop, stopped};

/// A branch that is about to start.
struct Start {
    state: String,
    input: PayloadRef,
    item: Option<PayloadRef>,
}

/// The details of a MapIteration event.
pub(super) fn iteration_details(state: &State, position: u64) -> EventDetails {
    EventDetails { name: Some(state.name.clone()), index: Some(position), ..EventDetails::default() }
}

/// Begins the fan-out of a branch whose `*StateStarted` event was just written.
fn begin(run: &mut Run<'_>, active: &mut Active, fan_out: FanOut) -> Outcome {
    active.branch.phase = Some(Phase::FannedOut(FanOut {
        previous_event_id: active.branch.last_event_id,
        first_branch_id: run.head.next_branch_id,
        ..fan_out
    }));
    Outcome::GoesOn
}

/// Goes on with a fan-out: starts the next branch if it may, or gathers the results if all have ended.
pub(super) fn advance(run: &mut Run<'_>, active: &mut Active, state: &State) -> Result<Outcome, Interrupt> {
    let Some(Phase::FannedOut(fan_out)) = &mut active.branch.phase else { return Ok(Outcome::Waits) };
    fan_out.ready_since_ms = None;
    if fan_out.ended >= fan_out.length {
        return complete(run, active, state);
    }
    let may_start = |fan_out: &FanOut| {
        fan_out.started < fan_out.length
            && fan_out.started.saturating_sub(fan_out.ended) < fan_out.concurrency
    };
    if !may_start(fan_out) {
        return Ok(Outcome::Waits);
    }
    let (position, previous) = (fan_out.started, fan_out.previous_event_id);
    let fan_out = fan_out.clone();
    let (start, last_event_id) = match &state.kind {
        StateKind::Parallel(parallel) => (parallel::start(parallel, &fan_out, position)?, previous),
        StateKind::Map(map) => {
            let start = map::start(run, active, state, map, &fan_out, position)?;
            let details = iteration_details(state, position);
            (start, run.history.append(EventType::MapIterationStarted, previous, details)?)
        }
        _ => return Ok(Outcome::Waits),
    };
    // Only now: one that can't be started is not among those that a redrive finds stopped.
    let started = FanOut { started: position + 1, ..fan_out };
    if may_start(&started) {
        run.queue.push_front(active.id);
    }
    active.branch.phase = Some(Phase::FannedOut(started));
    let branch = Branch {
        parent: Some(active.id.0),
        position,
        state: start.state,
        last_event_id,
        input: start.input,
        item: start.item,
        phase: Some(Phase::Ready(Ready { since_ms: run.now_ms() })),
        ..Branch::default()
    };
    let id = run.next_branch_id();
    run.queue.push_front(id);
    run.put(Active { id, branch });
    Ok(Outcome::Waits)
}

/// A branch has come to its end: its parent goes on.
pub(super) fn branch_ended(run: &mut Run<'_>, ended: Active, output: PayloadRef) -> Result<(), Interrupt> {
    let Some(parent) = ended.branch.parent else { return Ok(()) };
    run.drop_scope(&ended.branch);
    let mut parent = run.take_parent(parent)?;
    let definition = Arc::clone(&run.definition);
    let state = run.state(&definition, &parent.branch)?;
    let (position, last_event_id) = (ended.branch.position, ended.branch.last_event_id);
    parent.branch.last_event_id = match state.kind {
        StateKind::Map(_) => {
            let details = iteration_details(state, position);
            run.history.append(EventType::MapIterationSucceeded, last_event_id, details)?
        }
        _ => last_event_id,
    };
    let results = run.results(parent.id, position / SLICE_LEN)?;
    let place = usize::try_from(position % SLICE_LEN).unwrap_or(usize::MAX);
    if results.outputs.len() <= place {
        results.outputs.resize(place + 1, PayloadRef::default());
    }
    if let Some(result) = results.outputs.get_mut(place) {
        *result = output;
    }
    if let Some(Phase::FannedOut(fan_out)) = &mut parent.branch.phase {
        fan_out.ended += 1;
        if let StateKind::Map(_) = state.kind {
            fan_out.previous_event_id = last_event_id;
        }
    }
    run.queue.push_front(parent.id);
    run.put(parent);
    Ok(())
}

/// All branches have ended: their outputs are the state's result.
fn complete(run: &mut Run<'_>, active: &mut Active, state: &State) -> Result<Outcome, Interrupt> {
    let result = gather(run, active, state)?;
    completed(run, active, state, result)
}

/// Somebody says what a fan-out comes to. None of its branches runs any more.
pub(super) fn ended(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    result: CallResult,
) -> Result<Outcome, Interrupt> {
    let result = task::checked(result)?;
    completed(run, active, state, result)
}

/// A fan-out has this result.
fn completed(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    result: Bytes,
) -> Result<Outcome, Interrupt> {
    let previous = active.branch.last_event_id;
    let succeeded = match state.kind {
        StateKind::Map(_) => EventType::MapStateSucceeded,
        _ => EventType::ParallelStateSucceeded,
    };
    run.history.append(succeeded, previous, EventDetails::default())?;
    // What fails from here on is the state, no longer its branches.
    clear(run, active)?;
    active.branch.phase = None;
    left_with(run, active, state, result, previous)
}

/// Leaves a fan-out with its result. `previous` is the event that `*StateSucceeded` follows.
fn left_with(
    run: &mut Run<'_>,
    active: &Active,
    state: &State,
    result: Bytes,
    previous: u64,
) -> Result<Outcome, Interrupt> {
    let exit = if is_verbatim(state) && run.inspection.is_none() {
        Exit { output: run.keep(&state.name, result)?, assigned: Vec::new() }
    } else {
        let value = serde_json::from_slice(&result).map_err(|error| Interrupt::runtime(error.to_string()))?;
        let result = Document::Made(Arc::new(value));
        run.see(Waypoint::Result, &result)?;
        run.exit(active, state, Some(result))?
    };
    let Outcome::Left { exit, next, .. } = Outcome::left(state, exit) else { return Ok(Outcome::Waits) };
    // AWS writes `*StateSucceeded` and `*StateExited` as siblings.
    Ok(Outcome::Left { exit, next, previous_event_id: Some(previous) })
}

/// The outputs of all branches as one JSON array.
fn gather(run: &mut Run<'_>, active: &Active, state: &State) -> Result<Bytes, Interrupt> {
    let Some(Phase::FannedOut(FanOut { length, .. })) = active.branch.phase else { return Ok(Bytes::new()) };
    let mut text = BytesMut::from(&b"["[..]);
    for slice in 0..length.div_ceil(SLICE_LEN) {
        let outputs = run.results(active.id, slice)?.outputs.clone();
        for output in outputs {
            if text.len() > 1 {
                text.extend_from_slice(b",");
            }
            text.extend_from_slice(&run.text(output)?);
            // A larger array is refused anyway: don't build it first. A ResultSelector can still make it smaller.
            if text.len() > run.desk.limits.payload_bytes_max.saturating_mul(GATHERED_PAYLOADS_MAX) {
                return Err(Failure::data_limit_exceeded(&state.name).into());
            }
        }
    }
    text.extend_from_slice(b"]");
    Ok(text.freeze())
}

/// How many payloads of the largest size a fan-out's results may amount to before ResultSelector.
const GATHERED_PAYLOADS_MAX: usize = 16;

/// Removes what a fan-out keeps beside its branches. Does nothing for a branch that has not fanned out.
fn clear(run: &mut Run<'_>, active: &Active) -> Result<(), ViewError> {
    let Some(Phase::FannedOut(FanOut { length, .. })) = active.branch.phase else { return Ok(()) };
    delete_slices(run, active.id, length)
}

/// Removes the items and results of a fan-out of so many branches.
fn delete_slices(run: &mut Run<'_>, branch: BranchId, length: u64) -> Result<(), ViewError> {
    (0..length.div_ceil(SLICE_LEN)).try_for_each(|slice| run.delete_slice(branch, slice))
}
