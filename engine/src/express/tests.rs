use bytes::Bytes;

use super::{Owned, finish, owned, owners, prepare, reassign};
use crate::api_error::Refusal;
use crate::command::CreateStateMachine;
use crate::command::sweep::Progress;
use crate::execution::{self, StartExecution, Started};
use crate::fixture::{BEGINNING, World, arn, owner, request};
use crate::id::{BranchId, ExecutionId, NodeId};
use crate::key;
use crate::record::{
    Configuration, ExpressStart, ParentLink, StateMachine, StateMachineStatus, StateMachineType,
};

const ONE: NodeId = NodeId(1);
const TWO: NodeId = NodeId(2);
const THREE: NodeId = NodeId(3);

fn world() -> World {
    let mut world = World::new();
    for (number, name, kind) in [(1, "x", StateMachineType::Express), (2, "s", StateMachineType::Standard)] {
        let create = CreateStateMachine {
            caller: owner(),
            request: request(number),
            name: name.into(),
            definition: r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#.into(),
            role_arn: "arn:aws:iam::123456789012:role/r".into(),
            kind,
            configuration: Configuration::default(),
            tags: Vec::new(),
            publish: true,
            version_description: String::new(),
        };
        world.run(|desk| create.decide(desk)).expect("it is created");
    }
    world
}

fn start(number: u8, node: NodeId) -> StartExecution {
    StartExecution {
        caller: owner(),
        state_machine_arn: arn("stateMachine:x"),
        name: "e".into(),
        input: Bytes::from_static(br#"{"a":1}"#),
        trace_header: "t".into(),
        request: request(number),
        parent: None,
        node,
    }
}

fn begin(world: &mut World, number: u8, node: NodeId) -> Started {
    let start = start(number, node);
    world.run(|desk| execution::start(desk, &start)).expect("it starts")
}

fn ids(world: &World, node: NodeId) -> Vec<ExecutionId> {
    let found = owned(&world.memory, node, None, 1_000).expect("readable");
    found.starts.into_iter().map(|(id, _)| id).collect()
}

#[test]
fn a_start_is_one_record_for_the_node_that_got_the_call() {
    let mut world = world();
    let keys = world.count(b"");
    let started = begin(&mut world, 10, ONE);
    assert_eq!(world.count(b""), keys + 2, "the start, and the outcome of the request");
    let (front, unique) = started.arn.rsplit_once(':').expect("an ARN");
    assert_eq!(front, arn("express:x:e"));
    assert_eq!(unique.len(), 36, "a UUID");
    let machine: StateMachine =
        world.get(&key::state_machine("123456789012", "us-east-1", "x")).expect("it is there");
    let expected = ExpressStart {
        arn: started.arn.clone(),
        state_machine_arn: arn("stateMachine:x"),
        machine: machine.id,
        revision: 1,
        version: 0,
        alias: String::new(),
        input: Bytes::from_static(br#"{"a":1}"#),
        started_ms: BEGINNING.0,
        trace_header: "t".into(),
    };
    assert_eq!(
        started,
        Started {
            arn: started.arn.clone(),
            started_ms: BEGINNING.0,
            express: Some(Box::new(expected.clone())),
        }
    );
    let id = ExecutionId::of_arn(&started.arn);
    let all = Owned { starts: vec![(id, expected)], next: None };
    assert_eq!(owned(&world.memory, ONE, None, 100).expect("readable"), all);
}

#[test]
fn tries_of_one_request_are_one_execution_and_requests_with_one_name_are_two() {
    let mut world = world();
    let first = begin(&mut world, 10, ONE);
    world.pass(1_000);
    let again = begin(&mut world, 10, TWO);
    assert_eq!(again, Started { express: None, ..first.clone() }, "the first answer, and nothing to run");
    let other = begin(&mut world, 11, ONE);
    assert_ne!(other.arn, first.arn);
    assert_eq!(ids(&world, ONE).len(), 2);
    assert_eq!(ids(&world, TWO).len(), 0);
    finish_all(&mut world, ONE);
    assert_eq!(begin(&mut world, 10, ONE).express, None, "also when it has ended");
}

fn finish_all(world: &mut World, node: NodeId) {
    let all = ids(world, node);
    world.run(|desk| finish(desk, node, &all)).expect("never refused");
}

#[test]
fn versions_choose_the_revision() {
    let world = world();
    let versioned = StartExecution { state_machine_arn: arn("stateMachine:x:1"), ..start(10, ONE) };
    let prepared = prepare(&world.desk(), &versioned).expect("it is there");
    assert_eq!((prepared.revision, prepared.version), (1, 1));
    assert_eq!(prepared.state_machine_arn, arn("stateMachine:x"));
}

#[test]
fn refusals() {
    let mut world = world();
    let machine = key::state_machine("123456789012", "us-east-1", "x");
    let type_not_supported = "This operation is not supported by this type of state machine";
    let parent = ParentLink { execution: Bytes::from_static(&[1; 16]), branch: BranchId::ROOT.0, attempt: 1 };
    let synchronous = [
        (arn("stateMachine:s"), "{}", "StateMachineTypeNotSupported", type_not_supported.to_owned()),
        (
            arn("stateMachine:y"),
            "{}",
            "StateMachineDoesNotExist",
            format!("State Machine Does Not Exist: '{}'", arn("stateMachine:y")),
        ),
        (
            arn("stateMachine:x:9"),
            "{}",
            "StateMachineDoesNotExist",
            format!("State Machine Does Not Exist: '{}'", arn("stateMachine:x:9")),
        ),
        (
            arn("stateMachine:x"),
            "",
            "InvalidExecutionInput",
            "Invalid State Machine Execution Input: 'Invalid execution input.'".to_owned(),
        ),
    ];
    let said = |refusal: Refusal| match refusal {
        Refusal::Api(error) => (error.code, error.message),
        Refusal::View(error) => panic!("{error}"),
    };
    for (state_machine_arn, input, code, message) in synchronous {
        let request = StartExecution { state_machine_arn, input: input.into(), ..start(10, ONE) };
        let refused = prepare(&world.desk(), &request).expect_err("refused");
        assert_eq!(said(refused), (code, message));
    }
    let waited_for = StartExecution { parent: Some(parent), ..start(10, ONE) };
    let refused =
        world.run(|desk| execution::start(desk, &waited_for)).expect_err("nobody is told of its end");
    assert_eq!((refused.code, &*refused.message), ("StateMachineTypeNotSupported", type_not_supported));
    let mut deleting: StateMachine = world.get(&machine).expect("it is there");
    deleting.status = StateMachineStatus::Deleting as i32;
    world.put(machine, &deleting);
    let refused = prepare(&world.desk(), &start(10, ONE)).expect_err("refused");
    assert_eq!(said(refused).0, "StateMachineDeleting");
}

#[test]
fn a_node_finds_what_it_owns_page_by_page() {
    let mut world = world();
    for number in 10..15 {
        begin(&mut world, number, ONE);
        begin(&mut world, number + 10, THREE);
    }
    assert_eq!(owners(&world.memory).expect("readable"), [ONE, THREE]);
    let (mut found, mut from) = (Vec::new(), None);
    loop {
        let page = owned(&world.memory, ONE, from, 2).expect("readable");
        found.extend(page.starts.into_iter().map(|(id, _)| id));
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(found, ids(&world, ONE));
    assert_eq!(found.len(), 5);
    finish_all(&mut world, ONE);
    assert_eq!(owners(&world.memory).expect("readable"), [THREE]);
    assert_eq!(ids(&world, ONE), []);
    assert_eq!(ids(&world, THREE).len(), 5);
}

#[test]
fn what_a_lost_node_owned_is_given_to_others_in_bounded_batches() {
    let mut world = world();
    for number in 10..=255 {
        begin(&mut world, number, ONE);
    }
    let all = ids(&world, ONE);
    let give = |world: &mut World, heirs: &[NodeId]| {
        world.run(|desk| reassign(desk, ONE, heirs)).expect("never refused")
    };
    assert_eq!(give(&mut world, &[]), Progress::Idle, "there is nobody");
    assert_eq!(ids(&world, ONE), all);
    assert_eq!(give(&mut world, &[TWO, THREE]), Progress::More);
    assert!(!ids(&world, ONE).is_empty());
    assert_eq!(give(&mut world, &[TWO, THREE]), Progress::Idle);
    let (two, three) = (ids(&world, TWO), ids(&world, THREE));
    assert_eq!((ids(&world, ONE).len(), two.len(), three.len()), (0, 123, 123));
    let mut heirs = [two, three].concat();
    heirs.sort();
    assert_eq!(heirs, all);
}

#[test]
fn one_that_has_ended_does_not_come_back_with_another_node() {
    let mut world = world();
    let started = begin(&mut world, 10, ONE);
    let id = ExecutionId::of_arn(&started.arn);
    let given = reassign(&world.desk(), ONE, &[TWO]).expect("decided");
    world.run(|desk| finish(desk, ONE, &[id])).expect("never refused");
    let transaction = given.transaction.expect("it moves one");
    assert!(!world.memory.apply(&transaction), "its guard fails");
    assert_eq!(owners(&world.memory).expect("readable"), []);
}
