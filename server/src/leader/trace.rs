//! Has an execution that ended traced: reads its history and makes spans of it, on the evaluation pool and within bounds.

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
        let work = move || {
            let traces = &on_pool.outside.traces;
            match query::events(on_pool.ledger.view(), execution) {
                Ok(Some((head, events))) => traces.trace(&head, &events),
                Ok(None) => traces.lose("their executions are deleted already"),
                Err(error) => traces.lose(&format!("their histories can't be read: {error}")),
            }
            drop(leave);
        };
        if let Err(failure) = shared.pool.run(work).await {
            shared.outside.traces.lose(&format!("their histories can't be read: {failure}"));
        }
    });
}
