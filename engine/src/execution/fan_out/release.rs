//! Ending branches before their time: because a sibling has failed, or because the execution ends. They are stopped first, and forgotten
//! only when the failure is dealt with: a redrive of an execution that ended by it goes on with stopped branches.

use std::collections::BTreeMap;
use std::sync::Arc;

use keepstep_asl::definition::StateKind;

use super::super::interrupt::Interrupt;
use super::super::run::{Active, Run};
use super::super::states;
use crate::arn::{ExecutionArn, StateMachineArn};
use crate::id::BranchId;
use crate::record::phase::{FanOut, Phase, Stopped};
use crate::record::{EventDetails, EventType};
use crate::view::ViewError;

/// Stops all branches of a fan-out that still run, and theirs, with AWS's events for it: the innermost first.
pub(in super::super) fn abort_branches(run: &mut Run<'_>, parent: BranchId) -> Result<(), Interrupt> {
    let Some(Phase::FannedOut(fan_out)) = run.branch(parent)?.and_then(|branch| branch.phase.as_ref()) else {
        return Ok(());
    };
    let first = BranchId(fan_out.first_branch_id);
    let definition = Arc::clone(&run.definition);
    for id in innermost_first(run.inner_branches(first)?, parent) {
        let Some(active) = run.take(id)? else { continue };
        if let Some(Phase::Stopped(_)) = active.branch.phase {
            run.put(active);
            continue;
        }
        // Before anything that can fail: once it is taken out, nobody else lets go of what it has.
        release(run, &active);
        let state = run.state(&definition, &active.branch)?;
        let mut last_event_id = active.branch.last_event_id;
        if let Some(Phase::MapRun(_)) = active.branch.phase {
            last_event_id =
                run.history.append(EventType::MapRunAborted, last_event_id, EventDetails::default())?;
        }
        if let (true, Some(aborted)) = (active.branch.entered_event_id > 0, states::aborted(&state.kind)) {
            last_event_id = run.history.append(aborted, last_event_id, EventDetails::default())?;
        }
        let around = active.branch.parent.map_or(parent, BranchId);
        if let Some(around) = run.branch(around)?.cloned() {
            let state = run.state(&definition, &around)?;
            if let StateKind::Map(_) = state.kind {
                let details = super::iteration_details(state, active.branch.position);
                run.history.append(EventType::MapIterationAborted, last_event_id, details)?;
            }
        }
        stop(run, active);
    }
    Ok(())
}

/// Puts a branch back that goes on only if the execution is redriven. What it has outside of the execution was let go of.
pub(in super::super) fn stop(run: &mut Run<'_>, mut active: Active) {
    active.branch.phase = stopped(active.branch.phase);
    run.put(active);
}

/// What a branch in this phase is in when it is stopped.
pub(in super::super) fn stopped(phase: Option<Phase>) -> Option<Phase> {
    let stopped = match phase {
        Some(Phase::Stopped(stopped)) => stopped,
        Some(Phase::FannedOut(fan_out)) => {
            let fan_out = Some(FanOut { ready_since_ms: None, ..fan_out });
            Box::new(Stopped { fan_out, ..Stopped::default() })
        }
        Some(Phase::MapRun(map_run)) => Box::new(Stopped { map_run: map_run.arn, ..Stopped::default() }),
        _ => Box::default(),
    };
    Some(Phase::Stopped(stopped))
}

/// Removes all that a fan-out has: its branches, none of which runs any more, and theirs, with their items and results. Does nothing for a
/// branch that has not fanned out.
pub(in super::super) fn forget(run: &mut Run<'_>, active: &Active) -> Result<(), ViewError> {
    let Some(Phase::FannedOut(fan_out)) = &active.branch.phase else { return Ok(()) };
    let inner = run.inner_branches(BranchId(fan_out.first_branch_id))?;
    for id in innermost_first(inner, active.id) {
        let Some(forgotten) = run.take(id)? else { continue };
        if let Some(Phase::Stopped(stopped)) = &forgotten.branch.phase
            && let Some(fan_out) = &stopped.fan_out
        {
            super::delete_slices(run, id, fan_out.length)?;
        }
        run.drop_scope(&forgotten.branch);
    }
    super::clear(run, active)
}

/// All branches that lie in `parent`, each after those that lie in it. Without recursion: the depth is the definition's.
fn innermost_first(mut inner: BTreeMap<u64, Vec<BranchId>>, parent: BranchId) -> Vec<BranchId> {
    let mut outermost_first = Vec::new();
    let mut stack = inner.remove(&parent.0).unwrap_or_default();
    while let Some(id) = stack.pop() {
        outermost_first.push(id);
        stack.extend(inner.remove(&id.0).unwrap_or_default());
    }
    outermost_first.reverse();
    outermost_first
}

/// Lets go of what a branch that ends has outside of the execution: the child or the map run that it waits for is stopped.
pub(in super::super) fn release(run: &mut Run<'_>, active: &Active) {
    let work = match &active.branch.phase {
        Some(Phase::Working(work)) => work,
        Some(Phase::MapRun(map_run)) => return run.stop_child(map_run.arn.clone(), active.branch.attempt),
        _ => return,
    };
    let Some(call) = work.call.as_ref().filter(|call| call.reports_end) else { return };
    // Whether the child has started isn't known before the call was answered.
    let arn = match StateMachineArn::parse(&call.target) {
        _ if !work.child_arn.is_empty() => work.child_arn.clone(),
        Ok(machine) => ExecutionArn::format(&machine, &call.name),
        Err(_) => return,
    };
    run.stop_child(arn, active.branch.attempt);
}
