//! Tells targets of changes of executions' statuses, each from an outbox of its own: at least once, those of one execution in order, and
//! again and again until the target takes them. What was told is deleted; what is left, the next leader finds by scanning.
//!
//! How much waits is counted in memory: once by scanning what was there before the term, and from then on as it comes and goes. A commit
//! that this leader doesn't hear of is counted by the next one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use keepstep_engine::id::{ExecutionId, OutboxId, Timestamp};
use keepstep_engine::key::{self, Outgoing};
use keepstep_engine::outbox::{self, Outbox};
use keepstep_engine::{Desk, Limits, View, ViewError};
use metrics::{Gauge, counter, gauge};
use tokio::sync::Notify;

use super::seldom::Seldom;
use super::term::Term;
use super::{Failure, Shared, decide};
use crate::metric;
use crate::status_changes::{Event, Target, Verdict};

/// Changes that are looked at in one go.
const SCANNED_MAX: usize = 200;
/// How often as many are looked at, where none of them is to be told now.
const SCANS_MAX: usize = 10;
/// Events that a target is told of in one go, each of another execution.
const TOLD_MAX: usize = 50;
/// Their bytes, at most one event more.
const TOLD_BYTES_MAX: usize = 4 << 20;
/// Changes that are counted in one go.
const COUNTED_MAX: usize = 1_000;
/// Between two tries where nothing was taken: doubled each time up to the longest.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_LONGEST: Duration = Duration::from_secs(30);
/// How often an event is refused before it is given up.
const REFUSALS_MAX: u32 = 10;

/// Executions that give way to others, and for how long.
const PASSED_OVER_MAX: usize = 1_000;
const PASSED_OVER_FOR: Duration = PAUSE_LONGEST;

/// The outboxes of a term, in the order of the targets.
pub(crate) struct Outboxes(Vec<Waiting>);

/// What waits in one of them.
struct Waiting {
    outbox: OutboxId,
    /// The target's.
    name: String,
    max: usize,
    /// What happened before was there when the term began.
    since: Timestamp,
    count: AtomicUsize,
    came: Notify,
    gauge: Gauge,
    /// The term is over: what is committed late is not shown.
    is_closed: AtomicBool,
    said_full: Seldom,
}

impl Outboxes {
    /// Those of `targets`, with room for `max` changes each, in a term that begins at `since`.
    pub(crate) fn new(targets: &[Target], max: usize, since: Timestamp) -> Self {
        let waiting = |target: &Target| Waiting {
            outbox: target.outbox(),
            name: target.name().to_owned(),
            max,
            since,
            count: AtomicUsize::new(0),
            came: Notify::new(),
            gauge: gauge!(metric::OUTBOX, "target" => target.name().to_owned()),
            is_closed: AtomicBool::new(false),
            said_full: Seldom::default(),
        };
        Self(targets.iter().map(waiting).collect())
    }

    /// As decisions see them: nothing where there are no targets.
    pub(crate) fn at_hand(&self) -> Vec<Outbox> {
        let of = |waiting: &Waiting| Outbox {
            id: waiting.outbox,
            is_full: waiting.count.load(Ordering::Relaxed) >= waiting.max,
        };
        self.0.iter().map(of).collect()
    }

    /// A change was committed of which a target is to be told.
    pub(crate) fn came(&self, outgoing: &Outgoing) {
        if let Some(waiting) = self.find(outgoing.outbox) {
            if outgoing.at >= waiting.since {
                waiting.add(1);
            }
            waiting.came.notify_one();
        }
    }

    /// A change was committed of which a target won't be told, since its outbox is full.
    pub(crate) fn overflowed(&self, outbox: OutboxId) {
        if let Some(waiting) = self.find(outbox) {
            waiting.tally("overflowed", 1);
            if waiting.said_full.is_due() {
                tracing::warn!(
                    target_name = waiting.name,
                    max = waiting.max,
                    "too much waits for a target of status changes: it won't be told of what happens now"
                );
            }
        }
    }

    /// The term is over: what waits is another's to count.
    pub(crate) fn close(&self) {
        for waiting in &self.0 {
            waiting.is_closed.store(true, Ordering::Relaxed);
            waiting.gauge.set(0.0);
        }
    }

    fn find(&self, outbox: OutboxId) -> Option<&Waiting> {
        self.0.iter().find(|waiting| waiting.outbox == outbox)
    }
}

impl Waiting {
    fn add(&self, count: usize) {
        let before = self.count.fetch_add(count, Ordering::Relaxed);
        self.show(before + count);
    }

    fn subtract(&self, count: usize) {
        let update = |before: usize| Some(before.saturating_sub(count));
        let before =
            self.count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, update).unwrap_or_default();
        self.show(before.saturating_sub(count));
    }

    fn show(&self, count: usize) {
        if !self.is_closed.load(Ordering::Relaxed) {
            self.gauge.set(count as f64);
        }
    }

    fn tally(&self, result: &'static str, count: usize) {
        let counter = counter!(metric::STATUS_CHANGES, "target" => self.name.clone(), "result" => result);
        counter.increment(count as u64);
    }
}

/// Runs until the term ends.
pub(crate) async fn run(shared: Arc<Shared>, term: Arc<Term>) {
    let each = shared.outside.targets.iter().zip(&term.outboxes.0).map(|(target, waiting)| {
        let said = (Seldom::default(), Seldom::default());
        let teller = Teller {
            shared: &shared,
            term: &term,
            target,
            waiting,
            said_failing: said.0,
            said_given_up: said.1,
        };
        teller.tell_all()
    });
    term.ended.run_until_cancelled(futures::future::join_all(each)).await;
}

struct Teller<'a> {
    shared: &'a Arc<Shared>,
    term: &'a Arc<Term>,
    target: &'a Target,
    waiting: &'a Waiting,
    said_failing: Seldom,
    said_given_up: Seldom,
}

/// What a target is not told of now, since it has just not taken it: else some that it can't take, and doesn't say so, would hold up
/// all the others for ever. They come again when nothing else waits, or after a while.
struct PassedOver {
    executions: HashSet<ExecutionId>,
    since: Instant,
}

impl PassedOver {
    fn new() -> Self {
        Self { executions: HashSet::new(), since: Instant::now() }
    }

    /// Those whose changes were told, and are not over.
    fn take(&mut self, keys: &[Outgoing], round: &Round) {
        if self.since.elapsed() >= PASSED_OVER_FOR || self.executions.len() >= PASSED_OVER_MAX {
            *self = Self::new();
        }
        let left = keys.iter().filter(|outgoing| !round.over.contains(outgoing));
        self.executions.extend(left.map(|outgoing| outgoing.execution));
    }
}

/// How telling some events went.
#[derive(Debug, Default, PartialEq, Eq)]
struct Round {
    /// Those that need no more telling: taken, or given up.
    over: Vec<Outgoing>,
    /// Of those, how many were given up.
    given_up: usize,
    /// Why others weren't taken.
    failure: Option<String>,
    /// How many weren't.
    failed: usize,
}

impl Round {
    /// What `verdicts` on the changes of `keys` mean, and one that is given up now: its place, and why. `refusals` counts how often each
    /// was refused.
    fn of(
        keys: &[Outgoing],
        verdicts: Vec<Verdict>,
        refusals: &mut HashMap<Outgoing, u32>,
    ) -> (Self, Option<(usize, String)>) {
        let (mut round, mut given_up) = (Self::default(), None);
        for (at, (outgoing, verdict)) in keys.iter().copied().zip(verdicts).enumerate() {
            let reason = match verdict {
                Verdict::Taken => {
                    round.over.push(outgoing);
                    continue;
                }
                Verdict::Refused(reason) => {
                    let times = refusals.entry(outgoing).or_default();
                    *times += 1;
                    if *times >= REFUSALS_MAX {
                        round.over.push(outgoing);
                        round.given_up += 1;
                        given_up = Some((at, reason));
                        continue;
                    }
                    reason
                }
                Verdict::Unavailable(reason) => reason,
            };
            round.failed += 1;
            round.failure = Some(reason);
        }
        // Those that weren't taken come again, sooner or later.
        refusals.retain(|outgoing, _| !round.over.contains(outgoing));
        (round, given_up)
    }
}

impl Teller<'_> {
    async fn tell_all(self) {
        while let Err(failure) = self.count().await {
            tracing::debug!(%failure, "what waits for a target can't be counted; trying again");
            tokio::time::sleep(self.shared.pauses.longest).await;
        }
        let (mut refusals, mut passed_over) = (HashMap::new(), PassedOver::new());
        let mut pause = PAUSE_FIRST;
        loop {
            match self.tell_some(&mut refusals, &mut passed_over).await {
                Ok(None) => {
                    self.waiting.came.notified().await;
                    continue;
                }
                Ok(Some(round)) => {
                    if !round.over.is_empty() {
                        pause = PAUSE_FIRST;
                    }
                    let Some(reason) = round.failure else { continue };
                    if self.said_failing.is_due() {
                        let (target_name, events) = (self.target.name(), round.failed);
                        tracing::warn!(
                            target_name,
                            events,
                            reason,
                            "status changes weren't taken; trying again"
                        );
                    }
                }
                Err(Failure::NotLeader) => {}
                Err(failure) => {
                    tracing::warn!(target_name = self.target.name(), %failure, "telling status changes stopped; it goes on later");
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_LONGEST);
        }
    }

    /// Counts what was there before the term.
    async fn count(&self) -> Result<(), Failure> {
        let (outbox, before) = (self.waiting.outbox, self.waiting.since);
        let (mut total, mut from) = (0, Some(key::outbox(outbox)));
        while let Some(at) = from {
            let shared = Arc::clone(self.shared);
            let portion = move || outbox::count(shared.ledger.view(), outbox, &at, before, COUNTED_MAX);
            let (counted, next) = self.shared.pool.run(portion).await??;
            (total, from) = (total + counted, next);
        }
        self.waiting.add(total);
        Ok(())
    }

    /// Tells the target of the oldest change of each of some executions. `None` if nothing waits.
    async fn tell_some(
        &self,
        refusals: &mut HashMap<Outgoing, u32>,
        passed_over: &mut PassedOver,
    ) -> Result<Option<Round>, Failure> {
        let mut loaded = self.load(passed_over).await?;
        if loaded.is_empty() && !passed_over.executions.is_empty() {
            *passed_over = PassedOver::new();
            loaded = self.load(passed_over).await?;
        }
        if loaded.is_empty() {
            return Ok(None);
        }
        let (keys, events): (Vec<_>, Vec<_>) = loaded.into_iter().unzip();
        let verdicts = self.target.tell(&events).await;
        let (round, given_up) = Round::of(&keys, verdicts, refusals);
        passed_over.take(&keys, &round);
        if let Some((at, reason)) = given_up
            && self.said_given_up.is_due()
        {
            tracing::warn!(
                target_name = self.target.name(),
                events = round.given_up,
                execution = events.get(at).map(Event::execution_arn),
                reason,
                "status changes were refused too often: they are given up"
            );
        }
        self.forget(&round).await?;
        Ok(Some(round))
    }

    async fn load(&self, passed_over: &PassedOver) -> Result<Vec<(Outgoing, Event)>, Failure> {
        let (shared, outbox) = (Arc::clone(self.shared), self.waiting.outbox);
        let without = passed_over.executions.clone();
        let load = move || load(shared.ledger.view(), &shared.limits, outbox, without);
        Ok(self.shared.pool.run(load).await??)
    }

    async fn forget(&self, round: &Round) -> Result<(), Failure> {
        self.waiting.tally("failed", round.failed);
        self.waiting.tally("told", round.over.len() - round.given_up);
        self.waiting.tally("given-up", round.given_up);
        if round.over.is_empty() {
            return Ok(());
        }
        let over = round.over.clone();
        decide::run(self.shared, self.term, Arc::new(move |desk: &Desk<'_>| outbox::forget(desk, &over)))
            .await?;
        self.waiting.subtract(round.over.len());
        Ok(())
    }
}

/// The oldest change of each of some executions, as events, but of those in `without`: only when it has been told does the next one of
/// that execution follow.
fn load(
    view: &dyn View,
    limits: &Limits,
    outbox: OutboxId,
    without: HashSet<ExecutionId>,
) -> Result<Vec<(Outgoing, Event)>, ViewError> {
    let mut executions = without;
    let mut events = Vec::new();
    let mut bytes = 0;
    let mut from = key::outbox(outbox);
    for _ in 0..SCANS_MAX {
        let waiting = outbox::waiting(view, outbox, &from, SCANNED_MAX)?;
        let next = waiting.last().filter(|_| waiting.len() == SCANNED_MAX).map(|(last, _)| last.key());
        for (outgoing, head) in waiting {
            if !executions.insert(outgoing.execution) {
                continue;
            }
            let payloads = outbox::payloads(view, &outgoing, &head)?;
            let event = Event::new(&outgoing, &head, &payloads, limits)
                .map_err(|error| ViewError::Store(format!("an event can't be written: {error}")))?;
            bytes += event.bytes();
            events.push((outgoing, event));
            if events.len() == TOLD_MAX || bytes > TOLD_BYTES_MAX {
                return Ok(events);
            }
        }
        match next {
            Some(last) if events.is_empty() => from = key::after(&last),
            _ => break,
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use keepstep_engine::id::ExecutionId;

    use super::*;

    #[test]
    fn a_change_that_is_refused_again_and_again_is_given_up() {
        let key = |event_id| Outgoing {
            outbox: OutboxId::of_target("t"),
            at: Timestamp(1),
            execution: ExecutionId::of_arn("x"),
            event_id,
        };
        let (taken, refused, unavailable) = (key(1), key(2), key(3));
        let no = || "no".to_owned();
        let mut refusals = HashMap::new();
        for time in 1..=REFUSALS_MAX {
            let verdicts = vec![Verdict::Taken, Verdict::Refused(no()), Verdict::Unavailable(no())];
            let told = Round::of(&[taken, refused, unavailable], verdicts, &mut refusals);
            let round = |over, given_up, failed| Round { over, given_up, failed, failure: Some(no()) };
            if time < REFUSALS_MAX {
                assert_eq!(told, (round(vec![taken], 0, 2), None));
                assert_eq!(refusals, HashMap::from([(refused, time)]));
            } else {
                assert_eq!(told, (round(vec![taken, refused], 1, 1), Some((1, no()))));
                assert_eq!(refusals, HashMap::new());
            }
        }
    }
}
