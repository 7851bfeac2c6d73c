//! The translation of each operation: checked members to the gRPC request, and the node's answer to AWS's JSON. One file for the
//! operations of one kind of resource.

mod activity;
mod alias;
mod execution;
pub(crate) mod history;
mod json;
mod list;
mod map_run;
mod state_machine;
mod tag;
mod task;
mod test_state;
mod validation;
mod version;

use keepstep_proto::workflow::v1::Caller;

use crate::decode::Members;
use crate::fault::Fault;
use crate::nodes::Nodes;
use crate::operation::Operation;

/// Asks the nodes with a method of the generated client.
macro_rules! ask {
    ($nodes:ident, $operation:ident, $method:ident, $request:expr) => {
        $nodes
            .call($operation, $request, |mut workflow, request| {
                Box::pin(async move { workflow.$method(request).await })
            })
            .await
    };
}

/// Does an operation whose members satisfy the model. The answer is a JSON body.
///
/// # Errors
///
/// What is wrong with the members beyond the model, and what a node answered.
pub(crate) async fn perform(
    nodes: &Nodes,
    operation: Operation,
    members: Members,
    caller: Caller,
) -> Result<Vec<u8>, Fault> {
    match operation {
        Operation::CreateActivity => {
            let answer = ask!(nodes, operation, create_activity, activity::create(members, caller)?)?;
            Ok(activity::created(&answer))
        }
        Operation::CreateStateMachine => {
            let answer =
                ask!(nodes, operation, create_state_machine, state_machine::create(members, caller)?)?;
            Ok(state_machine::created(&answer))
        }
        Operation::CreateStateMachineAlias => {
            let answer = ask!(nodes, operation, create_state_machine_alias, alias::create(members, caller)?)?;
            Ok(alias::created(&answer))
        }
        Operation::DeleteActivity => {
            ask!(nodes, operation, delete_activity, activity::delete(members, caller)?)?;
            Ok(json::empty())
        }
        Operation::DeleteStateMachine => {
            ask!(nodes, operation, delete_state_machine, state_machine::delete(members, caller)?)?;
            Ok(json::empty())
        }
        Operation::DeleteStateMachineAlias => {
            ask!(nodes, operation, delete_state_machine_alias, alias::delete(members, caller)?)?;
            Ok(json::empty())
        }
        Operation::DeleteStateMachineVersion => {
            ask!(nodes, operation, delete_state_machine_version, version::delete(members, caller)?)?;
            Ok(json::empty())
        }
        Operation::DescribeActivity => {
            let answer = ask!(nodes, operation, describe_activity, activity::describe(members, caller)?)?;
            Ok(activity::described(&answer))
        }
        Operation::DescribeExecution => {
            let data = json::IncludedData::of(&members);
            let answer = ask!(nodes, operation, describe_execution, execution::describe(members, caller)?)?;
            Ok(execution::described(&answer, data))
        }
        Operation::DescribeMapRun => {
            let answer = ask!(nodes, operation, describe_map_run, map_run::describe(members, caller)?)?;
            Ok(map_run::described(&answer))
        }
        Operation::DescribeStateMachine => {
            let data = json::IncludedData::of(&members);
            let request = state_machine::describe(members, caller)?;
            let answer = ask!(nodes, operation, describe_state_machine, request)?;
            Ok(state_machine::described(&answer, data))
        }
        Operation::DescribeStateMachineAlias => {
            let answer =
                ask!(nodes, operation, describe_state_machine_alias, alias::describe(members, caller)?)?;
            Ok(alias::described(&answer))
        }
        Operation::DescribeStateMachineForExecution => {
            let data = json::IncludedData::of(&members);
            let request = state_machine::describe_for_execution(members, caller)?;
            let answer = ask!(nodes, operation, describe_state_machine_for_execution, request)?;
            Ok(state_machine::described_for_execution(&answer, data))
        }
        Operation::GetActivityTask => {
            let answer = nodes.poll(activity::poll(members, caller)?).await?;
            Ok(activity::polled(&answer))
        }
        Operation::GetExecutionHistory => {
            let answer = ask!(nodes, operation, get_execution_history, history::get(members, caller)?)?;
            Ok(history::got(&answer))
        }
        Operation::ListActivities => {
            let answer = ask!(nodes, operation, list_activities, list::activities(members, caller))?;
            Ok(list::activities_listed(&answer))
        }
        Operation::ListExecutions => {
            let answer = ask!(nodes, operation, list_executions, list::executions(members, caller)?)?;
            Ok(list::executions_listed(&answer))
        }
        Operation::ListMapRuns => {
            let answer = ask!(nodes, operation, list_map_runs, map_run::list(members, caller)?)?;
            Ok(map_run::listed(&answer))
        }
        Operation::ListStateMachineAliases => {
            let answer = ask!(nodes, operation, list_state_machine_aliases, alias::list(members, caller)?)?;
            Ok(alias::listed(&answer))
        }
        Operation::ListStateMachineVersions => {
            let answer =
                ask!(nodes, operation, list_state_machine_versions, version::list(members, caller)?)?;
            Ok(version::listed(&answer))
        }
        Operation::ListStateMachines => {
            let answer = ask!(nodes, operation, list_state_machines, list::state_machines(members, caller))?;
            Ok(list::state_machines_listed(&answer))
        }
        Operation::ListTagsForResource => {
            let answer = ask!(nodes, operation, list_tags_for_resource, tag::list(members, caller)?)?;
            Ok(tag::listed(&answer))
        }
        Operation::PublishStateMachineVersion => {
            let answer =
                ask!(nodes, operation, publish_state_machine_version, version::publish(members, caller)?)?;
            Ok(version::published(&answer))
        }
        Operation::RedriveExecution => {
            let answer = ask!(nodes, operation, redrive_execution, execution::redrive(members, caller)?)?;
            Ok(execution::redriven(&answer))
        }
        Operation::SendTaskFailure => {
            ask!(nodes, operation, send_task_failure, task::failure(members, caller))?;
            Ok(json::empty())
        }
        Operation::SendTaskHeartbeat => {
            ask!(nodes, operation, send_task_heartbeat, task::heartbeat(members, caller))?;
            Ok(json::empty())
        }
        Operation::SendTaskSuccess => {
            ask!(nodes, operation, send_task_success, task::success(members, caller))?;
            Ok(json::empty())
        }
        Operation::StartExecution => {
            let answer = ask!(nodes, operation, start_execution, execution::start(members, caller)?)?;
            Ok(execution::started(&answer))
        }
        Operation::StartSyncExecution => {
            let data = json::IncludedData::of(&members);
            let request = execution::start_sync(members, caller)?;
            let answer =
                nodes.call_once(operation, request, execution::SYNC_WORK_MAX, |mut workflow, request| {
                    Box::pin(async move { workflow.start_sync_execution(request).await })
                });
            Ok(execution::ran(&answer.await?, data))
        }
        Operation::StopExecution => {
            let answer = ask!(nodes, operation, stop_execution, execution::stop(members, caller)?)?;
            Ok(execution::stopped(&answer))
        }
        Operation::TagResource => {
            ask!(nodes, operation, tag_resource, tag::add(members, caller)?)?;
            Ok(json::empty())
        }
        Operation::TestState => {
            let request = test_state::request(members, caller)?;
            let answer =
                nodes.call_long(operation, request, test_state::WORK_MAX, |mut workflow, request| {
                    Box::pin(async move { workflow.test_state(request).await })
                });
            Ok(test_state::tested(&answer.await?))
        }
        Operation::UntagResource => {
            ask!(nodes, operation, untag_resource, tag::remove(members, caller)?)?;
            Ok(json::empty())
        }
        Operation::UpdateMapRun => {
            ask!(nodes, operation, update_map_run, map_run::update(members, caller)?)?;
            Ok(json::empty())
        }
        Operation::UpdateStateMachine => {
            let answer =
                ask!(nodes, operation, update_state_machine, state_machine::update(members, caller)?)?;
            Ok(state_machine::updated(&answer))
        }
        Operation::UpdateStateMachineAlias => {
            let answer = ask!(nodes, operation, update_state_machine_alias, alias::update(members, caller)?)?;
            Ok(alias::updated(&answer))
        }
        Operation::ValidateStateMachineDefinition => {
            let request = validation::validate(members, caller);
            let answer = ask!(nodes, operation, validate_state_machine_definition, request)?;
            Ok(validation::validated(&answer))
        }
    }
}
