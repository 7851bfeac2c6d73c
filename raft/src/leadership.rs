//! Telling whether this node leads, and noticing when it can't go on.

use std::sync::Arc;

use openraft::async_runtime::WatchReceiver;

use crate::Leadership;
use crate::core::Core;

/// Keeps the leadership up to date until the replica stops. A leader is one only after its term's first entry is applied here:
/// before that, it may not have applied what its predecessors acknowledged.
pub(crate) async fn watch(core: Arc<Core>) {
    let mut metrics = core.raft.server_metrics();
    let mut applied = core.state.watch_applied();
    loop {
        let now = current(&core);
        core.leadership.send_if_modified(|last| {
            let changed = *last != now && *last != Leadership::Stopped;
            if changed {
                tracing::info!(leadership = ?now, "leadership changed");
                *last = now;
            }
            changed
        });
        tokio::select! {
            changed = metrics.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            changed = applied.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            () = core.stop.cancelled() => return,
        }
    }
}

fn current(core: &Core) -> Leadership {
    let metrics = core.raft.server_metrics();
    let metrics = metrics.borrow_watched();
    let me = core.identity.raft_id();
    if metrics.state.is_leader() {
        let term = metrics.vote.leader_id.term;
        return match core.state.head().term_start {
            Some(start) if *start.leader_id == term => Leadership::Leader { term, since: start.index },
            _ => Leadership::Follower { leader: None },
        };
    }
    let leader = metrics.current_leader.filter(|leader| *leader != me);
    Leadership::Follower { leader: leader.and_then(|id| metrics.membership_config.get_node(&id).cloned()) }
}

/// Reports when Raft stopped by itself or the store failed.
pub(crate) async fn watch_failures(core: Arc<Core>) {
    let mut metrics = core.raft.metrics();
    let mut store = core.state.watch_failed();
    loop {
        let stopped = metrics.borrow_watched().running_state.clone();
        let failed = store.borrow().clone();
        if core.stop.is_cancelled() {
            return;
        }
        if let Err(fatal) = stopped {
            return core.fail(format!("raft stopped: {fatal}"));
        }
        if let Some(reason) = failed {
            return core.fail(format!("the view's store failed: {reason}"));
        }
        tokio::select! {
            changed = metrics.changed() => {
                if changed.is_err() && !core.stop.is_cancelled() {
                    return core.fail("raft is gone".to_owned());
                }
            }
            changed = store.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            () = core.stop.cancelled() => return,
        }
    }
}
