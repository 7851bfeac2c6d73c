//! Whether an execution can be redriven (API reference, "RedriveExecution" and "DescribeExecution").

use std::borrow::Cow;

use super::super::{finish, seconds};
use crate::arn::is_express;
use crate::draft::Draft;
use crate::id::{BranchId, ExecutionId, Timestamp};
use crate::key;
use crate::limits::Limits;
use crate::record::{Branch, ExecutionStatus, Head};
use crate::view::{View, ViewError};

/// How long after its end an execution can be redriven, in seconds.
const PERIOD_SECONDS: u64 = 14 * 86_400;

/// Whether an execution can be redriven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redrivability {
    /// By RedriveExecution.
    Redrivable,
    /// With the map run whose child it is.
    ByMapRun,
    /// It can't, for this reason.
    Not(Cow<'static, str>),
}

impl Redrivability {
    /// The name that the API uses.
    pub fn api_name(&self) -> &'static str {
        match self {
            Self::Redrivable => "REDRIVABLE",
            Self::ByMapRun => "REDRIVABLE_BY_MAP_RUN",
            Self::Not(_) => "NOT_REDRIVABLE",
        }
    }

    /// Why it can't be redriven.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Not(reason) => Some(reason),
            Self::Redrivable | Self::ByMapRun => None,
        }
    }
}

/// Whether an execution can be redriven now.
///
/// # Errors
///
/// None but of the view.
pub fn redrivability(
    view: &dyn View,
    execution: ExecutionId,
    head: &Head,
    now: Timestamp,
    limits: &Limits,
) -> Result<Redrivability, ViewError> {
    let not = |reason: &'static str| Ok(Redrivability::Not(reason.into()));
    let judged = redrivability_by_head(head, now, limits);
    if let Redrivability::Not(_) = judged {
        return Ok(judged);
    }
    let draft = Draft::new(view);
    if !finish::is_active(&draft, &head.state_machine_arn, &head.machine)? {
        return not("State machine is in DELETING status");
    }
    // Ours: versions before this one kept nothing to go on with, nor is more kept than a transaction holds. A child of the type `EXPRESS` is started anew and needs nothing.
    if !is_express(&head.arn) && draft.peek::<Branch>(&key::branch(execution, BranchId::ROOT))?.is_none() {
        return not(
            "Execution left nothing that it could go on with: it was too large to be kept, or ended under an earlier version of this server",
        );
    }
    Ok(judged)
}

/// What the record of an execution says by itself about whether it can be redriven.
pub fn redrivability_by_head(head: &Head, now: Timestamp, limits: &Limits) -> Redrivability {
    let not = |reason: &'static str| Redrivability::Not(reason.into());
    if let ExecutionStatus::Running | ExecutionStatus::Succeeded = head.status() {
        let reason = format!("Execution is {} and cannot be redriven", head.status().api_name());
        return Redrivability::Not(reason.into());
    }
    if is_express(&head.arn) {
        // Such a child is started anew, which it can be at any time (developer guide, "Redriving Map Runs in Step Functions executions").
        return match head.map_run {
            Some(_) => Redrivability::ByMapRun,
            None => not("Redrive is not supported by executions of type EXPRESS"),
        };
    }
    if !has_room(head.next_event_id.saturating_sub(1), limits) {
        return not("Execution history event limit exceeded");
    }
    if seconds::after(head.started_ms, limits.execution_seconds_max) <= now.0 {
        return not("Execution has exceeded the max execution time");
    }
    if head.stopped_ms.is_none_or(|stopped_ms| seconds::after(stopped_ms, PERIOD_SECONDS) < now.0) {
        return not("Execution redrivable period exceeded");
    }
    if head.map_run.is_some() { Redrivability::ByMapRun } else { Redrivability::Redrivable }
}

/// Whether an execution has ended without success and has no room in its history for a redrive, whenever that may be asked for.
pub(crate) fn has_ended_for_good(head: &Head, limits: &Limits) -> bool {
    let is_unsuccessful = !matches!(head.status(), ExecutionStatus::Running | ExecutionStatus::Succeeded);
    is_unsuccessful && !is_express(&head.arn) && !has_room(head.next_event_id.saturating_sub(1), limits)
}

/// Whether a history of so many events has room for `ExecutionRedriven` and an event more.
pub(in super::super) fn has_room(events: u64, limits: &Limits) -> bool {
    events < limits.history_events_max.saturating_sub(1)
}
