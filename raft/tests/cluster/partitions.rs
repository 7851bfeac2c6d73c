//! A leader that is cut off acknowledges nothing, serves no stale read, and is undone when it comes back.

use keepstep_raft::{Outcome, propose, read};

use crate::harness::{Cluster, get, had_no_effect, put, quick};

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_cut_off_acknowledges_nothing_and_reads_nothing_stale() {
    let mut cluster = Cluster::start(3, quick()).await;
    cluster.put("a", "old").await;
    let stale = cluster.leader().await;
    cluster.isolate(stale);

    let before = cluster.replica(stale).propose(put("lost", "1")).await;
    assert!(
        matches!(&before, Err(error) if *error == propose::Error::Unknown || had_no_effect(error)),
        "nothing is acknowledged: {before:?}"
    );
    let leader = cluster.leader_among(|number| number != stale).await;
    let outcome = cluster.replica(leader).propose(put("a", "new")).await;
    assert!(matches!(outcome, Ok(Outcome::Committed { .. })), "{outcome:?}");

    let read = cluster.replica(stale).read_barrier().await.map(|_| ());
    assert!(matches!(read, Err(read::Error::Unavailable { .. })), "{read:?}");
    let after = cluster.replica(stale).propose(put("lost", "2")).await;
    assert!(matches!(&after, Err(error) if had_no_effect(error)), "its lease has run out: {after:?}");

    // Killed with the conflicting tail that nobody else has, and started while still cut off.
    cluster.kill(stale).await;
    cluster.start_node(stale).await;
    assert_eq!(get(cluster.replica(stale), "lost"), None, "the view never held what wasn't committed");
    cluster.heal(stale);
    cluster.put("b", "1").await;
    cluster.agree().await;
    assert_eq!(get(cluster.replica(stale), "lost"), None);
    assert_eq!(get(cluster.replica(stale), "a").as_deref(), Some("new"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_that_was_cut_off_comes_back_without_unseating_the_leader() {
    let cluster = Cluster::start(3, quick()).await;
    cluster.put("a", "1").await;
    let leader = cluster.leader().await;
    let term = cluster.replica(leader).status().term;
    let follower = (leader + 1) % 3;
    cluster.isolate(follower);
    for number in 0..200 {
        cluster.put(&format!("k{number}"), "v").await;
    }
    let read = cluster.replica(follower).read_barrier().await.map(|_| ());
    assert!(
        matches!(read, Err(read::Error::Unavailable { .. })),
        "it has been without a leader for a while: {read:?}"
    );
    cluster.heal(follower);
    cluster.put("b", "2").await;
    cluster.agree().await;
    assert_eq!(cluster.replica(leader).status().term, term, "it asked before it stood for election");
    cluster.replica(follower).read_barrier().await.expect("the leader answers");
    assert_eq!(get(cluster.replica(follower), "b").as_deref(), Some("2"));
}
