//! Comparing this replica's state with the others': equal index must mean equal hash. A replica that a majority contradicts stops
//! serving and is rebuilt at its next start.

use std::collections::HashMap;
use std::time::Duration;

use keepstep_proto::cluster::v1::StateHashesRequest;
use keepstep_proto::cluster::v1::cluster_client::ClusterClient;

use crate::core::Core;
use crate::metric;
use crate::state::Availability;

const ANSWER: Duration = Duration::from_secs(1);

/// Asks every other voter for its hashes and judges this replica by them.
pub(crate) async fn compare(core: &Core) {
    let mine: HashMap<u64, u128> =
        core.state.recorded_hashes().into_iter().map(|hash| (hash.index, hash.hash)).collect();
    if mine.is_empty() {
        return;
    }
    let membership = core.membership();
    let voters: Vec<u64> = membership.voter_ids().collect();
    let mut verdicts = Vec::new();
    for id in voters.iter().filter(|id| **id != core.identity.raft_id()) {
        let Some(member) = membership.get_node(id) else { continue };
        let Ok(channel) = core.peers.channel_shared(member) else { continue };
        let request = StateHashesRequest { cluster_id: core.identity.cluster_id().unwrap_or_default() };
        let Ok(Ok(response)) =
            tokio::time::timeout(ANSWER, ClusterClient::new(channel).state_hashes(request)).await
        else {
            continue;
        };
        let theirs =
            response.into_inner().hashes.into_iter().filter_map(|hash| {
                Some((hash.index, u128::from_be_bytes(hash.hash.as_ref().try_into().ok()?)))
            });
        verdicts.push((member.name.clone(), theirs.collect::<Vec<_>>()));
    }
    match judge(&mine, &verdicts, voters.len()) {
        Verdict::Nothing => {}
        Verdict::Agrees => metric::hashes_compared("equal"),
        Verdict::Undecided { index, with } => {
            metric::hashes_compared("different");
            tracing::error!(
                index,
                with,
                "two replicas have different states, and no majority tells which is wrong"
            );
        }
        Verdict::Wrong { index } => {
            metric::hashes_compared("different");
            quarantine(core, &format!("its hash at {index} differs from a majority's"));
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// No index is common.
    Nothing,
    Agrees,
    Undecided {
        index: u64,
        with: String,
    },
    Wrong {
        index: u64,
    },
}

fn judge(mine: &HashMap<u64, u128>, others: &[(String, Vec<(u64, u128)>)], voters: usize) -> Verdict {
    let mut verdict = Verdict::Nothing;
    // Replicas by index and hash that contradict this one.
    let mut against: HashMap<(u64, u128), usize> = HashMap::new();
    for (name, theirs) in others {
        let newest_common = theirs.iter().rev().find(|(index, _)| mine.contains_key(index));
        let Some((index, hash)) = newest_common else { continue };
        if mine.get(index) == Some(hash) {
            if verdict == Verdict::Nothing {
                verdict = Verdict::Agrees;
            }
        } else {
            verdict = Verdict::Undecided { index: *index, with: name.clone() };
        }
        for (index, hash) in theirs {
            if mine.get(index).is_some_and(|mine| mine != hash) {
                *against.entry((*index, *hash)).or_default() += 1;
            }
        }
    }
    let majority = voters / 2 + 1;
    let wrong =
        against.iter().filter(|(_, replicas)| **replicas >= majority).map(|((index, _), _)| *index).min();
    wrong.map_or(verdict, |index| Verdict::Wrong { index })
}

/// Stops serving, and has the view rebuilt at the next start.
pub(crate) fn quarantine(core: &Core, reason: &str) {
    tracing::error!(
        reason,
        "this replica's state is wrong: it is quarantined, and rebuilt at the next start"
    );
    core.state.set_availability(Availability::Quarantined);
    if let Err(error) = core.marker.quarantined() {
        tracing::error!(%error, "the quarantine couldn't be noted on disk");
    }
    core.fail(format!("the replicated state is wrong: {reason}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::PairHasher;
    use crate::{Config, Listen, Member, Replica, Txn, Write};

    fn check(mine: &[(u64, u128)], others: &[&[(u64, u128)]], voters: usize, expected: &Verdict) {
        let mine = mine.iter().copied().collect();
        let others: Vec<_> = others.iter().map(|hashes| ("other".to_owned(), hashes.to_vec())).collect();
        assert_eq!(&judge(&mine, &others, voters), expected);
    }

    #[test]
    fn a_majority_decides_who_is_wrong() {
        let undecided = |index| Verdict::Undecided { index, with: "other".to_owned() };
        check(&[(1, 10)], &[], 3, &Verdict::Nothing);
        check(&[(1, 10)], &[&[(2, 20)]], 3, &Verdict::Nothing);
        check(&[(1, 10), (2, 20)], &[&[(1, 10), (2, 20), (3, 30)], &[(1, 10)]], 3, &Verdict::Agrees);
        check(&[(2, 20)], &[&[(2, 21)]], 3, &undecided(2));
        check(&[(2, 20)], &[&[(2, 21)], &[(2, 20)]], 3, &undecided(2));
        check(&[(2, 20)], &[&[(2, 21)], &[(2, 22)]], 3, &undecided(2));
        check(&[(1, 10), (2, 20)], &[&[(1, 10), (2, 21)], &[(2, 21)]], 3, &Verdict::Wrong { index: 2 });
        check(&[(2, 20)], &[&[(2, 21)], &[(2, 21)]], 5, &undecided(2));
    }

    async fn until(mut holds: impl FnMut() -> bool) {
        let started = std::time::Instant::now();
        while !holds() {
            assert!(started.elapsed() < Duration::from_secs(60), "waited for too long");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_replica_whose_state_differs_stops_and_is_rebuilt() {
        let root = tempfile::tempdir().expect("a folder");
        let listeners: Vec<_> =
            (0..3).map(|_| std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port")).collect();
        let peers: Vec<Member> = (0..)
            .zip(&listeners)
            .map(|(number, listener)| Member {
                name: format!("n{number}"),
                addr: listener.local_addr().expect("an address").to_string(),
            })
            .collect();
        let config = |number: usize| {
            let mut config = Config::single(root.path().join(format!("n{number}")), &format!("n{number}"));
            config.peers = peers.clone();
            config.tuning.hash_interval = 4;
            config.tuning.upkeep_interval = Duration::from_millis(50);
            config
        };
        let mut replicas = Vec::new();
        for (number, listener) in listeners.into_iter().enumerate() {
            let mut config = config(number);
            config.listen = Listen::Bound(listener);
            replicas.push(Replica::start(config).await.expect("it starts"));
        }
        let put = |key: &'static str| Txn {
            writes: vec![Write::Put { key: key.into(), value: "v".into() }],
            ..Txn::default()
        };
        let write = async |replicas: &[Replica], key| {
            let started = std::time::Instant::now();
            loop {
                for replica in replicas {
                    if replica.propose(put(key)).await.is_ok() {
                        return;
                    }
                }
                assert!(started.elapsed() < Duration::from_secs(60), "nobody leads");
                tokio::task::yield_now().await;
            }
        };
        write(&replicas, "a").await;

        let wrong = replicas[0].core();
        until(|| wrong.state.applied().is_some_and(|id| id.index >= 2)).await;
        let applied = wrong.state.applied().expect("applied");
        // What a fault of memory or a bug might do.
        wrong
            .state
            .apply_txn(applied, &put("nobody proposed this"), &mut PairHasher::default())
            .expect("applied");
        while replicas[0].failure().borrow().is_none() {
            write(&replicas, "b").await;
        }
        assert_eq!(replicas[0].view().get(b"a"), Err(crate::ViewError::Quarantined));
        assert_eq!(*replicas[0].leadership().borrow(), crate::Leadership::Stopped);
        assert!(replicas[1].failure().borrow().is_none() && replicas[2].failure().borrow().is_none());

        replicas[0].crash().await;
        let mut again = config(0);
        again.listen = Listen::Addr(peers[0].addr.parse().expect("an address"));
        replicas[0] = Replica::start(again).await.expect("it starts again");
        write(&replicas, "c").await;
        until(|| {
            let states: Vec<_> = replicas.iter().map(|replica| replica.status().current_hash).collect();
            states[0].is_some() && states.iter().all(|state| *state == states[0])
        })
        .await;
        assert_eq!(replicas[0].view().get(b"nobody proposed this"), Ok(None));
    }
}
