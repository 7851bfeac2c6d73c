//! Calls that only the leader can serve: tried here, and handed on to the leader, at most once.

use std::error::Error;
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

/// A call that was given up half-way, or whose connection broke, may have been done: the contract's word for that is UNKNOWN. A status
/// that has a source is the transport's own, and not the leader's answer.
fn unknown_if_lost(status: Status) -> Status {
    match status.code() {
        Code::Cancelled | Code::DeadlineExceeded => Status::unknown(status.message()),
        _ if status.source().is_some() => Status::unknown(status.message()),
        _ => status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_leader_said_itself_is_passed_on() {
        let check = |status: Status, expected| assert_eq!(unknown_if_lost(status).code(), expected);
        check(Status::unavailable("no leader is known"), Code::Unavailable);
        check(Status::internal("a record can't be read"), Code::Internal);
        check(Status::deadline_exceeded("late"), Code::Unknown);
        let broken = || Box::new(tonic::ConnectError("the connection broke".into()));
        assert_eq!(Status::from_error(broken()).code(), Code::Unavailable);
        check(Status::from_error(broken()), Code::Unknown);
    }
}
