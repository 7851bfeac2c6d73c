//! What a leader has in memory for one term: none of it is stored, and all of it is dropped with the term.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::activity_queue::ActivityQueues;
use super::call_queue::CallQueue;
use super::clock::Clock;
use super::mailbox::Mailboxes;
use super::outbox::Outboxes;
use super::timers::Timers;

/// A term of leadership, whose first entry is applied here.
pub(crate) struct Term {
    pub(crate) number: u64,
    pub(crate) clock: Clock,
    pub(crate) mailboxes: Mailboxes,
    pub(crate) timers: Timers,
    pub(crate) queues: Arc<ActivityQueues>,
    pub(crate) calls: CallQueue,
    pub(crate) outboxes: Outboxes,
    /// Cancelled when this node no longer leads.
    pub(crate) ended: CancellationToken,
}

impl Term {
    pub(crate) fn new(number: u64, clock: Clock, pollers_max: usize, outboxes: Outboxes) -> Self {
        Self {
            number,
            clock,
            mailboxes: Mailboxes::new(),
            timers: Timers::new(),
            queues: Arc::new(ActivityQueues::new(pollers_max)),
            calls: CallQueue::new(),
            outboxes,
            ended: CancellationToken::new(),
        }
    }

    /// Tells everybody who waits that this node doesn't lead any more. Steps in flight end by themselves: their proposals fail.
    pub(crate) fn end(&self) {
        self.ended.cancel();
        self.queues.close();
        self.calls.close();
        self.outboxes.close();
    }
}
