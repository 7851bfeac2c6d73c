//! Guarded transactions on a single node and on a cluster.

use keepstep_raft::{Expect, HARD_LIMIT_BYTES, Outcome, propose};

use crate::harness::{Cluster, get, guarded, put, quick};

#[tokio::test(flavor = "multi_thread")]
async fn a_single_node_takes_guarded_transactions() {
    let cluster = Cluster::start(1, quick()).await;
    let replica = cluster.replica(0);
    let first = replica.propose(guarded("a", Expect::Absent, "1")).await.expect("an outcome");
    let Outcome::Committed { revision } = first else { panic!("refused: {first:?}") };
    assert_eq!(replica.view().get(b"a").expect("readable").map(|found| found.revision), Some(revision));

    let refused = Ok(Outcome::Refused { key: "a".into() });
    assert_eq!(replica.propose(guarded("a", Expect::Absent, "2")).await, refused);
    assert_eq!(replica.propose(guarded("a", Expect::Revision(revision + 1), "2")).await, refused);
    assert_eq!(get(replica, "a").as_deref(), Some("1"));

    let second = replica.propose(guarded("a", Expect::Revision(revision), "2")).await;
    assert!(matches!(second, Ok(Outcome::Committed { revision: newer }) if newer > revision), "{second:?}");
    assert_eq!(get(&replica.clone(), "a").as_deref(), Some("2"));
    replica.read_barrier().await.expect("the node leads");

    let too_large = put("large", &"x".repeat(HARD_LIMIT_BYTES));
    assert!(matches!(replica.propose(too_large).await, Err(propose::Error::TooLarge { .. })));
    replica.shutdown().await;
    assert_eq!(replica.propose(put("a", "3")).await, Err(propose::Error::Stopped));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_guard_the_same_absence_one_wins() {
    let cluster = Cluster::start(3, quick()).await;
    let leader = cluster.leader().await;
    let replica = cluster.replica(leader);
    let tries = (0..64).map(|number| {
        let replica = replica.clone();
        tokio::spawn(
            async move { replica.propose(guarded("name", Expect::Absent, &number.to_string())).await },
        )
    });
    let mut won = 0;
    for outcome in futures::future::join_all(tries).await {
        match outcome.expect("no panic").expect("an outcome") {
            Outcome::Committed { .. } => won += 1,
            Outcome::Refused { key } => assert_eq!(key, "name"),
        }
    }
    assert_eq!(won, 1);
    cluster.agree().await;
}
