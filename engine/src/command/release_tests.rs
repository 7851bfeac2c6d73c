//! Commands about versions and aliases, each against a world in memory.

use super::tests::{ROLE, create};
use super::*;
use crate::api_error::ApiError;
use crate::desk::{Caller, Desk};
use crate::draft::Decision;
use crate::fixture::{BEGINNING, World, arn, owner, request};
use crate::id::MachineId;
use crate::key;
use crate::record::outcome::{Created, Updated};
use crate::record::{Alias, Route, StateMachine, Version};

const SECOND: i64 = 1_000;

/// Each request has a number of its own.
struct Numbers(u8);

impl Numbers {
    fn next(&mut self) -> crate::id::RequestId {
        self.0 += 1;
        request(self.0)
    }
}

/// An update that differs from every other one in its role.
fn update(number: u8) -> UpdateStateMachine {
    UpdateStateMachine {
        caller: owner(),
        request: request(number),
        arn: arn("stateMachine:m"),
        definition: None,
        role_arn: Some(format!("{ROLE}{number}")),
        logging: None,
        tracing_enabled: None,
        owned_encryption: false,
        publish: true,
        version_description: String::new(),
    }
}

fn publish(number: u8) -> PublishStateMachineVersion {
    PublishStateMachineVersion {
        caller: owner(),
        request: request(number),
        arn: arn("stateMachine:m"),
        revision_id: None,
        description: String::new(),
    }
}

fn delete_version(number: u8, version: u64) -> DeleteStateMachineVersion {
    DeleteStateMachineVersion { caller: owner(), request: request(number), arn: version_arn(version) }
}

fn create_alias(number: u8, routes: &[(u64, u32)]) -> CreateStateMachineAlias {
    CreateStateMachineAlias {
        caller: owner(),
        request: request(number),
        name: "PROD".into(),
        description: String::new(),
        routes: given(routes),
    }
}

fn update_alias(number: u8) -> UpdateStateMachineAlias {
    UpdateStateMachineAlias {
        caller: owner(),
        request: request(number),
        arn: arn("stateMachine:m:PROD"),
        description: None,
        routes: Vec::new(),
    }
}

fn delete_alias(number: u8) -> DeleteStateMachineAlias {
    DeleteStateMachineAlias { caller: owner(), request: request(number), arn: arn("stateMachine:m:PROD") }
}

fn given(routes: &[(u64, u32)]) -> Vec<RouteGiven> {
    let route =
        |(version, weight): &(u64, u32)| RouteGiven { version_arn: version_arn(*version), weight: *weight };
    routes.iter().map(route).collect()
}

fn version_arn(number: u64) -> String {
    arn(&format!("stateMachine:m:{number}"))
}

fn id() -> MachineId {
    MachineId::from_bytes([0; 16])
}

/// A world with a state machine `m` of three revisions, each with a version.
fn world() -> World {
    let mut world = World::new();
    let first = CreateStateMachine { publish: true, ..create(101) };
    world.run(|desk| first.decide(desk)).expect("it is valid");
    for number in [102, 103] {
        world.run(|desk| update(number).decide(desk)).expect("it is valid");
    }
    world.pass(SECOND);
    world
}

fn versions(world: &World) -> Vec<u64> {
    world.memory.pairs(b"sv/").filter_map(|(key, _)| key::parse_version(key)).collect()
}

fn alias(world: &World) -> Option<Alias> {
    world.get(&key::alias(id(), "PROD"))
}

fn created(arn: String, created_ms: i64) -> Created {
    Created { arn, created_ms, version_arn: String::new() }
}

fn coded<T>(result: Result<T, ApiError>) -> (&'static str, String, Option<&'static str>) {
    match result {
        Ok(_) => panic!("it is refused"),
        Err(error) => (error.code, error.message, error.reason),
    }
}

#[test]
fn creation_publishes_the_first_version_if_asked() {
    let mut world = World::new();
    let described = CreateStateMachine { publish: true, version_description: "v".into(), ..create(1) };
    let first = Created { arn: arn("stateMachine:m"), created_ms: BEGINNING.0, version_arn: version_arn(1) };
    assert_eq!(world.run(|desk| described.decide(desk)), Ok(first.clone()));
    let version = Version { revision: 1, description: "v".into(), created_ms: BEGINNING.0 };
    assert_eq!(world.get(&key::version(id(), 1)), Some(version));
    world.pass(SECOND);
    let mut again = |number, publish, description: &str| {
        let version_description = description.to_owned();
        let command = CreateStateMachine { publish, version_description, ..create(number) };
        world.run(|desk| command.decide(desk))
    };
    let exists = Err(ApiError::state_machine_already_exists(&arn("stateMachine:m")));
    assert_eq!(again(2, true, "v"), Ok(first));
    assert_eq!(again(3, true, "w"), exists);
    assert_eq!(again(4, false, ""), exists);
}

#[test]
fn a_revision_has_one_version_at_most() {
    let mut world = World::new();
    let mut numbers = Numbers(0);
    let plain = CreateStateMachine { request: numbers.next(), ..create(0) };
    world.run(|desk| plain.decide(desk)).expect("it is valid");
    let published = |world: &mut World, request, description: &str| {
        let command = PublishStateMachineVersion { request, description: description.into(), ..publish(0) };
        world.run(|desk| command.decide(desk))
    };
    let first = Ok(created(version_arn(1), BEGINNING.0));
    assert_eq!(published(&mut world, numbers.next(), "one"), first);
    world.pass(SECOND);
    assert_eq!(published(&mut world, numbers.next(), "another text"), first);
    assert_eq!(versions(&world), [1]);

    // An update that changes nothing publishes nothing new either.
    let same = UpdateStateMachine { role_arn: Some(ROLE.into()), request: numbers.next(), ..update(0) };
    let unchanged =
        Updated { updated_ms: world.now.0, revision_id: String::new(), version_arn: version_arn(1) };
    assert_eq!(world.run(|desk| same.decide(desk)), Ok(unchanged));
    let other = UpdateStateMachine { request: numbers.next(), publish: false, ..update(0) };
    let updated = world.run(|desk| other.decide(desk)).expect("it is valid");
    assert_eq!((updated.version_arn.as_str(), versions(&world)), ("", vec![1]));
    assert_eq!(published(&mut world, numbers.next(), "two"), Ok(created(version_arn(2), world.now.0)));
    assert_eq!(versions(&world), [2, 1], "the newest comes first");
    let version = Version { revision: 2, description: "two".into(), created_ms: world.now.0 };
    assert_eq!(world.get(&key::version(id(), 2)), Some(version));
}

#[test]
fn numbers_of_versions_are_never_used_again() {
    let mut world = world();
    world.run(|desk| delete_version(1, 3).decide(desk)).expect("no alias refers to it");
    assert_eq!(versions(&world), [2, 1]);
    let expected = Ok(created(version_arn(4), world.now.0));
    assert_eq!(world.run(|desk| publish(2).decide(desk)), expected);
    assert_eq!(versions(&world), [4, 2, 1]);
    assert!((1..=3).all(|number| world.has(&key::revision(id(), number))), "executions run on");
    for number in [1, 2, 4] {
        let delete = delete_version(10 + number, u64::from(number));
        world.run(|desk| delete.decide(desk)).expect("no alias refers to it");
    }
    assert_eq!(world.run(|desk| publish(3).decide(desk)), Ok(created(version_arn(5), world.now.0)));
    assert_eq!(world.run(|desk| delete_version(4, 9).decide(desk)), Ok(()), "there is none");
}

#[test]
fn a_version_is_published_of_the_revision_that_is_asked_for() {
    let check = |revision_id: &str, updated: bool, expected: Result<u64, &str>| {
        let mut world = World::new();
        world.run(|desk| create(1).decide(desk)).expect("it is valid");
        let mut current = String::new();
        if updated {
            let update = UpdateStateMachine { publish: false, ..update(2) };
            current = world.run(|desk| update.decide(desk)).expect("it is valid").revision_id;
        }
        let revision_id = Some(revision_id.replace("CURRENT", &current));
        let command = PublishStateMachineVersion { revision_id, ..publish(3) };
        let found = world.run(|desk| command.decide(desk)).map(|created| created.arn);
        let found = found.map_err(|error| (error.code, error.message.replace(&current, "CURRENT")));
        let refused = |message: &str| ("ConflictException", message.to_owned());
        if current.is_empty() {
            assert_eq!(
                found.map_err(|error| error.0),
                expected.map(version_arn).map_err(|_| "ConflictException")
            );
        } else {
            assert_eq!(found, expected.map(version_arn).map_err(refused));
        }
    };
    check("INITIAL", false, Ok(1));
    check("CURRENT", true, Ok(1));
    check("x", false, Err("it is the first"));
    check(
        "INITIAL",
        true,
        Err("Revision INITIAL can't be published: the current revision of the state machine is CURRENT."),
    );
    check(
        "x",
        true,
        Err("Revision x can't be published: the current revision of the state machine is CURRENT."),
    );
}

#[test]
fn versions_and_aliases_are_limited_for_each_state_machine() {
    let mut world = world();
    world.limits.versions_max = 3;
    world.limits.aliases_max = 1;
    assert_eq!(world.run(|desk| publish(1).decide(desk)), Ok(created(version_arn(3), BEGINNING.0)));
    assert_eq!(coded(world.run(|desk| update(2).decide(desk))).0, "ServiceQuotaExceededException");
    let revisions = world.count(b"sr/");
    assert_eq!(revisions, 3, "an update that can't publish changes nothing");
    world.run(|desk| delete_version(3, 1).decide(desk)).expect("no alias refers to it");
    world.run(|desk| update(4).decide(desk)).expect("there is room");

    world.run(|desk| create_alias(5, &[(2, 100)]).decide(desk)).expect("there is room");
    let other = CreateStateMachineAlias { name: "other".into(), ..create_alias(6, &[(2, 100)]) };
    assert_eq!(coded(world.run(|desk| other.decide(desk))).0, "ServiceQuotaExceededException");
    world.run(|desk| create_alias(7, &[(2, 100)]).decide(desk)).expect("it is there already");
    world.run(|desk| delete_alias(8).decide(desk)).expect("it is there");
    world.run(|desk| other.decide(desk)).expect("there is room");
}

#[test]
fn an_alias_is_created_once() {
    let mut world = world();
    let first = CreateStateMachineAlias { description: "d".into(), ..create_alias(1, &[(1, 30), (2, 70)]) };
    let answer = Ok(created(arn("stateMachine:m:PROD"), world.now.0));
    assert_eq!(world.run(|desk| first.decide(desk)), answer);
    let stored = Alias {
        description: "d".into(),
        routes: vec![Route { version: 1, weight: 30 }, Route { version: 2, weight: 70 }],
        created_ms: world.now.0,
        updated_ms: world.now.0,
    };
    assert_eq!(alias(&world), Some(stored.clone()));
    world.pass(SECOND);
    let conflict = "Failed to create alias because an alias with the same name and a different routing configuration already exists.";
    let mut check = |number, description: &str, routes: &[(u64, u32)], same: bool| {
        let description = description.to_owned();
        let command = CreateStateMachineAlias { description, ..create_alias(number, routes) };
        let found = world.run(|desk| command.decide(desk));
        let expected = if same { answer.clone() } else { Err(ApiError::conflict(conflict)) };
        assert_eq!(found, expected, "{command:?}");
        assert_eq!(alias(&world), Some(stored.clone()));
    };
    check(2, "d", &[(1, 30), (2, 70)], true);
    check(3, "d", &[(2, 70), (1, 30)], true);
    check(4, "e", &[(1, 30), (2, 70)], false);
    check(5, "d", &[(1, 70), (2, 30)], false);
    check(6, "d", &[(1, 100)], false);
}

#[test]
fn routing_configurations_are_checked() {
    let other = CreateStateMachine { name: "n".into(), publish: true, ..create(104) };
    let check = |routes: &[(&str, u32)], code: &str, reason: Option<&str>, message: &str| {
        let mut world = world();
        world.run(|desk| other.decide(desk)).expect("it is valid");
        world.run(|desk| create_alias(1, &[(1, 100)]).decide(desk)).expect("it is valid");
        let before = alias(&world);
        let route = |(version, weight): &(&str, u32)| RouteGiven {
            version_arn: arn(&format!("stateMachine:{version}")),
            weight: *weight,
        };
        let routes: Vec<RouteGiven> = routes.iter().map(route).collect();
        let command =
            CreateStateMachineAlias { name: "new".into(), routes: routes.clone(), ..create_alias(2, &[]) };
        let expected = (code, message.to_owned(), reason);
        assert_eq!(coded(world.run(|desk| command.decide(desk))), expected);
        if !routes.is_empty() {
            let command = UpdateStateMachineAlias { routes, ..update_alias(3) };
            assert_eq!(coded(world.run(|desk| command.decide(desk))), expected);
        }
        assert_eq!((world.count(b"sa/"), alias(&world)), (1, before));
    };
    let invalid = Some("INVALID_ROUTING_CONFIGURATION");
    let sum = "The sum of the weights in the routing configuration must be equal to 100.";
    let number = "A routing configuration specifies one or two state machine versions.";
    check(&[], "ValidationException", invalid, number);
    check(&[("m:1", 40), ("m:2", 30), ("m:3", 30)], "ValidationException", invalid, number);
    check(&[("m:1", 99)], "ValidationException", invalid, sum);
    check(&[("m:1", 60), ("m:2", 60)], "ValidationException", invalid, sum);
    check(&[("m:1", u32::MAX), ("m:2", 101)], "ValidationException", invalid, sum);
    check(
        &[("m:1", 50), ("m:1", 50)],
        "ValidationException",
        invalid,
        "The versions of a routing configuration must differ.",
    );
    check(
        &[("m:1", 50), ("n:1", 50)],
        "ValidationException",
        invalid,
        "The second version must belong to the same state machine as the first version.",
    );
    let missing = "Request references a resource that does not exist.";
    check(&[("m:1", 50), ("m:9", 50)], "ResourceNotFound", None, missing);
    for wrong in ["m", "m:PROD"] {
        let message = format!(
            "Invalid Arn: 'Not the ARN of a state machine version: {}'",
            arn(&format!("stateMachine:{wrong}"))
        );
        check(&[(wrong, 100)], "InvalidArn", None, &message);
    }
}

#[test]
fn an_alias_of_no_state_machine_is_refused() {
    let mut world = world();
    let nobody = RouteGiven { version_arn: arn("stateMachine:nobody:1"), weight: 100 };
    let command = CreateStateMachineAlias { routes: vec![nobody], ..create_alias(1, &[]) };
    let expected = ApiError::resource_does_not_exist(&arn("stateMachine:nobody:1"));
    assert_eq!(world.run(|desk| command.decide(desk)), Err(expected));
    let digits = CreateStateMachineAlias { name: "12".into(), ..create_alias(2, &[(1, 100)]) };
    assert_eq!(world.run(|desk| digits.decide(desk)), Err(ApiError::invalid_name("12")));
}

#[test]
fn an_update_changes_what_is_given() {
    let mut world = world();
    let first = CreateStateMachineAlias { description: "d".into(), ..create_alias(1, &[(1, 100)]) };
    world.run(|desk| first.decide(desk)).expect("it is valid");
    let mut stored = alias(&world).expect("it is there");
    world.pass(SECOND);
    let mut check = |number, description: Option<&str>, routes: &[(u64, u32)], expected: Alias| {
        let description = description.map(str::to_owned);
        let command = UpdateStateMachineAlias { description, routes: given(routes), ..update_alias(number) };
        let updated = Updated { updated_ms: expected.updated_ms, ..Updated::default() };
        assert_eq!(world.run(|desk| command.decide(desk)), Ok(updated));
        assert_eq!(alias(&world), Some(expected));
        world.pass(SECOND);
    };
    check(2, Some("d"), &[(1, 100)], stored.clone());
    stored = Alias { description: "e".into(), updated_ms: BEGINNING.0 + 3 * SECOND, ..stored };
    check(3, Some("e"), &[], stored.clone());
    let routes = vec![Route { version: 3, weight: 0 }, Route { version: 2, weight: 100 }];
    stored = Alias { routes, updated_ms: BEGINNING.0 + 4 * SECOND, ..stored };
    check(4, None, &[(3, 0), (2, 100)], stored.clone());
    check(5, None, &[(2, 100), (3, 0)], stored.clone());
    stored = Alias { description: String::new(), updated_ms: BEGINNING.0 + 6 * SECOND, ..stored };
    check(6, Some(""), &[], stored);
}

#[test]
fn what_cannot_be_updated_or_deleted_is_refused() {
    let mut world = world();
    world.run(|desk| create_alias(1, &[(1, 100)]).decide(desk)).expect("it is valid");
    let nothing = "You must specify at least one of the description or routingConfiguration parameters to update a state machine alias.";
    let refused = coded(world.run(|desk| update_alias(2).decide(desk)));
    assert_eq!(refused, ("ValidationException", nothing.to_owned(), Some("MISSING_REQUIRED_PARAMETER")));
    for missing in ["stateMachine:m:TEST", "stateMachine:n:PROD"] {
        let description = Some("d".to_owned());
        let update = UpdateStateMachineAlias { arn: arn(missing), description, ..update_alias(3) };
        let delete = DeleteStateMachineAlias { arn: arn(missing), ..delete_alias(4) };
        let expected = ApiError::resource_does_not_exist(&arn(missing));
        assert_eq!(world.run(|desk| update.decide(desk)), Err(expected.clone()));
        assert_eq!(world.run(|desk| delete.decide(desk)), Err(expected));
    }
    for wrong in ["stateMachine:m", "stateMachine:m:1"] {
        let description = Some("d".to_owned());
        let update = UpdateStateMachineAlias { arn: arn(wrong), description, ..update_alias(5) };
        let delete = DeleteStateMachineAlias { arn: arn(wrong), ..delete_alias(6) };
        assert_eq!(coded(world.run(|desk| update.decide(desk))).0, "InvalidArn");
        assert_eq!(coded(world.run(|desk| delete.decide(desk))).0, "InvalidArn");
    }
    for wrong in ["stateMachine:m", "stateMachine:m:PROD", "stateMachine:m:01"] {
        let delete = DeleteStateMachineVersion { arn: arn(wrong), ..delete_version(7, 1) };
        assert_eq!(coded(world.run(|desk| delete.decide(desk))).0, "InvalidArn");
    }
    for missing in ["stateMachine:n", "stateMachine:m:1", "stateMachine:m:PROD"] {
        let publish = PublishStateMachineVersion { arn: arn(missing), ..publish(8) };
        let expected = ApiError::state_machine_does_not_exist(&arn(missing));
        assert_eq!(world.run(|desk| publish.decide(desk)), Err(expected));
    }
    let elsewhere = Caller { account: "210987654321".into(), ..owner() };
    let delete = DeleteStateMachineAlias { caller: elsewhere, ..delete_alias(9) };
    assert_eq!(coded(world.run(|desk| delete.decide(desk))).0, "AccessDeniedException");
}

#[test]
fn a_version_goes_when_no_alias_refers_to_it() {
    let mut world = world();
    world.run(|desk| create_alias(1, &[(1, 0), (2, 100)]).decide(desk)).expect("it is valid");
    let test = CreateStateMachineAlias { name: "TEST".into(), ..create_alias(2, &[(2, 100)]) };
    world.run(|desk| test.decide(desk)).expect("it is valid");
    let referred = |names: &str| {
        Err(ApiError::conflict(format!(
            "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [{names}]"
        )))
    };
    assert_eq!(world.run(|desk| delete_version(3, 1).decide(desk)), referred("PROD"));
    assert_eq!(world.run(|desk| delete_version(4, 2).decide(desk)), referred("PROD, TEST"));
    let moved = UpdateStateMachineAlias { routes: given(&[(3, 100)]), ..update_alias(5) };
    world.run(|desk| moved.decide(desk)).expect("it is valid");
    assert_eq!(world.run(|desk| delete_version(6, 1).decide(desk)), Ok(()));
    assert_eq!(world.run(|desk| delete_version(7, 2).decide(desk)), referred("TEST"));
    assert_eq!(world.run(|desk| delete_version(8, 3).decide(desk)), referred("PROD"));
    world.run(|desk| delete_alias(9).decide(desk)).expect("it is there");
    assert_eq!(world.run(|desk| delete_version(10, 3).decide(desk)), Ok(()));
    assert_eq!(versions(&world), [2]);
}

/// Decides both on one state, commits the first, and says whether the second may be committed still.
fn both<A, B>(
    world: &mut World,
    first: impl FnOnce(&Desk<'_>) -> Result<Decision<A>, crate::Refusal>,
    second: impl FnOnce(&Desk<'_>) -> Result<Decision<B>, crate::Refusal>,
) -> bool {
    let first = first(&world.desk()).map(|decision| decision.transaction);
    let second = second(&world.desk()).map(|decision| decision.transaction);
    let (Ok(Some(first)), Ok(Some(second))) = (first, second) else { panic!("both write") };
    assert!(world.memory.apply(&first));
    world.memory.apply(&second)
}

#[test]
fn decisions_that_contradict_each_other_do_not_both_commit() {
    let alias = create_alias(1, &[(1, 100)]);
    let delete = delete_version(2, 1);
    assert!(!both(&mut world(), |desk| alias.decide(desk), |desk| delete.decide(desk)));
    assert!(!both(&mut world(), |desk| delete.decide(desk), |desk| alias.decide(desk)));

    let moved = UpdateStateMachineAlias { routes: given(&[(1, 100)]), ..update_alias(3) };
    let with_alias = || {
        let mut world = world();
        world.run(|desk| create_alias(4, &[(2, 100)]).decide(desk)).expect("it is valid");
        world
    };
    assert!(!both(&mut with_alias(), |desk| moved.decide(desk), |desk| delete.decide(desk)));
    assert!(!both(&mut with_alias(), |desk| delete.decide(desk), |desk| moved.decide(desk)));

    let unpublished = || {
        let mut world = World::new();
        world.run(|desk| create(5).decide(desk)).expect("it is valid");
        world
    };
    let [one, two] = [6, 7].map(publish);
    assert!(!both(&mut unpublished(), |desk| one.decide(desk), |desk| two.decide(desk)));
    let other = CreateStateMachineAlias { name: "TEST".into(), ..create_alias(8, &[(1, 100)]) };
    assert!(!both(&mut world(), |desk| alias.decide(desk), |desk| other.decide(desk)), "they are counted");
}

#[test]
fn a_request_asked_again_gets_its_first_answer() {
    let mut world = world();
    let republished = UpdateStateMachine { version_description: "d".into(), ..update(1) };
    let described = UpdateStateMachineAlias { description: Some("d".into()), ..update_alias(4) };
    let all = |world: &mut World| {
        (
            world.run(|desk| republished.decide(desk)),
            world.run(|desk| publish(2).decide(desk)),
            world.run(|desk| create_alias(3, &[(1, 100)]).decide(desk)),
            world.run(|desk| described.decide(desk)),
            world.run(|desk| delete_version(5, 2).decide(desk)),
            world.run(|desk| delete_alias(6).decide(desk)),
        )
    };
    let first = all(&mut world);
    assert_eq!(first.0.as_ref().map(|updated| updated.version_arn.clone()), Ok(version_arn(4)));
    world.pass(SECOND);
    let commits = world.memory.clone();
    assert_eq!(all(&mut world), first);
    assert!(world.memory.pairs(b"").eq(commits.pairs(b"")), "nothing was written");
}

#[test]
fn a_state_machine_that_is_being_deleted_takes_no_versions_and_aliases() {
    let mut world = world();
    world.run(|desk| create_alias(1, &[(1, 100)]).decide(desk)).expect("it is valid");
    let delete = DeleteStateMachine { caller: owner(), request: request(2), arn: arn("stateMachine:m") };
    world.run(|desk| delete.decide(desk)).expect("it is there");
    let deleting = ApiError::state_machine_deleting(&arn("stateMachine:m"));
    let described = UpdateStateMachineAlias { description: Some("d".into()), ..update_alias(3) };
    assert_eq!(world.run(|desk| publish(4).decide(desk)), Err(deleting.clone()));
    assert_eq!(world.run(|desk| described.decide(desk)), Err(deleting.clone()));
    let other = CreateStateMachineAlias { name: "TEST".into(), ..create_alias(5, &[(1, 100)]) };
    assert_eq!(world.run(|desk| other.decide(desk)), Err(deleting));
    let machine: Option<StateMachine> = world.get(&key::state_machine("123456789012", "us-east-1", "m"));
    assert_eq!(machine.map(|machine| machine.last_version), Some(3));
}
