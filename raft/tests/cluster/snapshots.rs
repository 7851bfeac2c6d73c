//! Snapshots: built while writes go on, sent to replicas that are too far behind, and the log purged behind them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use keepstep_raft::Tuning;

use crate::harness::{Cluster, pairs, put, quick, until};

/// Entries that the lagging replica misses at the least.
const MISSED: u64 = 50_000;
const WRITERS: usize = 64;

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_missed_the_purged_log_gets_a_snapshot_while_writes_go_on() {
    let tuning = Tuning {
        snapshot_log_bytes_min: 256 << 10,
        log_retention_bytes: 128 << 10,
        overlay_bytes: 256 << 10,
        ..quick()
    };
    let mut cluster = Cluster::start(3, tuning).await;
    cluster.put("first", "1").await;
    let leader = cluster.leader().await;
    let lagging = (leader + 1) % 3;
    let behind = cluster.replica(lagging).status().last_log;
    cluster.kill(lagging).await;

    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (replica, stop) = (cluster.replica(leader).clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut number = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    let key = format!("w{writer}-{}", number % 10);
                    replica.propose(put(&key, &number.to_string().repeat(100))).await.expect("committed");
                    number += 1;
                }
            })
        })
        .collect();
    until("the leader purged what the replica lacks, and much was written", || {
        let status = cluster.replica(leader).status();
        status.purged > behind && status.last_log > behind.map(|index| index + MISSED)
    })
    .await;
    cluster.start_node(lagging).await;
    until("a snapshot was installed", || cluster.replica(lagging).status().snapshot > behind).await;
    until("it caught up", || {
        cluster.replica(lagging).status().applied >= cluster.replica(leader).status().snapshot
    })
    .await;
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.expect("no panic");
    }
    cluster.put("last", "1").await;
    cluster.agree().await;

    // And it has the snapshot and the log after it on disk.
    let before = pairs(cluster.replica(lagging));
    cluster.kill(lagging).await;
    cluster.start_node(lagging).await;
    cluster.agree().await;
    assert_eq!(pairs(cluster.replica(lagging)), before);
}
