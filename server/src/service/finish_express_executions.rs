//! FinishExpressExecutions: between nodes.

use keepstep_engine::express;
use keepstep_engine::id::{ExecutionId, NodeId};
use keepstep_proto::workflow::v1::{FinishExpressExecutionsRequest, FinishExpressExecutionsResponse};

use super::WorkflowService;
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: FinishExpressExecutionsRequest,
) -> Result<FinishExpressExecutionsResponse, Failure> {
    let malformed = || Failure::Internal("an execution's id has not 16 bytes".to_owned());
    let executions: Option<Vec<_>> =
        request.executions.iter().map(|id| ExecutionId::from_slice(id)).collect();
    let (node, executions) = (NodeId(request.node), executions.ok_or_else(malformed)?);
    service.engine().decide(move |desk| express::finish(desk, node, &executions)).await?;
    Ok(FinishExpressExecutionsResponse {})
}
