//! Commands, each against a world in memory.

use bytes::Bytes;

use super::*;
use crate::api_error::ApiError;
use crate::desk::Caller;
use crate::fixture::{BEGINNING, World, arn, owner, request};
use crate::id::{ActivityId, MachineId};
use crate::key;
use crate::record::outcome::{Created, Updated};
use crate::record::{
    Activity, Configuration, Deletion, Revision, StateMachine, StateMachineStatus, StateMachineType, Tag,
    Tags,
};

const PASS: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#;
const OTHER: &str = r#"{"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}"#;
pub(super) const ROLE: &str = "arn:aws:iam::123456789012:role/r";
const GROUP: &str = "arn:aws:logs:us-east-1:123456789012:log-group:g:*";

pub(super) fn create(number: u8) -> CreateStateMachine {
    CreateStateMachine {
        caller: owner(),
        request: request(number),
        name: "m".into(),
        definition: PASS.into(),
        role_arn: ROLE.into(),
        kind: StateMachineType::Standard,
        configuration: Configuration::default(),
        tags: Vec::new(),
        publish: false,
        version_description: String::new(),
    }
}

fn update(number: u8) -> UpdateStateMachine {
    UpdateStateMachine {
        caller: owner(),
        request: request(number),
        arn: arn("stateMachine:m"),
        definition: Some(OTHER.into()),
        role_arn: None,
        logging: None,
        tracing_enabled: None,
        owned_encryption: false,
        publish: false,
        version_description: String::new(),
    }
}

fn delete(number: u8) -> DeleteStateMachine {
    DeleteStateMachine { caller: owner(), request: request(number), arn: arn("stateMachine:m") }
}

fn tags(pairs: &[(&str, &str)]) -> Vec<Tag> {
    pairs.iter().map(|(key, value)| Tag { key: (*key).into(), value: (*value).into() }).collect()
}

fn machine(world: &World) -> Option<StateMachine> {
    world.get(&key::state_machine("123456789012", "us-east-1", "m"))
}

fn first_id() -> MachineId {
    MachineId::from_bytes([0; 16])
}

#[test]
fn a_created_state_machine_is_stored_with_its_first_revision_and_tags() {
    let mut world = World::new();
    let command = CreateStateMachine { tags: tags(&[("k", "v")]), ..create(1) };
    let created = Created { arn: arn("stateMachine:m"), created_ms: BEGINNING.0, ..Created::default() };
    assert_eq!(world.run(|desk| command.decide(desk)), Ok(created));
    let expected = StateMachine {
        id: Bytes::copy_from_slice(&[0; 16]),
        arn: arn("stateMachine:m"),
        kind: StateMachineType::Standard as i32,
        status: StateMachineStatus::Active as i32,
        created_ms: BEGINNING.0,
        revision: 1,
        ..StateMachine::default()
    };
    assert_eq!(machine(&world), Some(expected));
    let revision = Revision {
        definition: PASS.into(),
        role_arn: ROLE.into(),
        revision_id: String::new(),
        updated_ms: BEGINNING.0,
        configuration: Configuration::default(),
    };
    assert_eq!(world.get(&key::revision(first_id(), 1)), Some(revision));
    assert_eq!(world.get(&key::machine_tags(first_id())), Some(Tags { tags: tags(&[("k", "v")]) }));
}

#[test]
fn creating_again_compares_definition_type_and_configuration_only() {
    let off = Configuration { log_level: "OFF".into(), ..Configuration::default() };
    let traced = Configuration { tracing_enabled: true, ..Configuration::default() };
    let check = |command: CreateStateMachine, same: bool| {
        let mut world = World::new();
        let first = world.run(|desk| create(1).decide(desk)).expect("it is valid");
        world.pass(5_000);
        let arn = first.arn.clone();
        let expected = if same { Ok(first) } else { Err(ApiError::state_machine_already_exists(&arn)) };
        assert_eq!(world.run(|desk| command.decide(desk)), expected, "{command:?}");
        assert_eq!(world.count(b"sr/"), 1);
        assert_eq!(world.count(b"tg/"), 0);
    };
    check(create(2), true);
    check(CreateStateMachine { configuration: off, ..create(2) }, true);
    check(CreateStateMachine { role_arn: format!("{ROLE}2"), tags: tags(&[("k", "v")]), ..create(2) }, true);
    check(CreateStateMachine { definition: OTHER.into(), ..create(2) }, false);
    check(CreateStateMachine { configuration: traced, ..create(2) }, false);
}

#[test]
fn what_cannot_be_created_is_refused() {
    let logged = |level: &str, groups: &[&str]| Configuration {
        log_level: level.into(),
        log_group_arns: groups.iter().map(|group| (*group).to_owned()).collect(),
        ..Configuration::default()
    };
    let check = |command: CreateStateMachine, code: &str, message: &str| {
        let mut world = World::new();
        world.limits.definition_bytes_max = 200;
        let error = world.run(|desk| command.decide(desk)).expect_err("it is not valid");
        assert_eq!((error.code, error.message.as_str()), (code, message));
        assert_eq!(world.count(b""), 0);
    };
    check(CreateStateMachine { name: "a b".into(), ..create(1) }, "InvalidName", "Invalid Name: 'a b'");
    check(CreateStateMachine { role_arn: "r".into(), ..create(1) }, "InvalidArn", "Invalid Role Arn: 'r'");
    check(
        CreateStateMachine { definition: r#"{"StartAt":"A"}"#.into(), ..create(1) },
        "InvalidDefinition",
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
    );
    check(
        CreateStateMachine { definition: " ".repeat(201).into(), ..create(1) },
        "InvalidDefinition",
        "Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: The definition is larger than 200 bytes'",
    );
    let one = "Must specify exactly one Log Destination.";
    for (configuration, message) in [
        (logged("ALL", &[]), one),
        (logged("ERROR", &[""]), one),
        (logged("FATAL", &[GROUP, GROUP]), one),
        (logged("OFF", &[GROUP, GROUP]), one),
        (logged("ALL", &["g"]), "Log Group ARN must be provided with '*' qualifier."),
        (logged("OFF", &[&GROUP[..GROUP.len() - 2]]), "Log Group ARN must be provided with '*' qualifier."),
        (logged("ALL", &["arn:aws:s3:::b:*"]), "The Log Destination is not the ARN of a log group."),
        (logged("WARN", &[GROUP]), "Unknown log level: WARN."),
    ] {
        check(
            CreateStateMachine { configuration, ..create(1) },
            "InvalidLoggingConfiguration",
            &format!("Invalid Logging Configuration: {message}"),
        );
    }
    check(
        CreateStateMachine { version_description: "v".into(), ..create(1) },
        "ValidationException",
        "Version description can only be set when publish is true",
    );
    let waits = r#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:a","End":true}}}"#;
    check(
        CreateStateMachine { kind: StateMachineType::Express, definition: waits.into(), ..create(1) },
        "InvalidDefinition",
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine does not support Activity ARN at /States/A/Resource'",
    );
}

#[test]
fn state_machines_and_activities_are_limited_for_each_account_and_region() {
    let mut world = World::new();
    world.limits.state_machines_max = 1;
    world.limits.activities_max = 1;
    let machine = |number, caller: Caller, name: &str| CreateStateMachine {
        caller,
        name: name.into(),
        ..create(number)
    };
    let activity = |number, caller: Caller, name: &str| CreateActivity {
        caller,
        request: request(number),
        name: name.into(),
        tags: Vec::new(),
    };
    let other = Caller { region: "us-west-2".into(), ..owner() };
    for (number, caller, name, full) in
        [(1, owner(), "a", false), (2, owner(), "b", true), (3, owner(), "a", false), (4, other, "b", false)]
    {
        let created = world.run(|desk| machine(number, caller.clone(), name).decide(desk));
        let code = created.err().map(|error| error.code);
        assert_eq!(code, full.then_some("StateMachineLimitExceeded"), "{number}");
        let created = world.run(|desk| activity(number + 10, caller.clone(), name).decide(desk));
        let code = created.err().map(|error| error.code);
        assert_eq!(code, full.then_some("ActivityLimitExceeded"), "{number}");
    }
}

#[test]
fn a_request_asked_again_gets_its_first_answer() {
    let mut world = World::new();
    let created = world.run(|desk| create(1).decide(desk));
    let updated = world.run(|desk| update(2).decide(desk));
    world.pass(key::REQUEST_BUCKET_MS);
    world.run(|desk| delete(3).decide(desk)).expect("it is there");
    let pairs = world.count(b"");
    assert_eq!(world.run(|desk| create(1).decide(desk)), created);
    assert_eq!(world.run(|desk| update(2).decide(desk)), updated);
    assert_eq!(world.run(|desk| delete(3).decide(desk)), Ok(()));
    assert_eq!(world.count(b""), pairs);
    let deleting = Err(ApiError::state_machine_deleting(&arn("stateMachine:m")));
    assert_eq!(world.run(|desk| create(4).decide(desk)), deleting);
}

#[test]
fn two_tries_decided_at_once_do_not_both_commit() {
    let mut world = World::new();
    let first = create(1).decide(&world.desk()).expect("it is valid");
    let second = create(1).decide(&world.desk()).expect("it is valid");
    assert!(world.memory.apply(&first.transaction.expect("it writes")));
    assert!(!world.memory.apply(&second.transaction.expect("it writes")));
}

#[test]
fn an_update_makes_a_new_revision_if_anything_differs() {
    let mut world = World::new();
    world.run(|desk| create(1).decide(desk)).expect("it is valid");
    world.pass(1_000);
    let same = UpdateStateMachine { definition: Some(PASS.into()), ..update(2) };
    let unchanged = Updated { updated_ms: world.now.0, ..Updated::default() };
    assert_eq!(world.run(|desk| same.decide(desk)), Ok(unchanged));
    assert_eq!(world.count(b"sr/"), 1);

    let id = "01010101-0101-4101-8101-010101010101".to_owned();
    let updated = Updated { updated_ms: world.now.0, revision_id: id.clone(), ..Updated::default() };
    assert_eq!(world.run(|desk| update(3).decide(desk)), Ok(updated));
    assert_eq!(machine(&world).map(|machine| machine.revision), Some(2));
    let revision = Revision {
        definition: OTHER.into(),
        role_arn: ROLE.into(),
        revision_id: id,
        updated_ms: world.now.0,
        configuration: Configuration::default(),
    };
    assert_eq!(world.get(&key::revision(first_id(), 2)), Some(revision.clone()));
    assert!(world.has(&key::revision(first_id(), 1)), "running executions go on with it");

    let logging = Logging { level: "ALL".into(), execution_data: true, group_arns: vec![GROUP.into()] };
    let logged = UpdateStateMachine {
        definition: None,
        role_arn: Some(format!("{ROLE}2")),
        logging: Some(logging),
        tracing_enabled: Some(true),
        ..update(4)
    };
    let updated = world.run(|desk| logged.decide(desk)).expect("it is valid");
    let revision = Revision {
        role_arn: format!("{ROLE}2"),
        revision_id: updated.revision_id,
        configuration: Configuration {
            log_level: "ALL".into(),
            log_execution_data: true,
            log_group_arns: vec![GROUP.into()],
            tracing_enabled: true,
        },
        ..revision
    };
    assert_eq!(world.get(&key::revision(first_id(), 3)), Some(revision.clone()));

    world.now.0 += 1;
    let only_logging =
        Logging { level: "ERROR".into(), execution_data: false, group_arns: vec![GROUP.into()] };
    let quieter = UpdateStateMachine { definition: None, logging: Some(only_logging), ..update(5) };
    let updated = world.run(|desk| quieter.decide(desk)).expect("it is valid");
    let revision = Revision {
        revision_id: updated.revision_id.clone(),
        updated_ms: world.now.0,
        configuration: Configuration {
            log_level: "ERROR".into(),
            log_execution_data: false,
            ..revision.configuration.clone()
        },
        ..revision
    };
    assert_eq!(world.get(&key::revision(first_id(), 4)), Some(revision));

    let same = UpdateStateMachine { definition: None, owned_encryption: true, ..update(6) };
    assert_eq!(world.run(|desk| same.decide(desk)), Ok(updated), "nothing else can be chosen");
    assert_eq!(machine(&world).map(|machine| machine.revision), Some(4));
}

#[test]
fn what_cannot_be_updated_is_refused() {
    let check = |command: UpdateStateMachine, code: &str, message: &str| {
        let mut world = World::new();
        world.run(|desk| create(1).decide(desk)).expect("it is valid");
        let error = world.run(|desk| command.decide(desk)).expect_err("it is not valid");
        assert_eq!((error.code, error.message.as_str()), (code, message));
        assert_eq!(world.count(b"sr/"), 1);
    };
    check(
        UpdateStateMachine { definition: None, ..update(2) },
        "MissingRequiredParameter",
        "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
    );
    for other in ["stateMachine:n", "stateMachine:m:2"] {
        let message = format!("State Machine Does Not Exist: '{}'", arn(other));
        check(UpdateStateMachine { arn: arn(other), ..update(2) }, "StateMachineDoesNotExist", &message);
    }
    check(
        UpdateStateMachine { definition: Some("{}".into()), ..update(2) },
        "InvalidDefinition",
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [StartAt, States] at /'",
    );
    check(
        UpdateStateMachine { arn: arn("activity:m"), ..update(2) },
        "InvalidArn",
        "Invalid Arn: 'Resource type not valid in this context: activity'",
    );
}

#[test]
fn a_deleted_state_machine_takes_no_changes() {
    let mut world = World::new();
    assert_eq!(world.run(|desk| delete(1).decide(desk)), Ok(()), "deleting what isn't there succeeds");
    world.run(|desk| create(2).decide(desk)).expect("it is valid");
    assert_eq!(world.run(|desk| delete(3).decide(desk)), Ok(()));
    assert_eq!(world.run(|desk| delete(4).decide(desk)), Ok(()), "and so does deleting it twice");
    assert_eq!(machine(&world).map(|machine| machine.status()), Some(StateMachineStatus::Deleting));
    let key = key::state_machine("123456789012", "us-east-1", "m");
    assert_eq!(world.get(&key::deletion(first_id())), Some(Deletion { state_machine_key: key }));
    let deleting = ApiError::state_machine_deleting(&arn("stateMachine:m"));
    assert_eq!(world.run(|desk| create(5).decide(desk)), Err(deleting.clone()));
    assert_eq!(world.run(|desk| update(6).decide(desk)), Err(deleting));
}

#[test]
fn activities_are_created_once_and_deleted_with_their_tags() {
    let mut world = World::new();
    let create = |number, pairs: &[(&str, &str)]| CreateActivity {
        caller: owner(),
        request: request(number),
        name: "a".into(),
        tags: tags(pairs),
    };
    let delete =
        |number| DeleteActivity { caller: owner(), request: request(number), arn: arn("activity:a") };
    assert_eq!(world.run(|desk| delete(1).decide(desk)), Ok(()));
    let created = Created { arn: arn("activity:a"), created_ms: BEGINNING.0, ..Created::default() };
    assert_eq!(world.run(|desk| create(2, &[("k", "v")]).decide(desk)), Ok(created.clone()));
    world.pass(1_000);
    assert_eq!(world.run(|desk| create(3, &[]).decide(desk)), Ok(created));
    let key = key::activity("123456789012", "us-east-1", "a");
    let id = world.get::<Activity>(&key).and_then(|activity| activity.activity_id()).expect("it is there");
    assert!(world.has(&key::activity_tags(id)));
    assert_eq!(world.run(|desk| delete(4).decide(desk)), Ok(()));
    assert!(!world.has(&key) && !world.has(&key::activity_tags(id)));
    world.run(|desk| create(5, &[]).decide(desk)).expect("the name is free");
    let next: Option<ActivityId> = world.get::<Activity>(&key).and_then(|activity| activity.activity_id());
    assert_ne!(next, Some(id), "its queue is its own");
}

#[test]
fn tags_are_put_on_and_taken_off() {
    let mut world = World::new();
    world.limits.tags_max = 2;
    world.run(|desk| create(1).decide(desk)).expect("it is valid");
    let tag = |number, to: &str, pairs: &[(&str, &str)]| TagResource {
        caller: owner(),
        request: request(number),
        arn: arn(to),
        tags: tags(pairs),
    };
    let untag = |number, keys: &[&str]| UntagResource {
        caller: owner(),
        request: request(number),
        arn: arn("stateMachine:m"),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
    };
    let stored = |world: &World| world.get::<Tags>(&key::machine_tags(first_id())).map(|tags| tags.tags);

    world.run(|desk| tag(2, "stateMachine:m", &[]).decide(desk)).expect("none is fine");
    assert_eq!(stored(&world), None);
    world.run(|desk| tag(3, "stateMachine:m", &[("b", "1"), ("a", "")]).decide(desk)).expect("they fit");
    assert_eq!(stored(&world), Some(tags(&[("a", ""), ("b", "1")])));
    let error = world.run(|desk| tag(4, "stateMachine:m", &[("c", "1")]).decide(desk)).expect_err("too many");
    assert_eq!((error.code, error.resource_name), ("TooManyTags", Some(arn("stateMachine:m"))));
    for missing in ["stateMachine:n", "activity:m"] {
        let error = world.run(|desk| tag(5, missing, &[]).decide(desk)).expect_err("there is none");
        assert_eq!(error, ApiError::resource_not_found(&arn(missing)));
    }
    world.run(|desk| untag(6, &["a", "x"]).decide(desk)).expect("it is there");
    assert_eq!(stored(&world), Some(tags(&[("b", "1")])));
    world.run(|desk| untag(7, &["b"]).decide(desk)).expect("it is there");
    assert_eq!(stored(&world), None);
}
