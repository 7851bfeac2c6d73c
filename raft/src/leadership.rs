//! Telling whether this node leads, and noticing when it can't go on.

use std::sync::Arc;
use std::time::Duration;

use openraft::async_runtime::WatchReceiver;

use crate::Leadership;
use crate::core::Core;

/// How often it is checked whether Raft still runs. Raft tells much more often than that how it is.
const ALIVE_INTERVAL: Duration = Duration::from_millis(50);

/// Keeps the leadership up to date until the replica stops. A leader is one only after its term's first entry is applied here:
/// before that, it may not have applied what its predecessors acknowledged.
pub(crate) async fn watch(core: Arc<Core>) {
    let mut metrics = core.raft.server_metrics();
    let mut applied = core.state.watch_applied();
    loop {
        let (now, is_settled) = current(&core);
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
            changed = applied.changed(), if !is_settled => {
                if changed.is_err() {
                    return;
                }
            }
            () = core.stop.cancelled() => return,
        }
    }
}

/// What this replica may do now, and whether applying entries can't change that.
fn current(core: &Core) -> (Leadership, bool) {
    let metrics = core.raft.server_metrics();
    let metrics = metrics.borrow_watched();
    let me = core.identity.raft_id();
    if metrics.state.is_leader() {
        let term = metrics.vote.leader_id.term;
        return match core.state.head().term_start {
            Some(start) if *start.leader_id == term => {
                (Leadership::Leader { term, since: start.index }, true)
            }
            _ => (Leadership::Follower { leader: None }, false),
        };
    }
    let leader = metrics.current_leader.filter(|leader| *leader != me);
    let leader = leader.and_then(|id| metrics.membership_config.get_node(&id).cloned());
    (Leadership::Follower { leader }, true)
}

/// Reports when Raft stopped by itself or the store failed.
pub(crate) async fn watch_failures(core: Arc<Core>) {
    let mut ticks = tokio::time::interval(ALIVE_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let failed = core.state.watch_failed();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = core.stop.cancelled() => return,
        }
        let stopped = core.raft.metrics().borrow_watched().running_state.clone();
        let failed = failed.borrow().clone();
        if core.stop.is_cancelled() {
            return;
        }
        if let Err(fatal) = stopped {
            return core.fail(format!("raft stopped: {fatal}"));
        }
        if let Some(reason) = failed {
            return core.fail(format!("the view's store failed: {reason}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Config, Leadership, Replica, Txn, Write, propose};

    fn put(key: &'static str) -> Txn {
        Txn { writes: vec![Write::Put { key: key.into(), value: "v".into() }], ..Txn::default() }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_replica_whose_log_failed_acknowledges_nothing_and_says_so() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("n0");
        let start = || async {
            let replica = Replica::start(Config::single(folder.clone(), "n0")).await.expect("it starts");
            let leads = |leadership: &Leadership| matches!(leadership, Leadership::Leader { .. });
            replica.leadership().wait_for(leads).await.expect("it leads");
            replica
        };
        let replica = start().await;
        replica.propose(put("a")).await.expect("committed");

        let log = replica.core().log.clone();
        tokio::task::spawn_blocking(move || log.close()).await.expect("no panic").expect("it was well");
        let outcome = replica.propose(put("b")).await;
        assert!(matches!(outcome, Err(propose::Error::Stopped | propose::Error::Unknown)), "{outcome:?}");
        let mut failure = replica.failure();
        failure.wait_for(Option::is_some).await.expect("it is told");
        assert_eq!(*replica.leadership().borrow(), Leadership::Stopped);
        assert_eq!(replica.propose(put("c")).await, Err(propose::Error::Stopped));

        replica.crash().await;
        let replica = start().await;
        assert!(replica.view().get(b"a").expect("readable").is_some());
        assert!(replica.view().get(b"c").expect("readable").is_none());
    }
}
