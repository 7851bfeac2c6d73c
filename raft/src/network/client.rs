//! Sending Raft's requests to one peer.

use std::future::Future;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use keepstep_proto::raft::v1 as proto;
use keepstep_proto::raft::v1::raft_client::RaftClient;
use openraft::OptionalSend;
use openraft::errors::{NetworkError, RPCError, ReplicationClosed, StreamingError, Unreachable};
use openraft::network::{RPCOption, RaftNetworkFactory, RaftNetworkV2};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, TransferLeaderError,
    TransferLeaderRequest, TransferLeaderResponse, VoteRequest, VoteResponse,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status};

use super::{MESSAGE_BYTES_MAX, SNAPSHOT_CHUNK_BYTES};
use crate::identity::Identity;
use crate::peers::Peers;
use crate::snapshot::SnapshotFile;
use crate::type_config::{Snapshot, Types, Vote};
use crate::{Member, PeerChannel, wire};

/// Makes clients to peers.
pub(crate) struct NetworkFactory {
    pub(crate) identity: Arc<Identity>,
    pub(crate) peers: Arc<Peers>,
    /// Longest wait for an answer to entries, votes and the like.
    pub(crate) answer_timeout: Duration,
    /// Longest wait while a snapshot makes no progress.
    pub(crate) snapshot_timeout: Duration,
}

/// A client to one peer.
pub(crate) struct Network {
    identity: Arc<Identity>,
    peers: Arc<Peers>,
    target: u64,
    member: Member,
    client: Option<RaftClient<PeerChannel>>,
    answer_timeout: Duration,
    snapshot_timeout: Duration,
}

impl RaftNetworkFactory<Types> for NetworkFactory {
    type Network = Network;

    async fn new_client(&mut self, target: u64, node: &Member) -> Network {
        Network {
            identity: Arc::clone(&self.identity),
            peers: Arc::clone(&self.peers),
            target,
            member: node.clone(),
            client: None,
            answer_timeout: self.answer_timeout,
            snapshot_timeout: self.snapshot_timeout,
        }
    }
}

fn unreachable(reason: impl ToString) -> RPCError<Types> {
    RPCError::Unreachable(Unreachable::from_string(reason))
}

fn from_status(status: &Status) -> RPCError<Types> {
    let text = format!("{:?}: {}", status.code(), status.message());
    match status.code() {
        // The request may have arrived: there is no reason to wait before the next.
        Code::DeadlineExceeded | Code::Cancelled | Code::Unknown => {
            RPCError::Network(NetworkError::from_string(text))
        }
        _ => unreachable(text),
    }
}

impl Network {
    fn route(&self) -> Option<proto::Route> {
        Some(proto::Route {
            cluster_id: self.identity.cluster_id().unwrap_or_default(),
            from: self.identity.raft_id(),
            to: self.target,
        })
    }

    fn client(&mut self) -> Result<RaftClient<PeerChannel>, RPCError<Types>> {
        if self.peers.is_cut(&self.member.name) {
            return Err(unreachable(format!("{} is cut off by a test", self.member.name)));
        }
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let channel = self.peers.channel(&self.member).map_err(unreachable)?;
        let client = RaftClient::new(channel)
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX);
        self.client = Some(client.clone());
        Ok(client)
    }

    /// Waits for an answer, but not for longer than `timeout`.
    async fn answer<T>(
        timeout: Duration,
        call: impl Future<Output = Result<tonic::Response<T>, Status>>,
    ) -> Result<T, RPCError<Types>> {
        match tokio::time::timeout(timeout, call).await {
            Ok(Ok(response)) => Ok(response.into_inner()),
            Ok(Err(status)) => Err(from_status(&status)),
            Err(_) => Err(RPCError::Network(NetworkError::from_string(format!("no answer in {timeout:?}")))),
        }
    }

    fn vote_request(&self, rpc: &VoteRequest<Types>) -> proto::VoteRequest {
        proto::VoteRequest {
            route: self.route(),
            vote: Some(wire::vote_to_proto(&rpc.vote)),
            last_log: rpc.last_log_id.as_ref().map(wire::log_id_to_proto),
            leadership_transfer: rpc.leadership_transfer,
        }
    }
}

fn vote_response(response: proto::VoteResponse) -> Result<VoteResponse<Types>, RPCError<Types>> {
    let vote = response.vote.ok_or_else(|| unreachable("the answer names no vote"))?;
    Ok(VoteResponse {
        vote: wire::vote_from_proto(&vote),
        vote_granted: response.granted,
        last_log_id: response.last_log.map(wire::log_id_from_proto),
    })
}

impl RaftNetworkV2<Types> for Network {
    type SnapshotData = SnapshotFile;

    async fn append_entries(
        &mut self,
        rpc: AppendEntriesRequest<Types>,
        _option: RPCOption,
    ) -> Result<AppendEntriesResponse<Types>, RPCError<Types>> {
        use proto::append_response::Result as Answer;
        let mut client = self.client()?;
        let request = proto::AppendRequest {
            route: self.route(),
            vote: Some(wire::vote_to_proto(&rpc.vote)),
            previous: rpc.prev_log_id.as_ref().map(wire::log_id_to_proto),
            entries: rpc.entries.iter().map(wire::entry_to_proto).collect(),
            committed: rpc.leader_commit.as_ref().map(wire::log_id_to_proto),
        };
        let response = Self::answer(self.answer_timeout, client.append(Request::new(request))).await?;
        Ok(match response.result.ok_or_else(|| unreachable("the answer is empty"))? {
            Answer::Success(_) => AppendEntriesResponse::Success,
            Answer::Conflict(_) => AppendEntriesResponse::Conflict,
            Answer::HigherVote(vote) => AppendEntriesResponse::HigherVote(wire::vote_from_proto(&vote)),
            Answer::Partial(partial) => {
                AppendEntriesResponse::PartialSuccess(partial.upto.map(wire::log_id_from_proto))
            }
        })
    }

    async fn vote(
        &mut self,
        rpc: VoteRequest<Types>,
        _option: RPCOption,
    ) -> Result<VoteResponse<Types>, RPCError<Types>> {
        let mut client = self.client()?;
        let request = Request::new(self.vote_request(&rpc));
        vote_response(Self::answer(self.answer_timeout, client.vote(request)).await?)
    }

    async fn pre_vote(
        &mut self,
        rpc: VoteRequest<Types>,
        _option: RPCOption,
    ) -> Result<VoteResponse<Types>, RPCError<Types>> {
        let mut client = self.client()?;
        let request = Request::new(self.vote_request(&rpc));
        vote_response(Self::answer(self.answer_timeout, client.pre_vote(request)).await?)
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: Snapshot,
        cancel: impl Future<Output = ReplicationClosed> + OptionalSend + 'static,
        _option: RPCOption,
    ) -> Result<SnapshotResponse<Types>, StreamingError<Types>> {
        let mut client = self.client()?;
        let file = snapshot.snapshot;
        let header = proto::SnapshotHeader {
            route: self.route(),
            vote: Some(wire::vote_to_proto(&vote)),
            last_log: snapshot.meta.last_log_id.as_ref().map(wire::log_id_to_proto),
            membership: Some(wire::stored_membership_to_proto(&snapshot.meta.last_membership)),
            size: file.size(),
        };
        tracing::info!(to = %self.member, bytes = file.size(), "sending a snapshot");
        let (chunks, stream) = mpsc::channel(2);
        let timeout = self.snapshot_timeout;
        tokio::spawn(send_file(file, header, chunks, timeout));
        let call = client.install_snapshot(Request::new(ReceiverStream::new(stream)));
        let response = tokio::select! {
            response = call => response.map_err(|status| StreamingError::from(from_status(&status)))?.into_inner(),
            closed = cancel => return Err(StreamingError::Closed(closed)),
        };
        let vote =
            response.vote.ok_or_else(|| StreamingError::from(unreachable("the answer names no vote")))?;
        Ok(SnapshotResponse::new(wire::vote_from_proto(&vote)))
    }

    async fn transfer_leader(
        &mut self,
        req: TransferLeaderRequest<Types>,
        _option: RPCOption,
    ) -> Result<TransferLeaderResponse<Types>, RPCError<Types>> {
        let mut client = self.client()?;
        let request = proto::TransferLeaderRequest {
            route: self.route(),
            from_leader: Some(wire::vote_to_proto(req.from_leader())),
            last_log: req.last_log_id().map(wire::log_id_to_proto),
            new_leader: *req.to_node_id(),
        };
        let response =
            Self::answer(self.answer_timeout, client.transfer_leader(Request::new(request))).await?;
        if response.accepted {
            Ok(Ok(()))
        } else {
            tracing::info!(to = %self.member, reason = response.reason, "the follower doesn't take leadership over yet");
            let expected = req.last_log_id().copied();
            Ok(Err(TransferLeaderError::LogNotFlushed { expected, actual: None }))
        }
    }
}

/// Feeds a snapshot's file into a stream. Ends when the receiver is gone or takes nothing for too long.
async fn send_file(
    file: SnapshotFile,
    header: proto::SnapshotHeader,
    chunks: mpsc::Sender<proto::SnapshotChunk>,
    timeout: Duration,
) {
    use proto::snapshot_chunk::Part;
    let mut offset = 0;
    let mut part = Part::Header(header);
    loop {
        let chunk = proto::SnapshotChunk { part: Some(part) };
        if !matches!(tokio::time::timeout(timeout, chunks.send(chunk)).await, Ok(Ok(()))) {
            return;
        }
        let reading = file.clone();
        let read = tokio::task::spawn_blocking(move || {
            let mut data = Vec::with_capacity(SNAPSHOT_CHUNK_BYTES);
            reading.reader_at(offset).take(SNAPSHOT_CHUNK_BYTES as u64).read_to_end(&mut data).map(|_| data)
        })
        .await;
        match read {
            Ok(Ok(data)) if data.is_empty() => return,
            Ok(Ok(data)) => {
                offset += data.len() as u64;
                part = Part::Data(data.into());
            }
            // The receiver sees that bytes are missing.
            Ok(Err(error)) => return tracing::error!(%error, "a snapshot can't be read"),
            Err(error) => return tracing::error!(%error, "reading a snapshot was interrupted"),
        }
    }
}
