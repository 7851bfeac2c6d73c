//! Random definitions under random schedules: whatever arrives, and however often, the stored state stays whole.

use std::collections::BTreeSet;

use bytes::Bytes;
use keepstep_engine::id::{BranchId, ExecutionId, RequestId, Timestamp};
use keepstep_engine::key::{CallKey, Timer, Waiting};
use keepstep_engine::record::phase::{Phase, Stage};
use keepstep_engine::record::{Branch, CallKind, ExecutionStatus, Head, TimerKind};
use keepstep_engine::stimulus::{Arrival, CallResult, Stimulus};
use keepstep_engine::task_token::TaskToken;
use keepstep_engine::{Effect, Transaction, Write, execution};
use proptest::prelude::*;

use crate::generator::definition;
use crate::harness::{Do, EXECUTION_ARN, World, activity_id, assert_cleared};

/// One thing that may happen; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Happening {
    /// The clock moves, and a timer that is due then, or one that was due before, fires.
    Timer { choice: usize, is_stale: bool },
    /// A worker takes a task.
    HandOut { choice: usize },
    /// A worker fails, lives on, or succeeds with one of [`OUTPUTS`].
    Token { choice: usize, what: usize },
    /// A call is answered with one of [`OUTPUTS`], or as StartExecution answers, or fails; or an old answer comes once more.
    Call { choice: usize, what: usize, is_stale: bool },
    /// Somebody says that a child has ended. None has.
    Child { choice: usize },
    /// Time passes, and no timer fires yet.
    Time { ms: i64 },
    /// StopExecution.
    Stop,
    /// The state machine is marked as being deleted.
    Delete,
    /// RedriveExecution. Of one that runs it is refused.
    Redrive,
}

fn happening() -> impl Strategy<Value = Happening> {
    let rarely = |happening: Happening| {
        prop::bool::weighted(0.05).prop_map(move |happens| match happens {
            true => happening.clone(),
            false => Happening::Time { ms: 1 },
        })
    };
    prop_oneof![
        12 => (any::<usize>(), prop::bool::weighted(0.2)).prop_map(|(choice, is_stale)| Happening::Timer { choice, is_stale }),
        8 => any::<usize>().prop_map(|choice| Happening::HandOut { choice }),
        10 => (any::<usize>(), 0..9_usize).prop_map(|(choice, what)| Happening::Token { choice, what }),
        8 => (any::<usize>(), 0..9_usize, prop::bool::weighted(0.2)).prop_map(|(choice, what, is_stale)| Happening::Call { choice, what, is_stale }),
        1 => any::<usize>().prop_map(|choice| Happening::Child { choice }),
        4 => (0..3_000_i64).prop_map(|ms| Happening::Time { ms }),
        1 => rarely(Happening::Stop),
        1 => rarely(Happening::Delete),
        3 => Just(Happening::Redrive),
    ]
}

/// Inputs that the generated states find what they look for in, and others.
fn input() -> impl Strategy<Value = &'static str> {
    const OTHERS: [&str; 5] =
        [r#"{"items":{"a":1,"b":{}},"n":0}"#, r#"{"items":[],"n":-1}"#, "{}", "[1, 2]", "null"];
    prop_oneof![
        4 => Just(r#"{"items":[1,2],"n":1}"#),
        2 => Just(r#"{"items":[{"a":1},{"a":[2]}],"n":"1"}"#),
        2 => prop::sample::select(&OTHERS[..]),
    ]
}

/// What workers and services answer.
const OUTPUTS: [&str; 6] =
    ["{}", r#"{"items":[1,2],"n":1}"#, "5", "null", r#"{"a":1,"items":{"k":[]}}"#, "[[]]"];

/// The index keys that branches ask for, derived here a second time.
fn expected_index(
    execution: ExecutionId,
    branches: &[(BranchId, Branch)],
) -> (BTreeSet<Timer>, BTreeSet<Waiting>, BTreeSet<CallKey>) {
    let (mut timers, mut waiting, mut calls) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (branch, record) in branches {
        let mut timer =
            |kind, due: i64| timers.insert(Timer { due: Timestamp(due), execution, branch: *branch, kind });
        match record.phase.as_ref().expect("a stored branch is doing something") {
            Phase::Ready(ready) => {
                timer(TimerKind::Resume, ready.since_ms);
            }
            Phase::Waiting(wait) => {
                timer(TimerKind::Wait, wait.due_ms);
            }
            Phase::Retrying(retry) => {
                timer(TimerKind::Retry, retry.due_ms);
            }
            Phase::FannedOut(fan_out) => {
                fan_out.ready_since_ms.map(|due| timer(TimerKind::Resume, due));
            }
            Phase::Stopped(_) => panic!("{branch:?} is stopped while the execution runs"),
            Phase::MapRun(_) => {
                calls.insert(CallKey { execution, branch: *branch, kind: CallKind::MapRun });
            }
            Phase::Working(work) => {
                work.timeout_due_ms.map(|due| timer(TimerKind::TaskTimeout, due));
                work.heartbeat_due_ms.map(|due| timer(TimerKind::Heartbeat, due));
                if work.stage() == Stage::Queued {
                    let scheduled = Timestamp(work.scheduled_ms);
                    waiting.insert(Waiting {
                        activity: activity_id(),
                        scheduled,
                        execution,
                        branch: *branch,
                    });
                }
                if let Some(call) = &work.call {
                    let kind =
                        if !call.name.is_empty() { CallKind::StartExecution } else { CallKind::Lambda };
                    calls.insert(CallKey { execution, branch: *branch, kind });
                }
            }
        }
    }
    (timers, waiting, calls)
}

/// The most that one step may write beyond its bound: what is under way when it is reached is finished.
const SLACK_BYTES: usize = 64 * 1024;
const TRANSITIONS_MAX: usize = 7;
const STEP_BYTES_MAX: usize = 16 * 1024;

fn assert_whole(world: &World, execution: ExecutionId) {
    let events = world.event_ids(execution);
    for ((id, previous), expected) in events.iter().zip(1..) {
        assert_eq!(*id, expected, "ids have no gaps");
        assert!(previous < id, "an event follows an earlier one");
    }
    let head = world.head(execution);
    assert_eq!(head.next_event_id, events.len() as u64 + 1);
    assert!(events.len() as u64 <= world.limits.history_events_max);
    if !world.is_running(execution) {
        assert_ended(world, execution, &head);
        return;
    }
    let (timers, waiting, calls) = expected_index(execution, &world.branches(execution));
    let is_own = |timer: &Timer| timer.execution == execution && timer.kind != TimerKind::ExecutionTimeout;
    assert_eq!(world.timers().into_iter().filter(is_own).collect::<BTreeSet<_>>(), timers);
    assert_eq!(world.waiting().into_iter().map(|(waiting, _)| waiting).collect::<BTreeSet<_>>(), waiting);
    let stored = world.calls().into_iter().map(|(key, _)| key);
    assert_eq!(stored.filter(|key| key.kind != CallKind::StopExecution).collect::<BTreeSet<_>>(), calls);
    assert!(!timers.is_empty() || world.branches(execution).iter().any(waits), "something will happen to it");
}

/// Whether a branch waits for something other than time.
fn waits((_, branch): &(BranchId, Branch)) -> bool {
    matches!(branch.phase, Some(Phase::Working(_)))
}

fn assert_ended(world: &World, execution: ExecutionId, head: &Head) {
    assert_cleared(world, execution);
    let history = world.history(execution);
    let last = history.last().map(String::as_str).unwrap_or_default();
    let member = |name: &str, text: &Option<String>| {
        text.as_ref().map(|text| format!(" {name}={text}")).unwrap_or_default()
    };
    let reason = format!("{}{}", member("error", &head.error), member("cause", &head.cause));
    let expected = match head.status() {
        ExecutionStatus::Running => unreachable!("it has ended"),
        ExecutionStatus::Succeeded => {
            format!("ExecutionSucceeded{}", member("output", &output(world, execution)))
        }
        ExecutionStatus::Failed => format!("ExecutionFailed{reason}"),
        ExecutionStatus::Aborted => format!("ExecutionAborted{reason}"),
        ExecutionStatus::TimedOut => format!("ExecutionTimedOut error=States.Timeout{reason}"),
    };
    assert_eq!(last.split_once(' ').map(|(_, rest)| rest), Some(expected.as_str()));
    let ends = history.iter().filter(|line| {
        ["Succeeded", "Failed", "Aborted", "TimedOut"]
            .iter()
            .any(|end| line.contains(&format!(" Execution{end}")))
    });
    assert_eq!(ends.count(), 1 + head.redrive_count as usize, "it ends once, and once more for each redrive");
}

fn output(world: &World, execution: ExecutionId) -> Option<String> {
    world.head(execution).output.map(|output| world.payload(execution, output))
}

/// What a step may do at most.
fn assert_bounded(transaction: &Transaction) {
    let bytes: usize = transaction
        .writes
        .iter()
        .map(|write| match write {
            Write::Put { key, value } => key.len() + value.len(),
            Write::Delete { key } => key.len(),
        })
        .sum();
    assert!(bytes < STEP_BYTES_MAX + SLACK_BYTES, "{bytes} bytes in one step");
}

struct Play {
    world: World,
    execution: ExecutionId,
    tokens: Vec<TaskToken>,
    timers: Vec<Timer>,
    finished: Vec<Stimulus>,
    requests: u8,
}

impl Play {
    fn stimulus(&mut self, happening: &Happening) -> Option<Stimulus> {
        let pick = |choice: usize, count: usize| (count > 0).then(|| choice % count);
        match happening {
            Happening::Timer { choice, is_stale: true } => {
                pick(*choice, self.timers.len()).map(|place| Stimulus::TimerDue(self.timers[place]))
            }
            Happening::Timer { choice, is_stale: false } => {
                let timers = self.world.timers();
                // Not the execution's own timeout as long as there is much else to come.
                let soon = Timestamp(self.world.now.0 + 60_000);
                let timers: Vec<_> = timers.into_iter().filter(|timer| timer.due <= soon).collect();
                let timer = timers[pick(*choice, timers.len().min(3))?];
                self.world.now = self.world.now.max(timer.due);
                self.timers.push(timer);
                Some(Stimulus::TimerDue(timer))
            }
            Happening::HandOut { choice } => {
                let waiting = self.world.waiting();
                let (waiting, attempt) = waiting[pick(*choice, waiting.len())?];
                Some(Stimulus::HandOut { branch: waiting.branch, attempt, worker_name: None })
            }
            Happening::Token { choice, what } => {
                let token = self.tokens[pick(*choice, self.tokens.len())?];
                Some(match what {
                    0 => Stimulus::TaskFailed { token, error: Some("E".into()), cause: None },
                    1 => Stimulus::TaskFailed { token, error: None, cause: Some("c".into()) },
                    2 => Stimulus::Heartbeat { token },
                    what => Stimulus::TaskSucceeded {
                        token,
                        output: Bytes::from_static(OUTPUTS[what - 3].as_bytes()),
                    },
                })
            }
            Happening::Call { choice, is_stale: true, .. } => {
                pick(*choice, self.finished.len()).map(|place| self.finished[place].clone())
            }
            Happening::Call { choice, what, is_stale: false } => {
                let calls = self.world.calls();
                let (CallKey { branch, kind, .. }, call) = calls[pick(*choice, calls.len())?].clone();
                let result = match what {
                    0 => CallResult::Failed { error: "E".into(), cause: "c".into() },
                    1 => CallResult::Succeeded(Bytes::from_static(b"{\"ExecutionArn\":\"arn\"}")),
                    2 => CallResult::Succeeded(Bytes::from_static(b"no JSON")),
                    what => CallResult::Succeeded(Bytes::from_static(OUTPUTS[what - 3].as_bytes())),
                };
                let stimulus = Stimulus::CallFinished { branch, kind, attempt: call.attempt, result };
                self.finished.push(stimulus.clone());
                Some(stimulus)
            }
            Happening::Child { choice } => {
                let branches = self.world.branches(self.execution);
                let (branch, record) = &branches[pick(*choice, branches.len())?];
                Some(Stimulus::ChildFinished { branch: *branch, attempt: record.attempt })
            }
            Happening::Time { ms } => {
                self.world.now.0 += ms;
                None
            }
            Happening::Redrive => Some(Stimulus::Redrive { client_token: String::new() }),
            Happening::Stop => Some(Stimulus::Stop { error: Some("S".into()), cause: None }),
            Happening::Delete => {
                self.world.act(self.execution, &Do::Delete);
                None
            }
        }
    }

    /// From here on tasks are taken and done, calls fail and time passes, until the execution ends or waits for what never comes.
    fn finish(&mut self) {
        for round in 0..1_000 {
            if !self.world.is_running(self.execution) {
                return;
            }
            self.requests = 0;
            self.world.now.0 += 20 * 60 * 1000;
            if !self.world.waiting().is_empty() {
                self.happen(&Happening::HandOut { choice: 0 });
            } else if self.world.timers().iter().any(|timer| timer.due <= self.world.now) {
                self.happen(&Happening::Timer { choice: 0, is_stale: false });
            }
            for choice in 0..self.tokens.len() {
                self.happen(&Happening::Token { choice, what: 4 });
            }
            self.tokens.clear();
            let calling = self.world.branches(self.execution).iter().any(|(_, branch)| {
                matches!(&branch.phase, Some(Phase::Working(work)) if work.stage() == Stage::Calling)
            });
            let is_due = self
                .world
                .timers()
                .iter()
                .any(|timer| timer.due <= Timestamp(self.world.now.0 + 20 * 60 * 1000));
            if calling {
                // Of several calls, each comes in its turn.
                self.happen(&Happening::Call { choice: round, what: 0, is_stale: false });
            } else if !is_due && self.world.waiting().is_empty() && self.world.is_running(self.execution) {
                // What is left waits for a child that doesn't end, or for a token that nobody has.
                assert!(self.world.branches(self.execution).iter().any(waits));
                self.happen(&Happening::Stop);
            }
        }
        panic!("the execution doesn't come to an end");
    }

    fn happen(&mut self, happening: &Happening) {
        let Some(stimulus) = self.stimulus(happening) else { return };
        self.requests = self.requests.wrapping_add(1);
        let arrival = Arrival { request: Some(RequestId::from_bytes([self.requests; 16])), stimulus };
        let before = self.world.memory.clone();
        let ended = (!self.world.is_running(self.execution)).then(|| self.world.history(self.execution));
        let redrives = self.world.head(self.execution).redrive_count;
        let commits = self.world.transactions.len();
        let reply = self.world.arrive(self.execution, arrival.clone());
        if let Ok(keepstep_engine::record::outcome::Answer::HandedOut(handed_out)) = &reply {
            self.tokens.extend(TaskToken::decode(&handed_out.task_token));
        }
        if self.world.transactions.len() > commits {
            // What was decided on the state before this commit can't be committed any more.
            let mut desk = self.world.desk();
            desk.view = &before;
            let late = execution::step(&desk, self.execution, std::slice::from_ref(&arrival))
                .expect("the memory can be read");
            let late = late.transaction.expect("it was decided to write before");
            assert!(!self.world.memory.clone().apply(&late), "a late decision is refused");
        }
        if reply.is_ok() {
            assert_eq!(
                self.world.arrive(self.execution, arrival),
                reply,
                "a repeated call gets the first answer"
            );
        }
        for (CallKey { execution, .. }, call) in self.world.calls() {
            // A function that got a token may do something with it.
            let payload = call.payload.filter(|_| execution == self.execution);
            let payload = payload.map(|payload| self.world.payload(execution, payload)).unwrap_or_default();
            let token = payload.strip_prefix(r#"{"t":""#).and_then(|rest| rest.strip_suffix(r#""}"#));
            let token = token.and_then(TaskToken::decode).filter(|token| !self.tokens.contains(token));
            self.tokens.extend(token);
        }
        self.world.transactions[commits..].iter().for_each(assert_bounded);
        for effect in self.world.effects.drain(..) {
            assert!(!matches!(effect, Effect::Transitions(number) if number > TRANSITIONS_MAX as u64));
        }
        assert_whole(&self.world, self.execution);
        let is_redriven = self.world.head(self.execution).redrive_count > redrives;
        assert!(
            is_redriven || ended.is_none_or(|history| history == self.world.history(self.execution)),
            "what has ended stays so"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]

    #[test]
    fn executions_stay_whole_and_end(
        definition in definition(),
        input in input(),
        happenings in prop::collection::vec(happening(), 0..120),
    ) {
        let mut world = World::with(&definition);
        world.limits.step_transitions_max = TRANSITIONS_MAX;
        world.limits.step_bytes_max = STEP_BYTES_MAX;
        world.limits.history_events_max = 300;
        let request = world.request("e", input);
        world.start(&request).expect("it starts");
        let execution = ExecutionId::of_arn(EXECUTION_ARN);
        assert_whole(&world, execution);
        let mut play =
            Play { world, execution, tokens: Vec::new(), timers: Vec::new(), finished: Vec::new(), requests: 0 };
        for happening in &happenings {
            play.happen(happening);
        }
        play.finish();
        play.happen(&Happening::Redrive);
        play.finish();
    }
}
