//! Starting again after crashes, with and without the view.

use keepstep_raft::{StoreKind, Tuning};

use crate::harness::{Cluster, corrupt, get, pairs, put, quick};

#[tokio::test(flavor = "multi_thread")]
async fn a_single_node_has_everything_acknowledged_after_each_crash() {
    // Layers of a few pairs, so that the view on disk is at some index in the middle.
    let mut cluster = Cluster::start(1, Tuning { overlay_bytes: 8 << 10, ..quick() }).await;
    for round in 0..4 {
        for number in 0..30 {
            cluster.put(&format!("k{number}"), &format!("{round}")).await;
        }
        let before = pairs(cluster.replica(0));
        cluster.kill(0).await;
        cluster.start_node(0).await;
        cluster.leader().await;
        cluster.replica(0).read_barrier().await.expect("it leads");
        assert_eq!(pairs(cluster.replica(0)), before, "after crash {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_leader_reads_nothing_from_before_its_own_acknowledged_writes() {
    let mut cluster = Cluster::start(3, quick()).await;
    for round in 0..3 {
        let leader = cluster.leader().await;
        let value = round.to_string();
        cluster.put("a", &value).await;
        cluster.kill(leader).await;
        cluster.start_node(leader).await;
        // From its first moment on, until it is let: an answer from before the write would be one that the view on disk gives.
        while cluster.replica(leader).read_barrier().await.is_err() {}
        assert_eq!(get(cluster.replica(leader), "a"), Some(value), "in round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_stop_leaves_a_complete_view() {
    let mut cluster = Cluster::start(1, quick()).await;
    cluster.put("a", "1").await;
    let replica = cluster.nodes[0].replica.take().expect("the node runs");
    let status = replica.status();
    replica.shutdown().await;
    cluster.start_node(0).await;
    let again = cluster.replica(0).status();
    assert_eq!((again.raft_id, again.cluster_id), (status.raft_id, status.cluster_id));
    assert!(again.applied >= status.applied, "nothing had to be applied again");
    assert_eq!(get(cluster.replica(0), "a").as_deref(), Some("1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_is_damaged_or_missing_is_rebuilt() {
    let tuning = Tuning { overlay_bytes: 8 << 10, log_retention_bytes: 0, ..quick() };
    let mut cluster = Cluster::start(1, tuning).await;
    type Damage = fn(&std::path::Path);
    let damages: [(&str, Damage, bool); 4] = [
        ("missing", |view| std::fs::remove_dir_all(view).expect("removed"), false),
        ("corrupted", corrupt, false),
        ("missing, behind a snapshot", |view| std::fs::remove_dir_all(view).expect("removed"), true),
        ("corrupted, behind a snapshot", corrupt, true),
    ];
    for (what, damage, snapshot) in damages {
        for number in 0..40 {
            cluster.put(&format!("k{number}"), what).await;
        }
        if snapshot {
            cluster.replica(0).build_snapshot().await.expect("built");
        }
        cluster.put("after", what).await;
        let before = pairs(cluster.replica(0));
        cluster.kill(0).await;
        damage(&cluster.nodes[0].folder.join("view"));
        cluster.start_node(0).await;
        cluster.leader().await;
        assert_eq!(pairs(cluster.replica(0)), before, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_in_memory_is_rebuilt_at_each_start() {
    let mut cluster = Cluster::new(1, quick());
    cluster.store = StoreKind::Memory;
    cluster.start_node(0).await;
    cluster.put("a", "1").await;
    cluster.replica(0).build_snapshot().await.expect("built");
    cluster.put("b", "2").await;
    let before = pairs(cluster.replica(0));
    cluster.kill(0).await;
    cluster.start_node(0).await;
    cluster.leader().await;
    assert_eq!(pairs(cluster.replica(0)), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_nodes_at_once_come_back_with_everything_acknowledged() {
    let mut cluster = Cluster::start(3, quick()).await;
    let mut last = String::new();
    for round in 0..2 {
        let leader = cluster.leader().await;
        let writers = (0..8).map(|writer| {
            let replica = cluster.replica(leader).clone();
            tokio::spawn(async move {
                for number in 0..25 {
                    replica
                        .propose(put(&format!("w{writer}"), &format!("{round}-{number}")))
                        .await
                        .expect("committed");
                }
            })
        });
        for writer in futures::future::join_all(writers).await {
            writer.expect("no panic");
        }
        last = format!("{round}-24");
        for number in 0..3 {
            cluster.kill(number).await;
        }
        for number in 0..3 {
            cluster.start_node(number).await;
        }
        let leader = cluster.leader().await;
        for writer in 0..8 {
            assert_eq!(get(cluster.replica(leader), &format!("w{writer}")), Some(last.clone()));
        }
    }
    assert_eq!(last, "1-24");
    cluster.agree().await;
}
