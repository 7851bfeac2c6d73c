//! From a question to its committed outcome: a decision is made on the evaluation pool, its transaction proposed, and made again when a
//! guard refused it. Effects are carried out after the commit, and nothing is answered before.

use std::sync::Arc;
use std::time::{Duration, Instant};

use keepstep_engine::id::Timestamp;
use keepstep_engine::{Decision, Desk, Refusal, Transaction};

use super::entropy::OsEntropy;
use super::ledger::Proposed;
use super::pool::Priority;
use super::term::Term;
use super::{Failure, Shared};

/// How often a decision is made before its caller is told to come back later.
const TRIES_MAX: u32 = 30;
/// After this, a step of an execution ends with the state that it is at: others wait for the thread.
const DECISION_TIME: Duration = Duration::from_millis(100);
/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_millis(50);

/// Decides on the replicated state and nothing else.
pub(crate) type Decide<R> = dyn Fn(&Desk<'_>) -> Result<Decision<R>, Refusal> + Send + Sync;

/// Runs a decision to its committed end. It must not be dropped on the way: its effects would be lost until the next term.
pub(crate) async fn run<R: Send + 'static>(
    shared: &Arc<Shared>,
    term: &Arc<Term>,
    decide: Arc<Decide<R>>,
) -> Result<R, Failure> {
    run_with(shared, term, Priority::Usual, decide).await
}

/// The same, by priority.
pub(crate) async fn run_with<R: Send + 'static>(
    shared: &Arc<Shared>,
    term: &Arc<Term>,
    priority: Priority,
    decide: Arc<Decide<R>>,
) -> Result<R, Failure> {
    let mut confirmed = false;
    for tried in 0..TRIES_MAX {
        let (decided, at) = decide_once(shared, term, priority, Arc::clone(&decide)).await?;
        match decided {
            Ok(Decision { transaction: Some(transaction), effects, reply }) => {
                match propose(shared, term, priority, transaction, at).await? {
                    Proposed::Committed => {
                        shared.carry_out(term, effects);
                        return Ok(reply);
                    }
                    Proposed::Refused => {
                        shared.meters.guard_refusals.increment(1);
                        pause(tried).await;
                    }
                }
            }
            Ok(Decision { transaction: None, effects, reply }) if confirmed => {
                shared.carry_out(term, effects);
                return Ok(reply);
            }
            Err(refusal @ Refusal::View(_)) => return Err(refusal.into()),
            Err(refusal @ Refusal::Api(_)) if confirmed => return Err(refusal.into()),
            // An answer that no commit confirms could come from a leader that has been deposed and doesn't know: it is given only when
            // it was decided on a state that a quorum confirmed.
            Ok(Decision { transaction: None, .. }) | Err(Refusal::Api(_)) => {
                shared.ledger.barrier().await?;
                confirmed = true;
            }
        }
    }
    Err(Failure::Unavailable("others kept changing the same records".to_owned()))
}

async fn decide_once<R: Send + 'static>(
    shared: &Arc<Shared>,
    term: &Arc<Term>,
    priority: Priority,
    decide: Arc<Decide<R>>,
) -> Result<(Result<Decision<R>, Refusal>, Timestamp), Failure> {
    if term.ended.is_cancelled() {
        return Err(Failure::NotLeader);
    }
    let (pool, shared, term) = (Arc::clone(&shared.pool), Arc::clone(shared), Arc::clone(term));
    pool.run_with(priority, move || {
        let (started, now) = (Instant::now(), term.clock.now());
        let outboxes = term.outboxes.at_hand();
        let desk = Desk {
            view: shared.ledger.view(),
            definitions: &shared.definitions,
            now,
            entropy: &OsEntropy,
            limits: &shared.limits,
            outboxes: &outboxes,
            is_late: &|| started.elapsed() >= DECISION_TIME,
        };
        let decided = decide(&desk);
        shared.meters.decision_duration.record(started.elapsed());
        (decided, now)
    })
    .await
}

async fn propose(
    shared: &Shared,
    term: &Term,
    priority: Priority,
    mut transaction: Transaction,
    decided: Timestamp,
) -> Result<Proposed, Failure> {
    let stamp = term.clock.stamp(decided, &mut transaction);
    let proposed = shared.ledger.propose(priority, transaction).await?;
    if proposed == Proposed::Committed
        && let Some(stamp) = stamp
    {
        term.clock.committed(stamp);
    }
    Ok(proposed)
}

/// The first retries follow at once, since the state has moved on already; later ones spread out.
async fn pause(tried: u32) {
    if tried >= 3 {
        let pause = Duration::from_millis(1 << tried.min(10)).min(PAUSE_MAX);
        tokio::time::sleep(pause).await;
    }
}
