//! Starts and stops other executions for tasks, and answers as AWS's optimised integration for Step Functions does. The child's name
//! and request id derive from the parent, branch and attempt, so that a repeated call finds the child that the first one started.

use std::sync::Arc;

use bytes::Bytes;
use keepstep_asl::Entropy;
use keepstep_engine::draft::decode;
use keepstep_engine::execution::{self, StartExecution, start_failure, start_result};
use keepstep_engine::id::{ExecutionId, RequestId};
use keepstep_engine::key::{self, CallKey};
use keepstep_engine::record::{Call, Head, ParentLink};
use keepstep_engine::stimulus::CallResult;
use keepstep_engine::{Arrival, Caller, Desk, Stimulus};
use sha2::{Digest, Sha256};

use super::entropy::OsEntropy;
use super::term::Term;
use super::{Failure, Shared, decide, step};
use crate::sdk_answer::http_date;

/// Starts the child. `None` if the term ended, or the parent is gone, before there was a result.
pub(crate) async fn start(
    shared: &Arc<Shared>,
    term: &Arc<Term>,
    key: CallKey,
    call: &Call,
    input: Bytes,
) -> Option<CallResult> {
    let caller = caller_of(shared, key.execution, &call.account)?;
    let parent = call.reports_end.then(|| ParentLink {
        execution: Bytes::copy_from_slice(key.execution.as_bytes()),
        branch: key.branch.0,
        attempt: call.attempt,
    });
    let request = StartExecution {
        caller,
        state_machine_arn: call.target.clone(),
        name: call.name.clone(),
        input,
        trace_header: call.trace_header.clone(),
        request: request_id(key, call.attempt),
        parent,
        node: shared.starts.node(),
    };
    let decide = Arc::new(move |desk: &Desk<'_>| execution::start(desk, &request));
    loop {
        // A task of its own: when the call is abandoned half-way, the child that may have been committed still gets its effects.
        let (of_shared, of_term, decide) = (Arc::clone(shared), Arc::clone(term), decide.clone());
        let starting = shared.runtime.spawn(async move { decide::run(&of_shared, &of_term, decide).await });
        let started = starting.await.ok()?;
        return match started {
            Ok(mut started) => {
                if let Some(express) = started.express.take() {
                    shared.starts.offer(*express);
                }
                Some(start_result(&started, &aws_request_id(), &http_date(started.started_ms)))
            }
            Err(Failure::Api(error)) => Some(start_failure(error.code, &error.message, &aws_request_id())),
            Err(Failure::Internal(error)) => {
                tracing::error!(execution = %key.execution, error, "a child can't be started");
                None
            }
            Err(Failure::NotLeader | Failure::Unavailable(_) | Failure::Unknown(_) | Failure::Overloaded) => {
                term.ended.run_until_cancelled(tokio::time::sleep(shared.pauses.longest)).await?;
                continue;
            }
        };
    }
}

/// Stops the child; whether it was there to be stopped makes no difference. `None` if the term ended before.
pub(crate) async fn stop(shared: &Arc<Shared>, term: &Arc<Term>, call: &Call) -> Option<CallResult> {
    let child = ExecutionId::of_arn(&call.target);
    loop {
        let arrival = Arrival { request: None, stimulus: Stimulus::stopping(call) };
        match step::deliver(shared, term, child, arrival, None).await {
            Ok(_) | Err(Failure::Api(_)) => return Some(CallResult::Succeeded(Bytes::from_static(b"{}"))),
            Err(Failure::Internal(error)) => {
                tracing::error!(execution = %child, error, "a child can't be stopped");
                return None;
            }
            Err(Failure::NotLeader | Failure::Unavailable(_) | Failure::Unknown(_) | Failure::Overloaded) => {
                term.ended.run_until_cancelled(tokio::time::sleep(shared.pauses.longest)).await?;
            }
        }
    }
}

/// A task acts in its execution's own account and region, or in the account of the role that its `Credentials` name.
fn caller_of(shared: &Shared, parent: ExecutionId, account_of_role: &str) -> Option<Caller> {
    let key = key::head(parent);
    let stored = shared.ledger.view().get(&key).ok()??;
    let head: Head = decode(&key, &stored.value).ok()?;
    // arn:PARTITION:states:REGION:ACCOUNT:execution:...
    let mut parts = head.arn.split(':').skip(1);
    let partition = parts.next()?.to_owned();
    let region = parts.nth(1)?.to_owned();
    let own_account = parts.next()?;
    let account = if account_of_role.is_empty() { own_account } else { account_of_role }.to_owned();
    Some(Caller { account, region, partition })
}

/// The request id of the start that a call asks for.
pub(crate) fn request_id(key: CallKey, attempt: u64) -> RequestId {
    let digest = Sha256::new_with_prefix(key.key()).chain_update(attempt.to_be_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    RequestId::from_bytes(bytes)
}

/// AWS's request ids are random UUIDs.
pub(crate) fn aws_request_id() -> String {
    let mut bytes = [0; 16];
    OsEntropy.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_call_has_the_same_request_id() {
        let key = CallKey {
            execution: ExecutionId::of_arn("x"),
            branch: keepstep_engine::id::BranchId::ROOT,
            kind: keepstep_engine::record::CallKind::StartExecution,
        };
        assert_eq!(request_id(key, 1), request_id(key, 1));
        assert_ne!(request_id(key, 1), request_id(key, 2));
    }
}
