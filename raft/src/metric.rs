//! The metrics of this crate: their names, what they mean, and how they are recorded.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

/// Raft term of this node.
pub const TERM: &str = "keepstep_raft_term";
/// 1 on the leader, 0 elsewhere.
pub const IS_LEADER: &str = "keepstep_raft_is_leader";
/// Index of the last log entry.
pub const LAST_LOG_INDEX: &str = "keepstep_raft_last_log_index";
/// Index up to which entries are known to be committed.
pub const COMMITTED_INDEX: &str = "keepstep_raft_committed_index";
/// Index up to which entries are applied.
pub const APPLIED_INDEX: &str = "keepstep_raft_applied_index";
/// Index up to which the log is purged.
pub const PURGED_INDEX: &str = "keepstep_raft_purged_index";
/// Entries that a member is known to lack, by member. Only on the leader.
pub const MEMBER_LAG_ENTRIES: &str = "keepstep_raft_member_lag_entries";
/// Time of a write to the log with its fdatasync.
pub const LOG_SYNC_SECONDS: &str = "keepstep_raft_log_sync_seconds";
/// Entries that one fdatasync made durable.
pub const LOG_SYNC_ENTRIES: &str = "keepstep_raft_log_sync_entries";
/// Bytes that one fdatasync made durable.
pub const LOG_SYNC_BYTES: &str = "keepstep_raft_log_sync_bytes";
/// Bytes of log on disk.
pub const LOG_BYTES: &str = "keepstep_raft_log_bytes";
/// 0: the next full segment stops the node; 1: no more can be allocated; 2: ample.
pub const LOG_SPACE: &str = "keepstep_raft_log_space";
/// Failures of the log. After one the node stops.
pub const LOG_FAILURES_TOTAL: &str = "keepstep_raft_log_failures_total";
/// Proposals, by origin and result.
pub const PROPOSALS_TOTAL: &str = "keepstep_raft_proposals_total";
/// Time from a proposal to its outcome.
pub const PROPOSAL_SECONDS: &str = "keepstep_raft_proposal_seconds";
/// Entries applied in one go.
pub const APPLIED_BATCH_ENTRIES: &str = "keepstep_raft_applied_batch_entries";
/// Linearizable reads, by result.
pub const READ_BARRIERS_TOTAL: &str = "keepstep_raft_read_barriers_total";
/// Bytes of recent writes that are in memory only, beside the log.
pub const OVERLAY_BYTES: &str = "keepstep_raft_overlay_bytes";
/// Pairs in the replicated state.
pub const VIEW_PAIRS: &str = "keepstep_raft_view_pairs";
/// Bytes of all keys and values in the replicated state.
pub const VIEW_BYTES: &str = "keepstep_raft_view_bytes";
/// Time to move a layer of recent writes into the store.
pub const VIEW_FLUSH_SECONDS: &str = "keepstep_raft_view_flush_seconds";
/// Pairs moved into the store at once.
pub const VIEW_FLUSH_PAIRS: &str = "keepstep_raft_view_flush_pairs";
/// Times that the view was rebuilt from snapshot and log.
pub const VIEW_REBUILDS_TOTAL: &str = "keepstep_raft_view_rebuilds_total";
/// Time to build a snapshot.
pub const SNAPSHOT_BUILD_SECONDS: &str = "keepstep_raft_snapshot_build_seconds";
/// Bytes of the newest snapshot.
pub const SNAPSHOT_BYTES: &str = "keepstep_raft_snapshot_bytes";
/// Snapshots that couldn't be built.
pub const SNAPSHOT_FAILURES_TOTAL: &str = "keepstep_raft_snapshot_failures_total";
/// Time to install a snapshot.
pub const SNAPSHOT_INSTALL_SECONDS: &str = "keepstep_raft_snapshot_install_seconds";
/// Comparisons of state hashes with other replicas, by result.
pub const HASH_COMPARISONS_TOTAL: &str = "keepstep_raft_hash_comparisons_total";

/// Describes all metrics to the installed recorder.
pub fn describe() {
    describe_gauge!(TERM, "Raft term of this node");
    describe_gauge!(IS_LEADER, "1 on the leader, 0 elsewhere");
    describe_gauge!(LAST_LOG_INDEX, "Index of the last log entry");
    describe_gauge!(COMMITTED_INDEX, "Index up to which entries are known to be committed");
    describe_gauge!(APPLIED_INDEX, "Index up to which entries are applied");
    describe_gauge!(PURGED_INDEX, "Index up to which the log is purged");
    describe_gauge!(MEMBER_LAG_ENTRIES, "Entries that a member is known to lack (leader only)");
    describe_histogram!(
        LOG_SYNC_SECONDS,
        metrics::Unit::Seconds,
        "Time of a write to the log with its fdatasync"
    );
    describe_histogram!(LOG_SYNC_ENTRIES, "Entries that one fdatasync made durable");
    describe_histogram!(LOG_SYNC_BYTES, metrics::Unit::Bytes, "Bytes that one fdatasync made durable");
    describe_gauge!(LOG_BYTES, metrics::Unit::Bytes, "Bytes of log on disk");
    describe_gauge!(
        LOG_SPACE,
        "0: the next full segment stops the node; 1: no more can be allocated; 2: ample"
    );
    describe_counter!(LOG_FAILURES_TOTAL, "Failures of the log; after one the node stops");
    describe_counter!(PROPOSALS_TOTAL, "Proposals, by origin and result");
    describe_histogram!(PROPOSAL_SECONDS, metrics::Unit::Seconds, "Time from a proposal to its outcome");
    describe_histogram!(APPLIED_BATCH_ENTRIES, "Entries applied in one go");
    describe_counter!(READ_BARRIERS_TOTAL, "Linearizable reads, by result");
    describe_gauge!(
        OVERLAY_BYTES,
        metrics::Unit::Bytes,
        "Recent writes that are in memory only, beside the log"
    );
    describe_gauge!(VIEW_PAIRS, "Pairs in the replicated state");
    describe_gauge!(VIEW_BYTES, metrics::Unit::Bytes, "Keys and values of the replicated state");
    describe_histogram!(
        VIEW_FLUSH_SECONDS,
        metrics::Unit::Seconds,
        "Time to move recent writes into the store"
    );
    describe_histogram!(VIEW_FLUSH_PAIRS, "Pairs moved into the store at once");
    describe_counter!(VIEW_REBUILDS_TOTAL, "Times that the view was rebuilt from snapshot and log");
    describe_histogram!(SNAPSHOT_BUILD_SECONDS, metrics::Unit::Seconds, "Time to build a snapshot");
    describe_gauge!(SNAPSHOT_BYTES, metrics::Unit::Bytes, "Size of the newest snapshot");
    describe_counter!(SNAPSHOT_FAILURES_TOTAL, "Snapshots that couldn't be built");
    describe_histogram!(SNAPSHOT_INSTALL_SECONDS, metrics::Unit::Seconds, "Time to install a snapshot");
    describe_counter!(HASH_COMPARISONS_TOTAL, "Comparisons of state hashes with other replicas, by result");
}

pub(crate) fn proposed(origin: String, result: &'static str, took: Duration) {
    counter!(PROPOSALS_TOTAL, "origin" => origin, "result" => result).increment(1);
    histogram!(PROPOSAL_SECONDS).record(took);
}

pub(crate) fn read_barrier(result: &'static str) {
    counter!(READ_BARRIERS_TOTAL, "result" => result).increment(1);
}

pub(crate) fn applied_batch(entries: usize) {
    histogram!(APPLIED_BATCH_ENTRIES).record(entries as f64);
}

pub(crate) fn view_flushed(pairs: usize, took: Duration) {
    histogram!(VIEW_FLUSH_SECONDS).record(took);
    histogram!(VIEW_FLUSH_PAIRS).record(pairs as f64);
}

pub(crate) fn view_rebuilt() {
    counter!(VIEW_REBUILDS_TOTAL).increment(1);
}

pub(crate) fn snapshot_built(took: Duration, bytes: u64) {
    histogram!(SNAPSHOT_BUILD_SECONDS).record(took);
    gauge!(SNAPSHOT_BYTES).set(bytes as f64);
}

pub(crate) fn snapshot_failed() {
    counter!(SNAPSHOT_FAILURES_TOTAL).increment(1);
}

pub(crate) fn snapshot_installed(took: Duration) {
    histogram!(SNAPSHOT_INSTALL_SECONDS).record(took);
}

pub(crate) fn hashes_compared(result: &'static str) {
    counter!(HASH_COMPARISONS_TOTAL, "result" => result).increment(1);
}

/// Gauges of one status.
pub(crate) fn report(status: &crate::Status, overlay_bytes: u64) {
    let index = |index: Option<u64>| index.map_or(0.0, |index| index as f64);
    gauge!(TERM).set(status.term as f64);
    gauge!(IS_LEADER).set(if status.role == crate::Role::Leader { 1.0 } else { 0.0 });
    gauge!(LAST_LOG_INDEX).set(index(status.last_log));
    gauge!(COMMITTED_INDEX).set(index(status.committed));
    gauge!(APPLIED_INDEX).set(index(status.applied));
    gauge!(PURGED_INDEX).set(index(status.purged));
    gauge!(LOG_BYTES).set(status.log_bytes as f64);
    gauge!(OVERLAY_BYTES).set(overlay_bytes as f64);
    gauge!(VIEW_PAIRS).set(status.view_pairs as f64);
    gauge!(VIEW_BYTES).set(status.view_bytes as f64);
    for member in &status.members {
        // A member's lag is unknown to all but the leader.
        gauge!(MEMBER_LAG_ENTRIES, "member" => member.member.name.clone()).set(index(member.lag));
    }
}

/// Records what happens in the log.
#[derive(Debug)]
pub(crate) struct LogObserver {
    disk_low: Arc<AtomicBool>,
}

impl LogObserver {
    /// `disk_low` tells from now on whether the disk is nearly full.
    pub(crate) fn new(disk_low: Arc<AtomicBool>) -> LogObserver {
        LogObserver { disk_low }
    }
}

impl crate::wal::Observer for LogObserver {
    fn synced(&self, synced: crate::wal::Synced) {
        histogram!(LOG_SYNC_SECONDS).record(synced.took);
        histogram!(LOG_SYNC_ENTRIES).record(synced.entries as f64);
        histogram!(LOG_SYNC_BYTES).record(synced.bytes as f64);
    }

    fn space(&self, space: crate::wal::Space) {
        let level = match space {
            crate::wal::Space::Spent => 0.0,
            crate::wal::Space::Low => 1.0,
            crate::wal::Space::Ample => 2.0,
        };
        gauge!(LOG_SPACE).set(level);
        self.disk_low.store(space < crate::wal::Space::Ample, Ordering::Relaxed);
        if space < crate::wal::Space::Ample {
            tracing::warn!(?space, "the disk is nearly full: the log can't prepare more segments");
        }
    }

    fn failed(&self, error: &std::io::Error) {
        counter!(LOG_FAILURES_TOTAL).increment(1);
        tracing::error!(%error, "the log failed; nothing is acknowledged any more");
    }
}
