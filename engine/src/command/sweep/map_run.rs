//! Deletes map runs that are over: by themselves after their retention, or with their state machine.

use bytes::Bytes;

use super::purge::purge;
use crate::desk::Desk;
use crate::draft::Draft;
use crate::id::{BranchId, ExecutionId, MachineId, Timestamp};
use crate::key;
use crate::record::{ChildResult, MapRun, MapRunStage};
use crate::retention;
use crate::view::ViewError;

use super::retention::after_seconds;

/// When a map run that is over may go; `None` while it goes on. As long as whoever waits for it has not taken what it came to, that is later.
pub(super) fn due(
    desk: &Desk<'_>,
    draft: &Draft<'_>,
    record: &MapRun,
) -> Result<Option<Timestamp>, ViewError> {
    let Some(stopped_ms) = record.stopped_ms.filter(|_| record.stage() == MapRunStage::Over) else {
        return Ok(None);
    };
    let parent = ExecutionId::of_arn(&record.execution_arn);
    let report: Option<ChildResult> =
        draft.peek(&key::inbox(parent, BranchId(record.branch), record.attempt))?;
    let from_ms = if report.is_some() { desk.now.0 } else { stopped_ms };
    let kept = retention::seconds(draft, MachineId::from_slice(&record.machine), desk.limits)?;
    Ok(Some(after_seconds(from_ms, kept.max(1))))
}

/// Whether a map run is there, and not over.
pub(super) fn goes_on(draft: &Draft<'_>, id: ExecutionId) -> Result<bool, ViewError> {
    let record: Option<MapRun> = draft.peek(&key::map_run(id))?;
    Ok(record.is_some_and(|record| record.stage() != MapRunStage::Over))
}

/// Deletes up to `most` keys of a map run that is over, its record last: as long as that is there, the rest is found again. Returns how
/// many were deleted, and whether nothing is left.
pub(super) fn delete(
    draft: &mut Draft<'_>,
    id: ExecutionId,
    record: &MapRun,
    most: usize,
) -> Result<(usize, bool), ViewError> {
    let (deleted, nothing_left) = purge(draft, id, most)?;
    if nothing_left {
        draft.delete(key::map_run(id));
        draft.delete(listing(id, record));
    }
    Ok((deleted, nothing_left))
}

/// A map run's place in the list of its state machine.
fn listing(id: ExecutionId, record: &MapRun) -> Bytes {
    MachineId::from_slice(&record.machine).map(|machine| key::map_run_of(machine, id)).unwrap_or_default()
}
