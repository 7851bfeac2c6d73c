//! Calls that only the leader can serve: tried here, and handed on to the leader, at most once.

use std::time::Duration;

use keepstep_proto::workflow::v1::workflow_client::WorkflowClient;
use keepstep_raft::PeerChannel;
use tonic::metadata::MetadataValue;
use tonic::{Code, Request, Status};

use super::{Answer, WorkflowService, answer};
use crate::leader::Failure;

/// Marks a call that was handed on already.
const FORWARDED: &str = "keepstep-forwarded";

/// How long the leader may take: longer than a poll is held (60 s).
const ANSWER_WITHIN: Duration = Duration::from_secs(70);

impl WorkflowService {
    /// Answers a call here if this node leads, and through the leader if it does not.
    pub(super) async fn lead<Q, A, Here, Answered, There, HandedOn>(
        &self,
        request: Request<Q>,
        here: Here,
        there: There,
    ) -> Answer<A>
    where
        Q: Clone,
        Here: FnOnce(WorkflowService, Q) -> Answered,
        Answered: Future<Output = Result<A, Failure>>,
        There: FnOnce(WorkflowClient<PeerChannel>, Request<Q>) -> HandedOn,
        HandedOn: Future<Output = Answer<A>>,
    {
        let handed_on = request.metadata().contains_key(FORWARDED);
        let request = request.into_inner();
        match here(self.clone(), request.clone()).await {
            Err(Failure::NotLeader) if !handed_on => {}
            result => return answer(result),
        }
        let Some(leader) = self.node.leader_client() else {
            return Err(Status::unavailable("no leader is known"));
        };
        let mut request = Request::new(request);
        request.metadata_mut().insert(FORWARDED, MetadataValue::from_static("1"));
        request.set_timeout(ANSWER_WITHIN);
        there(leader, request).await.map_err(unknown_if_lost)
    }
}

/// A call that was given up half-way may have been done: the contract's word for that is UNKNOWN.
fn unknown_if_lost(status: Status) -> Status {
    match status.code() {
        Code::Cancelled | Code::DeadlineExceeded => Status::unknown(status.message()),
        _ => status,
    }
}
