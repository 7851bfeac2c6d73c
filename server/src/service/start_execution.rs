//! StartExecution. The leader decides; if it is an Express execution, the node that got the call runs it.

use keepstep_engine::execution::{self, StartExecution};
use keepstep_engine::id::NodeId;
use keepstep_engine::name;
use keepstep_engine::record::ExpressStart;
use keepstep_proto::workflow::v1::{StartExecutionRequest, StartExecutionResponse};
use prost::Message;
use tonic::{Request, Response};

use super::{WorkflowService, caller};
use crate::leader::Failure;

/// Notes which node got the call.
pub(super) fn received(
    service: &WorkflowService,
    mut request: Request<StartExecutionRequest>,
) -> Request<StartExecutionRequest> {
    let receiver = &mut request.get_mut().receiver;
    if *receiver == 0 {
        *receiver = service.engine().starts().node().0;
    }
    request
}

pub(super) async fn call(
    service: WorkflowService,
    request: StartExecutionRequest,
) -> Result<StartExecutionResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    name::check(&request.name)?;
    let start = StartExecution {
        caller,
        state_machine_arn: request.state_machine_arn,
        name: request.name,
        input: request.input,
        trace_header: request.trace_header,
        request: id,
        parent: None,
        node: NodeId(request.receiver),
    };
    let started = service.engine().decide(move |desk| execution::start(desk, &start)).await?;
    Ok(StartExecutionResponse {
        execution_arn: started.arn,
        start_date_ms: started.started_ms,
        express_start: started.express.map(|start| start.encode_to_vec().into()),
    })
}

/// Begins the Express execution that was started, if this node got the call.
pub(super) fn begun(
    service: &WorkflowService,
    receiver: u64,
    mut answer: Response<StartExecutionResponse>,
) -> Response<StartExecutionResponse> {
    let starts = service.engine().starts();
    if starts.node() == NodeId(receiver)
        && let Some(start) = answer.get_mut().express_start.take()
        // What can't be read here is found by a scan, and reported there.
        && let Ok(start) = ExpressStart::decode(start)
    {
        starts.offer(start);
    }
    answer
}
