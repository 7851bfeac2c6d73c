//! Has an execution that ended traced: reads its history, in the background and within bounds.

use std::sync::Arc;

use keepstep_engine::id::ExecutionId;
use keepstep_engine::query;

use super::Shared;

/// Begins, and returns at once.
pub(super) fn start(shared: &Arc<Shared>, execution: ExecutionId) {
    let Some(leave) = shared.outside.traces.begin() else { return };
    let on_pool = Arc::clone(shared);
    let shared = Arc::clone(shared);
    let runtime = shared.runtime.clone();
    runtime.spawn(async move {
        let read = move || query::events(on_pool.ledger.view(), execution);
        match shared.pool.run(read).await {
            Ok(Ok(Some((head, events)))) => shared.outside.traces.trace(&head, &events),
            // It is deleted already.
            Ok(Ok(None)) => shared.outside.traces.lose("their executions are gone"),
            Ok(Err(error)) => shared.outside.traces.lose(&format!("their histories can't be read: {error}")),
            Err(failure) => shared.outside.traces.lose(&format!("their histories can't be read: {failure}")),
        }
        drop(leave);
    });
}
