//! A node: its replica, its scheduler, its services, and its ways to the other nodes.

mod clock_watch;
mod ledger;
mod observe;
mod on_runtime;
mod probes;
mod serve;

use std::sync::{Arc, Mutex, PoisonError};

use keepstep_proto::workflow::v1::workflow_client::WorkflowClient;
use keepstep_raft::{Leadership, PeerChannel, Replica};
use tokio::sync::watch;

use crate::express::Express;
use crate::leader::Engine;

pub(crate) use serve::{MESSAGE_BYTES_MAX, serve};

/// A running node, as its services see it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Node {
    engine: Engine,
    express: Express,
    replica: Replica,
    leadership: watch::Receiver<Leadership>,
    /// The way to the node that led last.
    leader: Arc<Mutex<Option<(String, PeerChannel)>>>,
}

impl Node {
    fn new(engine: Engine, express: Express, replica: Replica) -> Self {
        Self { engine, express, leadership: replica.leadership(), replica, leader: Arc::default() }
    }

    /// Runs decisions if this node leads, and reads.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Runs Express executions.
    pub(crate) fn express(&self) -> &Express {
        &self.express
    }

    /// A client of the leader's Workflow service; `None` if no other node is known to lead.
    pub(crate) fn leader_client(&self) -> Option<WorkflowClient<PeerChannel>> {
        let name = match &*self.leadership.borrow() {
            Leadership::Follower { leader: Some(leader) } => leader.name.clone(),
            Leadership::Follower { leader: None } | Leadership::Leader { .. } | Leadership::Stopped => {
                return None;
            }
        };
        let mut known = self.leader.lock().unwrap_or_else(PoisonError::into_inner);
        let channel = match &*known {
            Some((leader, channel)) if *leader == name => channel.clone(),
            _ => {
                let channel = self.replica.channel_to(&name)?;
                *known = Some((name, channel.clone()));
                channel
            }
        };
        let client = WorkflowClient::new(channel);
        Some(client.max_decoding_message_size(MESSAGE_BYTES_MAX).max_encoding_message_size(MESSAGE_BYTES_MAX))
    }
}
