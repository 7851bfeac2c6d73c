//! One mailbox for each execution that something happened to, at most one step of it in flight: what arrives meanwhile waits and is
//! decided together. A mailbox exists only while it has something to do, so that sleeping executions cost nothing. This is the
//! bookkeeping; the steps are run by [`super::step`].

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keepstep_engine::Arrival;
use keepstep_engine::id::ExecutionId;
use keepstep_engine::record::outcome::Answer;
use metrics::{Gauge, gauge};
use tokio::sync::oneshot;

use super::Failure;
use super::activity_queue::Poller;
use crate::metric;

const SHARDS: usize = 64;
/// Letters that may wait in one mailbox.
pub(crate) const LETTERS_PER_MAILBOX_MAX: usize = 10_000;
/// Letters that may wait in all mailboxes.
pub(crate) const LETTERS_MAX: usize = 100_000;
/// Letters that are decided in one step.
pub(crate) const LETTERS_PER_STEP_MAX: usize = 256;

/// Where the answer to a letter goes.
pub(crate) type Reply = oneshot::Sender<Result<Answer, Failure>>;

/// Something that arrived for an execution.
pub(crate) struct Letter {
    pub(crate) arrival: Arrival,
    /// Of a hand-out: the worker that it is for.
    pub(crate) worker: Option<Arc<Poller>>,
    pub(crate) reply: Reply,
}

/// What became of a letter that was put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Posted {
    /// The mailbox was empty: whoever put the letter in runs its steps until [`Mailboxes::take`] gives no more.
    Start,
    /// Somebody runs steps already and will take it.
    Queued,
}

/// All mailboxes.
pub(crate) struct Mailboxes {
    shards: Vec<Mutex<HashMap<ExecutionId, VecDeque<Letter>>>>,
    waiting: AtomicUsize,
    mailboxes: Gauge,
}

impl Mailboxes {
    pub(crate) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            waiting: AtomicUsize::new(0),
            mailboxes: gauge!(metric::MAILBOXES),
        }
    }

    fn shard(&self, execution: ExecutionId) -> MutexGuard<'_, HashMap<ExecutionId, VecDeque<Letter>>> {
        // An execution's id is a part of a hash: any of its bytes will do.
        let index = usize::from(execution.as_bytes()[15]) % SHARDS;
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a letter in.
    pub(crate) fn put(&self, execution: ExecutionId, letter: Letter) -> Result<Posted, Failure> {
        if self.waiting.load(Ordering::Relaxed) >= LETTERS_MAX {
            return Err(Failure::Overloaded);
        }
        let mut shard = self.shard(execution);
        let posted = match shard.get_mut(&execution) {
            Some(letters) if letters.len() >= LETTERS_PER_MAILBOX_MAX => return Err(Failure::Overloaded),
            Some(letters) => {
                letters.push_back(letter);
                Posted::Queued
            }
            None => {
                shard.insert(execution, VecDeque::from([letter]));
                self.mailboxes.increment(1.0);
                Posted::Start
            }
        };
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Ok(posted)
    }

    /// Takes the letters of the next step; `None` if there are none: the mailbox is no more.
    pub(crate) fn take(&self, execution: ExecutionId) -> Option<Vec<Letter>> {
        let mut shard = self.shard(execution);
        let letters = shard.get_mut(&execution)?;
        if letters.is_empty() {
            shard.remove(&execution);
            self.mailboxes.decrement(1.0);
            return None;
        }
        let count = letters.len().min(LETTERS_PER_STEP_MAX);
        let taken: Vec<_> = letters.drain(..count).collect();
        self.waiting.fetch_sub(taken.len(), Ordering::Relaxed);
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use keepstep_engine::Stimulus;

    use super::*;

    fn letter() -> Letter {
        let arrival = Arrival { request: None, stimulus: Stimulus::Stop { error: None, cause: None } };
        Letter { arrival, worker: None, reply: oneshot::channel().0 }
    }

    #[test]
    fn one_runner_takes_what_arrives_meanwhile_together() {
        let mailboxes = Mailboxes::new();
        let (a, b) = (ExecutionId::of_arn("a"), ExecutionId::of_arn("b"));
        let put = |execution| mailboxes.put(execution, letter()).expect("room");
        let take = |execution| mailboxes.take(execution).map(|letters| letters.len());
        assert_eq!(put(a), Posted::Start);
        assert_eq!(put(b), Posted::Start);
        assert_eq!(take(a), Some(1));
        assert_eq!(put(a), Posted::Queued);
        assert_eq!(put(a), Posted::Queued);
        assert_eq!(take(a), Some(2));
        assert_eq!(take(a), None);
        assert_eq!(put(a), Posted::Start);
        assert_eq!((take(a), take(a), take(b), take(b)), (Some(1), None, Some(1), None));
    }

    #[test]
    fn a_mailbox_and_a_step_are_bounded() {
        let mailboxes = Mailboxes::new();
        let execution = ExecutionId::of_arn("a");
        for _ in 0..LETTERS_PER_MAILBOX_MAX {
            mailboxes.put(execution, letter()).expect("room");
        }
        assert!(matches!(mailboxes.put(execution, letter()), Err(Failure::Overloaded)));
        assert_eq!(mailboxes.take(execution).map(|letters| letters.len()), Some(LETTERS_PER_STEP_MAX));
        mailboxes.put(execution, letter()).expect("room again");
    }
}
