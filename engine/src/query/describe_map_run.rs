//! DescribeMapRun.

use crate::api_error::{ApiError, Refusal};
use crate::arn::MapRunArn;
use crate::desk::Caller;
use crate::id::ExecutionId;
use crate::key;
use crate::record::MapRun;
use crate::view::{self, View};

/// The map run of that ARN.
///
/// # Errors
///
/// `ResourceNotFound`, `InvalidArn`.
pub fn describe_map_run(view: &dyn View, caller: &Caller, arn: &str) -> Result<MapRun, Refusal> {
    let missing = || ApiError::resource_not_found(arn);
    MapRunArn::of_caller(caller, arn)?.ok_or_else(missing)?;
    let record: Option<MapRun> = view::record(view, &key::map_run(ExecutionId::of_arn(arn)))?;
    Ok(record.ok_or_else(missing)?)
}
