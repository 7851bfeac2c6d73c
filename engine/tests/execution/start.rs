//! StartExecution: what it accepts, and what it does when the name exists.

use keepstep_engine::execution::StartExecution;
use keepstep_engine::id::{ExecutionId, RequestId};
use keepstep_engine::record::{Alias, ExecutionStatus, NameHold, Revision, Route, StateMachine, Version};
use keepstep_engine::{Refusal, key};

use crate::harness::{Do, EXECUTION_ARN, MACHINE_ARN, World};

const WAIT: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}}"#;

fn refusal(world: &mut World, request: &StartExecution) -> (String, String) {
    match world.start(request) {
        Err(Refusal::Api(error)) => (error.code.to_owned(), error.message),
        other => panic!("a refusal is expected: {other:?}"),
    }
}

#[test]
fn a_name_stands_for_one_execution() {
    let mut world = World::with(WAIT);
    let request = world.request("e", "{}");
    let first = world.start(&request).expect("it starts");
    let commits = world.transactions.len();
    world.now.0 += 1_000;
    let other_call = StartExecution { request: RequestId::from_bytes([2; 16]), ..request.clone() };
    let other_input = StartExecution { input: "{ }".into(), ..other_call.clone() };
    let exists =
        ("ExecutionAlreadyExists".to_owned(), format!("Execution Already Exists: '{EXECUTION_ARN}'"));
    assert_eq!(world.start(&request).expect("the same call"), first);
    assert_eq!(world.start(&other_call).expect("the same input while it runs"), first);
    assert_eq!(refusal(&mut world, &other_input), exists);
    let execution = ExecutionId::of_arn(&first.arn);
    world.act(execution, &Do::Pass(5_000));
    assert_eq!(world.start(&request).expect("the same call, whatever came of it"), first);
    assert_eq!(refusal(&mut world, &other_call), exists);
    assert_eq!(world.transactions.len(), commits + 1, "nothing was written but the end of the Wait");
}

#[test]
fn a_deleted_executions_name_is_held() {
    let mut world = World::with(WAIT);
    let hold = NameHold { until_ms: world.now.0 + 10 };
    let key = key::name_hold(ExecutionId::of_arn(EXECUTION_ARN));
    world.write(|draft| draft.put(key.clone(), &hold));
    let request = world.request("e", "{}");
    assert_eq!(refusal(&mut world, &request).0, "ExecutionAlreadyExists");
    world.write(|draft| draft.delete(key));
    assert!(world.start(&request).is_ok());
}

#[test]
fn inputs_are_checked_in_awss_words() {
    let mut world = World::with(WAIT);
    let large = format!("\"{}\"", "x".repeat(262_144));
    for (input, code, message) in [
        (
            "not some json",
            "InvalidExecutionInput",
            "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')'",
        ),
        (
            "{'not': 'json'",
            "InvalidExecutionInput",
            "Invalid State Machine Execution Input: 'Unexpected character (''' (code 39)): was expecting double-quote to start field name'",
        ),
        ("", "InvalidExecutionInput", "Invalid State Machine Execution Input: 'Invalid execution input.'"),
        (
            large.as_str(),
            "ValidationException",
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to 262144",
        ),
    ] {
        let request = world.request("e", input);
        assert_eq!(refusal(&mut world, &request), (code.to_owned(), message.to_owned()));
    }
}

#[test]
fn state_machines_must_be_there() {
    let mut world = World::with(WAIT);
    let request = world.request("e", "{}");
    let arn = |arn: &str| StartExecution { state_machine_arn: arn.to_owned(), ..request.clone() };
    let nobody = "arn:aws:states:us-east-1:123456789012:stateMachine:nobody";
    let expected =
        ("StateMachineDoesNotExist".to_owned(), format!("State Machine Does Not Exist: '{nobody}'"));
    assert_eq!(refusal(&mut world, &arn(nobody)), expected);
    assert_eq!(refusal(&mut world, &arn("x")).0, "InvalidArn");
    world.act(ExecutionId::of_arn(EXECUTION_ARN), &Do::Delete);
    assert_eq!(refusal(&mut world, &request).0, "StateMachineDeleting");
}

/// A world with three revisions of `m`, the first two of which have versions, and aliases for them.
fn released() -> World {
    let mut world = World::with(WAIT);
    let key = key::state_machine("123456789012", "us-east-1", "m");
    let machine: StateMachine = world.get(&key).expect("it is there");
    let id = machine.machine_id().expect("it has one");
    let machine = StateMachine { revision: 3, last_version: 2, ..machine };
    let alias = |routes: &[(u64, u32)]| Alias {
        routes: routes.iter().map(|(version, weight)| Route { version: *version, weight: *weight }).collect(),
        ..Alias::default()
    };
    world.write(|draft| {
        draft.put(key, &machine);
        for number in 2..=3 {
            let role_arn = format!("arn:aws:iam::123456789012:role/r{number}");
            draft.put(
                key::revision(id, number),
                &Revision { definition: WAIT.into(), role_arn, ..Revision::default() },
            );
        }
        for revision in 1..=2 {
            draft.put(key::version(id, revision), &Version { revision, ..Version::default() });
        }
        draft.put(key::alias(id, "ONE"), &alias(&[(1, 100)]));
        draft.put(key::alias(id, "NONE_OF_ONE"), &alias(&[(1, 0), (2, 100)]));
        draft.put(key::alias(id, "BOTH"), &alias(&[(1, 25), (2, 75)]));
    });
    world
}

#[test]
fn an_execution_runs_the_revision_of_what_started_it() {
    let check = |qualifier: &str, revision: u64, version: Option<u64>, alias: Option<&str>| {
        let mut world = released();
        let state_machine_arn = format!("{MACHINE_ARN}{qualifier}");
        let request = StartExecution { state_machine_arn, ..world.request("e", "{}") };
        let started = world.start(&request).expect("it starts");
        assert_eq!(started.arn, EXECUTION_ARN, "the execution's ARN says nothing of versions");
        let execution = ExecutionId::of_arn(&started.arn);
        let head = world.head(execution);
        assert_eq!((head.revision, head.state_machine_arn.as_str()), (revision, MACHINE_ARN));
        assert_eq!(head.version_arn(), version.map(|number| format!("{MACHINE_ARN}:{number}")));
        assert_eq!(head.alias_arn(), alias.map(|name| format!("{MACHINE_ARN}:{name}")));
        let lists = usize::from(version.is_some()) + usize::from(alias.is_some());
        assert_eq!(world.memory.pairs(b"lq/").count(), lists);

        world.act(execution, &Do::Pass(5_000));
        assert_eq!(world.head(execution).status(), ExecutionStatus::Succeeded);
        for (family, count) in [("li/", 1), ("lq/", lists)] {
            assert_eq!(world.memory.pairs(family.as_bytes()).count(), count, "it has moved in {family}");
        }
    };
    check("", 3, None, None);
    check(":1", 1, Some(1), None);
    check(":2", 2, Some(2), None);
    check(":ONE", 1, Some(1), Some("ONE"));
    check(":NONE_OF_ONE", 2, Some(2), Some("NONE_OF_ONE"));
}

#[test]
fn versions_and_aliases_must_be_there() {
    let mut world = released();
    for qualifier in [":3", ":0", ":01", ":NOBODY"] {
        let state_machine_arn = format!("{MACHINE_ARN}{qualifier}");
        let request =
            StartExecution { state_machine_arn: state_machine_arn.clone(), ..world.request("e", "{}") };
        let message = format!("State Machine Does Not Exist: '{state_machine_arn}'");
        assert_eq!(refusal(&mut world, &request), ("StateMachineDoesNotExist".to_owned(), message));
    }
}

#[test]
fn an_alias_splits_executions_by_weight() {
    let mut world = released();
    let mut counts = [0_u32; 2];
    for number in 0..400_u32 {
        let state_machine_arn = format!("{MACHINE_ARN}:BOTH");
        let request = StartExecution {
            state_machine_arn,
            request: RequestId::from_bytes([u8::try_from(number % 251).expect("it is small"); 16]),
            ..world.request(&number.to_string(), "{}")
        };
        let started = world.start(&request).expect("it starts");
        match world.head(ExecutionId::of_arn(&started.arn)).version {
            1 => counts[0] += 1,
            2 => counts[1] += 1,
            other => panic!("version {other}"),
        }
    }
    // The draws of this world are always the same; a fair coin of 25 % gives 70 to 130 of 400 with all but certainty.
    assert!((70..=130).contains(&counts[0]), "{counts:?}");
    assert_eq!(counts[0] + counts[1], 400);
}

#[test]
fn a_request_asked_again_does_not_draw_again() {
    let mut world = released();
    let state_machine_arn = format!("{MACHINE_ARN}:BOTH");
    let request = StartExecution { state_machine_arn, ..world.request("e", "{}") };
    let first = world.start(&request).expect("it starts");
    let version = world.head(ExecutionId::of_arn(&first.arn)).version;
    for _ in 0..20 {
        assert_eq!(world.start(&request).expect("it is there"), first);
        assert_eq!(world.head(ExecutionId::of_arn(&first.arn)).version, version);
    }
    world.write(|draft| {
        let machine = ExecutionId::of_arn("m");
        let id = keepstep_engine::id::MachineId::from_bytes(*machine.as_bytes());
        draft.delete(key::alias(id, "BOTH"));
    });
    assert_eq!(world.start(&request).expect("the same call, whatever became of the alias"), first);
}
