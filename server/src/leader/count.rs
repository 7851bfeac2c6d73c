//! Counts the executions that run, for metrics: starts and ends are counted as they happen, and now and then everything is counted anew,
//! since what happened under another leader isn't known. Slow and in small portions.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use keepstep_engine::draft::decode;
use keepstep_engine::record::{ExecutionStatus, StateMachine};
use keepstep_engine::view::Direction;
use keepstep_engine::{View, ViewError, key};

use super::term::Term;
use super::{Failure, Shared};

/// The least time between two counts.
const INTERVAL: Duration = Duration::from_secs(60);
/// Counting takes at most this part of the time.
const PAUSE_FACTOR: u32 = 50;
/// Keys that are looked at in one go.
const PORTION: usize = 1_000;

/// Runs until the term ends.
pub(crate) async fn run(shared: Arc<Shared>, term: Arc<Term>) {
    let ended = term.ended.clone();
    let counting = async {
        loop {
            let started = Instant::now();
            match count(&shared).await {
                Ok(count) => shared.meters.open.set(count as f64),
                Err(failure) => {
                    tracing::debug!(%failure, "running executions can't be counted; they are later")
                }
            }
            tokio::time::sleep(INTERVAL.max(started.elapsed() * PAUSE_FACTOR)).await;
        }
    };
    ended.run_until_cancelled(counting).await;
}

async fn count(shared: &Arc<Shared>) -> Result<usize, Failure> {
    let mut total = 0;
    let mut machine = Some(key::all_state_machines());
    while let Some(from) = machine {
        let on_pool = Arc::clone(shared);
        let (id, next) = shared.pool.run(move || next_machine(on_pool.ledger.view(), &from)).await??;
        let mut listing = id.map(|id| key::listings(id, ExecutionStatus::Running));
        while let Some(from) = listing {
            let (on_pool, end) =
                (Arc::clone(shared), id.map(|id| key::listings(id, ExecutionStatus::Running)));
            let portion = move || {
                let end = key::prefix_end(end.as_deref().unwrap_or_default());
                on_pool.ledger.view().scan(&from, &end, PORTION, Direction::Forward)
            };
            let found = shared.pool.run(portion).await??;
            total += found.len();
            let more = found.len() == PORTION;
            listing = found.last().filter(|_| more).map(|(last, _)| key::after(last));
        }
        machine = next;
    }
    Ok(total)
}

/// The first state machine from `from` on, and where to look for the next one.
fn next_machine(
    view: &dyn View,
    from: &[u8],
) -> Result<(Option<keepstep_engine::id::MachineId>, Option<Bytes>), ViewError> {
    let end = key::prefix_end(&key::all_state_machines());
    let found = view.scan(from, &end, 1, Direction::Forward)?;
    let Some((stored, versioned)) = found.first() else { return Ok((None, None)) };
    let machine: StateMachine = decode(stored, &versioned.value)?;
    Ok((machine.machine_id(), Some(key::after(stored))))
}
