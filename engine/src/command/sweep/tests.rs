//! Sweeps, run to their end over a world in memory.

use bytes::Bytes;

use super::{Progress, deletion, request_outcomes, retention};
use crate::command::{CreateStateMachine, DeleteStateMachine};
use crate::fixture::{BEGINNING, Execution, World, arn, owner, request};
use crate::id::{ExecutionId, MachineId, Timestamp};
use crate::key;
use crate::listing;
use crate::record::outcome::{Answer, Done};
use crate::record::{
    Alias, Configuration, ExecutionStatus, Head, NameHold, StateMachineType, Tag, Tags, Version,
};
use crate::request_log;

const DAY: i64 = 86_400_000;

fn machine_id() -> MachineId {
    MachineId::from_bytes([0; 16])
}

/// A world with a state machine `m`.
fn world() -> World {
    let mut world = World::new();
    let create = CreateStateMachine {
        caller: owner(),
        request: request(1),
        name: "m".into(),
        definition: r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#.into(),
        role_arn: "arn:aws:iam::123456789012:role/r".into(),
        kind: StateMachineType::Standard,
        configuration: Configuration::default(),
        tags: Vec::new(),
        publish: false,
        version_description: String::new(),
    };
    world.run(|desk| create.decide(desk)).expect("it is valid");
    world
}

fn finished(world: &mut World, name: &str, events: u64) -> ExecutionId {
    let execution = Execution {
        machine: machine_id(),
        name,
        status: ExecutionStatus::Succeeded,
        started_ms: BEGINNING.0,
        stopped_ms: Some(BEGINNING.0),
        events,
        per_chunk: 1,
    };
    let id = world.put_execution(&execution);
    let kept_ms = i64::try_from(world.limits.retention_seconds).expect("it is small") * 1_000;
    world.put_empty(key::expiry(Timestamp(BEGINNING.0 + kept_ms), id));
    id
}

/// Says that an execution was started by version 1 through an alias.
fn qualify(world: &mut World, id: ExecutionId) {
    let head: Head = world.get(&key::head(id)).expect("it is there");
    let head = Head { version: 1, alias: "PROD".into(), ..head };
    world.put(key::head(id), &head);
    listing::of_qualifiers(&head, id).into_iter().for_each(|key| world.put_empty(key));
    assert_eq!(world.count(b"lq/"), 2);
}

fn running(world: &mut World, name: &str, started_ms: i64) -> ExecutionId {
    let status = ExecutionStatus::Running;
    world.put_execution(&Execution {
        machine: machine_id(),
        name,
        status,
        started_ms,
        stopped_ms: None,
        events: 2,
        per_chunk: 2,
    })
}

/// Runs the retention sweep until it is idle; returns how many transactions that took.
fn expire(world: &mut World) -> usize {
    for round in 1..1_000 {
        if world.run(retention::sweep).expect("sweeps are never refused") == Progress::Idle {
            return round;
        }
    }
    panic!("the sweep does not end");
}

#[test]
fn an_execution_is_kept_for_its_retention_and_no_longer() {
    let mut world = world();
    let id = finished(&mut world, "e", 3);
    let before = world.count(b"");
    world.pass(90 * DAY - 1);
    expire(&mut world);
    assert_eq!(world.count(b""), before);
    world.pass(1);
    expire(&mut world);
    assert_eq!(world.count(&key::head(id)), 0);
    assert_eq!((world.count(b"li/"), world.count(b"xp/"), world.count(b"nm/")), (0, 0, 0));
}

#[test]
fn a_tag_of_the_state_machine_keeps_executions_longer() {
    let mut world = world();
    let id = finished(&mut world, "e", 3);
    let tag = Tag { key: crate::retention::TAG.into(), value: (100 * 86_400).to_string() };
    world.put(key::machine_tags(machine_id()), &Tags { tags: vec![tag] });
    world.pass(100 * DAY - 1);
    expire(&mut world);
    assert!(world.has(&key::head(id)));
    world.pass(1);
    expire(&mut world);
    assert_eq!((world.count(&key::head(id)), world.count(b"xp/")), (0, 0));
}

#[test]
fn an_expired_execution_leaves_the_lists_of_its_version_and_alias() {
    let mut world = world();
    let id = finished(&mut world, "e", 600);
    qualify(&mut world, id);
    world.pass(90 * DAY);
    expire(&mut world);
    assert_eq!((world.count(b"ex/"), world.count(b"li/"), world.count(b"lq/")), (0, 0, 0));
}

#[test]
fn a_name_is_held_longer_than_the_execution_is_kept() {
    let mut world = world();
    world.limits.retention_seconds = 86_400;
    let id = finished(&mut world, "e", 3);
    world.pass(DAY);
    expire(&mut world);
    assert_eq!(world.count(&key::head(id)), 0);
    assert_eq!(world.get(&key::name_hold(id)), Some(NameHold { until_ms: BEGINNING.0 + 90 * DAY }));
    world.pass(89 * DAY - 1);
    expire(&mut world);
    assert!(world.has(&key::name_hold(id)));
    world.pass(1);
    expire(&mut world);
    assert_eq!((world.count(b"xp/"), world.count(b"nm/")), (0, 0));
}

#[test]
fn a_long_history_goes_in_slices_and_holds_its_name_until_all_is_gone() {
    let mut world = world();
    let id = finished(&mut world, "e", 600);
    world.pass(90 * DAY);
    assert_eq!(world.run(retention::sweep), Ok(Progress::More));
    assert!(!world.has(&key::head(id)), "nobody sees half an execution");
    assert!(world.has(&key::name_hold(id)));
    assert_eq!(world.count(&key::head(id)), 601 - 256);
    assert_eq!(expire(&mut world), 2);
    assert_eq!(world.count(&key::head(id)), 0);
    assert_eq!((world.count(b"li/"), world.count(b"xp/"), world.count(b"nm/")), (0, 0, 0));
}

#[test]
fn many_executions_go_in_batches() {
    let mut world = world();
    for number in 0..200 {
        finished(&mut world, &number.to_string(), 1);
    }
    world.pass(90 * DAY);
    assert!(expire(&mut world) > 1);
    assert_eq!((world.count(b"ex/"), world.count(b"li/"), world.count(b"xp/")), (0, 0, 0));
}

#[test]
fn entries_that_say_too_much_delete_nothing() {
    let mut world = world();
    let old = finished(&mut world, "old", 1);
    let live = running(&mut world, "live", BEGINNING.0);
    world.put_empty(key::expiry(Timestamp(BEGINNING.0 + 90 * DAY), live));
    world.put_empty(key::expiry(Timestamp(BEGINNING.0 + 90 * DAY), ExecutionId::from_bytes([9; 16])));
    world.limits.retention_seconds = 100 * 86_400;
    world.pass(90 * DAY);
    expire(&mut world);
    assert!(world.has(&key::head(old)) && world.has(&key::head(live)));
    let entries: Vec<Bytes> = world.memory.pairs(b"xp/").map(|(key, _)| key.clone()).collect();
    assert_eq!(entries, [key::expiry(Timestamp(BEGINNING.0 + 100 * DAY), old)], "the retention has grown");
}

#[test]
fn a_deleted_state_machine_goes_when_its_executions_have_ended() {
    let mut world = world();
    finished(&mut world, "a", 2);
    let qualified = finished(&mut world, "b", 700);
    qualify(&mut world, qualified);
    for number in 1..=300 {
        world.put(key::version(machine_id(), number), &Version::default());
    }
    world.put(key::alias(machine_id(), "PROD"), &Alias::default());
    let live = running(&mut world, "live", BEGINNING.0);
    let delete = DeleteStateMachine { caller: owner(), request: request(2), arn: arn("stateMachine:m") };
    world.run(|desk| delete.decide(desk)).expect("it is there");
    let pending = |world: &World| deletion::pending(&world.memory, None, 10).expect("memory can be read");
    assert_eq!(pending(&world), [machine_id()]);
    assert_eq!(deletion::pending(&world.memory, Some(machine_id()), 10).expect("memory can be read"), []);
    let advance = |world: &mut World| world.run(|desk| deletion::advance(desk, machine_id()));
    assert_eq!(advance(&mut world), Ok(deletion::Progress::Waiting));
    assert_eq!(world.count(b"li/"), 3);

    let mut ended = world.get::<crate::record::Head>(&key::head(live)).expect("it is there");
    ended.set_status(ExecutionStatus::Aborted);
    ended.stopped_ms = Some(world.now.0);
    world.put(key::head(live), &ended);
    let listing = |status| key::listing(machine_id(), status, BEGINNING, live);
    world.put_empty(listing(ExecutionStatus::Aborted));
    world.delete(listing(ExecutionStatus::Running));

    let mut rounds = 0;
    while advance(&mut world) == Ok(deletion::Progress::More) {
        rounds += 1;
        assert!(rounds < 100, "the deletion does not end");
    }
    assert!(rounds > 3);
    for family in ["sm/", "sr/", "sv/", "sa/", "sd/", "tg/", "ex/", "li/", "lq/", "xp/", "nm/"] {
        assert_eq!(world.count(family.as_bytes()), 0, "{family}");
    }
    assert_eq!(pending(&world), []);
    assert_eq!(advance(&mut world), Ok(deletion::Progress::Gone));
}

#[test]
fn many_revisions_go_after_the_state_machine() {
    let mut world = world();
    for number in 2..=20 {
        world.put(key::revision(machine_id(), number), &crate::record::Revision::default());
    }
    let delete = DeleteStateMachine { caller: owner(), request: request(2), arn: arn("stateMachine:m") };
    world.run(|desk| delete.decide(desk)).expect("it is there");
    let advance = |world: &mut World| world.run(|desk| deletion::advance(desk, machine_id()));
    assert_eq!(advance(&mut world), Ok(deletion::Progress::More));
    assert_eq!((world.count(b"sm/"), world.count(b"sr/")), (0, 12));
    assert_eq!(advance(&mut world), Ok(deletion::Progress::More));
    assert_eq!(advance(&mut world), Ok(deletion::Progress::Gone));
    assert_eq!((world.count(b"sr/"), world.count(b"sd/")), (0, 0));
}

#[test]
fn outcomes_are_kept_for_one_bucket_and_what_is_left_of_the_next() {
    let mut world = World::new();
    world.now = Timestamp(key::REQUEST_BUCKET_MS * 1_000);
    let keep = |world: &mut World, number| {
        world.run(|desk| {
            let mut draft = crate::draft::Draft::new(desk.view);
            request_log::keep(&mut draft, desk.now, request(number), Answer::Done(Done {}));
            Ok(draft.finish(crate::draft::Origin("Test"), ()))
        })
    };
    keep(&mut world, 1).expect("it is a write");
    world.pass(key::REQUEST_BUCKET_MS);
    keep(&mut world, 2).expect("it is a write");
    let check = |world: &mut World, left: usize| {
        assert_eq!(world.run(request_outcomes::sweep), Ok(Progress::Idle));
        assert_eq!(world.count(b"rq/"), left);
    };
    check(&mut world, 2);
    world.pass(key::REQUEST_BUCKET_MS - 1);
    check(&mut world, 2);
    world.pass(1);
    check(&mut world, 1);
    world.pass(key::REQUEST_BUCKET_MS);
    check(&mut world, 0);
}
