//! Who leads: at first, after a leader is lost, and after it hands over.

use keepstep_raft::{Leadership, propose};

use crate::harness::{Cluster, get, put, quick, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_cluster_elects_one_leader_and_replicates() {
    let cluster = Cluster::start(3, quick()).await;
    let leader = cluster.leader().await;
    for number in 0..50 {
        cluster.put(&format!("k{number}"), "v").await;
    }
    cluster.agree().await;
    let leaders = cluster
        .running()
        .filter(|(_, replica)| matches!(*replica.leadership().borrow(), Leadership::Leader { .. }));
    assert_eq!(leaders.map(|(number, _)| number).collect::<Vec<_>>(), [leader]);

    let clusters: Vec<_> = cluster.running().map(|(_, replica)| replica.status().cluster_id).collect();
    assert!(clusters[0].is_some() && clusters.iter().all(|id| *id == clusters[0]), "{clusters:?}");

    // A follower names the leader, and reads what was written before.
    let follower = (leader + 1) % 3;
    let error = cluster.replica(follower).propose(put("k", "v")).await.expect_err("not the leader");
    let name = cluster.nodes[leader].name.clone();
    assert!(
        matches!(&error, propose::Error::NotLeader { leader: Some(known) } if known.name == name),
        "{error:?}"
    );
    cluster.put("last", "1").await;
    cluster.replica(follower).read_barrier().await.expect("a leader answers");
    assert_eq!(get(cluster.replica(follower), "last").as_deref(), Some("1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_leader_is_lost_another_has_everything_acknowledged() {
    let mut cluster = Cluster::start(3, quick()).await;
    for round in 0..3 {
        for number in 0..20 {
            cluster.put(&format!("k{round}-{number}"), "v").await;
        }
        let leader = cluster.leader().await;
        cluster.kill(leader).await;
        let next = cluster.leader().await;
        for number in 0..20 {
            assert_eq!(get(cluster.replica(next), &format!("k{round}-{number}")).as_deref(), Some("v"));
        }
        cluster.put(&format!("after {round}"), "v").await;
        cluster.start_node(leader).await;
    }
    cluster.agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leadership_is_handed_over_on_request_and_at_shutdown() {
    let mut cluster = Cluster::start(3, quick()).await;
    cluster.put("a", "1").await;
    let leader = cluster.leader().await;
    let target = (leader + 1) % 3;
    let name = cluster.nodes[target].name.clone();
    cluster.replica(leader).transfer_leadership(Some(&name)).await.expect("handed over");
    until("the target leads", || {
        matches!(*cluster.replica(target).leadership().borrow(), Leadership::Leader { .. })
    })
    .await;

    let replica = cluster.nodes[target].replica.take().expect("the node runs");
    replica.shutdown().await;
    assert_eq!(*replica.leadership().borrow(), Leadership::Stopped);
    cluster.put("b", "2").await;
    cluster.start_node(target).await;
    cluster.agree().await;
}
