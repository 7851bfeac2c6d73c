//! FinishExpressExecutions: between nodes.

use keepstep_engine::Desk;
use keepstep_engine::express;
use keepstep_engine::id::{ExecutionId, NodeId};
use keepstep_proto::workflow::v1::{FinishExpressExecutionsRequest, FinishExpressExecutionsResponse};

use super::WorkflowService;
use crate::leader::{Failure, Priority};

pub(super) async fn call(
    service: WorkflowService,
    request: FinishExpressExecutionsRequest,
) -> Result<FinishExpressExecutionsResponse, Failure> {
    let malformed = || Failure::Internal("an execution's id has not 16 bytes".to_owned());
    let executions: Option<Vec<_>> =
        request.executions.iter().map(|id| ExecutionId::from_slice(id)).collect();
    let (node, executions) = (NodeId(request.node), executions.ok_or_else(malformed)?);
    // What starts adds to what is stored, and this takes away from it: it must get through when starts are refused.
    let finish = move |desk: &Desk<'_>| express::finish(desk, node, &executions);
    service.engine().decide_with(Priority::First, finish).await?;
    Ok(FinishExpressExecutionsResponse {})
}
