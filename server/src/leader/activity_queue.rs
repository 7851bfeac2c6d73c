//! The queues of activities in memory: workers that poll, and a window of the tasks that wait for them. The index in the replicated
//! state holds all waiting tasks; a queue is here only while workers poll for its activity. This is the bookkeeping;
//! [`super::hand_out`] gives tasks to workers.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use keepstep_engine::draft::decode;
use keepstep_engine::id::{ActivityId, RequestId};
use keepstep_engine::key::{self, Waiting};
use keepstep_engine::record::WaitingTask;
use keepstep_engine::record::outcome::HandedOut;
use keepstep_engine::view::{Direction, Versioned};
use keepstep_engine::{ApiError, View, ViewError};
use metrics::{Gauge, gauge};
use tokio::sync::oneshot;

use super::{ActivityPoll, Failure};
use crate::metric;

/// Tasks that are loaded by one scan.
const SCAN_MAX: usize = 256;
/// Tasks of one activity that are kept in memory.
const LOADED_MAX: usize = 1_024;
/// Activities whose queues are in memory at a time.
const QUEUES_MAX: usize = 10_000;
/// How long a queue that nobody polls is kept, so that workers that come back find it loaded.
const IDLE_MAX: Duration = Duration::from_secs(120);

/// A worker that waits.
pub(crate) struct Poller {
    number: u64,
    /// The same for every try of one poll.
    pub(crate) poll_id: RequestId,
    /// As it calls itself.
    pub(crate) worker_name: Option<String>,
    reply: Mutex<Option<oneshot::Sender<Result<HandedOut, Failure>>>>,
}

impl Poller {
    /// Whether nobody waits for the answer any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.reply
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .is_none_or(oneshot::Sender::is_closed)
    }

    /// Gives the answer. If the worker has gone meanwhile, its poll asked again finds the hand-out by its id.
    pub(crate) fn answer(&self, answer: Result<HandedOut, Failure>) {
        let reply = self.reply.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(reply) = reply {
            let _ = reply.send(answer);
        }
    }
}

/// A waiting task and the worker that is to get it.
pub(crate) struct Match {
    pub(crate) waiting: Waiting,
    pub(crate) attempt: u64,
    pub(crate) poller: Arc<Poller>,
}

/// A place in a queue; leaves it when it is dropped.
pub(crate) struct Ticket {
    queues: Arc<ActivityQueues>,
    activity: ActivityId,
    number: u64,
    /// Where the answer comes.
    pub(crate) answer: oneshot::Receiver<Result<HandedOut, Failure>>,
}

impl Ticket {
    /// Leaves the queue. Says whether the poll was still in it: if not, an answer is on its way.
    pub(crate) fn leave(&self) -> bool {
        self.queues.leave(self.activity, self.number)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The queues of a term.
pub(crate) struct ActivityQueues {
    queues: Mutex<HashMap<ActivityId, Queue>>,
    next_number: AtomicU64,
    pollers_max: usize,
    pollers: Gauge,
    loaded: Gauge,
}

struct Queue {
    pollers: VecDeque<Arc<Poller>>,
    /// All waiting tasks whose key is below the horizon and that are not being handed out, with their attempts.
    tasks: BTreeMap<Waiting, u64>,
    handing_out: HashSet<Waiting>,
    horizon: Bytes,
    /// While the index is scanned: what happened meanwhile to tasks that aren't in memory, in order.
    scanning: Option<Vec<(Waiting, Option<u64>)>>,
    used: Instant,
}

impl ActivityQueues {
    /// Queues of at most this many pollers each.
    pub(crate) fn new(pollers_max: usize) -> Self {
        Self {
            queues: Mutex::default(),
            next_number: AtomicU64::new(0),
            pollers_max,
            pollers: gauge!(metric::POLLERS),
            loaded: gauge!(metric::TASKS_LOADED),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ActivityId, Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a poll.
    pub(crate) fn join(self: &Arc<Self>, poll: &ActivityPoll) -> Result<Ticket, Failure> {
        let mut queues = self.lock();
        if queues.len() >= QUEUES_MAX && !queues.contains_key(&poll.activity) {
            return Err(Failure::Overloaded);
        }
        let queue = queues.entry(poll.activity).or_insert_with(|| Queue::new(poll.activity));
        if queue.pollers.len() >= self.pollers_max {
            return Err(ApiError::new(
                "ActivityWorkerLimitExceeded",
                "The maximum number of workers concurrently polling for activity tasks has been reached.",
            )
            .into());
        }
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let (reply, answer) = oneshot::channel();
        queue.used = Instant::now();
        queue.pollers.push_back(Arc::new(Poller {
            number,
            poll_id: poll.poll_id,
            worker_name: poll.worker_name.clone(),
            reply: Mutex::new(Some(reply)),
        }));
        self.pollers.increment(1.0);
        Ok(Ticket { queues: Arc::clone(self), activity: poll.activity, number, answer })
    }

    fn leave(&self, activity: ActivityId, number: u64) -> bool {
        let mut queues = self.lock();
        let Some(queue) = queues.get_mut(&activity) else { return false };
        let before = queue.pollers.len();
        queue.pollers.retain(|poller| poller.number != number);
        let left = queue.pollers.len() < before;
        if left {
            self.pollers.decrement(1.0);
        }
        left
    }

    /// A task is stored.
    pub(crate) fn offer(&self, waiting: Waiting, attempt: u64) {
        let mut queues = self.lock();
        let Some(queue) = queues.get_mut(&waiting.activity) else { return };
        if waiting.key() < queue.horizon {
            queue.tasks.insert(waiting, attempt);
            queue.unload_beyond_max();
        } else if let Some(changes) = &mut queue.scanning {
            changes.push((waiting, Some(attempt)));
        }
    }

    /// A task is no longer stored.
    pub(crate) fn withdraw(&self, waiting: &Waiting) {
        let mut queues = self.lock();
        let Some(queue) = queues.get_mut(&waiting.activity) else { return };
        if queue.tasks.remove(waiting).is_none()
            && let Some(changes) = &mut queue.scanning
        {
            changes.push((*waiting, None));
        }
    }

    /// Pairs the oldest tasks with the workers that have waited longest and are still there. Each pair must end in
    /// [`ActivityQueues::settle`] or [`ActivityQueues::give_back`].
    pub(crate) fn pair(&self, activity: ActivityId) -> Vec<Match> {
        let mut queues = self.lock();
        let Some(queue) = queues.get_mut(&activity) else { return Vec::new() };
        let mut matches = Vec::new();
        while !queue.tasks.is_empty() {
            let Some(poller) = queue.pollers.pop_front() else { break };
            self.pollers.decrement(1.0);
            if poller.is_gone() {
                continue;
            }
            let Some((waiting, attempt)) = queue.tasks.pop_first() else { break };
            queue.handing_out.insert(waiting);
            matches.push(Match { waiting, attempt, poller });
        }
        matches
    }

    /// A pair's task is handed out, or is no longer there to be handed out.
    pub(crate) fn settle(&self, waiting: &Waiting) {
        if let Some(queue) = self.lock().get_mut(&waiting.activity) {
            queue.handing_out.remove(waiting);
        }
    }

    /// A pair's task was not handed out: it is the next one again.
    pub(crate) fn give_back(&self, waiting: Waiting, attempt: u64) {
        if let Some(queue) = self.lock().get_mut(&waiting.activity) {
            queue.handing_out.remove(&waiting);
            if waiting.key() < queue.horizon {
                queue.tasks.insert(waiting, attempt);
            }
        }
    }

    /// A pair's worker got nothing: it is the next one again.
    pub(crate) fn take_back(&self, activity: ActivityId, poller: Arc<Poller>) {
        if let Some(queue) = self.lock().get_mut(&activity) {
            queue.pollers.push_front(poller);
            self.pollers.increment(1.0);
        }
    }

    /// Whether workers wait while there may be tasks that aren't in memory.
    pub(crate) fn wants_loading(&self, activity: ActivityId) -> bool {
        self.lock().get(&activity).is_some_and(|queue| {
            !queue.pollers.is_empty()
                && queue.tasks.is_empty()
                && queue.scanning.is_none()
                && queue.horizon < all_of(activity)
        })
    }

    /// Loads the next window of an activity's tasks, if that is wanted. It reads the store: call it where that is allowed.
    pub(crate) fn load(&self, view: &dyn View, activity: ActivityId) -> Result<(), ViewError> {
        let from = {
            let mut queues = self.lock();
            let Some(queue) = queues.get_mut(&activity) else { return Ok(()) };
            if queue.scanning.is_some() {
                return Ok(());
            }
            // From here on nothing that is offered beyond the horizon goes unseen: the scan or the list of changes has it.
            queue.scanning = Some(Vec::new());
            queue.horizon.clone()
        };
        let found = view.scan(&from, &all_of(activity), SCAN_MAX, Direction::Forward);
        let mut queues = self.lock();
        let Some(queue) = queues.get_mut(&activity) else { return Ok(()) };
        let changes = queue.scanning.take().unwrap_or_default();
        let found = found?;
        if queue.horizon != from {
            // Some were forgotten meanwhile: this scan doesn't go on from where memory ends.
            return Ok(());
        }
        queue.horizon = match found.last() {
            Some((last, _)) if found.len() >= SCAN_MAX => key::after(last),
            _ => all_of(activity),
        };
        for (waiting, attempt) in found.iter().filter_map(parse) {
            if !queue.handing_out.contains(&waiting) {
                queue.tasks.insert(waiting, attempt);
            }
        }
        for (waiting, attempt) in changes {
            match attempt {
                Some(attempt) if waiting.key() < queue.horizon => _ = queue.tasks.insert(waiting, attempt),
                Some(_) => {}
                None => _ = queue.tasks.remove(&waiting),
            }
        }
        queue.unload_beyond_max();
        Ok(())
    }

    /// Forgets queues that nobody has polled for a while.
    pub(crate) fn forget_idle(&self) {
        let mut queues = self.lock();
        queues.retain(|_, queue| {
            !queue.pollers.is_empty()
                || !queue.handing_out.is_empty()
                || queue.scanning.is_some()
                || queue.used.elapsed() < IDLE_MAX
        });
        self.loaded.set(queues.values().map(|queue| queue.tasks.len()).sum::<usize>() as f64);
    }

    /// Drops everything: who waits learns that this node doesn't lead any more.
    pub(crate) fn close(&self) {
        let queues = std::mem::take(&mut *self.lock());
        for poller in queues.into_values().flat_map(|queue| queue.pollers) {
            poller.answer(Err(Failure::NotLeader));
        }
        self.pollers.set(0.0);
        self.loaded.set(0.0);
    }
}

impl Queue {
    fn new(activity: ActivityId) -> Self {
        Self {
            pollers: VecDeque::new(),
            tasks: BTreeMap::new(),
            handing_out: HashSet::new(),
            horizon: key::waiting_tasks(activity),
            scanning: None,
            used: Instant::now(),
        }
    }

    /// Forgets the latest tasks where there are too many: they are found again by scanning on.
    fn unload_beyond_max(&mut self) {
        if self.tasks.len() <= LOADED_MAX {
            return;
        }
        if let Some(first) = self.tasks.keys().nth(LOADED_MAX / 2).copied() {
            self.tasks.split_off(&first);
            self.horizon = first.key();
        }
    }
}

/// The end of an activity's waiting tasks.
fn all_of(activity: ActivityId) -> Bytes {
    key::prefix_end(&key::waiting_tasks(activity))
}

fn parse((key, versioned): &(Bytes, Versioned)) -> Option<(Waiting, u64)> {
    let task = Waiting::parse(key).zip(decode::<WaitingTask>(key, &versioned.value).ok());
    if task.is_none() {
        tracing::error!(key = hex::encode(key), "a waiting task can't be read; it is left alone");
    }
    task.map(|(waiting, task)| (waiting, task.attempt))
}

#[cfg(test)]
mod tests {
    use keepstep_engine::id::{BranchId, ExecutionId, Timestamp};
    use prost::Message;

    use super::*;
    use crate::leader::memory_ledger::MemoryLedger;

    const ACTIVITY: ActivityId = ActivityId::from_bytes([9; 16]);

    fn waiting(scheduled: i64) -> Waiting {
        Waiting {
            activity: ACTIVITY,
            scheduled: Timestamp(scheduled),
            execution: ExecutionId::of_arn("x"),
            branch: BranchId::ROOT,
        }
    }

    fn stored(scheduled: impl IntoIterator<Item = i64>) -> MemoryLedger {
        let ledger = MemoryLedger::default();
        for scheduled in scheduled {
            ledger.put(waiting(scheduled).key(), WaitingTask { attempt: 1 }.encode_to_vec().into());
        }
        ledger
    }

    fn poll(queues: &Arc<ActivityQueues>, id: u8) -> Ticket {
        let poll_id = RequestId::from_bytes([id; 16]);
        let poll = ActivityPoll { activity: ACTIVITY, poll_id, worker_name: None, wait: Duration::ZERO };
        queues.join(&poll).expect("room")
    }

    /// Which polls get which tasks, as `(first byte of the poll id, scheduled time)`.
    fn pairs(queues: &ActivityQueues) -> Vec<(u8, i64)> {
        let matches = queues.pair(ACTIVITY);
        matches.iter().map(|m| (m.poller.poll_id.as_bytes()[0], m.waiting.scheduled.0)).collect()
    }

    #[test]
    fn the_oldest_task_goes_to_the_worker_that_waited_longest() {
        let queues = Arc::new(ActivityQueues::new(10));
        let _tickets = [poll(&queues, 1), poll(&queues, 2), poll(&queues, 3)];
        assert!(queues.wants_loading(ACTIVITY));
        queues.load(&stored([20, 10]), ACTIVITY).expect("readable");
        assert_eq!(pairs(&queues), [(1, 10), (2, 20)]);
        assert!(!queues.wants_loading(ACTIVITY));
        queues.offer(waiting(30), 1);
        assert_eq!(pairs(&queues), [(3, 30)]);
    }

    #[test]
    fn a_worker_that_has_gone_gets_nothing() {
        let queues = Arc::new(ActivityQueues::new(10));
        let (gone, there) = (poll(&queues, 1), poll(&queues, 2));
        drop(gone);
        queues.load(&stored([10]), ACTIVITY).expect("readable");
        assert_eq!(pairs(&queues), [(2, 10)]);
        assert!(!there.leave(), "an answer is on its way");
    }

    #[test]
    fn a_task_that_is_being_handed_out_is_not_loaded_again() {
        let queues = Arc::new(ActivityQueues::new(10));
        let ledger = stored([10]);
        let _first = poll(&queues, 1);
        queues.load(&ledger, ACTIVITY).expect("readable");
        assert_eq!(pairs(&queues), [(1, 10)]);
        let _second = poll(&queues, 2);
        queues.load(&ledger, ACTIVITY).expect("readable");
        assert_eq!(pairs(&queues), []);
        queues.give_back(waiting(10), 1);
        assert_eq!(pairs(&queues), [(2, 10)]);
    }

    #[test]
    fn withdrawn_tasks_are_forgotten() {
        let queues = Arc::new(ActivityQueues::new(10));
        let _ticket = poll(&queues, 1);
        queues.load(&stored([10, 20]), ACTIVITY).expect("readable");
        queues.withdraw(&waiting(10));
        assert_eq!(pairs(&queues), [(1, 20)]);
    }

    #[test]
    fn pollers_are_bounded() {
        let queues = Arc::new(ActivityQueues::new(1));
        let _ticket = poll(&queues, 1);
        let another = ActivityPoll {
            activity: ACTIVITY,
            poll_id: RequestId::from_bytes([2; 16]),
            worker_name: None,
            wait: Duration::ZERO,
        };
        let refused = queues.join(&another).err();
        assert!(matches!(refused, Some(Failure::Api(error)) if error.code == "ActivityWorkerLimitExceeded"));
    }

    #[test]
    fn a_long_queue_is_loaded_in_windows_and_in_order() {
        let queues = Arc::new(ActivityQueues::new(10_000));
        let count = 3 * i64::try_from(SCAN_MAX).expect("small") + 1;
        let ledger = stored(0..count);
        let mut taken = Vec::new();
        let mut tickets = Vec::new();
        for _ in 0..count {
            tickets.push(poll(&queues, 1));
            if queues.wants_loading(ACTIVITY) {
                queues.load(&ledger, ACTIVITY).expect("readable");
            }
            taken.extend(pairs(&queues).into_iter().map(|(_, scheduled)| scheduled));
        }
        assert_eq!(taken, (0..count).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn the_end_of_a_term_is_told_to_all_pollers() {
        let queues = Arc::new(ActivityQueues::new(10));
        let mut ticket = poll(&queues, 1);
        queues.close();
        assert!(matches!((&mut ticket.answer).await, Ok(Err(Failure::NotLeader))));
    }
}
