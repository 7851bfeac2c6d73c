//! Answering Raft's requests of other nodes.

use std::io::{self, Write};
use std::sync::Arc;

use keepstep_proto::raft::v1 as proto;
use keepstep_proto::raft::v1::raft_server::{Raft as Service, RaftServer};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, TransferLeaderRequest, VoteRequest, VoteResponse,
};
use tonic::{Request, Response, Status, Streaming};

use super::MESSAGE_BYTES_MAX;
use crate::core::Core;
use crate::snapshot::SnapshotFile;
use crate::type_config::{Snapshot, SnapshotMeta, Types};
use crate::wire;

pub(crate) struct RaftService {
    core: Arc<Core>,
}

impl RaftService {
    pub(crate) fn server(core: Arc<Core>) -> RaftServer<RaftService> {
        RaftServer::new(RaftService { core })
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// Refuses what isn't meant for this node. A node that belongs to no cluster yet joins the one whose member names its id: only
    /// nodes that it introduced itself to know that id.
    fn check(&self, route: Option<&proto::Route>) -> Result<(), Status> {
        let route = route.ok_or_else(|| Status::invalid_argument("the request has no route"))?;
        let identity = &self.core.identity;
        if route.to != identity.raft_id() {
            return Err(Status::failed_precondition(format!(
                "node {} has raft id {:x}, and {:x} was meant: its folder was recreated",
                identity.node_name(),
                identity.raft_id(),
                route.to
            )));
        }
        match identity.belongs_to(&route.cluster_id) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Status::failed_precondition(format!(
                "node {} belongs to cluster {:?}, and {:?} was meant",
                identity.node_name(),
                identity.cluster_id().unwrap_or_default(),
                route.cluster_id
            ))),
            Err(error) => Err(Status::unavailable(format!("the cluster id can't be stored: {error}"))),
        }
    }
}

fn missing(what: &'static str) -> impl FnOnce() -> Status {
    move || Status::invalid_argument(format!("{what} is missing"))
}

fn malformed(error: wire::Error) -> Status {
    Status::invalid_argument(error.to_string())
}

fn stopped(error: impl std::fmt::Display) -> Status {
    Status::unavailable(error.to_string())
}

fn vote_request(request: &proto::VoteRequest) -> Result<VoteRequest<Types>, Status> {
    let vote = request.vote.as_ref().ok_or_else(missing("the vote"))?;
    let mut rpc =
        VoteRequest::new(wire::vote_from_proto(vote), request.last_log.map(wire::log_id_from_proto));
    rpc.leadership_transfer = request.leadership_transfer;
    Ok(rpc)
}

fn vote_response(response: VoteResponse<Types>) -> Response<proto::VoteResponse> {
    Response::new(proto::VoteResponse {
        vote: Some(wire::vote_to_proto(&response.vote)),
        granted: response.vote_granted,
        last_log: response.last_log_id.as_ref().map(wire::log_id_to_proto),
    })
}

#[tonic::async_trait]
impl Service for RaftService {
    async fn append(
        &self,
        request: Request<proto::AppendRequest>,
    ) -> Result<Response<proto::AppendResponse>, Status> {
        use proto::append_response::Result as Answer;
        let request = request.into_inner();
        self.check(request.route.as_ref())?;
        let vote = request.vote.as_ref().ok_or_else(missing("the vote"))?;
        let rpc = AppendEntriesRequest {
            vote: wire::vote_from_proto(vote),
            prev_log_id: request.previous.map(wire::log_id_from_proto),
            entries: request
                .entries
                .into_iter()
                .map(wire::entry_from_proto)
                .collect::<Result<Vec<_>, _>>()
                .map_err(malformed)?,
            leader_commit: request.committed.map(wire::log_id_from_proto),
        };
        let answer = match self.core.raft.append_entries(rpc).await.map_err(stopped)? {
            AppendEntriesResponse::Success => Answer::Success(proto::Appended {}),
            AppendEntriesResponse::PartialSuccess(upto) => {
                Answer::Partial(proto::PartlyAppended { upto: upto.as_ref().map(wire::log_id_to_proto) })
            }
            AppendEntriesResponse::Conflict => Answer::Conflict(proto::Conflict {}),
            AppendEntriesResponse::HigherVote(vote) => Answer::HigherVote(wire::vote_to_proto(&vote)),
        };
        Ok(Response::new(proto::AppendResponse { result: Some(answer) }))
    }

    async fn vote(
        &self,
        request: Request<proto::VoteRequest>,
    ) -> Result<Response<proto::VoteResponse>, Status> {
        let request = request.into_inner();
        self.check(request.route.as_ref())?;
        self.core.raft.vote(vote_request(&request)?).await.map(vote_response).map_err(stopped)
    }

    async fn pre_vote(
        &self,
        request: Request<proto::VoteRequest>,
    ) -> Result<Response<proto::VoteResponse>, Status> {
        let request = request.into_inner();
        self.check(request.route.as_ref())?;
        self.core.raft.pre_vote(vote_request(&request)?).await.map(vote_response).map_err(stopped)
    }

    async fn transfer_leader(
        &self,
        request: Request<proto::TransferLeaderRequest>,
    ) -> Result<Response<proto::TransferLeaderResponse>, Status> {
        let request = request.into_inner();
        self.check(request.route.as_ref())?;
        let from = request.from_leader.as_ref().ok_or_else(missing("the leader's vote"))?;
        let rpc = TransferLeaderRequest::new(
            wire::vote_from_proto(from),
            request.new_leader,
            request.last_log.map(wire::log_id_from_proto),
        );
        let response = self.core.raft.handle_transfer_leader(rpc).await.map_err(stopped)?;
        Ok(Response::new(match response {
            Ok(()) => proto::TransferLeaderResponse { accepted: true, reason: String::new() },
            Err(error) => proto::TransferLeaderResponse { accepted: false, reason: error.to_string() },
        }))
    }

    async fn install_snapshot(
        &self,
        request: Request<Streaming<proto::SnapshotChunk>>,
    ) -> Result<Response<proto::SnapshotResponse>, Status> {
        use proto::snapshot_chunk::Part;
        let mut chunks = request.into_inner();
        let Some(Part::Header(header)) = chunks.message().await?.and_then(|chunk| chunk.part) else {
            return Err(Status::invalid_argument("a snapshot begins with its header"));
        };
        self.check(header.route.as_ref())?;
        let vote = wire::vote_from_proto(header.vote.as_ref().ok_or_else(missing("the vote"))?);
        let membership = header.membership.ok_or_else(missing("the membership"))?;
        let meta = SnapshotMeta {
            last_log_id: header.last_log.map(wire::log_id_from_proto),
            last_membership: wire::stored_membership_from_proto(membership).map_err(malformed)?,
        };

        let incoming = Incoming(self.core.snapshots.incoming());
        let file = receive(&incoming.0, header.size, &mut chunks).await?;
        let snapshot = Snapshot { meta, snapshot: file };
        let raft = self.core.raft.clone();
        // A task of its own: if the sender goes away meanwhile, the file must stay until Raft is done with it.
        let installing = tokio::spawn(async move {
            let response = raft.install_full_snapshot(vote, snapshot).await;
            drop(incoming);
            response
        });
        let response = installing.await.map_err(stopped)?;
        let response = response.map_err(stopped)?;
        Ok(Response::new(proto::SnapshotResponse { vote: Some(wire::vote_to_proto(&response.vote)) }))
    }
}

/// The path of a snapshot on its way in. Removes the file when it is dropped, wherever the call ends: it has another name if it was
/// installed, and if the sender leads no more or has gone, it wasn't.
struct Incoming(std::path::PathBuf);

impl Drop for Incoming {
    fn drop(&mut self) {
        // Best effort: it is removed at the next start otherwise.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Writes a snapshot's chunks to a file and checks it.
async fn receive(
    path: &std::path::Path,
    size: u64,
    chunks: &mut Streaming<proto::SnapshotChunk>,
) -> Result<SnapshotFile, Status> {
    use proto::snapshot_chunk::Part;
    let failed = |error: io::Error| Status::unavailable(format!("the snapshot can't be stored: {error}"));
    let mut file = std::fs::File::create(path).map_err(failed)?;
    let mut received = 0;
    while let Some(chunk) = chunks.message().await? {
        let Some(Part::Data(data)) = chunk.part else {
            return Err(Status::invalid_argument("a snapshot has one header"));
        };
        received += data.len() as u64;
        if received > size {
            break;
        }
        file = tokio::task::spawn_blocking(move || file.write_all(&data).map(|()| file))
            .await
            .map_err(|error| failed(io::Error::other(error)))?
            .map_err(failed)?;
    }
    if received != size {
        return Err(Status::data_loss(format!("the snapshot has {size} bytes, and {received} arrived")));
    }
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || {
        let file = SnapshotFile::open(&path)?;
        file.verify()?;
        Ok(file)
    })
    .await
    .map_err(|error| failed(io::Error::other(error)))?
    .map_err(|error: io::Error| Status::data_loss(format!("the snapshot arrived damaged: {error}")))
}
