//! UpdateMapRun.

use keepstep_engine::arn::MapRunArn;
use keepstep_engine::id::ExecutionId;
use keepstep_engine::stimulus::MapRunUpdate;
use keepstep_engine::{ApiError, Arrival, Stimulus};
use keepstep_proto::workflow::v1::{UpdateMapRunRequest, UpdateMapRunResponse};

use super::{WorkflowService, caller};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: UpdateMapRunRequest,
) -> Result<UpdateMapRunResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    let arn = request.map_run_arn;
    let missing = || ApiError::resource_not_found(&arn);
    MapRunArn::of_caller(&caller, &arn)?.ok_or_else(missing)?;
    let update = MapRunUpdate {
        max_concurrency: request.max_concurrency,
        tolerated_failure_count: request.tolerated_failure_count,
        tolerated_failure_percentage: request.tolerated_failure_percentage,
    };
    let arrival = Arrival { request: Some(id), stimulus: Stimulus::UpdateMapRun(update) };
    match service.engine().deliver(ExecutionId::of_arn(&arn), arrival).await {
        Ok(_) => Ok(UpdateMapRunResponse {}),
        // Whoever finds no record knows the id only.
        Err(Failure::Api(error)) if error.code == "ResourceNotFound" => Err(missing().into()),
        Err(failure) => Err(failure),
    }
}
