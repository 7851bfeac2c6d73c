//! The scheduler over a map in memory and a step of the test's own: what is answered, when, and what is carried out.

mod outbox;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use bytes::Bytes;
use keepstep_engine::id::{ActivityId, BranchId, ExecutionId, NodeId, RequestId, Timestamp};
use keepstep_engine::key::{self, Timer, Waiting};
use keepstep_engine::record::outcome::{Answer, Done, HandedOut};
use keepstep_engine::record::{Outcome, PayloadRef, TimerKind, WaitingTask};
use keepstep_engine::task_token::TaskToken;
use keepstep_engine::{
    ApiError, Arrival, Decision, Desk, Effect, Limits, Origin, Refusal, Stimulus, Transaction, Write,
};
use keepstep_raft::Leadership;
use prost::Message;
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::memory_ledger::MemoryLedger;
use super::step::StepFn;
use super::{ActivityPoll, Engine, Failure, Ledger, Outside, Priority, Settings, lead};
use crate::express::Starts;
use crate::status_changes::Target;

const THREADS: usize = 2;
const QUEUE_MAX: usize = 100;
const ACTIVITY: ActivityId = ActivityId::from_bytes([9; 16]);

struct Bench {
    engine: Engine,
    ledger: Arc<MemoryLedger>,
    leadership: watch::Sender<Leadership>,
}

impl Bench {
    fn new(step: Arc<StepFn>) -> Self {
        Self::with_targets(step, Vec::new())
    }

    fn with_targets(step: Arc<StepFn>, targets: Vec<Target>) -> Self {
        let ledger = Arc::new(MemoryLedger::default());
        let settings = Settings {
            limits: Limits::default(),
            evaluation_threads: THREADS,
            evaluation_queue_max: QUEUE_MAX,
            pollers_max: 10,
            lambda_calls_max: 10,
            definition_cache_bytes: 1 << 20,
            outbox_max: 3,
        };
        let outside = Outside::nowhere(targets);
        let (starts, _) = Starts::new(NodeId(1));
        let of_ledger: Arc<dyn Ledger> = Arc::clone(&ledger) as _;
        let engine = Engine::with_step(of_ledger, outside, starts, settings, Handle::current(), step)
            .expect("threads");
        let (leadership, watched) = watch::channel(Leadership::Follower { leader: None });
        tokio::spawn(lead(engine.clone(), watched));
        Self { engine, ledger, leadership }
    }

    async fn begin_term(&self, term: u64) {
        self.leadership.send_replace(Leadership::Leader { term, since: term });
        while self.engine.shared.term.load().as_ref().is_none_or(|current| current.number != term) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn end_term(&self) {
        self.leadership.send_replace(Leadership::Follower { leader: None });
        while self.engine.shared.term.load().is_some() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn poll(&self, id: u8, wait: Duration) -> Result<Option<HandedOut>, Failure> {
        let poll_id = RequestId::from_bytes([id; 16]);
        self.engine.poll(ActivityPoll { activity: ACTIVITY, poll_id, worker_name: None, wait }).await
    }
}

fn execution() -> ExecutionId {
    ExecutionId::of_arn("x")
}

fn arrival() -> Arrival {
    Arrival { request: None, stimulus: Stimulus::Stop { error: None, cause: None } }
}

/// A decision that writes one key.
fn writes<R>(key: &'static [u8], reply: R) -> Decision<R> {
    let writes = vec![Write::Put { key: Bytes::from_static(key), value: Bytes::new() }];
    let transaction = Transaction { origin: Origin("Test"), guards: Vec::new(), writes };
    Decision { transaction: Some(transaction), effects: Vec::new(), reply }
}

fn done() -> Result<Answer, ApiError> {
    Ok(Answer::Done(Done {}))
}

/// A step that answers everything and writes something.
fn obliging() -> Arc<StepFn> {
    Arc::new(|_, _, arrivals| Ok(writes(b"step", arrivals.iter().map(|_| done()).collect())))
}

/// A step that hands out tasks as the engine does: each once, and the outcome is kept for a poll that is asked again.
fn handing_out() -> Arc<StepFn> {
    Arc::new(|desk: &Desk<'_>, execution, arrivals| {
        let mut writes = Vec::new();
        let mut reply = Vec::new();
        for arrival in arrivals {
            let Arrival { request: Some(poll_id), stimulus: Stimulus::HandOut { branch, attempt, .. } } =
                arrival
            else {
                panic!("a hand-out: {arrival:?}");
            };
            let waiting = Waiting { activity: ACTIVITY, scheduled: Timestamp(1), execution, branch: *branch };
            if desk.view.get(&waiting.key())?.is_none() {
                reply.push(Err(ApiError::new("TaskDoesNotExist", "gone")));
                continue;
            }
            let token = TaskToken { execution, branch: *branch, attempt: *attempt, nonce: [0; 16] };
            let answer = Answer::HandedOut(HandedOut {
                task_token: token.encode(),
                execution: Bytes::copy_from_slice(execution.as_bytes()),
                input: PayloadRef::default(),
            });
            let kept = Outcome { answer: Some(answer.clone()) }.encode_to_vec();
            writes.push(Write::Delete { key: waiting.key() });
            writes.push(Write::Put { key: key::request(desk.now, *poll_id), value: kept.into() });
            reply.push(Ok(answer));
        }
        let transaction = Transaction { origin: Origin("HandOut"), guards: Vec::new(), writes };
        Ok(Decision { transaction: Some(transaction), effects: Vec::new(), reply })
    })
}

fn put_waiting(ledger: &MemoryLedger, branch: u64) {
    let waiting = Waiting {
        activity: ACTIVITY,
        scheduled: Timestamp(1),
        execution: execution(),
        branch: BranchId(branch),
    };
    ledger.put(waiting.key(), WaitingTask { attempt: 1 }.encode_to_vec().into());
}

#[tokio::test]
async fn nothing_is_done_where_nobody_leads() {
    let bench = Bench::new(obliging());
    assert!(matches!(bench.engine.decide(|_| Ok(writes(b"k", ()))).await, Err(Failure::NotLeader)));
    assert!(matches!(bench.engine.deliver(execution(), arrival()).await, Err(Failure::NotLeader)));
    assert!(matches!(bench.poll(1, Duration::ZERO).await, Err(Failure::NotLeader)));
    assert!(bench.ledger.view().get(b"k").expect("readable").is_none());
    bench.engine.read(|_| Ok(())).await.expect("reads are served everywhere");
}

#[tokio::test]
async fn a_decision_is_made_again_when_a_guard_refuses_it() {
    let bench = Bench::new(obliging());
    bench.begin_term(1).await;
    bench.ledger.refusals.store(5, Ordering::SeqCst);
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let decided = bench
        .engine
        .decide(move |_| {
            let tried = counted.fetch_add(1, Ordering::SeqCst) + 1;
            Ok(writes(b"k", tried))
        })
        .await;
    assert_eq!(decided.expect("decided at last"), 6);
    assert!(bench.ledger.view().get(b"k").expect("readable").is_some());
    bench.ledger.refusals.store(1_000, Ordering::SeqCst);
    let given_up = bench.engine.decide(|_| Ok(writes(b"k", ()))).await;
    assert!(matches!(given_up, Err(Failure::Unavailable(_))), "bounded");
}

#[tokio::test]
async fn what_comes_first_is_decided_where_the_queue_is_full() {
    let bench = Bench::new(obliging());
    bench.begin_term(1).await;
    let engine = &bench.engine;
    let release = Arc::new(Barrier::new(THREADS + 1));
    let busy = (0..THREADS).map(|_| {
        let release = Arc::clone(&release);
        engine.evaluate(move || release.wait().is_leader())
    });
    let waiting = (0..QUEUE_MAX).map(|_| engine.evaluate(|| true));
    let mut busy = Box::pin(futures::future::join_all(busy));
    assert!(futures::poll!(&mut busy).is_pending());
    while engine.shared.pool.waiting() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut waiting = Box::pin(futures::future::join_all(waiting));
    assert!(futures::poll!(&mut waiting).is_pending());
    let usual = engine.decide(|_| Ok(writes(b"k", ()))).await;
    assert!(matches!(usual, Err(Failure::Overloaded)));
    let first = engine.decide_with(Priority::First, |_| Ok(writes(b"k", ())));
    let released = tokio::task::spawn_blocking(move || release.wait().is_leader());
    let (first, released) = tokio::join!(first, released);
    first.expect("it has its place");
    released.expect("no panic");
    assert!(busy.await.into_iter().chain(waiting.await).all(|ran| ran.is_ok()));
}

#[tokio::test]
async fn an_answer_without_a_commit_is_given_on_a_confirmed_state_only() {
    let bench = Bench::new(obliging());
    bench.begin_term(1).await;
    let barriers = || bench.ledger.barriers.load(Ordering::SeqCst);
    bench.engine.decide(|_| Ok(writes(b"k", ()))).await.expect("decided");
    assert_eq!(barriers(), 0, "a commit confirms by itself");
    bench.engine.decide(|_| Ok(Decision::unchanged(()))).await.expect("decided");
    assert_eq!(barriers(), 1);
    let refused: Result<(), _> =
        bench.engine.decide(|_| Err(Refusal::Api(ApiError::new("ExecutionDoesNotExist", "no")))).await;
    assert!(matches!(refused, Err(Failure::Api(error)) if error.code == "ExecutionDoesNotExist"));
    assert_eq!(barriers(), 2);
}

#[tokio::test]
async fn what_arrives_during_a_step_is_decided_together() {
    let (entered, left) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let bench = Bench::new({
        let (entered, left, sizes) = (Arc::clone(&entered), Arc::clone(&left), Arc::clone(&sizes));
        Arc::new(move |_, _, arrivals| {
            sizes.lock().expect("no panic").push(arrivals.len());
            if arrivals.len() == 1 {
                entered.wait();
                left.wait();
            }
            Ok(writes(b"step", arrivals.iter().map(|_| done()).collect()))
        })
    });
    bench.begin_term(1).await;
    let engine = bench.engine.clone();
    let first = tokio::spawn(async move { engine.deliver(execution(), arrival()).await });
    tokio::task::spawn_blocking(move || entered.wait()).await.expect("no panic");
    let mut others: Vec<_> = (0..5).map(|_| Box::pin(bench.engine.deliver(execution(), arrival()))).collect();
    for other in &mut others {
        assert!(futures::poll!(other).is_pending());
    }
    left.wait();
    assert!(first.await.expect("no panic").is_ok());
    assert!(futures::future::join_all(others).await.iter().all(Result::is_ok));
    assert_eq!(*sizes.lock().expect("no panic"), [1, 5]);
}

#[tokio::test]
async fn what_is_too_much_for_one_step_is_decided_in_the_next() {
    let steps = Arc::new(AtomicUsize::new(0));
    let bench = Bench::new({
        let steps = Arc::clone(&steps);
        Arc::new(move |_, _, arrivals| {
            steps.fetch_add(1, Ordering::SeqCst);
            Ok(writes(b"step", arrivals.iter().take(2).map(|_| done()).collect()))
        })
    });
    bench.begin_term(1).await;
    let delivered = (0..5).map(|_| bench.engine.deliver(execution(), arrival()));
    let answers = futures::future::join_all(delivered).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(steps.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_refusal_of_one_arrival_is_its_own() {
    let bench = Bench::new(Arc::new(|_, _, arrivals| {
        let answers = arrivals.iter().map(|arrival| match arrival.request {
            Some(_) => done(),
            None => Err(ApiError::new("TaskDoesNotExist", "no")),
        });
        Ok(writes(b"step", answers.collect()))
    }));
    bench.begin_term(1).await;
    let request = Some(RequestId::from_bytes([1; 16]));
    let good = bench.engine.deliver(execution(), Arrival { request, ..arrival() });
    let bad = bench.engine.deliver(execution(), arrival());
    let (good, bad) = tokio::join!(good, bad);
    assert!(matches!(good, Ok(Answer::Done(_))));
    assert!(matches!(bad, Err(Failure::Api(error)) if error.code == "TaskDoesNotExist"));
}

#[tokio::test]
async fn timers_fire_once_when_their_time_has_come_and_not_before() {
    let fired = Arc::new(Mutex::new(Vec::new()));
    let (told, mut tell) = tokio::sync::mpsc::unbounded_channel();
    let bench = Bench::new({
        let fired = Arc::clone(&fired);
        Arc::new(move |desk, _, arrivals| {
            for arrival in arrivals {
                let Stimulus::TimerDue(timer) = arrival.stimulus else { panic!("a timer: {arrival:?}") };
                fired.lock().expect("no panic").push((timer.due.0, desk.now >= timer.due));
                told.send(()).expect("the test waits");
            }
            Ok(writes(b"step", arrivals.iter().map(|_| done()).collect()))
        })
    });
    let now = super::wall_ms();
    let timer = |due: i64| Timer {
        due: Timestamp(due),
        execution: execution(),
        branch: BranchId::ROOT,
        kind: TimerKind::Wait,
    };
    for due in [now - 10_000, now + 30] {
        bench.ledger.put(timer(due).key(), Bytes::new());
    }
    bench.begin_term(1).await;
    let (armed, far) = (timer(now + 60), timer(now + 3_600_000));
    bench
        .engine
        .decide(move |_| {
            let effects = vec![Effect::Arm(far), Effect::Arm(armed), Effect::Disarm(far)];
            Ok(Decision { effects, ..writes(b"k", ()) })
        })
        .await
        .expect("decided");
    for _ in 0..3 {
        tell.recv().await.expect("the step runs");
    }
    let fired = fired.lock().expect("no panic").clone();
    assert_eq!(fired, [(now - 10_000, true), (now + 30, true), (now + 60, true)]);
}

#[tokio::test]
async fn a_timer_outlives_a_quorum_that_is_silent_for_a_while() {
    let bench = Bench::new(obliging());
    let timer = Timer {
        due: Timestamp(super::wall_ms() - 10_000),
        execution: execution(),
        branch: BranchId::ROOT,
        kind: TimerKind::Wait,
    };
    bench.ledger.put(timer.key(), Bytes::new());
    bench.ledger.cut_off.store(3, Ordering::SeqCst);
    bench.begin_term(1).await;
    while bench.ledger.view().get(b"step").expect("readable").is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_poll_gets_a_task_that_waits_or_comes() {
    let bench = Bench::new(handing_out());
    put_waiting(&bench.ledger, 1);
    bench.begin_term(1).await;
    let branch = |handed_out: HandedOut| TaskToken::decode(&handed_out.task_token).expect("a token").branch.0;
    let first = bench.poll(1, Duration::from_secs(30)).await.expect("handed out").expect("a task");
    assert_eq!(branch(first.clone()), 1);
    assert_eq!(bench.poll(2, Duration::from_millis(5)).await.expect("held"), None);
    let later = bench.poll(3, Duration::from_secs(30));
    let offer = async {
        put_waiting(&bench.ledger, 2);
        let waiting = Waiting {
            activity: ACTIVITY,
            scheduled: Timestamp(1),
            execution: execution(),
            branch: BranchId(2),
        };
        let offer = move |_: &Desk<'_>| {
            Ok(Decision { effects: vec![Effect::Offer { waiting, attempt: 1 }], ..writes(b"k", ()) })
        };
        bench.engine.decide(offer).await.expect("decided");
    };
    let (later, ()) = tokio::join!(later, offer);
    assert_eq!(branch(later.expect("handed out").expect("a task")), 2);
    // Asked again, a poll gets what it got.
    assert_eq!(bench.poll(1, Duration::ZERO).await.expect("known"), Some(first));
}

#[tokio::test]
async fn a_poll_ends_in_time_though_its_hand_out_came_to_nothing() {
    let (entered, left) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let bench = Bench::new({
        let (entered, left) = (Arc::clone(&entered), Arc::clone(&left));
        Arc::new(move |_, _, arrivals| {
            entered.wait();
            left.wait();
            let gone = || Err(ApiError::new("TaskDoesNotExist", "gone"));
            Ok(writes(b"step", arrivals.iter().map(|_| gone()).collect()))
        })
    });
    put_waiting(&bench.ledger, 1);
    bench.begin_term(1).await;
    let release = async {
        tokio::task::spawn_blocking(move || entered.wait()).await.expect("no panic");
        tokio::time::sleep(Duration::from_millis(5)).await;
        left.wait();
    };
    let (polled, ()) = tokio::join!(bench.poll(1, Duration::from_millis(1)), release);
    assert_eq!(polled.expect("held"), None);
}

#[tokio::test]
async fn tasks_and_workers_meet_once_each() {
    let bench = Arc::new(Bench::new(handing_out()));
    let tasks = 200;
    for branch in 0..tasks {
        put_waiting(&bench.ledger, branch);
    }
    bench.begin_term(1).await;
    let workers = (0..8_u8).map(|worker| {
        let bench = Arc::clone(&bench);
        tokio::spawn(async move {
            let mut got = Vec::new();
            for poll in 0..tasks / 8 {
                let mut poll_id = [worker; 16];
                poll_id[0] = u8::try_from(poll).expect("small");
                let poll = ActivityPoll {
                    activity: ACTIVITY,
                    poll_id: RequestId::from_bytes(poll_id),
                    worker_name: None,
                    wait: Duration::from_secs(30),
                };
                let task = bench.engine.poll(poll).await.expect("handed out").expect("a task");
                got.push(TaskToken::decode(&task.task_token).expect("a token").branch.0);
            }
            got
        })
    });
    let mut got: Vec<_> =
        futures::future::join_all(workers).await.into_iter().flat_map(|got| got.expect("no panic")).collect();
    got.sort_unstable();
    assert_eq!(got, (0..tasks).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_end_of_a_term_is_told_and_the_next_one_begins_anew() {
    let bench = Bench::new(handing_out());
    bench.begin_term(1).await;
    let mut held = Box::pin(bench.poll(1, Duration::from_secs(30)));
    assert!(futures::poll!(&mut held).is_pending());
    bench.end_term().await;
    assert!(matches!(held.await, Err(Failure::NotLeader)));
    put_waiting(&bench.ledger, 7);
    bench.begin_term(2).await;
    assert!(bench.poll(1, Duration::from_secs(30)).await.expect("handed out").is_some());
}

#[tokio::test]
async fn a_decision_that_is_committed_in_a_later_term_has_its_effects_there() {
    let bench = Bench::new(obliging());
    let now = super::wall_ms();
    let timer = |due: i64| Timer {
        due: Timestamp(due),
        execution: execution(),
        branch: BranchId::ROOT,
        kind: TimerKind::Wait,
    };
    let (later, sooner) = (timer(now + 120_000), timer(now + 60_000));
    bench.ledger.put(later.key(), Bytes::new());
    let next_due = || bench.engine.shared.term.load().as_ref().and_then(|term| term.timers.next_due());
    let until_next = async |timer: Timer| {
        while next_due() != Some(timer.due) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    bench.begin_term(1).await;
    let (entered, left) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (at_entry, at_exit) = (Arc::clone(&entered), Arc::clone(&left));
    let engine = bench.engine.clone();
    let decided = tokio::spawn(async move {
        let slow = move |_: &Desk<'_>| {
            at_entry.wait();
            at_exit.wait();
            Ok(Decision { effects: vec![Effect::Arm(sooner)], ..writes(b"k", ()) })
        };
        engine.decide(slow).await
    });
    tokio::task::spawn_blocking(move || entered.wait()).await.expect("no panic");
    bench.end_term().await;
    bench.begin_term(2).await;
    until_next(later).await;
    left.wait();
    decided.await.expect("no panic").expect("committed");
    until_next(sooner).await;
}
