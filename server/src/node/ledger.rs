//! The replica as the scheduler's ledger: translates transactions, views and errors, and decides nothing.

use std::ops::Bound;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use keepstep_engine::id::NodeId;
use keepstep_engine::view::{Direction, Versioned};
use keepstep_engine::{Expect, Transaction, View, ViewError, Write};
use keepstep_raft::{Outcome, Replica, Room, propose, read};

use crate::leader::{Failure, Ledger, Priority, Proposed};

/// A replica.
pub(super) struct ReplicaLedger {
    replica: Replica,
    view: ReplicaView,
}

impl ReplicaLedger {
    pub(super) fn new(replica: Replica) -> Self {
        Self { view: ReplicaView(replica.view()), replica }
    }
}

impl Ledger for ReplicaLedger {
    fn view(&self) -> &(dyn View + Send + Sync) {
        &self.view
    }

    fn propose(
        &self,
        priority: Priority,
        transaction: Transaction,
    ) -> BoxFuture<'_, Result<Proposed, Failure>> {
        let room = match priority {
            Priority::First => Room::Whole,
            Priority::Usual => Room::Part,
        };
        let proposal = self.replica.propose_within(room, to_raft(transaction));
        async move {
            match proposal.await {
                Ok(Outcome::Committed { .. }) => Ok(Proposed::Committed),
                Ok(Outcome::Refused { .. }) => Ok(Proposed::Refused),
                Err(propose::Error::NotLeader { .. }) => Err(Failure::NotLeader),
                Err(propose::Error::Overloaded) => Err(Failure::Overloaded),
                Err(error @ (propose::Error::Unknown | propose::Error::Stopped)) => {
                    Err(Failure::Unknown(error.to_string()))
                }
                Err(error @ propose::Error::TooLarge { .. }) => Err(Failure::Internal(error.to_string())),
            }
        }
        .boxed()
    }

    fn heard(&self) -> Vec<(NodeId, Option<Duration>)> {
        self.replica.heard().into_iter().map(|(id, age)| (NodeId(id), age)).collect()
    }

    fn barrier(&self) -> BoxFuture<'_, Result<(), Failure>> {
        async move {
            match self.replica.read_barrier().await {
                // The view that is kept shows the state as it is at each call.
                Ok(_) => Ok(()),
                Err(error @ (read::Error::Unavailable { .. } | read::Error::Stopped)) => {
                    Err(Failure::Unavailable(error.to_string()))
                }
            }
        }
        .boxed()
    }
}

struct ReplicaView(keepstep_raft::View);

impl View for ReplicaView {
    fn get(&self, key: &[u8]) -> Result<Option<Versioned>, ViewError> {
        Ok(self.0.get(key).map_err(store)?.map(versioned))
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<(Bytes, Versioned)>, ViewError> {
        if from >= to {
            return Ok(Vec::new());
        }
        let direction = match direction {
            Direction::Forward => keepstep_raft::Direction::Forward,
            Direction::Backward => keepstep_raft::Direction::Backward,
        };
        let range = (Bound::Included(from), Bound::Excluded(to));
        let found = self.0.scan(range, limit, direction).map_err(store)?;
        Ok(found.into_iter().map(|(key, value)| (key, versioned(value))).collect())
    }
}

fn versioned(found: keepstep_raft::Versioned) -> Versioned {
    Versioned { revision: found.revision, value: found.value }
}

fn store(error: keepstep_raft::ViewError) -> ViewError {
    ViewError::Store(error.to_string())
}

fn to_raft(transaction: Transaction) -> keepstep_raft::Txn {
    let guards = transaction.guards.into_iter().map(|guard| keepstep_raft::Guard {
        key: guard.key,
        expect: match guard.expect {
            Expect::Absent => keepstep_raft::Expect::Absent,
            Expect::Revision(revision) => keepstep_raft::Expect::Revision(revision),
        },
    });
    let writes = transaction.writes.into_iter().map(|write| match write {
        Write::Put { key, value } => keepstep_raft::Write::Put { key, value },
        Write::Delete { key } => keepstep_raft::Write::Delete { key },
    });
    keepstep_raft::Txn {
        origin: transaction.origin.0.to_owned(),
        guards: guards.collect(),
        writes: writes.collect(),
    }
}
