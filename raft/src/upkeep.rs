//! What has to be seen to now and then: building snapshots, purging the log behind them, comparing hashes, reporting metrics.

use std::io;
use std::sync::Arc;

use crate::core::Core;
use crate::{hash_check, metric};

/// Hashes are compared every so many rounds.
const HASH_ROUNDS: u64 = 5;

/// After a snapshot couldn't be built, the next try waits this many rounds.
const FAILED_ROUNDS: u64 = 30;

pub(crate) async fn run(core: Arc<Core>) {
    let mut ticks = tokio::time::interval(core.tuning.upkeep_interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut round = 0_u64;
    let mut snapshot_not_before = 0;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = core.stop.cancelled() => return,
        }
        round += 1;
        metric::report(&core.status(), core.state.overlay_bytes());
        if round >= snapshot_not_before
            && snapshot_is_due(&core)
            && let Err(error) = build_snapshot(&core).await
        {
            metric::snapshot_failed();
            tracing::error!(%error, "a snapshot couldn't be built; the log stays until one can");
            snapshot_not_before = round + FAILED_ROUNDS;
        }
        purge(&core).await;
        if round.is_multiple_of(HASH_ROUNDS) {
            tokio::select! {
                () = hash_check::compare(&core) => {}
                () = core.stop.cancelled() => return,
            }
        }
    }
}

/// The cost of snapshots stays a constant factor: one is due when the log since the last has outgrown the state.
fn snapshot_is_due(core: &Core) -> bool {
    let last = core.snapshots.last().map(|id| id.index);
    let head = core.state.head();
    let grown = core.log.bytes_after(last);
    head.applied.map(|id| id.index) > last && grown > head.bytes.max(core.tuning.snapshot_log_bytes_min)
}

/// Builds a snapshot and tells Raft. A failure to build one leaves Raft alone.
pub(crate) async fn build_snapshot(core: &Core) -> io::Result<()> {
    let scan = core
        .raft
        .with_state_machine(|machine| {
            let scan = machine.scan();
            Box::pin(async move { scan })
        })
        .await
        .map_err(io::Error::other)?;
    let snapshots = Arc::clone(&core.snapshots);
    let built = tokio::task::spawn_blocking(move || snapshots.build(scan)).await.map_err(io::Error::other)?;
    match built {
        Ok(_) => core.raft.trigger().snapshot().await.map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            hash_check::quarantine(core, &error.to_string());
            Err(error)
        }
        Err(error) => Err(error),
    }
}

/// Purges the log behind the newest snapshot that Raft knows, but keeps some for replicas that lag.
async fn purge(core: &Core) {
    use openraft::async_runtime::WatchReceiver;
    let (snapshot, purged) = {
        let metrics = core.raft.data_metrics();
        let metrics = metrics.borrow_watched();
        (metrics.snapshot.map(|id| id.index), metrics.purged.map(|id| id.index))
    };
    let upto = snapshot.min(core.log.followed_by(core.tuning.log_retention_bytes));
    if let Some(upto) = upto
        && Some(upto) > purged
        && let Err(error) = core.raft.trigger().purge_log(upto).await
    {
        tracing::debug!(%error, "the log isn't purged, since raft has stopped");
    }
}
