//! Folders that a node must not use.

use keepstep_raft::{Config, Replica, start};

use crate::harness::{Cluster, quick};

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_refused_to_another_node_and_to_a_second_process() {
    let mut cluster = Cluster::start(1, quick()).await;
    cluster.put("a", "1").await;
    let folder = cluster.nodes[0].folder.clone();

    let second = Replica::start(Config::single(folder.clone(), "n0")).await.err();
    assert!(matches!(second, Some(start::Error::Locked(_))), "{second:?}");

    cluster.kill(0).await;
    let other = Replica::start(Config::single(folder.clone(), "other")).await.err();
    assert!(
        matches!(&other, Some(start::Error::WrongNode { found, expected, .. }) if found == "n0" && expected == "other"),
        "{other:?}"
    );

    std::fs::remove_dir_all(folder.join("log")).expect("removed");
    for _ in 0..2 {
        let without_log = Replica::start(Config::single(folder.clone(), "n0")).await.err();
        assert!(matches!(without_log, Some(start::Error::Damaged { .. })), "{without_log:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_another_cluster_is_refused() {
    let mut ours = Cluster::start(3, quick()).await;
    ours.put("a", "1").await;
    let mut theirs = Cluster::start(1, quick()).await;
    theirs.put("b", "2").await;
    let stranger = ours.leader().await;
    // Its folder comes from the other cluster, and its name is the one that this folder has.
    ours.kill(stranger).await;
    theirs.kill(0).await;
    if stranger != 0 {
        // Names differ, and that alone is refused.
        let mut config = ours.config(stranger);
        config.folder = theirs.nodes[0].folder.clone();
        let refused = Replica::start(config).await.err();
        assert!(matches!(refused, Some(start::Error::WrongNode { .. })), "{refused:?}");
    }
    let mut config = ours.config(0);
    config.folder = theirs.nodes[0].folder.clone();
    if stranger == 0 {
        let replica = Replica::start(config).await.expect("its folder is its own");
        ours.put("c", "3").await;
        let status = replica.status();
        assert_ne!(status.cluster_id, ours.replica(1).status().cluster_id);
        assert!(
            replica.view().get(b"c").expect("readable").is_none(),
            "nothing of the other cluster reaches it"
        );
        replica.crash().await;
    }
    ours.start_node(stranger).await;
    ours.agree().await;
}
