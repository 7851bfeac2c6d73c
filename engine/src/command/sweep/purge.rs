//! Deletes an execution's own keys, in slices.

use crate::draft::Draft;
use crate::id::ExecutionId;
use crate::key;
use crate::view::{Direction, ViewError};

/// Deletes up to `most` keys of an execution, its head first: from then on the execution does not exist for anyone. Returns how many
/// were deleted, and whether nothing is left.
///
/// The caller guards the head and keeps a key that leads here again until nothing is left.
pub(super) fn purge(
    draft: &mut Draft<'_>,
    execution: ExecutionId,
    most: usize,
) -> Result<(usize, bool), ViewError> {
    let prefix = key::head(execution);
    let found = draft.scan(&prefix, &key::prefix_end(&prefix), most.saturating_add(1), Direction::Forward)?;
    let nothing_left = found.len() <= most;
    let deleted = found.len().min(most);
    for (key, _) in found.into_iter().take(most) {
        draft.delete(key);
    }
    Ok((deleted, nothing_left))
}
