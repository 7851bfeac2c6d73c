//! Asynchronous executions that this node has just come to own, on their way to who runs them. What there is no room for is not lost: it
//! is stored, and found by the next scan.

use std::sync::Arc;

use keepstep_engine::id::NodeId;
use keepstep_engine::record::ExpressStart;
use tokio::sync::{Notify, mpsc};

/// Starts that wait to be begun.
const WAITING_MAX: usize = 1_024;

/// Where starts are handed in.
pub(crate) struct Starts {
    node: NodeId,
    sender: mpsc::Sender<ExpressStart>,
    left: Arc<Notify>,
}

/// Where starts are taken out.
pub(crate) struct Arrivals {
    pub(super) node: NodeId,
    pub(super) receiver: mpsc::Receiver<ExpressStart>,
    /// There was no room for some.
    pub(super) left: Arc<Notify>,
}

impl Starts {
    /// Both ends, of this node.
    pub(crate) fn new(node: NodeId) -> (Self, Arrivals) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let left = Arc::new(Notify::new());
        (Self { node, sender, left: Arc::clone(&left) }, Arrivals { node, receiver, left })
    }

    /// This node.
    pub(crate) fn node(&self) -> NodeId {
        self.node
    }

    /// The start is committed, and this node owns the execution.
    pub(crate) fn offer(&self, start: ExpressStart) {
        if self.sender.try_send(start).is_err() {
            self.left.notify_one();
        }
    }
}
