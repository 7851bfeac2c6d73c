//! Sweeps: what goes away by itself, in bounded batches with pauses between, so that they never crowd out the work of clients. What is
//! swept is decided in [`keepstep_engine::command::sweep`].

use std::sync::Arc;
use std::time::Duration;

use keepstep_engine::command::sweep::{Progress, deletion, request_outcomes, retention};
use keepstep_engine::id::Timestamp;
use keepstep_engine::{Decision, Desk, Refusal, outbox};

use super::term::Term;
use super::{Failure, Shared, clock, decide};
use crate::status_changes::Target;

/// Between two looks at what is being deleted.
const DELETION_INTERVAL: Duration = Duration::from_secs(1);
/// Between two looks at what has expired.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(10);
/// Between two batches of one sweep.
const BATCH_PAUSE: Duration = Duration::from_millis(20);
/// State machines being deleted that are looked at in one go.
const DELETIONS_MAX: usize = 100;
/// How long changes of executions' statuses wait for a target that this node isn't told to have.
const UNKNOWN_TARGET_KEPT_MS: i64 = 24 * 60 * 60 * 1_000;
/// A wall clock that has moved by more than this against the term's clock is not to be trusted with deleting anything.
const JUMP_MAX_MS: i64 = 60_000;

/// Runs until the term ends.
pub(crate) async fn run(shared: Arc<Shared>, term: Arc<Term>) {
    let ended = term.ended.clone();
    let deletions = async {
        loop {
            tokio::time::sleep(DELETION_INTERVAL).await;
            report("deletions", delete_state_machines(&shared, &term).await);
        }
    };
    let expiries = async {
        loop {
            tokio::time::sleep(EXPIRY_INTERVAL).await;
            if clock_jumped(&term) {
                continue;
            }
            report("retention", sweep(&shared, &term, retention::sweep).await);
            report("request outcomes", sweep(&shared, &term, request_outcomes::sweep).await);
            report("unknown targets", forget_unknown_targets(&shared, &term).await);
        }
    };
    ended.run_until_cancelled(futures::future::join(deletions, expiries)).await;
}

fn report(sweep: &str, swept: Result<(), Failure>) {
    match swept {
        Ok(()) | Err(Failure::NotLeader) => {}
        Err(failure) => tracing::warn!(sweep, %failure, "a sweep stopped; it goes on later"),
    }
}

fn clock_jumped(term: &Term) -> bool {
    let jump_ms = term.clock.jump_ms(clock::wall_ms());
    let jumped = jump_ms.abs() > JUMP_MAX_MS;
    if jumped {
        tracing::warn!(jump_ms, "the wall clock has jumped: nothing is expired while it is off");
    }
    jumped
}

async fn sweep(
    shared: &Arc<Shared>,
    term: &Arc<Term>,
    decide: fn(&Desk<'_>) -> Result<Decision<Progress>, Refusal>,
) -> Result<(), Failure> {
    while decide::run(shared, term, Arc::new(decide)).await? == Progress::More {
        tokio::time::sleep(BATCH_PAUSE).await;
    }
    Ok(())
}

/// A target that some node is still told to have, or has again soon, keeps what waits for it.
async fn forget_unknown_targets(shared: &Arc<Shared>, term: &Arc<Term>) -> Result<(), Failure> {
    let known: Vec<_> = shared.outside.targets.iter().map(Target::outbox).collect();
    let forget = Arc::new(move |desk: &Desk<'_>| {
        let before = Timestamp(desk.now.0.saturating_sub(UNKNOWN_TARGET_KEPT_MS));
        outbox::forget_unknown(desk, &known, before)
    });
    while decide::run(shared, term, forget.clone()).await? == Progress::More {
        tokio::time::sleep(BATCH_PAUSE).await;
    }
    Ok(())
}

async fn delete_state_machines(shared: &Arc<Shared>, term: &Arc<Term>) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let pending = deletion::pending(shared.ledger.view(), after, DELETIONS_MAX)?;
        for machine in pending.iter().copied() {
            let advance = Arc::new(move |desk: &Desk<'_>| deletion::advance(desk, machine));
            while decide::run(shared, term, advance.clone()).await? == deletion::Progress::More {
                tokio::time::sleep(BATCH_PAUSE).await;
            }
        }
        after = pending.last().copied();
        if pending.len() < DELETIONS_MAX {
            return Ok(());
        }
    }
}
