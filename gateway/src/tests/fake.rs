//! A workflow service that remembers what it is asked and answers what it is told to.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use keepstep_proto::workflow::v1::workflow_server::{Workflow, WorkflowServer};
use keepstep_proto::workflow::v1::*;
use prost::Message;
use tokio::sync::watch;
use tonic::{Code, Request, Response, Status};

/// The next thing that the fake does when it is asked.
pub(crate) enum Reply {
    /// An answer of the asked method's type.
    Answer(Box<dyn Any + Send + Sync>),
    Status(Status),
    /// No answer ever.
    Hang,
}

impl Reply {
    pub(crate) fn answer<A: Send + Sync + 'static>(answer: A) -> Self {
        Self::Answer(Box::new(answer))
    }

    pub(crate) fn error(error: &ApiError) -> Self {
        let details = Bytes::from(error.encode_to_vec());
        Self::Status(Status::with_details(Code::FailedPrecondition, error.message.clone(), details))
    }
}

/// Clones share everything.
#[derive(Clone)]
pub(crate) struct Fake {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    requests: Arc<Mutex<Vec<Box<dyn Any + Send>>>>,
    /// Calls that hang now.
    hanging: watch::Sender<usize>,
}

struct Hanging(watch::Sender<usize>);

impl Drop for Hanging {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Fake {
    pub(crate) fn new(replies: Vec<Reply>) -> Self {
        Self {
            replies: Arc::new(Mutex::new(replies.into())),
            requests: Arc::default(),
            hanging: watch::Sender::new(0),
        }
    }

    pub(crate) fn workflow(&self) -> crate::Workflow {
        crate::workflow::over(WorkflowServer::new(self.clone()))
    }

    /// What was asked, in order. Every request must be of this type.
    pub(crate) fn requests<Q: Clone + 'static>(&self) -> Vec<Q> {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|request| request.downcast_ref::<Q>().expect("of this type").clone()).collect()
    }

    /// One more thing to do.
    pub(crate) fn then(&self, reply: Reply) {
        self.replies.lock().unwrap().push_back(reply);
    }

    /// Waits until this many calls hang.
    pub(crate) async fn until_hanging(&self, count: usize) {
        self.hanging.subscribe().wait_for(|hanging| *hanging == count).await.unwrap();
    }

    async fn reply<Q: Send + 'static, A: Send + 'static>(
        &self,
        request: Request<Q>,
    ) -> Result<Response<A>, Status> {
        self.requests.lock().unwrap().push(Box::new(request.into_inner()));
        let reply = self.replies.lock().unwrap().pop_front();
        match reply {
            None => Err(Status::internal("nothing was told to be answered")),
            Some(Reply::Status(status)) => Err(status),
            Some(Reply::Answer(answer)) => {
                let answer =
                    (answer as Box<dyn Any>).downcast::<A>().expect("an answer of the method's type");
                Ok(Response::new(*answer))
            }
            Some(Reply::Hang) => {
                self.hanging.send_modify(|count| *count += 1);
                let _hanging = Hanging(self.hanging.clone());
                std::future::pending().await
            }
        }
    }
}

macro_rules! fake {
    ($($method:ident: $request:ident -> $response:ident,)*) => {
        #[tonic::async_trait]
        impl Workflow for Fake {
            $(async fn $method(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                self.reply(request).await
            })*
        }
    };
}

fake! {
    create_state_machine: CreateStateMachineRequest -> CreateStateMachineResponse,
    update_state_machine: UpdateStateMachineRequest -> UpdateStateMachineResponse,
    describe_state_machine: DescribeStateMachineRequest -> DescribeStateMachineResponse,
    describe_state_machine_for_execution:
        DescribeStateMachineForExecutionRequest -> DescribeStateMachineForExecutionResponse,
    describe_map_run: DescribeMapRunRequest -> DescribeMapRunResponse,
    list_map_runs: ListMapRunsRequest -> ListMapRunsResponse,
    update_map_run: UpdateMapRunRequest -> UpdateMapRunResponse,
    list_state_machines: ListStateMachinesRequest -> ListStateMachinesResponse,
    delete_state_machine: DeleteStateMachineRequest -> DeleteStateMachineResponse,
    publish_state_machine_version: PublishStateMachineVersionRequest -> PublishStateMachineVersionResponse,
    list_state_machine_versions: ListStateMachineVersionsRequest -> ListStateMachineVersionsResponse,
    delete_state_machine_version: DeleteStateMachineVersionRequest -> DeleteStateMachineVersionResponse,
    create_state_machine_alias: CreateStateMachineAliasRequest -> CreateStateMachineAliasResponse,
    describe_state_machine_alias: DescribeStateMachineAliasRequest -> DescribeStateMachineAliasResponse,
    update_state_machine_alias: UpdateStateMachineAliasRequest -> UpdateStateMachineAliasResponse,
    delete_state_machine_alias: DeleteStateMachineAliasRequest -> DeleteStateMachineAliasResponse,
    list_state_machine_aliases: ListStateMachineAliasesRequest -> ListStateMachineAliasesResponse,
    start_execution: StartExecutionRequest -> StartExecutionResponse,
    start_sync_execution: StartSyncExecutionRequest -> StartSyncExecutionResponse,
    finish_express_executions: FinishExpressExecutionsRequest -> FinishExpressExecutionsResponse,
    describe_execution: DescribeExecutionRequest -> DescribeExecutionResponse,
    list_executions: ListExecutionsRequest -> ListExecutionsResponse,
    stop_execution: StopExecutionRequest -> StopExecutionResponse,
    redrive_execution: RedriveExecutionRequest -> RedriveExecutionResponse,
    get_execution_history: GetExecutionHistoryRequest -> GetExecutionHistoryResponse,
    create_activity: CreateActivityRequest -> CreateActivityResponse,
    describe_activity: DescribeActivityRequest -> DescribeActivityResponse,
    list_activities: ListActivitiesRequest -> ListActivitiesResponse,
    delete_activity: DeleteActivityRequest -> DeleteActivityResponse,
    get_activity_task: GetActivityTaskRequest -> GetActivityTaskResponse,
    send_task_success: SendTaskSuccessRequest -> SendTaskSuccessResponse,
    send_task_failure: SendTaskFailureRequest -> SendTaskFailureResponse,
    send_task_heartbeat: SendTaskHeartbeatRequest -> SendTaskHeartbeatResponse,
    test_state: TestStateRequest -> TestStateResponse,
    tag_resource: TagResourceRequest -> TagResourceResponse,
    untag_resource: UntagResourceRequest -> UntagResourceResponse,
    list_tags_for_resource: ListTagsForResourceRequest -> ListTagsForResourceResponse,
    validate_state_machine_definition:
        ValidateStateMachineDefinitionRequest -> ValidateStateMachineDefinitionResponse,
}
