//! Ending branches before their time: because a sibling has failed, or because the execution ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use keepstep_asl::definition::StateKind;

use super::super::interrupt::Interrupt;
use super::super::run::{Active, Run};
use super::super::states;
use crate::arn::{ExecutionArn, StateMachineArn};
use crate::id::BranchId;
use crate::record::phase::Phase;
use crate::record::{EventDetails, EventType};

/// Ends all branches of a fan-out that still run, and theirs, with AWS's events for it: the innermost first.
pub(in super::super) fn abort_branches(run: &mut Run<'_>, parent: BranchId) -> Result<(), Interrupt> {
    let Some(Phase::FannedOut(fan_out)) = run.branch(parent)?.and_then(|branch| branch.phase.as_ref()) else {
        return Ok(());
    };
    let first = BranchId(fan_out.first_branch_id);
    let mut inner: BTreeMap<u64, Vec<BranchId>> = BTreeMap::new();
    for active in run.take_all(first)? {
        if let Some(around) = active.branch.parent {
            inner.entry(around).or_default().push(active.id);
        }
        run.put(active);
    }
    let definition = Arc::clone(&run.definition);
    for id in innermost_first(inner, parent) {
        let Some(active) = run.take(id)? else { continue };
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
        super::clear(run, &active)?;
        run.drop_scope(&active.branch);
    }
    Ok(())
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
