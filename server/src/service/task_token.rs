//! Task tokens as workers send them.

use keepstep_engine::id::ExecutionId;
use keepstep_engine::record::Head;
use keepstep_engine::task_token::TaskToken;
use keepstep_engine::{ApiError, Caller, key, view};

use super::WorkflowService;
use crate::leader::Failure;

/// The task that a token names, for a caller of the same account and region: AWS's tokens work for principals of their own account
/// only.
///
/// # Errors
///
/// `InvalidToken`.
pub(super) fn open(service: &WorkflowService, caller: &Caller, text: &str) -> Result<TaskToken, Failure> {
    let token = TaskToken::decode(text).ok_or_else(ApiError::invalid_token)?;
    if is_anothers(service, caller, token.execution)? {
        return Err(ApiError::invalid_token().into());
    }
    Ok(token)
}

/// Whether the execution is known to be another account's or region's. One that is not known here is left to the leader's decision.
fn is_anothers(service: &WorkflowService, caller: &Caller, execution: ExecutionId) -> Result<bool, Failure> {
    let head: Option<Head> =
        service.engine().read_applied(|state| Ok(view::record(state, &key::head(execution))?))?;
    let of_caller = format!("arn:{}:states:{}:{}:", caller.partition, caller.region, caller.account);
    Ok(head.is_some_and(|head| !head.arn.starts_with(&of_caller)))
}
