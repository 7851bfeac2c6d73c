//! The door through which the scheduler reaches the replicated state. Behind it is a replica, or a map in memory in tests.

use std::time::Duration;

use futures::future::BoxFuture;
use keepstep_engine::id::NodeId;
use keepstep_engine::{Transaction, View};

use super::Failure;
use super::pool::Priority;

/// What became of a proposed transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proposed {
    /// Everything is written, and applied on this node.
    Committed,
    /// A guard failed: nothing is written.
    Refused,
}

/// A replicated, ordered map with guarded transactions.
pub(crate) trait Ledger: Send + Sync + 'static {
    /// What this node has applied, as it is at each call of the view.
    fn view(&self) -> &(dyn View + Send + Sync);

    /// Proposes a transaction and waits for its outcome.
    fn propose(
        &self,
        priority: Priority,
        transaction: Transaction,
    ) -> BoxFuture<'_, Result<Proposed, Failure>>;

    /// Who belongs to the cluster, and how long ago each was heard of, as far as this node knows in its term: only a leader does.
    fn heard(&self) -> Vec<(NodeId, Option<Duration>)>;

    /// After this, [`Ledger::view`] holds everything that was committed anywhere before the call.
    fn barrier(&self) -> BoxFuture<'_, Result<(), Failure>>;
}
