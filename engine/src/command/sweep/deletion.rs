//! Carries the deletion of state machines on, as AWS documents it (API reference, "DeleteStateMachine"): a state machine is gone only
//! when all its executions are. Running ones are ended by their own next step, not here; the data of finished ones goes first, then
//! the state machine itself, its tags, aliases, versions and revisions.
//!
//! No execution can start meanwhile: starting one guards the state machine's record, which says DELETING.

use bytes::Bytes;

use crate::api_error::Refusal;
use crate::desk::Desk;
use crate::draft::{Decision, Draft, Origin};
use crate::id::{ExecutionId, MachineId, Timestamp};
use crate::key;
use crate::listing;
use crate::record::{Deletion, ExecutionStatus, Head, MapRun, StateMachine};
use crate::view::{Direction, View, ViewError};

use super::map_run;
use super::purge::purge;

const ORIGIN: Origin = Origin("StateMachineDeletion");

/// The most executions in one transaction.
const EXECUTIONS_MAX: usize = 64;
/// The most keys of executions in one transaction.
const KEYS_MAX: usize = 256;
/// The most aliases, and the most versions, in one transaction.
const RELEASES_MAX: usize = 256;
/// The most revisions in one transaction: each may be a mebibyte to read.
const REVISIONS_MAX: usize = 8;

/// How far a deletion came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// An execution still runs: ask again later.
    Waiting,
    /// It stopped at its bound: ask again.
    More,
    /// All is gone.
    Gone,
}

/// At most `limit` state machines that are being deleted, behind `after` in the order of their ids.
///
/// # Errors
///
/// None but of the view.
pub fn pending(view: &dyn View, after: Option<MachineId>, limit: usize) -> Result<Vec<MachineId>, ViewError> {
    let all = key::deletions();
    let from = after.map_or_else(|| all.clone(), |machine| key::after(&key::deletion(machine)));
    let found = view.scan(&from, &key::prefix_end(&all), limit, Direction::Forward)?;
    Ok(found.iter().filter_map(|(key, _)| key::parse_deletion(key)).collect())
}

/// Carries the deletion of one state machine on, as far as the bounds go.
///
/// # Errors
///
/// None of the API's.
pub fn advance(desk: &Desk<'_>, machine: MachineId) -> Result<Decision<Progress>, Refusal> {
    let mut draft = Draft::new(desk.view);
    let marker = key::deletion(machine);
    let Some(Deletion { state_machine_key }) = draft.get(&marker)? else {
        return Ok(Decision::unchanged(Progress::Gone));
    };
    let record: Option<StateMachine> = draft.get(&state_machine_key)?;
    if record.is_some_and(|record| record.machine_id() == Some(machine)) {
        if !listed(&draft, machine, ExecutionStatus::Running, 1)?.is_empty() {
            return Ok(Decision::unchanged(Progress::Waiting));
        }
        // Map runs go on for a while when the execution that waited for them has ended, and their children run this machine's revisions.
        match delete_map_runs(desk, &mut draft, machine)? {
            Progress::Waiting => return Ok(Decision::unchanged(Progress::Waiting)),
            Progress::More => return Ok(draft.finish(ORIGIN, Progress::More)),
            Progress::Gone => {}
        }
        if delete_executions(desk, &mut draft, machine)? {
            return Ok(draft.finish(ORIGIN, Progress::More));
        }
        draft.delete(state_machine_key);
        draft.delete(key::machine_tags(machine));
    }
    let progress = delete_rest(&mut draft, machine)?;
    if progress == Progress::Gone {
        draft.delete(marker);
    }
    Ok(draft.finish(ORIGIN, progress))
}

/// Deletes a piece of the first map run there is, with its children.
fn delete_map_runs(
    desk: &Desk<'_>,
    draft: &mut Draft<'_>,
    machine: MachineId,
) -> Result<Progress, ViewError> {
    let prefix = key::map_runs_of(machine);
    let found = draft.scan(&prefix, &key::prefix_end(&prefix), 1, Direction::Forward)?;
    let Some((listing, id)) = found.first().and_then(|(key, _)| Some((key, key::parse_map_run_of(key)?)))
    else {
        return Ok(Progress::Gone);
    };
    let Some(record) = draft.get::<MapRun>(&key::map_run(id))? else {
        draft.delete(listing.clone());
        return Ok(Progress::More);
    };
    let Some(due) = map_run::due(desk, draft, &record)? else { return Ok(Progress::Waiting) };
    if !delete_executions(desk, draft, MachineId::from_bytes(*id.as_bytes()))? {
        draft.delete(key::expiry(due, id));
        map_run::delete(draft, id, &record, KEYS_MAX)?;
    }
    Ok(Progress::More)
}

/// Whether there was any to delete.
fn delete_executions(desk: &Desk<'_>, draft: &mut Draft<'_>, machine: MachineId) -> Result<bool, ViewError> {
    let mut keys_left = KEYS_MAX;
    let mut any = false;
    for status in ExecutionStatus::ALL {
        for (listing, execution) in listed(draft, machine, status, EXECUTIONS_MAX)? {
            if keys_left == 0 {
                return Ok(true);
            }
            any = true;
            keys_left -= delete_execution(desk, draft, &listing, execution, keys_left)?;
        }
        if any {
            return Ok(true);
        }
    }
    Ok(any)
}

fn delete_execution(
    desk: &Desk<'_>,
    draft: &mut Draft<'_>,
    listing: &Bytes,
    execution: ExecutionId,
    most: usize,
) -> Result<usize, ViewError> {
    let head: Option<Head> = draft.get(&key::head(execution))?;
    if let Some(head) = &head {
        listing::of_qualifiers(head, execution).into_iter().for_each(|key| draft.delete(key));
    }
    if let Some(stopped_ms) = head.and_then(|head| head.stopped_ms) {
        // Where the retention was another one when it ended, the entry stays behind: the retention sweep drops it.
        let kept_ms = i64::try_from(desk.limits.retention_seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
        draft.delete(key::expiry(Timestamp(stopped_ms.saturating_add(kept_ms)), execution));
    }
    let (deleted, nothing_left) = purge(draft, execution, most)?;
    if nothing_left {
        draft.delete(listing.clone());
    }
    Ok(deleted)
}

/// What lies under the state machine's id, as far as the bounds go.
fn delete_rest(draft: &mut Draft<'_>, machine: MachineId) -> Result<Progress, ViewError> {
    for (prefix, most) in [
        (key::aliases(machine), RELEASES_MAX),
        (key::versions(machine), RELEASES_MAX),
        (key::revisions(machine), REVISIONS_MAX),
    ] {
        let found = draft.scan(&prefix, &key::prefix_end(&prefix), most, Direction::Forward)?;
        let is_full = found.len() == most;
        for (key, _) in found {
            draft.delete(key);
        }
        if is_full {
            return Ok(Progress::More);
        }
    }
    Ok(Progress::Gone)
}

fn listed(
    draft: &Draft<'_>,
    machine: MachineId,
    status: ExecutionStatus,
    limit: usize,
) -> Result<Vec<(Bytes, ExecutionId)>, ViewError> {
    let prefix = key::listings(machine, status);
    let found = draft.scan(&prefix, &key::prefix_end(&prefix), limit, Direction::Forward)?;
    Ok(found.into_iter().filter_map(|(key, _)| key::parse_listing(&key).map(|(_, id)| (key, id))).collect())
}
