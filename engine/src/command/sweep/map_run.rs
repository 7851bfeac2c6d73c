//! Deletes map runs that are over: by themselves after their retention, or with their state machine.

use bytes::Bytes;

use super::purge::purge;
use crate::desk::Desk;
use crate::draft::Draft;
use crate::id::{ExecutionId, MachineId, Timestamp};
use crate::key;
use crate::record::{MapRun, MapRunStage};
use crate::view::ViewError;

use super::retention::after_seconds;

/// When a map run that is over may go; `None` while it goes on.
pub(super) fn due(desk: &Desk<'_>, record: &MapRun) -> Option<Timestamp> {
    let stopped_ms = record.stopped_ms.filter(|_| record.stage() == MapRunStage::Over)?;
    Some(after_seconds(stopped_ms, desk.limits.retention_seconds))
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
