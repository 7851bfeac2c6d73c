//! The gRPC `Workflow` service of a node: one operation, one file, each translating between the contract and the engine.
//!
//! Mutations and polls run where the leader is: a node that does not lead hands the call on, once. Reads are answered by the node that
//! got them. Nothing here decides anything.

mod caller;
mod configuration;
mod create_activity;
mod create_state_machine;
mod create_state_machine_alias;
mod delete_activity;
mod delete_state_machine;
mod delete_state_machine_alias;
mod delete_state_machine_version;
mod deliver;
mod describe_activity;
mod describe_execution;
mod describe_map_run;
mod describe_state_machine;
mod describe_state_machine_alias;
mod describe_state_machine_for_execution;
mod execution_status;
mod express;
mod finish_express_executions;
mod forward;
mod get_activity_task;
mod get_execution_history;
pub(crate) mod history_event;
mod list_activities;
mod list_executions;
mod list_map_runs;
mod list_state_machine_aliases;
mod list_state_machine_versions;
mod list_state_machines;
mod list_tags_for_resource;
mod page;
mod publish_state_machine_version;
mod redrive_execution;
mod route;
mod send_task_failure;
mod send_task_heartbeat;
mod send_task_success;
mod start_execution;
mod start_sync_execution;
mod status;
mod stop_execution;
mod tag;
mod tag_resource;
mod task_token;
mod test_state;
mod unexpected;
mod untag_resource;
mod update_map_run;
mod update_state_machine;
mod update_state_machine_alias;
mod validate_state_machine_definition;
mod variable_references;
mod work;

use keepstep_proto::workflow::v1::workflow_server::Workflow;
use keepstep_proto::workflow::v1::*;
use tonic::{Request, Response, Status};

use crate::leader::{Engine, Failure};
use crate::node::Node;

type Answer<T> = Result<Response<T>, Status>;

/// The service. Cheap to clone.
#[derive(Clone)]
pub(crate) struct WorkflowService {
    node: Node,
}

impl WorkflowService {
    /// The service of a node.
    pub(crate) fn new(node: Node) -> Self {
        Self { node }
    }

    fn engine(&self) -> &Engine {
        self.node.engine()
    }
}

#[tonic::async_trait]
impl Workflow for WorkflowService {
    async fn create_state_machine(
        &self,
        request: Request<CreateStateMachineRequest>,
    ) -> Answer<CreateStateMachineResponse> {
        self.lead(request, create_state_machine::call, |mut leader, request| async move {
            leader.create_state_machine(request).await
        })
        .await
    }

    async fn update_state_machine(
        &self,
        request: Request<UpdateStateMachineRequest>,
    ) -> Answer<UpdateStateMachineResponse> {
        self.lead(request, update_state_machine::call, |mut leader, request| async move {
            leader.update_state_machine(request).await
        })
        .await
    }

    async fn describe_state_machine(
        &self,
        request: Request<DescribeStateMachineRequest>,
    ) -> Answer<DescribeStateMachineResponse> {
        answer(describe_state_machine::call(self, request.into_inner()).await)
    }

    async fn describe_state_machine_for_execution(
        &self,
        request: Request<DescribeStateMachineForExecutionRequest>,
    ) -> Answer<DescribeStateMachineForExecutionResponse> {
        answer(describe_state_machine_for_execution::call(self, request.into_inner()).await)
    }

    async fn list_state_machines(
        &self,
        request: Request<ListStateMachinesRequest>,
    ) -> Answer<ListStateMachinesResponse> {
        answer(list_state_machines::call(self, request.into_inner()).await)
    }

    async fn delete_state_machine(
        &self,
        request: Request<DeleteStateMachineRequest>,
    ) -> Answer<DeleteStateMachineResponse> {
        self.lead(request, delete_state_machine::call, |mut leader, request| async move {
            leader.delete_state_machine(request).await
        })
        .await
    }

    async fn validate_state_machine_definition(
        &self,
        request: Request<ValidateStateMachineDefinitionRequest>,
    ) -> Answer<ValidateStateMachineDefinitionResponse> {
        answer(validate_state_machine_definition::call(self, request.into_inner()).await)
    }

    async fn publish_state_machine_version(
        &self,
        request: Request<PublishStateMachineVersionRequest>,
    ) -> Answer<PublishStateMachineVersionResponse> {
        self.lead(request, publish_state_machine_version::call, |mut leader, request| async move {
            leader.publish_state_machine_version(request).await
        })
        .await
    }

    async fn list_state_machine_versions(
        &self,
        request: Request<ListStateMachineVersionsRequest>,
    ) -> Answer<ListStateMachineVersionsResponse> {
        answer(list_state_machine_versions::call(self, request.into_inner()).await)
    }

    async fn delete_state_machine_version(
        &self,
        request: Request<DeleteStateMachineVersionRequest>,
    ) -> Answer<DeleteStateMachineVersionResponse> {
        self.lead(request, delete_state_machine_version::call, |mut leader, request| async move {
            leader.delete_state_machine_version(request).await
        })
        .await
    }

    async fn create_state_machine_alias(
        &self,
        request: Request<CreateStateMachineAliasRequest>,
    ) -> Answer<CreateStateMachineAliasResponse> {
        self.lead(request, create_state_machine_alias::call, |mut leader, request| async move {
            leader.create_state_machine_alias(request).await
        })
        .await
    }

    async fn describe_state_machine_alias(
        &self,
        request: Request<DescribeStateMachineAliasRequest>,
    ) -> Answer<DescribeStateMachineAliasResponse> {
        answer(describe_state_machine_alias::call(self, request.into_inner()).await)
    }

    async fn update_state_machine_alias(
        &self,
        request: Request<UpdateStateMachineAliasRequest>,
    ) -> Answer<UpdateStateMachineAliasResponse> {
        self.lead(request, update_state_machine_alias::call, |mut leader, request| async move {
            leader.update_state_machine_alias(request).await
        })
        .await
    }

    async fn delete_state_machine_alias(
        &self,
        request: Request<DeleteStateMachineAliasRequest>,
    ) -> Answer<DeleteStateMachineAliasResponse> {
        self.lead(request, delete_state_machine_alias::call, |mut leader, request| async move {
            leader.delete_state_machine_alias(request).await
        })
        .await
    }

    async fn list_state_machine_aliases(
        &self,
        request: Request<ListStateMachineAliasesRequest>,
    ) -> Answer<ListStateMachineAliasesResponse> {
        answer(list_state_machine_aliases::call(self, request.into_inner()).await)
    }

    async fn start_execution(
        &self,
        request: Request<StartExecutionRequest>,
    ) -> Answer<StartExecutionResponse> {
        let request = start_execution::received(self, request);
        let receiver = request.get_ref().receiver;
        let started = self.lead(request, start_execution::call, |mut leader, request| async move {
            leader.start_execution(request).await
        });
        Ok(start_execution::begun(self, receiver, started.await?))
    }

    async fn start_sync_execution(
        &self,
        request: Request<StartSyncExecutionRequest>,
    ) -> Answer<StartSyncExecutionResponse> {
        answer(start_sync_execution::call(self, request.into_inner()).await)
    }

    async fn finish_express_executions(
        &self,
        request: Request<FinishExpressExecutionsRequest>,
    ) -> Answer<FinishExpressExecutionsResponse> {
        self.lead(request, finish_express_executions::call, |mut leader, request| async move {
            leader.finish_express_executions(request).await
        })
        .await
    }

    async fn describe_execution(
        &self,
        request: Request<DescribeExecutionRequest>,
    ) -> Answer<DescribeExecutionResponse> {
        answer(describe_execution::call(self, request.into_inner()).await)
    }

    async fn list_executions(
        &self,
        request: Request<ListExecutionsRequest>,
    ) -> Answer<ListExecutionsResponse> {
        answer(list_executions::call(self, request.into_inner()).await)
    }

    async fn stop_execution(&self, request: Request<StopExecutionRequest>) -> Answer<StopExecutionResponse> {
        self.lead(request, stop_execution::call, |mut leader, request| async move {
            leader.stop_execution(request).await
        })
        .await
    }

    async fn redrive_execution(
        &self,
        request: Request<RedriveExecutionRequest>,
    ) -> Answer<RedriveExecutionResponse> {
        self.lead(request, redrive_execution::call, |mut leader, request| async move {
            leader.redrive_execution(request).await
        })
        .await
    }

    async fn get_execution_history(
        &self,
        request: Request<GetExecutionHistoryRequest>,
    ) -> Answer<GetExecutionHistoryResponse> {
        answer(get_execution_history::call(self, request.into_inner()).await)
    }

    async fn describe_map_run(
        &self,
        request: Request<DescribeMapRunRequest>,
    ) -> Answer<DescribeMapRunResponse> {
        answer(describe_map_run::call(self, request.into_inner()).await)
    }

    async fn list_map_runs(&self, request: Request<ListMapRunsRequest>) -> Answer<ListMapRunsResponse> {
        answer(list_map_runs::call(self, request.into_inner()).await)
    }

    async fn update_map_run(&self, request: Request<UpdateMapRunRequest>) -> Answer<UpdateMapRunResponse> {
        self.lead(request, update_map_run::call, |mut leader, request| async move {
            leader.update_map_run(request).await
        })
        .await
    }

    async fn create_activity(
        &self,
        request: Request<CreateActivityRequest>,
    ) -> Answer<CreateActivityResponse> {
        self.lead(request, create_activity::call, |mut leader, request| async move {
            leader.create_activity(request).await
        })
        .await
    }

    async fn describe_activity(
        &self,
        request: Request<DescribeActivityRequest>,
    ) -> Answer<DescribeActivityResponse> {
        answer(describe_activity::call(self, request.into_inner()).await)
    }

    async fn list_activities(
        &self,
        request: Request<ListActivitiesRequest>,
    ) -> Answer<ListActivitiesResponse> {
        answer(list_activities::call(self, request.into_inner()).await)
    }

    async fn delete_activity(
        &self,
        request: Request<DeleteActivityRequest>,
    ) -> Answer<DeleteActivityResponse> {
        self.lead(request, delete_activity::call, |mut leader, request| async move {
            leader.delete_activity(request).await
        })
        .await
    }

    async fn get_activity_task(
        &self,
        request: Request<GetActivityTaskRequest>,
    ) -> Answer<GetActivityTaskResponse> {
        self.lead(request, get_activity_task::call, |mut leader, request| async move {
            leader.get_activity_task(request).await
        })
        .await
    }

    async fn send_task_success(
        &self,
        request: Request<SendTaskSuccessRequest>,
    ) -> Answer<SendTaskSuccessResponse> {
        self.lead(request, send_task_success::call, |mut leader, request| async move {
            leader.send_task_success(request).await
        })
        .await
    }

    async fn send_task_failure(
        &self,
        request: Request<SendTaskFailureRequest>,
    ) -> Answer<SendTaskFailureResponse> {
        self.lead(request, send_task_failure::call, |mut leader, request| async move {
            leader.send_task_failure(request).await
        })
        .await
    }

    async fn send_task_heartbeat(
        &self,
        request: Request<SendTaskHeartbeatRequest>,
    ) -> Answer<SendTaskHeartbeatResponse> {
        self.lead(request, send_task_heartbeat::call, |mut leader, request| async move {
            leader.send_task_heartbeat(request).await
        })
        .await
    }

    async fn test_state(&self, request: Request<TestStateRequest>) -> Answer<TestStateResponse> {
        answer(test_state::call(self, request.into_inner()).await)
    }

    async fn tag_resource(&self, request: Request<TagResourceRequest>) -> Answer<TagResourceResponse> {
        self.lead(request, tag_resource::call, |mut leader, request| async move {
            leader.tag_resource(request).await
        })
        .await
    }

    async fn untag_resource(&self, request: Request<UntagResourceRequest>) -> Answer<UntagResourceResponse> {
        self.lead(request, untag_resource::call, |mut leader, request| async move {
            leader.untag_resource(request).await
        })
        .await
    }

    async fn list_tags_for_resource(
        &self,
        request: Request<ListTagsForResourceRequest>,
    ) -> Answer<ListTagsForResourceResponse> {
        answer(list_tags_for_resource::call(self, request.into_inner()).await)
    }
}

fn answer<T>(result: Result<T, Failure>) -> Answer<T> {
    result.map(Response::new).map_err(status::of)
}
