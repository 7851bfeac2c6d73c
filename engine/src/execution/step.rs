//! What happens to an execution when something happened to it.

use crate::api_error::ApiError;
use crate::desk::Desk;
use crate::draft::Decision;
use crate::id::ExecutionId;
use crate::record::outcome::Answer;
use crate::stimulus::Arrival;
use crate::view::ViewError;

/// Decides arrivals together, in one transaction, with one answer for each.
pub fn step(
    _desk: &Desk<'_>,
    _execution: ExecutionId,
    _arrivals: &[Arrival],
) -> Result<Decision<Vec<Result<Answer, ApiError>>>, ViewError> {
    Err(ViewError::Store("executions can't be stepped yet".to_owned()))
}
