//! Answering what other nodes and operators ask about this node and its cluster.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use keepstep_proto::cluster::v1 as proto;
use keepstep_proto::cluster::v1::cluster_server::{Cluster as Service, ClusterServer};
use tonic::{Request, Response, Status};

use crate::core::Core;
use crate::{join, read, transfer};

pub(crate) struct ClusterService {
    core: Arc<Core>,
}

impl ClusterService {
    pub(crate) fn server(core: Arc<Core>) -> ClusterServer<ClusterService> {
        ClusterServer::new(ClusterService { core })
    }

    fn check_cluster(&self, cluster_id: &str) -> Result<(), Status> {
        if self.core.identity.cluster_id().is_some_and(|own| own == cluster_id) {
            Ok(())
        } else {
            Err(Status::failed_precondition(format!("this node doesn't belong to cluster {cluster_id:?}")))
        }
    }
}

#[tonic::async_trait]
impl Service for ClusterService {
    async fn hello(
        &self,
        request: Request<proto::HelloRequest>,
    ) -> Result<Response<proto::HelloResponse>, Status> {
        let from = request.into_inner().from;
        if self.core.peers.is_cut(&from) {
            return Err(Status::unavailable("cut off by a test"));
        }
        let initialized = self.core.membership().voter_ids().next().is_some();
        Ok(Response::new(proto::HelloResponse {
            name: self.core.identity.node_name().to_owned(),
            raft_id: self.core.identity.raft_id(),
            cluster_id: self.core.identity.cluster_id().unwrap_or_default(),
            initialized,
        }))
    }

    async fn join(
        &self,
        request: Request<proto::JoinRequest>,
    ) -> Result<Response<proto::JoinResponse>, Status> {
        join::handle(&self.core, request.into_inner()).await.map(Response::new)
    }

    async fn read_index(
        &self,
        request: Request<proto::ReadIndexRequest>,
    ) -> Result<Response<proto::ReadIndexResponse>, Status> {
        self.check_cluster(&request.into_inner().cluster_id)?;
        let index = read::leader_index(&self.core).await.map_err(Status::unavailable)?;
        Ok(Response::new(proto::ReadIndexResponse { index: index.unwrap_or(0) }))
    }

    async fn state_hashes(
        &self,
        request: Request<proto::StateHashesRequest>,
    ) -> Result<Response<proto::StateHashesResponse>, Status> {
        self.check_cluster(&request.into_inner().cluster_id)?;
        let hashes = self.core.state.recorded_hashes().into_iter().map(Into::into).collect();
        Ok(Response::new(proto::StateHashesResponse { hashes }))
    }

    async fn status(
        &self,
        _: Request<proto::StatusRequest>,
    ) -> Result<Response<proto::StatusResponse>, Status> {
        Ok(Response::new(self.core.status().into()))
    }

    async fn clock(&self, _: Request<proto::ClockRequest>) -> Result<Response<proto::ClockResponse>, Status> {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Response::new(proto::ClockResponse {
            unix_micros: i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX),
        }))
    }

    async fn transfer_leadership(
        &self,
        request: Request<proto::TransferLeadershipRequest>,
    ) -> Result<Response<proto::TransferLeadershipResponse>, Status> {
        let to = request.into_inner().to;
        transfer::transfer(&self.core, Some(to.as_str()).filter(|to| !to.is_empty()))
            .await
            .map_err(|error| Status::failed_precondition(error.to_string()))?;
        Ok(Response::new(proto::TransferLeadershipResponse {}))
    }
}
