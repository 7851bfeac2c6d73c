//! Deletes finished executions whose retention is over, and gives up names whose hold is over.
//!
//! The expiry index leads the way. An entry may be stale (its execution's state machine was deleted and the name used again, or the
//! configured retention has grown), so that the head decides, not the entry.

use crate::api_error::Refusal;
use crate::desk::Desk;
use crate::draft::{Decision, Draft, Origin};
use crate::id::{ExecutionId, MachineId, Timestamp};
use crate::key;
use crate::listing;
use crate::record::{ExecutionStatus, Head, MapRun, NameHold};
use crate::retention;
use crate::view::{Direction, ViewError};

use super::purge::purge;
use super::{Progress, map_run};

const ORIGIN: Origin = Origin("RetentionOver");

/// The most entries of the index in one transaction.
const ENTRIES_MAX: usize = 64;
/// The most keys of executions in one transaction.
const KEYS_MAX: usize = 256;

/// Handles the entries that are due, as far as the bounds go.
///
/// # Errors
///
/// None of the API's.
pub fn sweep(desk: &Desk<'_>) -> Result<Decision<Progress>, Refusal> {
    let mut draft = Draft::new(desk.view);
    let end = key::expiries_from(Timestamp(desk.now.0.saturating_add(1)));
    let due = draft.scan(&key::expiries(), &end, ENTRIES_MAX, Direction::Forward)?;
    let mut progress = if due.len() == ENTRIES_MAX { Progress::More } else { Progress::Idle };
    let mut keys_left = KEYS_MAX;
    for (entry, _) in due {
        if keys_left == 0 {
            progress = Progress::More;
            break;
        }
        let Some((time, execution)) = key::parse_expiry(&entry) else {
            draft.delete(entry);
            continue;
        };
        let (deleted, finished) = expire(desk, &mut draft, time, execution, keys_left)?;
        keys_left -= deleted;
        if !finished {
            progress = Progress::More;
        }
    }
    Ok(draft.finish(ORIGIN, progress))
}

/// Handles one entry. Returns how many keys of the execution were deleted, and whether the entry is done with.
fn expire(
    desk: &Desk<'_>,
    draft: &mut Draft<'_>,
    time: Timestamp,
    execution: ExecutionId,
    most: usize,
) -> Result<(usize, bool), ViewError> {
    if let Some(record) = draft.get::<MapRun>(&key::map_run(execution))? {
        return expire_map_run(desk, draft, time, execution, &record, most);
    }
    let head: Option<Head> = draft.get(&key::head(execution))?;
    let held = key::name_hold(execution);
    let hold_until = match head {
        Some(head) => {
            let Some(stopped_ms) = head.stopped_ms.filter(|_| head.status() != ExecutionStatus::Running)
            else {
                draft.delete(key::expiry(time, execution));
                return Ok((0, true));
            };
            let kept = retention::seconds(draft, MachineId::from_slice(&head.machine), desk.limits)?;
            let due = after_seconds(stopped_ms, kept);
            // A map run that goes on still reads what its children came to.
            let is_needed =
                match head.map_run.as_ref().and_then(|link| ExecutionId::from_slice(&link.map_run)) {
                    Some(id) => map_run::goes_on(draft, id)?,
                    None => false,
                };
            let due = if is_needed { after_seconds(desk.now.0, kept.max(1)) } else { due };
            if due > desk.now {
                draft.delete(key::expiry(time, execution));
                draft.put_empty(key::expiry(due, execution));
                return Ok((0, true));
            }
            listing::of(&head, execution).into_iter().for_each(|key| draft.delete(key));
            let until = after_seconds(stopped_ms, desk.limits.name_hold_seconds);
            draft.put(held.clone(), &NameHold { until_ms: until.0 });
            until
        }
        None => {
            let hold: Option<NameHold> = draft.get(&held)?;
            hold.map_or(Timestamp(0), |hold| Timestamp(hold.until_ms))
        }
    };
    let (deleted, nothing_left) = purge(draft, execution, most)?;
    if nothing_left {
        draft.delete(key::expiry(time, execution));
        if hold_until > desk.now {
            draft.put_empty(key::expiry(hold_until, execution));
        } else {
            draft.delete(held);
        }
    }
    Ok((deleted, nothing_left))
}

fn expire_map_run(
    desk: &Desk<'_>,
    draft: &mut Draft<'_>,
    time: Timestamp,
    id: ExecutionId,
    record: &MapRun,
    most: usize,
) -> Result<(usize, bool), ViewError> {
    match map_run::due(desk, draft, record)? {
        Some(due) if due <= desk.now => {
            let (deleted, nothing_left) = map_run::delete(draft, id, record, most)?;
            if nothing_left {
                draft.delete(key::expiry(time, id));
            }
            Ok((deleted, nothing_left))
        }
        due => {
            draft.delete(key::expiry(time, id));
            if let Some(due) = due {
                draft.put_empty(key::expiry(due, id));
            }
            Ok((0, true))
        }
    }
}

/// So many seconds after a time in milliseconds.
pub(super) fn after_seconds(time_ms: i64, seconds: u64) -> Timestamp {
    let milliseconds = i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
    Timestamp(time_ms.saturating_add(milliseconds))
}
