//! Becoming a member. A new cluster is formed exactly once: when every configured node answers and all are empty, the one with the
//! smallest name does it. A node whose folder is new while the cluster exists joins as a learner, catches up, and takes the place of
//! the id that its name had before; the old id never acts again, since requests name ids.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use keepstep_proto::cluster::v1::cluster_client::ClusterClient;
use keepstep_proto::cluster::v1::{HelloRequest, HelloResponse, JoinRequest, JoinResponse};
use openraft::ChangeMembers;
use tonic::Status;

use crate::core::Core;
use crate::{Member, identity};

const ANSWER: Duration = Duration::from_secs(1);
/// A membership change waits for the log to be replicated twice.
const JOIN_ANSWER: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(200);

/// Forms the cluster, joins it, or finds that there is nothing to do. Ends when this node is a voter, or stops.
pub(crate) async fn run(core: Arc<Core>) {
    let mut last_reason = String::new();
    loop {
        let reason = match next_step(&core).await {
            Ok(Step::Done) => return,
            Ok(Step::Again(reason)) => reason,
            Err(reason) => reason,
        };
        if reason != last_reason {
            tracing::info!(reason, "not a voter of the cluster yet");
            last_reason = reason;
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = core.stop.cancelled() => return,
        }
    }
}

enum Step {
    Done,
    Again(String),
}

async fn next_step(core: &Core) -> Result<Step, String> {
    let me = core.identity.raft_id();
    let membership = core.membership();
    let voters: BTreeSet<u64> = membership.voter_ids().collect();
    if voters.contains(&me) {
        return Ok(Step::Done);
    }
    if !voters.is_empty() {
        return ask_to_join(core, membership.nodes().map(|(_, member)| member.clone()).collect()).await;
    }

    let mut answers = BTreeMap::new();
    let mut silent = Vec::new();
    for peer in core.peers.others() {
        match hello(core, peer).await {
            Ok(answer) if answer.name == peer.name => {
                answers.insert(peer.name.clone(), (peer.clone(), answer));
            }
            Ok(answer) => return Err(format!("{peer} says that it is {}", answer.name)),
            Err(reason) => silent.push(format!("{}: {reason}", peer.name)),
        }
    }
    let existing: Vec<Member> =
        answers.values().filter(|(_, answer)| answer.initialized).map(|(peer, _)| peer.clone()).collect();
    if !existing.is_empty() {
        return ask_to_join(core, existing).await;
    }
    if !silent.is_empty() {
        return Ok(Step::Again(format!(
            "waiting for every node before a new cluster is formed ({})",
            silent.join(", ")
        )));
    }
    form(core, answers).await
}

async fn hello(core: &Core, peer: &Member) -> Result<HelloResponse, String> {
    let channel = core.peers.channel_shared(peer).map_err(|error| error.to_string())?;
    let request = HelloRequest { from: core.peers.own_name().to_owned() };
    match tokio::time::timeout(ANSWER, ClusterClient::new(channel).hello(request)).await {
        Ok(Ok(response)) => Ok(response.into_inner()),
        Ok(Err(status)) => Err(status.message().to_owned()),
        Err(_) => Err("no answer".to_owned()),
    }
}

/// Forms a new cluster out of nodes that all answered and are all empty, if this node is the one to do it.
async fn form(core: &Core, others: BTreeMap<String, (Member, HelloResponse)>) -> Result<Step, String> {
    let own_name = core.peers.own_name();
    if let Some((smallest, _)) = others.first_key_value()
        && smallest.as_str() < own_name
    {
        return Ok(Step::Again(format!("waiting for {smallest} to form a new cluster")));
    }
    let own_cluster = core.identity.cluster_id();
    let foreign = others.values().find(|(_, answer)| {
        !answer.cluster_id.is_empty() && Some(&answer.cluster_id) != own_cluster.as_ref()
    });
    if let Some((peer, answer)) = foreign {
        return Err(format!("{peer} belongs to cluster {} already, which isn't formed", answer.cluster_id));
    }
    // The id is on disk before anyone learns of it: after a crash, the same cluster is formed.
    let cluster_id = match own_cluster {
        Some(id) => id,
        None => identity::new_cluster_id().map_err(|error| error.to_string())?,
    };
    if !core.identity.belongs_to(&cluster_id).map_err(|error| error.to_string())? {
        return Err("the node came to belong to another cluster meanwhile".to_owned());
    }
    let mut members: BTreeMap<u64, Member> = BTreeMap::from([(core.identity.raft_id(), core.me.clone())]);
    for (peer, answer) in others.into_values() {
        members.insert(answer.raft_id, peer);
    }
    tracing::info!(cluster_id, nodes = members.len(), "forming a new cluster");
    core.raft.initialize(members).await.map_err(|error| error.to_string())?;
    Ok(Step::Done)
}

/// Asks the cluster's nodes to let this one in, until one of them, the leader, does the next step.
async fn ask_to_join(core: &Core, members: Vec<Member>) -> Result<Step, String> {
    let mut reasons = Vec::new();
    for peer in members.iter().filter(|member| member.name != core.peers.own_name()) {
        let request = JoinRequest {
            name: core.peers.own_name().to_owned(),
            raft_id: core.identity.raft_id(),
            addr: core.me.addr.clone(),
        };
        let channel = match core.peers.channel_shared(peer) {
            Ok(channel) => channel,
            Err(error) => {
                reasons.push(error.to_string());
                continue;
            }
        };
        match tokio::time::timeout(JOIN_ANSWER, ClusterClient::new(channel).join(request)).await {
            Ok(Ok(response)) => {
                let response = response.into_inner();
                if !core.identity.belongs_to(&response.cluster_id).map_err(|error| error.to_string())? {
                    return Err(format!("{peer} belongs to another cluster, {}", response.cluster_id));
                }
                // The end is reached when this replica itself has learnt that it is a voter.
                return Ok(Step::Again(format!("joining: {}", response.waiting_for)));
            }
            Ok(Err(status)) => reasons.push(format!("{}: {}", peer.name, status.message())),
            Err(_) => reasons.push(format!("{}: no answer", peer.name)),
        }
    }
    Err(format!("no node lets this one join ({})", reasons.join(", ")))
}

/// Does the next step for a node that asks to join. Only the leader can.
pub(crate) async fn handle(core: &Core, request: JoinRequest) -> Result<JoinResponse, Status> {
    let refused = |text: String| Status::failed_precondition(text);
    let cluster_id =
        core.identity.cluster_id().ok_or_else(|| refused("this node has no cluster".to_owned()))?;
    if !core.peers.configured().contains_key(&request.name) {
        return Err(refused(format!("{} isn't one of the configured nodes", request.name)));
    }
    if request.raft_id == 0 {
        return Err(Status::invalid_argument("the node names no raft id"));
    }
    let status = core.status();
    if status.role != crate::Role::Leader {
        return Err(refused("this node isn't the leader".to_owned()));
    }
    let answer = |voter: bool, waiting_for: &str| JoinResponse {
        cluster_id: cluster_id.clone(),
        voter,
        waiting_for: waiting_for.to_owned(),
    };
    let changed =
        |error: &dyn std::fmt::Display| refused(format!("the membership can't be changed now: {error}"));
    let Some(member) = status.members.iter().find(|member| member.raft_id == request.raft_id) else {
        let node = Member { name: request.name.clone(), addr: request.addr };
        tracing::info!(name = request.name, raft_id = request.raft_id, "a node joins as a learner");
        core.raft.add_learner(request.raft_id, node, false).await.map_err(|error| changed(&error))?;
        return Ok(answer(false, "the log"));
    };
    if member.voter {
        return Ok(answer(true, ""));
    }
    match member.lag {
        Some(lag) if lag <= core.tuning.join_lag_max => {}
        lag => {
            return Ok(answer(
                false,
                &format!("{} log entries", lag.map_or_else(|| "all".to_owned(), |lag| lag.to_string())),
            ));
        }
    }
    // The ids that the name had before go as the new one comes.
    let before: BTreeSet<u64> = status
        .members
        .iter()
        .filter(|member| member.member.name == request.name && member.raft_id != request.raft_id)
        .map(|member| member.raft_id)
        .collect();
    let mut voters: BTreeSet<u64> = status
        .members
        .iter()
        .filter(|member| member.voter && !before.contains(&member.raft_id))
        .map(|member| member.raft_id)
        .collect();
    voters.insert(request.raft_id);
    tracing::info!(name = request.name, raft_id = request.raft_id, replaces = ?before, "a learner becomes a voter");
    core.raft.change_membership(voters, true).await.map_err(|error| changed(&error))?;
    if !before.is_empty() {
        core.raft
            .change_membership(ChangeMembers::RemoveNodes(before), true)
            .await
            .map_err(|error| changed(&error))?;
    }
    Ok(answer(true, ""))
}
