//! Fires timers: loads what is due soon from the index, waits until the leader's clock has passed a timer's time, and delivers it.
//! Never early; late when the node is overloaded.

use std::sync::Arc;
use std::time::Duration;

use keepstep_engine::Stimulus;
use tokio::sync::Semaphore;

use super::term::Term;
use super::{Shared, step};

/// Timers that are being delivered at a time.
const IN_FLIGHT_MAX: usize = 1_024;
/// How often the index is looked at for what has become due soon.
const LOAD_INTERVAL: Duration = Duration::from_secs(30);
/// After the index could not be read.
const LOAD_RETRY: Duration = Duration::from_millis(200);

/// Runs until the term ends.
pub(crate) async fn run(shared: Arc<Shared>, term: Arc<Term>) {
    let slots = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
    let ended = term.ended.clone();
    let loading = load(Arc::clone(&shared), Arc::clone(&term));
    let firing = async {
        loop {
            fire(&shared, &term, &slots).await;
        }
    };
    ended.run_until_cancelled(futures::future::join(loading, firing)).await;
}

async fn load(shared: Arc<Shared>, term: Arc<Term>) {
    loop {
        let loaded = {
            let (on_pool, term) = (Arc::clone(&shared), Arc::clone(&term));
            shared.pool.run(move || term.timers.load(on_pool.ledger.view(), term.clock.now())).await
        };
        term.timers.changed.notify_one();
        let pause = match loaded {
            Ok(Ok(true)) => Duration::ZERO,
            Ok(Ok(false)) => LOAD_INTERVAL,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the timers can't be read; trying again");
                LOAD_RETRY
            }
            Err(_) => LOAD_RETRY,
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = term.timers.room.notified() => {}
        }
    }
}

/// Waits for due timers and sends them off.
async fn fire(shared: &Arc<Shared>, term: &Arc<Term>, slots: &Arc<Semaphore>) {
    let changed = term.timers.changed.notified();
    match term.timers.next_due() {
        None => return changed.await,
        Some(due) => {
            let wait = term.clock.until(due);
            if !wait.is_zero() {
                // Timers of tokio have a granularity of a millisecond and never fire early; the clock is asked again anyway.
                tokio::select! {
                    () = changed => return,
                    () = tokio::time::sleep(wait) => {}
                }
            }
        }
    }
    let Ok(slot) = Arc::clone(slots).acquire_owned().await else { return };
    let mut slot = Some(slot);
    for timer in term.timers.take_due(term.clock.now(), 1 + slots.available_permits()) {
        let taken = slot.take().or_else(|| Arc::clone(slots).try_acquire_owned().ok());
        let Some(taken) = taken else {
            term.timers.put_back(timer);
            continue;
        };
        let (shared, term) = (Arc::clone(shared), Arc::clone(term));
        shared.runtime.clone().spawn(async move {
            step::insist(&shared, &term, timer.execution, Stimulus::TimerDue(timer)).await;
            drop(taken);
        });
    }
}
