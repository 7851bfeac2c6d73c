//! Forming a cluster once, and coming back with an empty folder.

use crate::harness::{Cluster, get, quick, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_formed_only_when_every_node_answers() {
    let mut cluster = Cluster::new(3, quick());
    cluster.start_node(0).await;
    cluster.start_node(1).await;
    // Both have asked each other by the time that both have seen both's status; neither may have formed anything.
    until("both run", || cluster.running().count() == 2).await;
    for (_, replica) in cluster.running() {
        let status = replica.status();
        assert_eq!((status.cluster_id, status.members.len()), (None, 0));
    }
    cluster.start_node(2).await;
    cluster.put("a", "1").await;
    cluster.agree().await;
    let members: Vec<_> =
        cluster.replica(0).status().members.into_iter().map(|member| member.member.name).collect();
    assert_eq!(members.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_node_rejoins_under_a_new_id_and_replaces_its_old_one() {
    let mut cluster = Cluster::start(3, quick()).await;
    for number in 0..100 {
        cluster.put(&format!("k{number}"), "v").await;
    }
    cluster.agree().await;
    // The leader, so that nobody who forms or joins can rely on it.
    let wiped = cluster.leader().await;
    let old_id = cluster.replica(wiped).status().raft_id;
    cluster.kill(wiped).await;
    std::fs::remove_dir_all(&cluster.nodes[wiped].folder).expect("removed");
    cluster.put("meanwhile", "1").await;
    cluster.start_node(wiped).await;
    let new_id = cluster.replica(wiped).status().raft_id;
    assert_ne!(new_id, old_id);
    until("the new id votes and the old one is gone", || {
        cluster.running().all(|(_, replica)| {
            let members = replica.status().members;
            members.len() == 3
                && members.iter().all(|member| member.voter && member.raft_id != old_id)
                && members.iter().any(|member| member.raft_id == new_id)
        })
    })
    .await;
    cluster.agree().await;
    assert_eq!(get(cluster.replica(wiped), "meanwhile").as_deref(), Some("1"));

    // It counts: with it, the cluster survives the loss of another node.
    let other = (wiped + 1) % 3;
    cluster.kill(other).await;
    cluster.put("after", "1").await;
    cluster.start_node(other).await;
    cluster.agree().await;
}
