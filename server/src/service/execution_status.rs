//! Statuses of executions, between the contract and the engine.

use keepstep_engine::query::StatusFilter;
use keepstep_engine::record::ExecutionStatus;
use keepstep_proto::workflow::v1 as proto;

/// To the contract, as the API shows it: one that is still to be redriven with its map run (`is_pending`) is shown as such, whatever it
/// has come to before.
pub(super) fn shown(status: ExecutionStatus, is_pending: bool) -> proto::ExecutionStatus {
    if is_pending { proto::ExecutionStatus::PendingRedrive } else { to_proto(status) }
}

/// To the contract.
pub(super) fn to_proto(status: ExecutionStatus) -> proto::ExecutionStatus {
    match status {
        ExecutionStatus::Running => proto::ExecutionStatus::Running,
        ExecutionStatus::Succeeded => proto::ExecutionStatus::Succeeded,
        ExecutionStatus::Failed => proto::ExecutionStatus::Failed,
        ExecutionStatus::TimedOut => proto::ExecutionStatus::TimedOut,
        ExecutionStatus::Aborted => proto::ExecutionStatus::Aborted,
    }
}

/// A filter from the contract: unspecified means all.
pub(super) fn filter_from_proto(status: proto::ExecutionStatus) -> StatusFilter {
    match status {
        proto::ExecutionStatus::Unspecified => StatusFilter::Any,
        proto::ExecutionStatus::Running => StatusFilter::Only(ExecutionStatus::Running),
        proto::ExecutionStatus::Succeeded => StatusFilter::Only(ExecutionStatus::Succeeded),
        proto::ExecutionStatus::Failed => StatusFilter::Only(ExecutionStatus::Failed),
        proto::ExecutionStatus::TimedOut => StatusFilter::Only(ExecutionStatus::TimedOut),
        proto::ExecutionStatus::Aborted => StatusFilter::Only(ExecutionStatus::Aborted),
        proto::ExecutionStatus::PendingRedrive => StatusFilter::PendingRedrive,
    }
}
