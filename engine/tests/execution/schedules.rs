//! Random definitions under random schedules: whatever arrives, and however often, the stored state stays whole.

use std::collections::BTreeSet;

use bytes::Bytes;
use keepstep_engine::execution;
use keepstep_engine::id::{BranchId, ExecutionId, RequestId, Timestamp};
use keepstep_engine::key::{CallKey, Timer, Waiting};
use keepstep_engine::record::phase::{Phase, Stage};
use keepstep_engine::record::{Branch, CallKind, TimerKind};
use keepstep_engine::stimulus::{Arrival, CallResult, Stimulus};
use keepstep_engine::task_token::TaskToken;
use proptest::prelude::*;

use crate::harness::{ACTIVITY_ARN, EXECUTION_ARN, World, activity_id, assert_cleared};

/// One thing that may happen; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Happening {
    /// The clock moves, and a timer that is due then, or one that was due before, fires.
    Timer {
        choice: usize,
        is_stale: bool,
    },
    HandOut {
        choice: usize,
    },
    Token {
        choice: usize,
        what: u8,
    },
    Call {
        choice: usize,
        succeeds: bool,
    },
    Time {
        ms: i64,
    },
    Stop,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => (any::<usize>(), prop::bool::weighted(0.2)).prop_map(|(choice, is_stale)| Happening::Timer { choice, is_stale }),
        4 => any::<usize>().prop_map(|choice| Happening::HandOut { choice }),
        5 => (any::<usize>(), 0..4_u8).prop_map(|(choice, what)| Happening::Token { choice, what }),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(choice, succeeds)| Happening::Call { choice, succeeds }),
        2 => (0..3_000_i64).prop_map(|ms| Happening::Time { ms }),
        1 => prop::bool::weighted(0.05).prop_map(|stop| if stop { Happening::Stop } else { Happening::Time { ms: 1 } }),
    ]
}

/// A state machine's flow, numbered so that names are unique.
fn flow(depth: u32) -> BoxedStrategy<String> {
    let retry = r#""Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"MaxAttempts":1}]"#;
    let catch = r#""Catch":[{"ErrorEquals":["States.ALL"],"Next":"N-end"}]"#;
    let leaf = prop_oneof![
        Just(r#""Type":"Pass""#.to_owned()),
        Just(r#""Type":"Wait","Seconds":1"#.to_owned()),
        Just(format!(r#""Type":"Task","Resource":"{ACTIVITY_ARN}","TimeoutSeconds":3,"HeartbeatSeconds":2,{retry}"#)),
        Just(format!(r#""Type":"Task","Resource":"{ACTIVITY_ARN}",{catch}"#)),
        Just(r#""Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f","TimeoutSeconds":2"#.to_owned()),
        Just(
            r#""Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","TimeoutSeconds":2,
               "Parameters":{"StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:child"}"#
                .to_owned()
        ),
    ];
    let state = if depth == 0 {
        leaf.boxed()
    } else {
        let branches = prop::collection::vec(flow(depth - 1), 1..4);
        prop_oneof![
            3 => leaf,
            1 => branches.prop_map(move |flows| format!(r#""Type":"Parallel",{retry},{catch},"Branches":[{}]"#, flows.join(","))),
            1 => (flow(depth - 1), 0..3_u8, 0..4_usize).prop_map(move |(flow, concurrency, items)| {
                let items = vec!["1"; items].join(",");
                format!(
                    r#""Type":"Map",{catch},"MaxConcurrency":{concurrency},"ItemProcessor":{flow},
                       "ItemsPath":"$.items","ItemSelector":{{"items":[{items}]}},"ResultSelector":{{"items":[1,2]}}"#
                )
            }),
        ]
        .boxed()
    };
    // Each state's output keeps the shape that a Map wants for its input.
    prop::collection::vec(state, 1..3)
        .prop_map(|states| {
            let count = states.len();
            let mut text = String::new();
            for (place, state) in states.iter().enumerate() {
                let name = |place| if place == count { "N-end".to_owned() } else { format!("N-{place}") };
                let result = if state.contains("\"Wait\"") { "" } else { r#""ResultPath":null,"# };
                text.push_str(&format!(r#""{}":{{{result}{state},"Next":"{}"}},"#, name(place), name(place + 1)));
            }
            format!(r#"{{"StartAt":"N-0","States":{{{text}"N-end":{{"Type":"Pass","Result":{{"items":[1,2]}},"End":true}}}}}}"#)
        })
        .boxed()
}

/// Gives the states of each flow names of their own: those of the innermost flows first, as they stand in the text.
fn unique_names(mut text: String) -> String {
    let mut number = 0;
    while let Some(start) = text.rfind(r#"{"StartAt":"N-"#) {
        let end = start + matching_brace(&text[start..]);
        let flow = text[start..=end].replace("\"N-", &format!("\"n{number}-"));
        text.replace_range(start..=end, &flow);
        number += 1;
    }
    text
}

fn matching_brace(text: &str) -> usize {
    let mut depth = 0;
    text.bytes()
        .position(|byte| {
            depth += i32::from(byte == b'{') - i32::from(byte == b'}');
            depth == 0
        })
        .expect("braces match")
}

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
                    let kind = if call.reports_end { CallKind::StartExecution } else { CallKind::Lambda };
                    calls.insert(CallKey { execution, branch: *branch, kind });
                }
            }
        }
    }
    (timers, waiting, calls)
}

fn assert_whole(world: &World, execution: ExecutionId) {
    let events = world.event_ids(execution);
    for ((id, previous), expected) in events.iter().zip(1..) {
        assert_eq!(*id, expected, "ids have no gaps");
        assert!(previous < id, "an event follows an earlier one");
    }
    assert_eq!(world.head(execution).next_event_id, events.len() as u64 + 1);
    assert!(events.len() as u64 <= world.limits.history_events_max);
    if !world.is_running(execution) {
        return assert_cleared(world, execution);
    }
    let (timers, waiting, calls) = expected_index(execution, &world.branches(execution));
    let is_own = |timer: &Timer| timer.execution == execution && timer.kind != TimerKind::ExecutionTimeout;
    assert_eq!(world.timers().into_iter().filter(is_own).collect::<BTreeSet<_>>(), timers);
    assert_eq!(world.waiting().into_iter().map(|(waiting, _)| waiting).collect::<BTreeSet<_>>(), waiting);
    let stored = world.calls().into_iter().map(|(key, _)| key);
    assert_eq!(stored.filter(|key| key.kind != CallKind::StopExecution).collect::<BTreeSet<_>>(), calls);
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
                let timers: Vec<_> =
                    timers.into_iter().filter(|timer| timer.kind != TimerKind::ExecutionTimeout).collect();
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
                    1 => Stimulus::Heartbeat { token },
                    _ => Stimulus::TaskSucceeded { token, output: Bytes::from_static(b"{}") },
                })
            }
            Happening::Call { choice, succeeds } => {
                let calls = self.world.calls();
                if calls.is_empty() || choice % 5 == 0 {
                    return pick(*choice, self.finished.len()).map(|place| self.finished[place].clone());
                }
                let (CallKey { branch, kind, .. }, call) = calls[pick(*choice, calls.len())?].clone();
                let result = match succeeds {
                    true => CallResult::Succeeded(Bytes::from_static(b"{\"ExecutionArn\":\"arn\"}")),
                    false => CallResult::Failed { error: "E".into(), cause: "c".into() },
                };
                let stimulus = Stimulus::CallFinished { branch, kind, attempt: call.attempt, result };
                self.finished.push(stimulus.clone());
                Some(stimulus)
            }
            Happening::Time { ms } => {
                self.world.now.0 += ms;
                None
            }
            Happening::Stop => Some(Stimulus::Stop { error: None, cause: None }),
        }
    }

    fn happen(&mut self, happening: &Happening) {
        let Some(stimulus) = self.stimulus(happening) else { return };
        self.requests = self.requests.wrapping_add(1);
        let arrival = Arrival { request: Some(RequestId::from_bytes([self.requests; 16])), stimulus };
        let before = self.world.memory.clone();
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
        assert_whole(&self.world, self.execution);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn executions_stay_whole_and_end(flow in flow(2), happenings in prop::collection::vec(happening(), 0..120)) {
        let definition = unique_names(flow);
        let mut world = World::with(&definition);
        world.limits.step_transitions_max = 7;
        world.limits.history_events_max = 300;
        let request = world.request("e", r#"{"items":[1,2]}"#);
        world.start(&request).expect("it starts");
        let execution = ExecutionId::of_arn(EXECUTION_ARN);
        assert_whole(&world, execution);
        let mut play =
            Play { world, execution, tokens: Vec::new(), timers: Vec::new(), finished: Vec::new(), requests: 0 };
        for happening in &happenings {
            play.happen(happening);
        }
        // From here on all goes well: tasks are taken and done, calls are answered, time passes.
        for round in 0.. {
            assert!(round < 1_000, "the execution doesn't come to an end");
            if !play.world.is_running(execution) {
                break;
            }
            play.requests = 0;
            play.world.now.0 += 20 * 60 * 1000;
            let happening = if !play.world.waiting().is_empty() {
                Happening::HandOut { choice: 0 }
            } else {
                Happening::Timer { choice: 0, is_stale: false }
            };
            play.happen(&happening);
            for choice in 0..play.tokens.len() {
                play.happen(&Happening::Token { choice, what: 2 });
            }
            play.tokens.clear();
            play.happen(&Happening::Call { choice: 1, succeeds: false });
        }
    }
}
