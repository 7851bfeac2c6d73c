//! Express executions of lost nodes: the leader gives them to nodes that are there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use keepstep_engine::Desk;
use keepstep_engine::command::sweep::Progress;
use keepstep_engine::express::{owners, reassign};
use keepstep_engine::id::NodeId;

use super::term::Term;
use super::{Failure, Shared, decide};

/// Between two looks.
const INTERVAL: Duration = Duration::from_secs(1);
/// A node that hasn't been heard of for so long is lost: its executions may run a second time if it isn't.
const LOST_AFTER: Duration = Duration::from_secs(5);
/// Who was heard of within this time gets more work.
const WELL_WITHIN: Duration = Duration::from_secs(2);

/// Runs until the term ends.
pub(crate) async fn run(shared: Arc<Shared>, term: Arc<Term>) {
    let ended = term.ended.clone();
    let began = Instant::now();
    let looking = async {
        loop {
            tokio::time::sleep(INTERVAL).await;
            match give(&shared, &term, began.elapsed()).await {
                Ok(()) | Err(Failure::NotLeader) => {}
                Err(failure) => {
                    tracing::warn!(%failure, "Express executions of lost nodes aren't given to others yet")
                }
            }
        }
    };
    ended.run_until_cancelled(looking).await;
}

async fn give(shared: &Arc<Shared>, term: &Arc<Term>, led_for: Duration) -> Result<(), Failure> {
    let on_pool = Arc::clone(shared);
    let owners = shared.pool.run(move || owners(on_pool.ledger.view())).await??;
    let Nodes { lost, heirs } = judge(&owners, &shared.ledger.heard(), led_for);
    for node in lost {
        tracing::warn!(node = node.0, "a node is lost: its Express executions are given to others");
        let heirs = heirs.clone();
        let decision = Arc::new(move |desk: &Desk<'_>| reassign(desk, node, &heirs));
        while decide::run(shared, term, decision.clone()).await? == Progress::More {
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

/// Who owns executions and is lost, and who can take them.
#[derive(Debug, PartialEq, Eq)]
struct Nodes {
    lost: Vec<NodeId>,
    heirs: Vec<NodeId>,
}

/// `heard` says of each member how long ago it was heard of, if ever in this term, which is `led_for` old.
fn judge(owners: &[NodeId], heard: &[(NodeId, Option<Duration>)], led_for: Duration) -> Nodes {
    let silence = |node: NodeId| {
        let member = heard.iter().find(|(member, _)| *member == node)?;
        Some(member.1.unwrap_or(led_for))
    };
    let is_lost = |node: &NodeId| silence(*node).is_none_or(|silence| silence > LOST_AFTER);
    let is_well = |age: &Option<Duration>| age.is_some_and(|age| age <= WELL_WITHIN);
    Nodes {
        lost: owners.iter().copied().filter(is_lost).collect(),
        heirs: heard.iter().filter(|(_, age)| is_well(age)).map(|(node, _)| *node).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_silent_or_gone_is_lost_and_who_is_well_inherits() {
        let [one, two, three, four] = [1, 2, 3, 4].map(NodeId);
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let check = |owners: &[NodeId],
                     heard: &[(NodeId, Option<Duration>)],
                     led_for,
                     lost: &[NodeId],
                     heirs: &[NodeId]| {
            let expected = Nodes { lost: lost.to_vec(), heirs: heirs.to_vec() };
            assert_eq!(judge(owners, heard, Duration::from_secs(led_for)), expected, "{heard:?}");
        };
        let well = [(one, seconds(0)), (two, seconds(1)), (three, seconds(2))];
        check(&[one, two, three], &well, 100, &[], &[one, two, three]);
        check(&[four], &well, 1, &[four], &[one, two, three]);
        check(
            &[two, three],
            &[(one, seconds(0)), (two, seconds(6)), (three, seconds(4))],
            100,
            &[two],
            &[one],
        );
        check(&[two], &[(one, seconds(0)), (two, None)], 3, &[], &[one]);
        check(&[two], &[(one, seconds(0)), (two, None)], 6, &[two], &[one]);
    }
}
