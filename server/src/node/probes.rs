//! What `/readyz` and `/healthz` say of this node.

use keepstep_gateway::Probes;
use keepstep_raft::{Failure, Leadership, Replica, Role};
use tokio::sync::watch;

/// A node that lacks more entries than this would answer reads late.
const LAG_MAX: u64 = 1_000;

/// Asks the replica.
pub(super) struct NodeProbes {
    replica: Replica,
    leadership: watch::Receiver<Leadership>,
    failure: watch::Receiver<Option<Failure>>,
}

impl NodeProbes {
    pub(super) fn new(replica: Replica) -> Self {
        Self { leadership: replica.leadership(), failure: replica.failure(), replica }
    }
}

impl Probes for NodeProbes {
    fn ready(&self) -> Result<(), String> {
        self.alive()?;
        match &*self.leadership.borrow() {
            Leadership::Leader { .. } => return Ok(()),
            Leadership::Follower { leader: Some(_) } => {}
            Leadership::Follower { leader: None } => return Err("no leader is known".to_owned()),
            Leadership::Stopped => return Err("the replica has stopped".to_owned()),
        }
        let status = self.replica.status();
        if status.role == Role::Learner {
            return Err("the node is joining".to_owned());
        }
        let lag = status.committed.unwrap_or(0).saturating_sub(status.applied.unwrap_or(0));
        if lag > LAG_MAX {
            return Err(format!("{lag} committed entries aren't applied yet"));
        }
        Ok(())
    }

    fn alive(&self) -> Result<(), String> {
        match &*self.failure.borrow() {
            Some(failure) => Err(failure.to_string()),
            None => Ok(()),
        }
    }
}
