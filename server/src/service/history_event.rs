//! History events, to the contract: which of an event's members its type has.

use keepstep_engine::query::HistoryEvent;
use keepstep_engine::record::EventType;
use keepstep_proto::workflow::v1 as proto;
use proto::history_event::Details;

/// An event, to the contract.
pub(crate) fn to_proto(event: HistoryEvent) -> proto::HistoryEvent {
    let record = &event.event;
    proto::HistoryEvent {
        timestamp_ms: record.timestamp_ms,
        r#type: record.kind().api_name().to_owned(),
        id: record.id,
        previous_event_id: record.previous_id,
        details: details(event),
    }
}

fn details(event: HistoryEvent) -> Option<Details> {
    use EventType as Type;

    let HistoryEvent { event, input, output, assigned, version_arn, alias_arn } = event;
    let kind = event.kind();
    let details = event.details;
    Some(match kind {
        Type::ExecutionStarted => Details::ExecutionStarted(proto::ExecutionStarted {
            input,
            role_arn: details.role_arn.unwrap_or_default(),
            state_machine_version_arn: version_arn,
            state_machine_alias_arn: alias_arn,
        }),
        Type::ExecutionSucceeded | Type::ActivitySucceeded | Type::LambdaFunctionSucceeded => {
            Details::Output(proto::Output { output })
        }
        Type::ExecutionFailed
        | Type::ExecutionAborted
        | Type::ExecutionTimedOut
        | Type::ActivityFailed
        | Type::ActivityScheduleFailed
        | Type::ActivityTimedOut
        | Type::LambdaFunctionFailed
        | Type::LambdaFunctionScheduleFailed
        | Type::LambdaFunctionStartFailed
        | Type::LambdaFunctionTimedOut
        | Type::MapRunFailed => {
            Details::Failure(proto::Failure { error: details.error, cause: details.cause })
        }
        Type::PassStateEntered
        | Type::TaskStateEntered
        | Type::ChoiceStateEntered
        | Type::WaitStateEntered
        | Type::SucceedStateEntered
        | Type::FailStateEntered
        | Type::ParallelStateEntered
        | Type::MapStateEntered => {
            Details::StateEntered(proto::StateEntered { name: details.name.unwrap_or_default(), input })
        }
        Type::PassStateExited
        | Type::TaskStateExited
        | Type::ChoiceStateExited
        | Type::WaitStateExited
        | Type::SucceedStateExited
        | Type::ParallelStateExited
        | Type::MapStateExited => {
            let variable = |(name, value)| proto::AssignedVariable { name, value };
            Details::StateExited(proto::StateExited {
                name: details.name.unwrap_or_default(),
                output,
                assigned_variables: assigned.into_iter().map(variable).collect(),
            })
        }
        Type::EvaluationFailed => Details::EvaluationFailed(proto::EvaluationFailed {
            state: details.name.unwrap_or_default(),
            location: details.location.unwrap_or_default(),
            error: details.error,
            cause: details.cause,
        }),
        Type::ActivityScheduled | Type::LambdaFunctionScheduled => {
            Details::WorkScheduled(proto::WorkScheduled {
                resource: details.resource.unwrap_or_default(),
                input,
                timeout_seconds: details.timeout_seconds,
                heartbeat_seconds: details.heartbeat_seconds,
                credentials_role_arn: details.role_arn,
            })
        }
        Type::ActivityStarted => {
            Details::ActivityStarted(proto::ActivityStarted { worker_name: details.name })
        }
        Type::TaskScheduled
        | Type::TaskStarted
        | Type::TaskStartFailed
        | Type::TaskSubmitted
        | Type::TaskSubmitFailed
        | Type::TaskSucceeded
        | Type::TaskFailed
        | Type::TaskTimedOut => Details::Task(proto::TaskEvent {
            resource_type: details.resource_type.unwrap_or_default(),
            resource: details.resource.unwrap_or_default(),
            region: details.region.unwrap_or_default(),
            parameters: input,
            timeout_seconds: details.timeout_seconds,
            heartbeat_seconds: details.heartbeat_seconds,
            credentials_role_arn: details.role_arn,
            output,
            error: details.error,
            cause: details.cause,
        }),
        Type::MapStateStarted => {
            Details::MapStateStarted(proto::MapStateStarted { length: details.length.unwrap_or_default() })
        }
        Type::MapRunStarted => Details::MapRunStarted(proto::MapRunStarted {
            map_run_arn: details.map_run_arn.unwrap_or_default(),
        }),
        Type::ExecutionRedriven | Type::MapRunRedriven => Details::Redriven(proto::Redriven {
            map_run_arn: details.map_run_arn.unwrap_or_default(),
            redrive_count: details.redrive_count.unwrap_or_default(),
        }),
        Type::MapIterationStarted
        | Type::MapIterationSucceeded
        | Type::MapIterationFailed
        | Type::MapIterationAborted => Details::MapIteration(proto::MapIteration {
            name: details.name.unwrap_or_default(),
            index: details.index.unwrap_or_default(),
        }),
        Type::TaskStateAborted
        | Type::WaitStateAborted
        | Type::ParallelStateStarted
        | Type::ParallelStateSucceeded
        | Type::ParallelStateFailed
        | Type::ParallelStateAborted
        | Type::MapStateSucceeded
        | Type::MapStateFailed
        | Type::MapStateAborted
        | Type::MapRunSucceeded
        | Type::MapRunAborted
        | Type::LambdaFunctionStarted => return None,
    })
}
