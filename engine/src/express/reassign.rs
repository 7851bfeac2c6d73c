//! A lost node's executions are given to others, in bounded batches.

use crate::api_error::Refusal;
use crate::command::sweep::Progress;
use crate::desk::Desk;
use crate::draft::{Decision, Draft, Origin};
use crate::id::NodeId;
use crate::key;
use crate::record::ExpressStart;
use crate::view::Direction;

/// The most executions of one batch.
const BATCH_MAX: usize = 128;

/// Gives the first executions of a lost node to `heirs`, in turn. Each record is guarded: one that its owner has finished meanwhile
/// doesn't come back.
///
/// # Errors
///
/// Where a record can't be read.
pub fn reassign(desk: &Desk<'_>, lost: NodeId, heirs: &[NodeId]) -> Result<Decision<Progress>, Refusal> {
    let mut draft = Draft::new(desk.view);
    let prefix = key::express_of(lost);
    let found = draft.scan(&prefix, &key::prefix_end(&prefix), BATCH_MAX, Direction::Forward)?;
    let mut heirs = heirs.iter().cycle();
    let mut moved = 0;
    for (stored, _) in &found {
        let Some(heir) = heirs.next() else { break };
        let Some((_, execution)) = key::parse_express(stored) else { continue };
        let Some(start) = draft.get::<ExpressStart>(stored)? else { continue };
        draft.delete(stored.clone());
        draft.put(key::express(*heir, execution), &start);
        moved += 1;
        if draft.bytes() >= desk.limits.step_bytes_max {
            break;
        }
    }
    let more = moved > 0 && (moved < found.len() || found.len() == BATCH_MAX);
    let progress = if more { Progress::More } else { Progress::Idle };
    Ok(draft.finish(Origin("ReassignExpressExecutions"), progress))
}
