//! DescribeExecution.

use bytes::Bytes;

use crate::api_error::{ApiError, Refusal};
use crate::arn::ExecutionArn;
use crate::desk::Caller;
use crate::execution::{Redrivability, read_payload, redrivability};
use crate::id::{ExecutionId, Timestamp};
use crate::key;
use crate::limits::Limits;
use crate::record::{Head, MapRun};
use crate::view::{self, View, ViewError};

/// An execution with its payloads.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutionDetail {
    /// Its name.
    pub name: String,
    /// Its record.
    pub head: Head,
    /// JSON.
    pub input: Bytes,
    /// JSON; of a success only.
    pub output: Option<Bytes>,
    /// Whether it can be redriven.
    pub redrivability: Redrivability,
    /// Whether it is still to be redriven with its map run.
    pub is_pending: bool,
}

/// The execution of that ARN. The time says whether it can be redriven still.
///
/// # Errors
///
/// `ExecutionDoesNotExist`, `InvalidArn`.
pub fn describe_execution(
    view: &dyn View,
    now: Timestamp,
    limits: &Limits,
    caller: &Caller,
    arn: &str,
) -> Result<ExecutionDetail, Refusal> {
    let (id, head) = find(view, caller, arn)?;
    let redrivability = redrivability(view, id, &head, now, limits)?;
    let map_run = match head.map_run.as_ref().and_then(|link| ExecutionId::from_slice(&link.map_run)) {
        Some(map_run) => view::record::<MapRun>(view, &key::map_run(map_run))?,
        None => None,
    };
    let is_pending = map_run.is_some_and(|map_run| map_run.is_pending(&head));
    let read = || -> Result<_, ViewError> {
        let output = head.output.map(|output| read_payload(view, id, output)).transpose()?;
        Ok((read_payload(view, id, head.input)?, output))
    };
    let (input, output) = read().map_err(|error| explain(view, &head, id, error))?;
    Ok(ExecutionDetail { name: name_of(&head.arn), head, input, output, redrivability, is_pending })
}

/// What a failed read of an execution's data means: what is missing may have been deleted, together with the execution, since its head
/// was read.
pub(super) fn explain(view: &dyn View, head: &Head, id: ExecutionId, error: ViewError) -> Refusal {
    match error {
        ViewError::Missing { .. } if matches!(view.get(&key::head(id)), Ok(None)) => {
            ApiError::execution_does_not_exist(&head.arn).into()
        }
        error => error.into(),
    }
}

/// The id and the head of a caller's execution.
///
/// # Errors
///
/// `ExecutionDoesNotExist`, `InvalidArn`.
pub(super) fn find(view: &dyn View, caller: &Caller, arn: &str) -> Result<(ExecutionId, Head), Refusal> {
    let missing = || ApiError::execution_does_not_exist(arn);
    ExecutionArn::of_caller(caller, arn)?.ok_or_else(missing)?;
    let id = ExecutionId::of_arn(arn);
    let head: Option<Head> = view::record(view, &key::head(id))?;
    Ok((id, head.ok_or_else(missing)?))
}

/// The name in a stored ARN.
pub(super) fn name_of(arn: &str) -> String {
    ExecutionArn::parse(arn).map(|arn| arn.name.to_owned()).unwrap_or_default()
}
