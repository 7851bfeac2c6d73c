//! Makes the calls that tasks and map runs wait for: Lambda functions are invoked, other executions are started and stopped, items are read
//! and results written. Each call is made at
//! least once, with the same idempotency id each time, until its result is recorded; it is never retried here, since that is what the
//! task's `Retry` is for.

use std::sync::Arc;

use bytes::Bytes;
use keepstep_engine::execution::read_payload;
use keepstep_engine::id::ExecutionId;
use keepstep_engine::key::{self, CallKey};
use keepstep_engine::record::{Call, CallKind};
use keepstep_engine::stimulus::CallResult;
use keepstep_engine::{Stimulus, ViewError};
use tokio::sync::Semaphore;

use super::call_queue::{Due, Lane};
use super::term::Term;
use super::{Failure, Shared, step};
use super::{child, map_run};
use crate::lambda::Invocation;

/// Executions that are being started or stopped, and map runs that are being woken, at a time.
const OWN_MAX: usize = 256;
/// Map runs whose items are being read, or whose results are being written, at a time: each may hold some megabytes.
const OBJECTS_MAX: usize = 16;

/// Runs until the term ends.
pub(crate) async fn run(shared: Arc<Shared>, term: Arc<Term>, lambda_calls_max: usize) {
    let ended = term.ended.clone();
    let lanes = futures::future::join4(
        scan(&shared, &term),
        make(&shared, &term, Lane::Lambda, lambda_calls_max),
        make(&shared, &term, Lane::Own, OWN_MAX),
        make(&shared, &term, Lane::Objects, OBJECTS_MAX),
    );
    ended.run_until_cancelled(lanes).await;
}

/// Loads stored calls: all of them at first, then those that memory had no room for.
async fn scan(shared: &Arc<Shared>, term: &Arc<Term>) {
    let mut from = Some(key::calls());
    loop {
        while let Some(next) = from.take() {
            let (on_pool, on_term, start) = (Arc::clone(shared), Arc::clone(term), next.clone());
            let loaded = shared.pool.run(move || on_term.calls.load(on_pool.ledger.view(), &start)).await;
            from = match loaded {
                Ok(Ok(next)) => next,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the stored calls can't be read; trying again");
                    tokio::time::sleep(shared.pauses.longest).await;
                    Some(next)
                }
                Err(_) => {
                    tokio::time::sleep(shared.pauses.first).await;
                    Some(next)
                }
            };
        }
        term.calls.scan.notified().await;
        from = term.calls.take_left();
    }
}

async fn make(shared: &Arc<Shared>, term: &Arc<Term>, lane: Lane, slots: usize) {
    let slots = Arc::new(Semaphore::new(slots));
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
        let due = loop {
            match term.calls.next(lane) {
                Some(due) => break due,
                None => term.calls.notify(lane).notified().await,
            }
        };
        let (shared, term) = (Arc::clone(shared), Arc::clone(term));
        shared.runtime.clone().spawn(async move {
            let Due { key, call, abandoned } = due;
            let called = abandoned.run_until_cancelled(perform(&shared, &term, key, &call)).await;
            drop(slot);
            if let Some(result) = called {
                record(&shared, &term, key, &call, result).await;
            }
            term.calls.finish(&key, call.attempt);
        });
    }
}

/// `None` if the term ended before there was a result.
async fn perform(shared: &Arc<Shared>, term: &Arc<Term>, key: CallKey, call: &Call) -> Option<CallResult> {
    let payload = match payload(shared, key, call) {
        Ok(payload) => payload,
        Err(Failure::Api(_) | Failure::Internal(_)) => {
            // The execution was deleted meanwhile, or can't be read: a result would find nobody.
            return None;
        }
        Err(_) => return None,
    };
    let result = match key.kind {
        CallKind::Lambda => {
            shared.outside.lambda.invoke(invocation(call, payload, idempotency_id(key, call.attempt))).await
        }
        CallKind::StartExecution => child::start(shared, term, key, call, payload).await?,
        CallKind::StopExecution => child::stop(shared, term, call).await?,
        CallKind::MapRun => {
            // Its end comes by its own report, not as the answer to this.
            step::insist(shared, term, ExecutionId::of_arn(&call.target), Stimulus::Advance).await;
            return None;
        }
        CallKind::ReadItems => map_run::read_items(shared, key, call).await?,
        CallKind::WriteResults => map_run::write_results(shared, key, call).await?,
    };
    let outcome = if matches!(result, CallResult::Failed { .. }) { "failed" } else { "succeeded" };
    shared.meters.task(resource(key.kind), outcome);
    Some(result)
}

/// The call of a function.
pub(super) fn invocation(call: &Call, payload: Bytes, idempotency_id: String) -> Invocation<'_> {
    Invocation {
        function: &call.target,
        qualifier: &call.qualifier,
        payload,
        invocation_type: &call.invocation_type,
        client_context: &call.client_context,
        log_type: &call.log_type,
        whole_answer: call.whole_answer,
        idempotency_id,
    }
}

fn resource(kind: CallKind) -> &'static str {
    match kind {
        CallKind::Lambda => "lambda",
        CallKind::StartExecution => "start_execution",
        CallKind::StopExecution => "stop_execution",
        CallKind::MapRun => "map_run",
        CallKind::ReadItems => "read_items",
        CallKind::WriteResults => "write_results",
    }
}

async fn record(
    shared: &Arc<Shared>,
    term: &Arc<Term>,
    key: CallKey,
    call: &Call,
    result: Option<CallResult>,
) {
    let Some(result) = result else { return };
    let CallKey { execution, branch, kind } = key;
    let stimulus = Stimulus::CallFinished { branch, kind, attempt: call.attempt, result };
    step::insist(shared, term, execution, stimulus).await;
}

fn payload(shared: &Shared, key: CallKey, call: &Call) -> Result<Bytes, Failure> {
    match call.payload {
        None => Ok(Bytes::from_static(b"{}")),
        Some(payload) => {
            read_payload(shared.ledger.view(), key.execution, payload).map_err(|error: ViewError| {
                tracing::error!(%error, execution = %key.execution, "the payload of a call can't be read");
                error.into()
            })
        }
    }
}

/// The same for every time that the call is made.
pub(crate) fn idempotency_id(key: CallKey, attempt: u64) -> String {
    format!("{}-{}-{attempt}", key.execution, key.branch.0)
}
