//! Effects, carried out after the commit. Each one is also a key of the replicated state, so that the next leader finds by scanning
//! what this one doesn't get to.

use std::sync::Arc;

use keepstep_engine::{Effect, Stimulus};

use super::term::Term;
use super::{Shared, hand_out, step, trace};

impl Shared {
    /// Does what a committed decision asks for; what takes time goes on by itself.
    ///
    /// A decision that was begun in `term` may have been committed in a later term of this node, whose scans may be over by then: so its
    /// effects are the current term's. Without one, the next term's scans find them.
    pub(crate) fn carry_out(self: &Arc<Self>, term: &Arc<Term>, effects: Vec<Effect>) {
        let current = self.term.load_full();
        let term = current.as_ref().unwrap_or(term);
        for effect in effects {
            match effect {
                Effect::Arm(timer) => term.timers.arm(timer),
                Effect::Disarm(timer) => term.timers.disarm(&timer),
                Effect::Offer { waiting, attempt } => {
                    term.queues.offer(waiting, attempt);
                    hand_out::start(self, term, waiting.activity);
                }
                Effect::Withdraw(waiting) => term.queues.withdraw(&waiting),
                Effect::Call { key, call } => term.calls.add(key, *call),
                Effect::Abandon(key) => term.calls.abandon(&key),
                Effect::WakeParent { execution, branch, attempt } => {
                    let (shared, term) = (Arc::clone(self), Arc::clone(term));
                    self.runtime.spawn(async move {
                        step::insist(&shared, &term, execution, Stimulus::ChildFinished { branch, attempt })
                            .await;
                    });
                }
                Effect::Tell(outgoing) => term.outboxes.came(&outgoing),
                Effect::Untold(outbox) => term.outboxes.overflowed(outbox),
                Effect::Started => {
                    self.meters.started.increment(1);
                    self.meters.open.increment(1.0);
                }
                Effect::Redriven => {
                    self.meters.redriven.increment(1);
                    self.meters.open.increment(1.0);
                }
                Effect::Finished(status) => self.meters.finished(status),
                Effect::Log(logged) => self.outside.logs.log(*logged),
                Effect::Trace(execution) => trace::start(self, execution),
                Effect::Transitions(count) => self.meters.transitions.increment(count),
            }
        }
    }
}
