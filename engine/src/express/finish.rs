//! Executions that have ended: their records go, many in one transaction.

use crate::api_error::Refusal;
use crate::desk::Desk;
use crate::draft::{Decision, Draft, Origin};
use crate::id::{ExecutionId, NodeId};
use crate::key;

/// The most executions in one call.
pub const FINISHED_MAX: usize = 1_000;

/// Decides that a node has run these executions to their end. One that is no longer its own, or is gone already, is passed over.
///
/// # Errors
///
/// None of its own.
pub fn finish(desk: &Desk<'_>, node: NodeId, executions: &[ExecutionId]) -> Result<Decision<()>, Refusal> {
    let mut draft = Draft::new(desk.view);
    for execution in executions.iter().take(FINISHED_MAX) {
        draft.delete(key::express(node, *execution));
    }
    Ok(draft.finish(Origin("FinishExpressExecutions"), ()))
}
