//! Begins and ends terms, as the replica gains and loses leadership. Within a term nothing is decided, read or dispatched before the
//! term's first entry is applied: the replica reports leadership only then.

use std::sync::Arc;

use keepstep_raft::Leadership;
use tokio::sync::watch;

use super::clock::{self, Clock};
use super::outbox::{self, Outboxes};
use super::term::Term;
use super::{Engine, Shared, call, count, fire, hand_out, heirs, sweep};

/// Follows the replica's leadership until it stops.
pub(crate) async fn lead(engine: Engine, mut leadership: watch::Receiver<Leadership>) {
    let shared = engine.shared;
    loop {
        let now = leadership.borrow_and_update().clone();
        match now {
            Leadership::Leader { term, .. } => begin(&shared, term, &mut leadership).await,
            Leadership::Follower { .. } => end(&shared),
            Leadership::Stopped => return end(&shared),
        }
        if leadership.changed().await.is_err() {
            return end(&shared);
        }
    }
}

async fn begin(shared: &Arc<Shared>, number: u64, leadership: &mut watch::Receiver<Leadership>) {
    if shared.term.load().as_ref().is_some_and(|term| term.number == number) {
        return;
    }
    end(shared);
    let committed_ms = loop {
        match clock::committed_ms(shared.ledger.view()) {
            Ok(committed_ms) => break committed_ms,
            Err(error) => tracing::warn!(%error, "the last committed time can't be read; trying again"),
        }
        if pause_while_leading(shared.pauses.longest, leadership).await {
            return;
        }
    };
    let wait = clock::wait_before_start(committed_ms, clock::wall_ms());
    if !wait.is_zero() && pause_while_leading(wait, leadership).await {
        return;
    }
    let clock = Clock::start(committed_ms, clock::wall_ms());
    let settings = &shared.settings;
    let outboxes = Outboxes::new(&shared.outside.targets, settings.outbox_max, clock.now());
    let term = Arc::new(Term::new(number, clock, settings.pollers_max, outboxes));
    shared.term.store(Some(Arc::clone(&term)));
    tracing::info!(term = number, "this node leads");
    let calls_max = settings.lambda_calls_max;
    let of = || (Arc::clone(shared), Arc::clone(&term));
    let (firing, calling, sweeping, counting) = (of(), of(), of(), of());
    let (telling, giving) = (of(), of());
    shared.runtime.spawn(fire::run(firing.0, firing.1));
    shared.runtime.spawn(call::run(calling.0, calling.1, calls_max));
    shared.runtime.spawn(sweep::run(sweeping.0, sweeping.1));
    shared.runtime.spawn(count::run(counting.0, counting.1));
    shared.runtime.spawn(outbox::run(telling.0, telling.1));
    shared.runtime.spawn(heirs::run(giving.0, giving.1));
    shared.runtime.spawn(hand_out::forget_idle(Arc::clone(&term)));
}

/// Whether leadership changed meanwhile: then the change is still to be handled.
async fn pause_while_leading(
    pause: std::time::Duration,
    leadership: &mut watch::Receiver<Leadership>,
) -> bool {
    tokio::select! {
        _ = leadership.changed() => {
            leadership.mark_changed();
            true
        }
        () = tokio::time::sleep(pause) => false,
    }
}

fn end(shared: &Arc<Shared>) {
    if let Some(term) = shared.term.swap(None) {
        tracing::info!(term = term.number, "this node no longer leads");
        term.end();
        shared.meters.open.set(0.0);
    }
}
