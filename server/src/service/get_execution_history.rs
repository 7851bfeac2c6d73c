//! GetExecutionHistory.

use keepstep_engine::query::{self, GetExecutionHistory};
use keepstep_proto::workflow::v1::{GetExecutionHistoryRequest, GetExecutionHistoryResponse};

use super::{WorkflowService, caller, history_event, page};
use crate::leader::Failure;

pub(super) async fn call(
    service: &WorkflowService,
    request: GetExecutionHistoryRequest,
) -> Result<GetExecutionHistoryResponse, Failure> {
    let (caller, _) = caller::of(request.caller)?;
    let asked = GetExecutionHistory {
        caller,
        execution_arn: request.execution_arn,
        reverse: request.reverse_order,
        execution_data: request.include_execution_data,
        page: page::request(request.max_results, request.next_token),
    };
    let now = page::now();
    let found = service.engine().read(|view| query::get_execution_history(view, now, &asked)).await?;
    Ok(GetExecutionHistoryResponse {
        events: found.items.into_iter().map(history_event::to_proto).collect(),
        next_token: found.next_token,
    })
}
