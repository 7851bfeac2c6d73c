//! What Express executions need of this node: calls of their tasks, and a way to the leader.

use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use keepstep_engine::Caller;
use keepstep_engine::id::ExecutionId;
use keepstep_engine::key::CallKey;
use keepstep_engine::local::{Job, Work};
use keepstep_engine::record::CallKind;
use keepstep_engine::stimulus::CallResult;
use keepstep_proto::workflow::v1::FinishExpressExecutionsRequest;
use keepstep_proto::workflow::v1::workflow_server::Workflow as _;

use super::WorkflowService;
use super::work::{self, Identity};
use crate::express::Backing;
use crate::leader::{Failure, call_idempotency_id, call_request_id};

/// Before an execution's start is asked for again that no leader answered: asked again with the same request id, it is one start.
const PAUSE: Duration = Duration::from_millis(200);

impl Backing for WorkflowService {
    fn perform(&self, caller: Caller, work: Work) -> BoxFuture<'static, CallResult> {
        let service = self.clone();
        async move {
            loop {
                match work::perform(&service, &caller, &work, identity(&work)).await {
                    Ok(result) => return result,
                    Err(Failure::Internal(cause)) => {
                        return CallResult::Failed { error: "States.Runtime".to_owned(), cause };
                    }
                    Err(_) => tokio::time::sleep(PAUSE).await,
                }
            }
        }
        .boxed()
    }

    fn finish(&self, executions: Vec<ExecutionId>) -> BoxFuture<'static, Result<(), Failure>> {
        let service = self.clone();
        let request = FinishExpressExecutionsRequest {
            node: self.engine().starts().node().0,
            executions: executions.iter().map(|id| Bytes::copy_from_slice(id.as_bytes())).collect(),
        };
        async move {
            let finished = service.finish_express_executions(tonic::Request::new(request)).await;
            finished.map(drop).map_err(|status| Failure::Unavailable(status.message().to_owned()))
        }
        .boxed()
    }
}

/// Derived from whose work it is, so that an execution that is run again makes the same calls.
fn identity(work: &Work) -> Identity {
    let kind = match &work.job {
        Job::Call { kind, .. } => *kind,
        Job::Activity { .. } => CallKind::Lambda,
    };
    let key = CallKey { execution: work.key.execution, branch: work.key.branch, kind };
    Identity {
        request: call_request_id(key, work.key.attempt),
        idempotency_id: call_idempotency_id(key, work.key.attempt),
    }
}
