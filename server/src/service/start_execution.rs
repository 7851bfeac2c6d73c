//! StartExecution.

use keepstep_engine::execution::{self, StartExecution};
use keepstep_engine::name;
use keepstep_proto::workflow::v1::{StartExecutionRequest, StartExecutionResponse};

use super::{WorkflowService, caller};
use crate::leader::Failure;

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
    };
    let started = service.engine().decide(move |desk| execution::start(desk, &start)).await?;
    Ok(StartExecutionResponse { execution_arn: started.arn, start_date_ms: started.started_ms })
}
