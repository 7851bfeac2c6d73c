//! Map runs under random schedules: children fail, executions are stopped and redriven, leaders change and messages come late. Whatever the
//! order, no child is lost or counted twice, and redrives lead to success in the end.

use keepstep_engine::Effect;
use keepstep_engine::id::MachineId;
use keepstep_engine::key::{self, Waiting};
use keepstep_engine::record::outcome::Answer;
use keepstep_engine::record::{ExecutionStatus, MapRun, MapRunStage, MapRunStatus};
use keepstep_engine::stimulus::Stimulus;
use keepstep_engine::task_token::TaskToken;
use proptest::prelude::*;

use crate::distributed::{assert_over, definition, map_runs, parent, rest};
use crate::harness::{World, assert_cleared};

const TASK: &str = r#""StartAt":"P","States":{"P":{"Type":"Pass","Next":"S"},"S":{"Type":"Task",
    "Resource":"arn:aws:states:us-east-1:123456789012:activity:a","End":true}}"#;

/// One thing that may happen; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Happening {
    /// The leader does one of the things that it has to do.
    Lead { choice: usize },
    /// A worker takes a task and is done with it.
    Work { choice: usize, succeeds: bool },
    /// A timer that is due fires.
    Timer,
    /// StopExecution.
    Stop,
    /// RedriveExecution.
    Redrive,
    /// Another node leads: it finds what is to be done by what is stored.
    NewLeader,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        12 => any::<usize>().prop_map(|choice| Happening::Lead { choice }),
        6 => (any::<usize>(), prop::bool::weighted(0.6)).prop_map(|(choice, succeeds)| Happening::Work { choice, succeeds }),
        3 => Just(Happening::Timer),
        1 => Just(Happening::Stop),
        3 => Just(Happening::Redrive),
        1 => Just(Happening::NewLeader),
    ]
}

/// What only a leader does.
fn is_to_do(effect: &Effect) -> bool {
    matches!(effect, Effect::WakeParent { .. } | Effect::Call { .. })
}

fn lead(world: &mut World, choice: usize) {
    world.effects.retain(is_to_do);
    if world.effects.is_empty() {
        return;
    }
    let place = choice % world.effects.len();
    match world.effects.remove(place) {
        Effect::WakeParent { execution, branch, attempt } => {
            world
                .deliver(execution, Stimulus::ChildFinished { branch, attempt })
                .expect("reports are taken in");
        }
        // Also one that was given up: it may have been on its way.
        Effect::Call { key, call } => world.make(key, &call),
        _ => {}
    }
}

fn work(world: &mut World, choice: usize, succeeds: bool) {
    let waiting = world.waiting();
    if waiting.is_empty() {
        return;
    }
    let (Waiting { execution, branch, .. }, attempt) = waiting[choice % waiting.len()];
    let taken = world.deliver(execution, Stimulus::HandOut { branch, attempt, worker_name: None });
    let Ok(Answer::HandedOut(handed_out)) = taken else { panic!("{taken:?}") };
    let token = TaskToken::decode(&handed_out.task_token).expect("a token");
    let done = match succeeds {
        true => Stimulus::TaskSucceeded { token, output: "7".into() },
        false => Stimulus::TaskFailed { token, error: Some("E".into()), cause: None },
    };
    world.deliver(execution, done).expect("it is taken in");
}

fn happen(world: &mut World, happening: &Happening) {
    match happening {
        Happening::Lead { choice } => lead(world, *choice),
        Happening::Work { choice, succeeds } => work(world, *choice, *succeeds),
        Happening::Timer => {
            if let Some(timer) = world.timers().into_iter().find(|timer| timer.due <= world.now) {
                world.deliver(timer.execution, Stimulus::TimerDue(timer)).expect("timers are taken in");
            }
        }
        Happening::Stop => {
            world.deliver(parent(), Stimulus::Stop { error: None, cause: None }).expect("it exists");
        }
        Happening::Redrive => {
            let _ = world.deliver(parent(), Stimulus::Redrive { client_token: String::new() });
        }
        Happening::NewLeader => {
            let stored = world.calls().into_iter();
            world.effects = stored.map(|(key, call)| Effect::Call { key, call: Box::new(call) }).collect();
        }
    }
}

/// Every child that a map run has begun is running, reported but not counted yet, counted, or to be redriven.
fn assert_counted(world: &World) {
    for (id, record) in map_runs(world) {
        let list = MachineId::from_bytes(*id.as_bytes());
        let running = world.memory.pairs(&key::listings(list, ExecutionStatus::Running)).count() as u64;
        let reported = world.memory.pairs(&key::inboxes(id)).count() as u64;
        let pending = record.redrive.map_or(0, |redrive| redrive.children.ended());
        assert_eq!(
            record.children_started,
            running + reported + record.children.ended() + pending,
            "{record:?}"
        );
        assert!(record.stage() != MapRunStage::Over || running + reported + pending == 0, "{record:?}");
        let goes_on = record.stage() == MapRunStage::Processing;
        assert!(!goes_on || record.children.aborted == 0, "a stop came too late: {record:?}");
    }
    let history = world.history(parent());
    assert!(!history.iter().any(|line| line.contains("MapRunAborted")), "a stop came too late: {history:#?}");
}

/// The one map run that came to what the execution did.
fn the_one_that_succeeded(world: &World) -> MapRun {
    let succeeded =
        map_runs(world).into_iter().filter(|(_, record)| record.status() == MapRunStatus::Succeeded);
    let succeeded: Vec<_> = succeeded.map(|(_, record)| record).collect();
    let [one] = succeeded.as_slice() else { panic!("{succeeded:?}") };
    one.clone()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]

    #[test]
    fn map_runs_stay_whole_and_succeed_in_the_end(
        items in 1..6_u64,
        concurrency in 0..3_u64,
        tolerated in 0..2_u64,
        happenings in prop::collection::vec(happening(), 0..150),
    ) {
        let fields = format!("\"MaxConcurrency\":{concurrency},\"ToleratedFailureCount\":{tolerated},");
        let mut world = World::with(&definition(&fields, TASK));
        world.limits.step_transitions_max = 3;
        let list: Vec<u64> = (0..items).collect();
        let request = world.request("e", &serde_json::to_string(&list).expect("JSON"));
        world.start(&request).expect("it starts");
        for happening in &happenings {
            happen(&mut world, happening);
            assert_counted(&world);
        }
        for _ in 0..10 {
            rest(&mut world);
            while !world.waiting().is_empty() {
                work(&mut world, 0, true);
                rest(&mut world);
            }
            assert_counted(&world);
            assert!(!world.is_running(parent()), "{:?}", map_runs(&world));
            if world.head(parent()).status() == ExecutionStatus::Succeeded {
                break;
            }
            happen(&mut world, &Happening::Redrive);
        }
        let head = world.head(parent());
        let output = world.payload(parent(), head.output.expect("it succeeded"));
        let results: Vec<serde_json::Value> = serde_json::from_str(&output).expect("a list");
        let record = the_one_that_succeeded(&world);
        assert_eq!((results.len() as u64, record.children_started, record.children.ended()), (items, items, items));
        assert_eq!(results.iter().filter(|result| **result == 7).count() as u64, record.children.succeeded);
        map_runs(&world).iter().for_each(|(id, _)| assert_over(&world, *id));
        assert_cleared(&world, parent());
    }
}
