//! Gives waiting activity tasks to workers that poll. A task is a worker's once the step that hands it out is committed; the poll's id is
//! kept with it, so that a poll that is asked again gets the same task.

use std::sync::Arc;
use std::time::Duration;

use keepstep_engine::draft::decode;
use keepstep_engine::id::{ActivityId, RequestId, Timestamp};
use keepstep_engine::record::Outcome;
use keepstep_engine::record::outcome::{Answer, HandedOut};
use keepstep_engine::task_token::TaskToken;
use keepstep_engine::{Arrival, Stimulus, View, ViewError, key};

use super::activity_queue::Match;
use super::term::Term;
use super::{ActivityPoll, Failure, Shared, step};

/// How often idle queues are forgotten.
const FORGET_INTERVAL: Duration = Duration::from_secs(10);

/// Forgets idle queues until the term ends.
pub(crate) async fn forget_idle(term: Arc<Term>) {
    while term.ended.run_until_cancelled(tokio::time::sleep(FORGET_INTERVAL)).await.is_some() {
        term.queues.forget_idle();
    }
}

/// Holds a poll until there is a task for it or the wait is over.
pub(crate) async fn poll(
    shared: &Arc<Shared>,
    term: &Arc<Term>,
    poll: ActivityPoll,
) -> Result<Option<HandedOut>, Failure> {
    if let Some(handed_out) = handed_out_before(shared.ledger.view(), term.clock.now(), poll.poll_id)? {
        return Ok(Some(handed_out));
    }
    let mut ticket = term.queues.join(&poll)?;
    if term.ended.is_cancelled() {
        // It ended while the poll joined, so that nobody would tell it.
        return Err(Failure::NotLeader);
    }
    start(shared, term, poll.activity);
    let mut wait = poll.wait;
    let answer = loop {
        match tokio::time::timeout(wait, &mut ticket.answer).await {
            Ok(answer) => break answer,
            Err(_) if ticket.leave() => return Ok(None),
            Err(_) if term.ended.is_cancelled() => {
                return Err(Failure::Unknown("the term ended during the hand-out".to_owned()));
            }
            // A hand-out to this poll is being committed. If it comes to nothing, the poll is in its queue again.
            Err(_) => wait = shared.pauses.first,
        }
    };
    match answer {
        Ok(answer) => answer.map(Some),
        Err(_) if term.ended.is_cancelled() => Err(Failure::NotLeader),
        Err(_) => Err(Failure::Unknown("the hand-out was given up".to_owned())),
    }
}

/// What an earlier try of a poll was given.
fn handed_out_before(
    view: &dyn View,
    now: Timestamp,
    poll_id: RequestId,
) -> Result<Option<HandedOut>, ViewError> {
    for time in [now, Timestamp(now.0 - key::REQUEST_BUCKET_MS)] {
        let key = key::request(time, poll_id);
        if let Some(stored) = view.get(&key)?
            && let Some(Answer::HandedOut(handed_out)) = decode::<Outcome>(&key, &stored.value)?.answer
        {
            return Ok(Some(handed_out));
        }
    }
    Ok(None)
}

/// Hands out what can be handed out now, and loads tasks where workers wait for more.
pub(crate) fn start(shared: &Arc<Shared>, term: &Arc<Term>, activity: ActivityId) {
    for matched in term.queues.pair(activity) {
        shared.runtime.spawn(hand_out(Arc::clone(shared), Arc::clone(term), matched));
    }
    if term.queues.wants_loading(activity) {
        shared.runtime.spawn(load(Arc::clone(shared), Arc::clone(term), activity));
    }
}

async fn load(shared: Arc<Shared>, term: Arc<Term>, activity: ActivityId) {
    let loaded = {
        let (on_pool, term) = (Arc::clone(&shared), Arc::clone(&term));
        shared.pool.run(move || term.queues.load(on_pool.ledger.view(), activity)).await
    };
    match loaded {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, %activity, "the waiting tasks can't be read; trying again");
            tokio::time::sleep(shared.pauses.longest).await;
        }
        Err(_) => tokio::time::sleep(shared.pauses.first).await,
    }
    if !term.ended.is_cancelled() {
        start(&shared, &term, activity);
    }
}

async fn hand_out(shared: Arc<Shared>, term: Arc<Term>, matched: Match) {
    let Match { waiting, attempt, poller } = matched;
    let arrival = Arrival {
        request: Some(poller.poll_id),
        stimulus: Stimulus::HandOut {
            branch: waiting.branch,
            attempt,
            worker_name: poller.worker_name.clone(),
        },
    };
    let answer = step::deliver(&shared, &term, waiting.execution, arrival, Some(Arc::clone(&poller))).await;
    match answer {
        Ok(Answer::HandedOut(handed_out)) => {
            let is_this = TaskToken::decode(&handed_out.task_token).is_some_and(|token| {
                (token.execution, token.branch, token.attempt) == (waiting.execution, waiting.branch, attempt)
            });
            if is_this {
                term.queues.settle(&waiting);
            } else {
                // An earlier try of the same poll was given another task meanwhile, and that one it gets.
                term.queues.give_back(waiting, attempt);
            }
            shared.meters.task("activity", "handed_out");
            poller.answer(Ok(handed_out));
        }
        // The task no longer waits: it was stopped, timed out or handed out.
        Ok(_) | Err(Failure::Api(_)) => {
            term.queues.settle(&waiting);
            term.queues.take_back(waiting.activity, poller);
        }
        Err(Failure::Internal(error)) => {
            tracing::error!(execution = %waiting.execution, error, "a task can't be handed out; it is left in its queue");
            term.queues.settle(&waiting);
            term.queues.take_back(waiting.activity, poller);
        }
        Err(failure @ (Failure::NotLeader | Failure::Unknown(_))) => {
            term.queues.give_back(waiting, attempt);
            poller.answer(Err(failure));
        }
        Err(Failure::Unavailable(_) | Failure::Overloaded) => {
            term.queues.give_back(waiting, attempt);
            if !poller.is_gone() {
                term.queues.take_back(waiting.activity, poller);
                tokio::time::sleep(shared.pauses.first).await;
            }
        }
    }
    if !term.ended.is_cancelled() {
        start(&shared, &term, waiting.activity);
    }
}
