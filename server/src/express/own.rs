//! Runs the asynchronous executions that this node owns: those that it has just come to own, and those that a scan of its own view finds,
//! which are what a former life of this node left, what a lost node left, and what there was no room for. Each is begun once in this
//! node's life, and reported to the leader when it has ended.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use keepstep_engine::express::{FINISHED_MAX, owned};
use keepstep_engine::id::{ExecutionId, NodeId};
use keepstep_engine::record::ExpressStart;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::drive::drive;
use super::plan::Plan;
use super::starts::Arrivals;
use super::{Backing, Express};
use crate::leader::{Engine, Failure};

/// Between two scans.
const SCAN_INTERVAL: Duration = Duration::from_secs(1);
/// Executions that one scan reads at a time.
const SCAN_PAGE: usize = 256;
/// How late the answer of a start may be that a scan has found already.
const PAST_FOR: Duration = Duration::from_secs(15);
/// Between two tries of what the leader or the cluster is needed for.
const PAUSE: Duration = Duration::from_millis(200);

/// Runs as long as the node does.
pub(crate) async fn own<B: Backing>(express: Express, backing: B, mut arrivals: Arrivals) {
    let engine = express.engine.clone();
    // What was finished before this node last stopped must not be found: the view has to be up to date first.
    caught_up(&engine).await;
    let mut ticks = tokio::time::interval(SCAN_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut owner = Owner {
        node: arrivals.node,
        express,
        backing,
        known: HashSet::new(),
        past: Past::new(),
        running: JoinSet::new(),
        ended: Vec::new(),
        reporting: None,
        is_more_stored: false,
    };
    loop {
        owner.report();
        tokio::select! {
            biased;
            // Nothing stays in the channel while the same is found by a scan, run and forgotten.
            Some(start) = arrivals.receiver.recv() => owner.take(start),
            Some(ran) = owner.running.join_next(), if !owner.running.is_empty() => {
                owner.ran(ran);
                // Room was made.
                if owner.is_more_stored && owner.running.len() * 2 < owner.express.room.executions_max {
                    owner.scan().await;
                }
            }
            reported = reported(&mut owner.reporting) => owner.forget(&reported),
            () = arrivals.left.notified() => owner.is_more_stored = true,
            _ = ticks.tick() => owner.scan().await,
        }
    }
}

/// How the run of an execution went.
enum Ran {
    /// It has ended, or can't be run at all.
    Ended(ExecutionId),
    /// It wasn't begun: a later scan finds it again.
    Later(ExecutionId),
}

struct Owner<B> {
    node: NodeId,
    express: Express,
    backing: B,
    /// Those that run, and those that have ended and may still be stored.
    known: HashSet<ExecutionId>,
    /// Those that are stored no more, for a while: a scan may find one before the answer comes that says it was started.
    past: Past,
    running: JoinSet<Ran>,
    /// Not reported yet.
    ended: Vec<ExecutionId>,
    reporting: Option<BoxFuture<'static, Vec<ExecutionId>>>,
    /// A scan stopped for lack of room.
    is_more_stored: bool,
}

impl<B: Backing> Owner<B> {
    fn has_room(&self) -> bool {
        self.running.len() < self.express.room.executions_max
    }

    /// One that was just started.
    fn take(&mut self, start: ExpressStart) {
        if self.has_room() { self.begin(start) } else { self.is_more_stored = true }
    }

    fn begin(&mut self, start: ExpressStart) {
        let id = ExecutionId::of_arn(&start.arn);
        if !self.past.contains(&id) && self.known.insert(id) {
            let (express, backing) = (self.express.clone(), self.backing.clone());
            self.running.spawn(async move { run(express, backing, id, start).await });
        }
    }

    fn ran(&mut self, ran: Result<Ran, tokio::task::JoinError>) {
        match ran {
            Ok(Ran::Ended(id)) => self.ended.push(id),
            Ok(Ran::Later(id)) => drop(self.known.remove(&id)),
            // It stays known, and stored: this node doesn't run it again, the next one does.
            Err(error) => tracing::error!(%error, "an Express execution's run panicked"),
        }
    }

    /// Begins to report what has ended since the last report, if none is under way.
    fn report(&mut self) {
        if self.reporting.is_some() || self.ended.is_empty() {
            return;
        }
        let batch = self.ended.split_off(self.ended.len().saturating_sub(FINISHED_MAX));
        let (engine, backing) = (self.express.engine.clone(), self.backing.clone());
        let report = async move {
            while let Err(failure) = backing.finish(batch.clone()).await {
                tracing::debug!(%failure, "ended Express executions can't be reported; trying again");
                tokio::time::sleep(PAUSE).await;
            }
            // From here on a scan doesn't find them.
            caught_up(&engine).await;
            batch
        };
        self.reporting = Some(report.boxed());
    }

    fn forget(&mut self, reported: &[ExecutionId]) {
        self.reporting = None;
        for id in reported {
            self.known.remove(id);
            self.past.insert(*id);
        }
    }

    /// Begins what is stored, as far as there is room.
    async fn scan(&mut self) {
        let mut from = None;
        self.past.turn();
        self.is_more_stored = false;
        loop {
            if !self.has_room() {
                self.is_more_stored = true;
                return;
            }
            let (node, start) = (self.node, from.take());
            let found = self.express.engine.look(move |desk| Ok(owned(desk.view, node, start, SCAN_PAGE)?));
            let found = match found.await {
                Ok(found) => found,
                Err(Failure::Overloaded) => return self.is_more_stored = true,
                Err(failure) => {
                    tracing::error!(%failure, "this node's Express executions can't be read");
                    return;
                }
            };
            for (id, start) in found.starts {
                if self.has_room() || self.known.contains(&id) {
                    self.begin(start);
                } else {
                    self.is_more_stored = true;
                }
            }
            match found.next {
                Some(next) => from = Some(next),
                None => return,
            }
        }
    }
}

/// Remembers for [`PAST_FOR`] at least.
struct Past {
    young: HashSet<ExecutionId>,
    old: HashSet<ExecutionId>,
    turned: Instant,
}

impl Past {
    fn new() -> Self {
        Self { young: HashSet::new(), old: HashSet::new(), turned: Instant::now() }
    }

    /// Forgets what is old, at every scan: one that another node gives back is run again.
    fn turn(&mut self) {
        if self.turned.elapsed() > PAST_FOR {
            self.old = std::mem::take(&mut self.young);
            self.turned = Instant::now();
        }
    }

    fn insert(&mut self, id: ExecutionId) {
        self.young.insert(id);
    }

    fn contains(&self, id: &ExecutionId) -> bool {
        self.young.contains(id) || self.old.contains(id)
    }
}

async fn run<B: Backing>(express: Express, backing: B, id: ExecutionId, start: ExpressStart) -> Ran {
    let _running = express.meters.begin();
    let mut is_up_to_date = false;
    let failure = loop {
        let planned = start.clone();
        let ran = drive(&express, &backing, start.input.len(), move |desk| Plan::of(desk, planned));
        match ran.await {
            Ok(ended) => {
                express.meters.ended(ended.status, ended.transitions);
                return Ran::Ended(id);
            }
            // The leader's answer may be here before what it decided on: only a node that is up to date knows that it is gone.
            Err(Failure::Api(_)) if !is_up_to_date => match express.engine.barrier().await {
                Ok(()) => is_up_to_date = true,
                Err(failure) => break failure,
            },
            Err(failure) => break failure,
        }
    };
    let execution = start.arn;
    match failure {
        Failure::Internal(_) | Failure::Api(_) => {
            tracing::error!(execution, %failure, "an Express execution can't be run");
            Ran::Ended(id)
        }
        _ => {
            tracing::debug!(execution, %failure, "an Express execution is run later");
            tokio::time::sleep(PAUSE).await;
            Ran::Later(id)
        }
    }
}

/// Waits until this node has applied all that is committed now.
async fn caught_up(engine: &Engine) {
    while let Err(failure) = engine.barrier().await {
        tracing::debug!(%failure, "this node isn't up to date yet");
        tokio::time::sleep(PAUSE).await;
    }
}

async fn reported(reporting: &mut Option<BoxFuture<'static, Vec<ExecutionId>>>) -> Vec<ExecutionId> {
    match reporting {
        Some(reporting) => reporting.await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_past_is_forgotten_also_where_nothing_else_ends() {
        let (mut past, id) = (Past::new(), ExecutionId::of_arn("x"));
        past.insert(id);
        past.turn();
        assert!(past.contains(&id));
        for is_remembered in [true, false] {
            past.turned = past.turned.checked_sub(2 * PAST_FOR).expect("the machine has run for so long");
            past.turn();
            assert_eq!(past.contains(&id), is_remembered);
        }
    }
}
