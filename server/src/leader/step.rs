//! Steps of executions: takes what waits in a mailbox, has it decided together, and answers after the commit.

use std::sync::Arc;

use keepstep_engine::id::ExecutionId;
use keepstep_engine::record::outcome::Answer;
use keepstep_engine::{ApiError, Arrival, Decision, Desk, Refusal, Stimulus};
use tokio::sync::oneshot;

use super::activity_queue::Poller;
use super::mailbox::{Letter, Posted};
use super::pool::Priority;
use super::term::Term;
use super::{Failure, Shared, decide};

/// What a step decides for its arrivals, or for the first of them where all would be too much for one step.
pub(crate) type Answers = Vec<Result<Answer, ApiError>>;

/// The engine's step, or a test's.
pub(crate) type StepFn =
    dyn Fn(&Desk<'_>, ExecutionId, &[Arrival]) -> Result<Decision<Answers>, Refusal> + Send + Sync;

/// Puts an arrival in a mailbox, and waits for the commit of the step that took it. `worker` is who a hand-out is for: if it has gone
/// when the step is decided, nothing is handed out and the answer is [`Failure::Unavailable`].
pub(crate) async fn deliver(
    shared: &Arc<Shared>,
    term: &Arc<Term>,
    execution: ExecutionId,
    arrival: Arrival,
    worker: Option<Arc<Poller>>,
) -> Result<Answer, Failure> {
    if term.ended.is_cancelled() {
        return Err(Failure::NotLeader);
    }
    let (reply, answer) = oneshot::channel();
    if term.mailboxes.put(execution, Letter { arrival, worker, reply })? == Posted::Start {
        // A task of its own: the step goes on when whoever asked goes away.
        shared.runtime.spawn(run(Arc::clone(shared), Arc::clone(term), execution));
    }
    answer.await.map_err(|_| Failure::Unknown("the step was given up".to_owned()))?
}

/// Delivers something of the scheduler's own until it is decided or the term is over. Refusals mean that it is out of date. A leader
/// that a quorum doesn't answer for a while commits nothing and yet may lead on: only the term's end is a reason to give up.
pub(crate) async fn insist(
    shared: &Arc<Shared>,
    term: &Arc<Term>,
    execution: ExecutionId,
    stimulus: Stimulus,
) {
    let mut pause = shared.pauses.first;
    loop {
        let arrival = Arrival { request: None, stimulus: stimulus.clone() };
        match deliver(shared, term, execution, arrival, None).await {
            Ok(_) | Err(Failure::Api(_)) => return,
            Err(Failure::Internal(error)) => {
                tracing::error!(%execution, ?stimulus, error, "a step can't be decided; it is tried again by the next leader");
                return;
            }
            Err(Failure::NotLeader | Failure::Unavailable(_) | Failure::Unknown(_) | Failure::Overloaded) => {
                if term.ended.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                    return;
                }
                pause = (pause * 2).min(shared.pauses.longest);
            }
        }
    }
}

async fn run(shared: Arc<Shared>, term: Arc<Term>, execution: ExecutionId) {
    while let Some(letters) = term.mailboxes.take(execution) {
        step(&shared, &term, execution, letters).await;
    }
}

async fn step(shared: &Arc<Shared>, term: &Arc<Term>, execution: ExecutionId, letters: Vec<Letter>) {
    let mut arrivals = Vec::with_capacity(letters.len());
    let mut replies = Vec::with_capacity(letters.len());
    for Letter { arrival, worker, reply } in letters {
        if worker.is_some_and(|worker| worker.is_gone()) {
            let _ = reply.send(Err(Failure::Unavailable("the worker has gone".to_owned())));
        } else {
            arrivals.push(arrival);
            replies.push(reply);
        }
    }
    if arrivals.is_empty() {
        return;
    }
    let (arrivals, mut replies) = (Arc::new(arrivals), replies.into_iter());
    let mut answered = 0;
    while let Some(rest) = arrivals.get(answered..).filter(|rest| !rest.is_empty()) {
        shared.meters.steps.increment(1);
        let (step, on_pool, rest_len) = (Arc::clone(&shared.step), Arc::clone(&arrivals), rest.len());
        let decide =
            move |desk: &Desk<'_>| step(desk, execution, on_pool.get(answered..).unwrap_or_default());
        match decide::run_with(shared, term, Priority::First, Arc::new(decide)).await {
            Ok(answers) => {
                debug_assert!(
                    (1..=rest_len).contains(&answers.len()),
                    "one answer for each, or for the first"
                );
                // A step without answers would be repeated for ever.
                if answers.is_empty() {
                    return;
                }
                answered += answers.len();
                // Whoever has gone meanwhile finds the outcome by its request id. The answers come first: when they end, no reply is
                // taken for nothing.
                for (answer, reply) in answers.into_iter().zip(replies.by_ref()) {
                    let _ = reply.send(answer.map_err(Failure::Api));
                }
            }
            Err(failure) => {
                for reply in replies {
                    let _ = reply.send(Err(failure.clone()));
                }
                return;
            }
        }
    }
}
