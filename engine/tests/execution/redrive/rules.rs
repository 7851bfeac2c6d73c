//! What may be redriven, and what a redrive leaves as it was.

use keepstep_engine::execution::{self, Redrivability, redrivability};
use keepstep_engine::id::{BranchId, ExecutionId, MachineId, RequestId};
use keepstep_engine::key;
use keepstep_engine::record::outcome::{Answer, Redriven};
use keepstep_engine::record::{ExecutionStatus, Head, Tag, Tags};
use keepstep_engine::stimulus::{Arrival, Stimulus};
use keepstep_engine::{ApiError, Effect, Write, retention};

use super::{DAY_MS, FAIL, TASK, id, one};
use crate::harness::Do::{Delete, Pass, Redrive, Stop, Succeed, Take};
use crate::harness::{Do, EPOCH_MS, World, assert_cleared, play};

/// The head says that it runs, and it is listed as such; the time of its start stays. It is kept as long as it runs, whatever its state
/// machine's tag says.
#[test]
fn a_redriven_execution_is_one_that_runs() {
    let mut world = World::with(&one(&format!(r#"{TASK},"End":true"#)));
    let id_of_machine = MachineId::from_bytes(*ExecutionId::of_arn("m").as_bytes());
    let tag = Tag { key: retention::TAG.to_owned(), value: "60".to_owned() };
    world.write(|draft| draft.put(key::machine_tags(id_of_machine), &Tags { tags: vec![tag] }));
    let request = world.request("e", "{}");
    world.start(&request).expect("it starts");
    for act in [Take, FAIL, Pass(1_000)] {
        world.act(id(), &act);
    }
    let failed = world.head(id());
    let expiries = |world: &World| world.memory.pairs(b"xp/").count();
    let listed = |world: &World, status| {
        world.memory.pairs(&key::listings(failed.listed_under().expect("listed"), status)).count()
    };
    assert_eq!((expiries(&world), listed(&world, ExecutionStatus::Failed)), (1, 1));
    world.effects.clear();
    world.act(id(), &Redrive);
    let head = world.head(id());
    let expected = Head {
        stopped_ms: None,
        error: None,
        cause: None,
        redrive_count: 1,
        redriven_ms: Some(EPOCH_MS + 1_000),
        next_event_id: 9,
        ..failed.clone()
    };
    assert_eq!(head, Head { status: ExecutionStatus::Running as i32, ..expected });
    assert_eq!(
        (expiries(&world), listed(&world, ExecutionStatus::Failed), listed(&world, ExecutionStatus::Running)),
        (0, 0, 1)
    );
    assert!(world.effects.contains(&Effect::Redriven) && !world.effects.contains(&Effect::Started));
    world.act(id(), &Take);
    world.act(id(), &FAIL);
    assert_eq!((expiries(&world), listed(&world, ExecutionStatus::Failed)), (1, 1));
    assert_cleared(&world, id());
}

/// What was under way before the end is void after a redrive.
#[test]
fn old_tokens_and_timers_change_nothing() {
    let definition = one(&format!(r#"{TASK},"TimeoutSeconds":60,"HeartbeatSeconds":30,"End":true"#));
    let mut world = play(&definition, "{}", &[Take]);
    let (token, timers) = (world.token.expect("a worker took it"), world.timers());
    world.act(id(), &Stop(None, None));
    world.now.0 += 120_000;
    world.act(id(), &Redrive);
    let history = world.history(id());
    let late = Stimulus::TaskSucceeded { token, output: "1".into() };
    assert_eq!(world.deliver(id(), late).expect_err("it is over").code, "TaskTimedOut");
    for timer in timers {
        world.deliver(id(), Stimulus::TimerDue(timer)).expect("it is taken in");
    }
    assert_eq!(world.history(id()), history);
    world.act(id(), &Take);
    let late = Stimulus::TaskSucceeded { token, output: "1".into() };
    assert_eq!(world.deliver(id(), late).expect_err("it is over").code, "TaskTimedOut");
    world.act(id(), &Succeed("2"));
    assert_eq!(world.head(id()).status(), ExecutionStatus::Succeeded);
}

fn redrive(world: &mut World, token: &str) -> Result<i64, ApiError> {
    match world.deliver(id(), Stimulus::Redrive { client_token: token.to_owned() })? {
        Answer::Redriven(Redriven { redriven_ms }) => Ok(redriven_ms - EPOCH_MS),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_client_token_is_good_for_one_redrive_and_a_quarter_of_an_hour() {
    let mut world = play(&one(r#""Type":"Fail""#), "{}", &[]);
    assert_eq!(redrive(&mut world, "a"), Ok(0));
    world.now.0 += 60_000;
    assert_eq!(redrive(&mut world, "a"), Ok(0));
    assert_eq!(redrive(&mut world, "b"), Ok(60_000));
    assert_eq!(world.head(id()).redrive_count, 2);
    world.now.0 += 15 * 60_000 - 60_001;
    assert_eq!((redrive(&mut world, "a"), redrive(&mut world, "b")), (Ok(0), Ok(60_000)));
    world.now.0 += 1;
    assert_eq!((redrive(&mut world, "a"), redrive(&mut world, "b")), (Ok(900_000), Ok(60_000)));
    // Ten are remembered.
    for token in 0..9 {
        redrive(&mut world, &token.to_string()).expect("it can be redriven");
    }
    assert_eq!(world.head(id()).redrive_count, 12);
    world.now.0 += 1;
    assert_eq!((redrive(&mut world, "a"), redrive(&mut world, "b")), (Ok(900_000), Ok(900_001)));
    assert_eq!(world.head(id()).redrives.len(), 10);
}

#[test]
fn a_request_asked_again_gets_its_first_answer() {
    let mut world = play(&one(r#""Type":"Fail""#), "{}", &[]);
    let stimulus = Stimulus::Redrive { client_token: String::new() };
    let arrival = Arrival { request: Some(RequestId::from_bytes([9; 16])), stimulus };
    let first = world.arrive(id(), arrival.clone());
    world.now.0 += 1_000;
    assert_eq!(world.arrive(id(), arrival), first);
    assert_eq!(world.head(id()).redrive_count, 1);
}

#[test]
fn what_cannot_be_redriven_is_refused() {
    let task = one(&format!(r#"{TASK},"End":true"#));
    let fail = one(r#""Type":"Fail""#);
    let stop = Stop(None, None);
    let cases: [(&str, &[Do], &str); 7] = [
        (&task, &[], "Execution is RUNNING and cannot be redriven"),
        (&task, &[Take, Succeed("1")], "Execution is SUCCEEDED and cannot be redriven"),
        (&task, std::slice::from_ref(&stop), ""),
        (&fail, &[Delete], "State machine is in DELETING status"),
        (&fail, &[Pass(14 * DAY_MS)], ""),
        (&fail, &[Pass(14 * DAY_MS + 1)], "Execution redrivable period exceeded"),
        (
            &task,
            &[Pass(360 * DAY_MS), stop.clone(), Pass(5 * DAY_MS)],
            "Execution has exceeded the max execution time",
        ),
    ];
    for (definition, script, expected) in cases {
        let mut world = play(definition, "{}", script);
        let judged = redrivability(&world.memory, id(), &world.head(id()), world.now, &world.limits)
            .expect("readable");
        assert_eq!(judged.reason().unwrap_or_default(), expected, "{script:?}");
        let expected = match expected {
            "" => Ok(world.now.0 - EPOCH_MS),
            expected => Err(ApiError::new("ExecutionNotRedrivable", expected)),
        };
        assert_eq!(redrive(&mut world, "token"), expected, "{script:?}");
    }
    let mut world = World::with(&fail);
    assert_eq!(redrive(&mut world, "").expect_err("there is none").code, "ExecutionDoesNotExist");
}

#[test]
fn a_full_history_has_no_room_for_a_redrive() {
    let definition = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"C"},"S":{"Type":"Succeed"},
        "C":{"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"S"}],"Default":"A"}}}"#;
    let fail = one(r#""Type":"Fail""#);
    // A history of three events, with room for so many.
    for (definition, events_max, reason) in [
        (definition, 20, Some("Execution history event limit exceeded")),
        (&fail, 4, Some("Execution history event limit exceeded")),
        (&fail, 5, None),
    ] {
        let mut world = World::with(definition);
        world.limits.history_events_max = events_max;
        let request = world.request("e", "{}");
        world.start(&request).expect("it starts");
        world.pass_until_end(id());
        assert_cleared(&world, id());
        let refused = redrive(&mut world, "").err().map(|error| error.message);
        assert_eq!(refused.as_deref(), reason);
        if reason.is_none() {
            // The last event is the one that says so.
            assert_eq!(world.history(id()).len(), 5);
            assert!(
                world
                    .head(id())
                    .cause
                    .is_some_and(|cause| cause.contains("maximum number of history events"))
            );
        }
    }
}

/// An execution can be ended whatever it holds. The transactions that end it and redrive it are bounded.
#[test]
fn more_branches_than_a_transaction_holds_are_not_kept() {
    let names = (0..60).map(|number| format!("\"{}{number:02}\":1", "v".repeat(78)));
    let assigned = names.collect::<Vec<_>>().join(",");
    let row: Vec<u64> = (0..40).collect();
    let input = serde_json::to_string(&vec![row; 40]).expect("JSON");
    for (assign, is_kept) in [(String::new(), true), (format!("\"Assign\":{{{assigned}}},"), false)] {
        let flow = format!(
            r#"{{"StartAt":"P","States":{{"P":{{"Type":"Pass",{assign}"Next":"W"}},"W":{{"Type":"Wait","Seconds":9000,"End":true}}}}}}"#
        );
        let map = |name: &str, flow: &str| {
            format!(
                r#"{{"StartAt":"{name}","States":{{"{name}":{{"Type":"Map","ItemProcessor":{flow},"End":true}}}}}}"#
            )
        };
        let mut world = World::with(&map("M", &map("N", &flow)));
        let request = world.request("e", &input);
        world.start(&request).expect("it starts");
        world.pass_to(world.now);
        assert_eq!(world.branches(id()).len(), 1 + 40 + 1_600);
        world.act(id(), &Stop(None, None));
        if is_kept {
            assert_cleared(&world, id());
        } else {
            let prefixes = [key::branches(id()), key::all_items(id()), key::all_results(id())];
            let left = prefixes.iter().map(|prefix| world.memory.pairs(prefix).count());
            assert_eq!((left.sum::<usize>(), world.timers().len()), (0, 0));
        }
        let refused = redrive(&mut world, "").err().map(|error| error.code);
        assert_eq!(refused, (!is_kept).then_some("ExecutionNotRedrivable"));
        for transaction in world.transactions.iter().rev().take(2) {
            let bytes: usize = transaction.writes.iter().map(written).sum();
            assert!(bytes < 2 << 20, "{:?}: {bytes}", transaction.origin);
        }
    }
}

fn written(write: &Write) -> usize {
    match write {
        Write::Put { key, value } => key.len() + value.len(),
        Write::Delete { key } => key.len(),
    }
}

/// Executions that older versions ended have kept nothing.
#[test]
fn what_kept_nothing_can_not_go_on() {
    let mut world = play(&one(r#""Type":"Fail""#), "{}", &[]);
    world.write(|draft| draft.delete(key::branch(id(), BranchId::ROOT)));
    let judged = redrivability(&world.memory, id(), &world.head(id()), world.now, &world.limits);
    let reason = "Execution left nothing that it could go on with: it was too large to be kept, or ended under an earlier version of this server";
    assert_eq!(judged.expect("readable"), Redrivability::Not(reason.into()));
    assert_eq!(redrive(&mut world, "").expect_err("nothing was kept").message, reason);
}

/// A redrive that was decided before the state machine was deleted isn't committed after that.
#[test]
fn a_redrive_is_ordered_with_a_deletion() {
    let mut world = play(&one(r#""Type":"Fail""#), "{}", &[]);
    let arrival = Arrival { request: None, stimulus: Stimulus::Redrive { client_token: String::new() } };
    let decided = execution::step(&world.desk(), id(), &[arrival]).expect("readable");
    world.act(id(), &Delete);
    assert!(!world.memory.apply(&decided.transaction.expect("it is redriven")));
}
