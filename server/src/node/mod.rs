//! A node: its replica, its scheduler, and its ways to the other nodes.

use keepstep_proto::workflow::v1::workflow_client::WorkflowClient;
use keepstep_raft::PeerChannel;

use crate::leader::Engine;

/// A running node, as its services see it. Cheap to clone.
#[derive(Clone)]
pub struct Node {
    engine: Engine,
}

impl Node {
    /// Runs decisions if this node leads, and reads.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// A client of the leader's Workflow service; `None` if no other node is known to lead.
    pub fn leader_client(&self) -> Option<WorkflowClient<PeerChannel>> {
        None
    }
}
