//! The work of executions that run in memory on this node: calls of their tasks. Only the start of an execution goes to the leader.

use bytes::Bytes;
use keepstep_engine::Caller;
use keepstep_engine::execution::{Started, start_failure, start_result};
use keepstep_engine::id::RequestId;
use keepstep_engine::local::{Job, Work};
use keepstep_engine::record::{Call, CallKind};
use keepstep_engine::stimulus::CallResult;
use keepstep_proto::workflow::v1 as proto;
use keepstep_proto::workflow::v1::workflow_server::Workflow as _;
use prost::Message as _;

use super::WorkflowService;
use crate::leader::{Failure, aws_request_id};
use crate::sdk_answer::http_date;

/// By what a repeated call is known.
pub(super) struct Identity {
    /// Of the start of an execution.
    pub(super) request: RequestId,
    /// Of the call of a function.
    pub(super) idempotency_id: String,
}

/// Makes the call of a task, once.
///
/// # Errors
///
/// `Unavailable` where no leader answers; `Internal` for what is no call.
pub(super) async fn perform(
    service: &WorkflowService,
    caller: &Caller,
    work: &Work,
    identity: Identity,
) -> Result<CallResult, Failure> {
    match &work.job {
        Job::Call { kind: CallKind::StartExecution, call, payload } => {
            start(service, caller, call, payload.clone(), identity.request).await
        }
        Job::Call { call, payload, .. } => {
            service.engine().invoke(call, payload.clone(), identity.idempotency_id).await
        }
        Job::Activity { .. } => Err(Failure::Internal("no worker is asked to do this task".to_owned())),
    }
}

/// Starts an execution, wherever the leader is, in the account of the role that the task's `Credentials` name.
async fn start(
    service: &WorkflowService,
    caller: &Caller,
    call: &Call,
    input: Bytes,
    request: RequestId,
) -> Result<CallResult, Failure> {
    let request = proto::StartExecutionRequest {
        caller: Some(proto::Caller {
            account: if call.account.is_empty() { caller.account.clone() } else { call.account.clone() },
            region: caller.region.clone(),
            partition: caller.partition.clone(),
            request_id: Bytes::copy_from_slice(request.as_bytes()),
        }),
        state_machine_arn: call.target.clone(),
        name: call.name.clone(),
        input,
        trace_header: call.trace_header.clone(),
        receiver: 0,
    };
    match service.start_execution(tonic::Request::new(request)).await {
        Ok(answer) => {
            let proto::StartExecutionResponse { execution_arn: arn, start_date_ms: started_ms, .. } =
                answer.into_inner();
            let started = Started { arn, started_ms, express: None };
            Ok(start_result(&started, &aws_request_id(), &http_date(started_ms)))
        }
        Err(status) => match proto::ApiError::decode(status.details()) {
            Ok(error) if !error.code.is_empty() => {
                Ok(start_failure(&error.code, &error.message, &aws_request_id()))
            }
            _ => Err(Failure::Unavailable(status.message().to_owned())),
        },
    }
}
