//! Reads, each of a world in memory.

use bytes::Bytes;

use super::*;
use crate::api_error::{ApiError, Refusal};
use crate::command::{
    CreateActivity, CreateStateMachine, CreateStateMachineAlias, DeleteStateMachine, RouteGiven, TagResource,
    UpdateStateMachine,
};
use crate::desk::Caller;
use crate::fixture::{BEGINNING, Execution, World, arn, owner, request};
use crate::id::{ExecutionId, MachineId, Timestamp};
use crate::key;
use crate::limits::Limits;
use crate::record::{
    Alias, Configuration, ExecutionStatus, Head, MapRun, MapRunLink, MapRunRedrive, Route,
    StateMachineStatus, StateMachineType, Tag, Version,
};

const DEFINITION: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#;

fn machine_id() -> MachineId {
    MachineId::from_bytes([0; 16])
}

fn create(world: &mut World, number: u8, name: &str) {
    let command = CreateStateMachine {
        caller: owner(),
        request: request(number),
        name: name.into(),
        definition: DEFINITION.into(),
        role_arn: "arn:aws:iam::123456789012:role/r".into(),
        kind: StateMachineType::Standard,
        configuration: Configuration::default(),
        tags: Vec::new(),
        publish: false,
        version_description: String::new(),
    };
    world.run(|desk| command.decide(desk)).expect("it is valid");
}

/// A world with a state machine `m`.
fn world() -> World {
    let mut world = World::new();
    create(&mut world, 1, "m");
    world
}

fn put(world: &mut World, name: &str, status: ExecutionStatus, started_ms: i64) -> ExecutionId {
    world.put_execution(&Execution {
        machine: machine_id(),
        name,
        status,
        started_ms,
        stopped_ms: (status != ExecutionStatus::Running).then_some(started_ms + 5),
        events: 10,
        per_chunk: 3,
    })
}

fn api<T>(result: Result<T, Refusal>) -> Result<T, ApiError> {
    result.map_err(|refusal| match refusal {
        Refusal::Api(error) => error,
        Refusal::View(error) => panic!("a view in memory failed: {error}"),
    })
}

fn size(size: u32) -> PageRequest {
    PageRequest { size, token: String::new() }
}

/// Walks a list to its end; returns the pages.
fn walk<T>(size: u32, mut page: impl FnMut(PageRequest) -> Result<Page<T>, Refusal>) -> Vec<Vec<T>> {
    let mut pages = Vec::new();
    let mut token = String::new();
    loop {
        let found = api(page(PageRequest { size, token })).expect("its own tokens are valid");
        pages.push(found.items);
        token = found.next_token;
        if token.is_empty() {
            return pages;
        }
        assert!(pages.len() < 100, "the list does not end");
    }
}

#[test]
fn a_state_machine_is_described_with_its_current_revision() {
    let mut world = world();
    let detail =
        api(describe_state_machine(&world.memory, &owner(), &arn("stateMachine:m"))).expect("it is there");
    assert_eq!(detail.name, "m");
    assert_eq!(detail.machine.status(), StateMachineStatus::Active);
    assert_eq!(detail.revision.definition, DEFINITION);
    let delete = DeleteStateMachine { caller: owner(), request: request(2), arn: arn("stateMachine:m") };
    world.run(|desk| delete.decide(desk)).expect("it is there");
    let detail =
        api(describe_state_machine(&world.memory, &owner(), &arn("stateMachine:m"))).expect("it is there");
    assert_eq!(detail.machine.status(), StateMachineStatus::Deleting);
}

#[test]
fn resources_show_to_their_own_account_and_region_only() {
    let mut world = world();
    let activity =
        CreateActivity { caller: owner(), request: request(2), name: "a".into(), tags: Vec::new() };
    world.run(|desk| activity.decide(desk)).expect("it is valid");
    put(&mut world, "e", ExecutionStatus::Succeeded, BEGINNING.0);
    let execution = arn("execution:m:e");
    let check = |caller: &Caller, codes: [Option<&str>; 6]| {
        let view = &world.memory;
        let history = GetExecutionHistory {
            caller: caller.clone(),
            execution_arn: execution.clone(),
            reverse: false,
            execution_data: true,
            page: size(0),
        };
        let list = ListExecutions {
            caller: caller.clone(),
            state_machine_arn: arn("stateMachine:m"),
            map_run_arn: String::new(),
            filter: StatusFilter::Any,
            redrive_filter: RedriveFilter::Any,
            page: size(0),
        };
        let found = [
            api(describe_state_machine(view, caller, &arn("stateMachine:m"))).err(),
            api(describe_execution(view, world.now, &Limits::default(), caller, &execution)).err(),
            api(get_execution_history(view, world.now, &history)).err(),
            api(list_executions(view, world.now, &list)).err(),
            api(describe_activity(view, caller, &arn("activity:a"))).err(),
            api(list_tags(view, caller, &arn("activity:a"))).err(),
        ];
        assert_eq!(found.each_ref().map(|error| error.as_ref().map(|error| error.code)), codes);
    };
    check(&owner(), [None; 6]);
    let elsewhere = [
        Some("StateMachineDoesNotExist"),
        Some("ExecutionDoesNotExist"),
        Some("ExecutionDoesNotExist"),
        Some("StateMachineDoesNotExist"),
        Some("ActivityDoesNotExist"),
        Some("ResourceNotFound"),
    ];
    check(&Caller { region: "us-west-2".into(), ..owner() }, elsewhere);
    check(&Caller { account: "210987654321".into(), ..owner() }, [Some("AccessDeniedException"); 6]);
    let other = Caller { region: "us-west-2".into(), ..owner() };
    let listed = list_state_machines(&world.memory, world.now, &other, &size(0));
    assert_eq!(api(listed).map(|page| page.items.len()), Ok(0));
    let listed = list_activities(&world.memory, world.now, &other, &size(0));
    assert_eq!(api(listed).map(|page| page.items.len()), Ok(0));
}

#[test]
fn what_is_not_there_is_said_in_awss_words() {
    let world = world();
    let check = |found: Result<(), Refusal>, code: &'static str, message: String| {
        assert_eq!(api(found), Err(ApiError::new(code, message)));
    };
    let missing = arn("execution:m:none");
    check(
        describe_execution(&world.memory, world.now, &Limits::default(), &owner(), &missing).map(drop),
        "ExecutionDoesNotExist",
        format!("Execution Does Not Exist: '{missing}'"),
    );
    check(
        describe_state_machine_for_execution(&world.memory, &owner(), &missing).map(drop),
        "ExecutionDoesNotExist",
        format!("Execution Does Not Exist: '{missing}'"),
    );
    check(
        describe_execution(&world.memory, world.now, &Limits::default(), &owner(), "not_a_valid_arn")
            .map(drop),
        "InvalidArn",
        "Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'".to_owned(),
    );
    check(
        describe_state_machine(&world.memory, &owner(), &missing).map(drop),
        "InvalidArn",
        "Invalid Arn: 'Resource type not valid in this context: execution'".to_owned(),
    );
}

#[test]
fn an_execution_is_described_with_its_payloads_and_its_own_revision() {
    let mut world = world();
    put(&mut world, "e", ExecutionStatus::Succeeded, BEGINNING.0);
    let detail = api(describe_execution(
        &world.memory,
        world.now,
        &Limits::default(),
        &owner(),
        &arn("execution:m:e"),
    ))
    .expect("it is there");
    assert_eq!((detail.name.as_str(), detail.input, detail.output), ("e", Bytes::from("1"), None));
    let detail = describe_state_machine_for_execution(&world.memory, &owner(), &arn("execution:m:e"));
    let found = api(detail).expect("it is there");
    assert_eq!((found.label, found.map_run_arn), (None, None));
    let detail = found.detail;
    assert_eq!(detail.machine.arn, arn("stateMachine:m"));
    assert_eq!((detail.name.as_str(), detail.revision.updated_ms), ("m", BEGINNING.0));
}

#[test]
fn state_machines_and_activities_are_listed_in_pages() {
    let mut world = World::new();
    let names = ["a", "b", "b.c", "d", "e"];
    for (number, name) in (1..).zip(names) {
        create(&mut world, number, name);
        let activity = CreateActivity {
            caller: owner(),
            request: request(number + 100),
            name: name.into(),
            tags: Vec::new(),
        };
        world.run(|desk| activity.decide(desk)).expect("it is valid");
    }
    let check = |size: u32, expected: &[&[&str]]| {
        let pages = walk(size, |page| list_state_machines(&world.memory, world.now, &owner(), &page));
        let found: Vec<Vec<&str>> =
            pages.iter().map(|page| page.iter().map(|item| item.name.as_str()).collect()).collect();
        assert_eq!(found, expected);
        let pages = walk(size, |page| list_activities(&world.memory, world.now, &owner(), &page));
        let found: Vec<Vec<&str>> =
            pages.iter().map(|page| page.iter().map(|item| item.name.as_str()).collect()).collect();
        assert_eq!(found, expected);
    };
    check(0, &[&names]);
    check(5, &[&names]);
    check(2, &[&["a", "b"], &["b.c", "d"], &["e"]]);
}

fn executions(
    world: &World,
    filter: StatusFilter,
    page: PageRequest,
) -> Result<Page<ExecutionItem>, Refusal> {
    let request = ListExecutions {
        caller: owner(),
        state_machine_arn: arn("stateMachine:m"),
        map_run_arn: String::new(),
        filter,
        redrive_filter: RedriveFilter::Any,
        page,
    };
    list_executions(&world.memory, world.now, &request)
}

#[test]
fn executions_are_listed_newest_first_over_all_statuses() {
    use ExecutionStatus::{Aborted, Failed, Running, Succeeded, TimedOut};

    let mut world = world();
    for (name, status, at) in [
        ("1", Running, 1),
        ("2", Succeeded, 2),
        ("3", Running, 3),
        ("4", Failed, 4),
        ("5", TimedOut, 5),
        ("6", Aborted, 6),
    ] {
        put(&mut world, name, status, at);
    }
    let check = |filter: StatusFilter, size: u32, expected: &[&[&str]]| {
        let pages = walk(size, |page| executions(&world, filter, page));
        let found: Vec<Vec<&str>> =
            pages.iter().map(|page| page.iter().map(|item| item.name.as_str()).collect()).collect();
        assert_eq!(found, expected, "{filter:?} {size}");
    };
    check(StatusFilter::Any, 0, &[&["6", "5", "4", "3", "2", "1"]]);
    check(StatusFilter::Any, 4, &[&["6", "5", "4", "3"], &["2", "1"]]);
    check(StatusFilter::Any, 1, &[&["6"], &["5"], &["4"], &["3"], &["2"], &["1"]]);
    check(StatusFilter::Only(Running), 1, &[&["3"], &["1"]]);
    check(StatusFilter::Only(Failed), 0, &[&["4"]]);
    check(StatusFilter::PendingRedrive, 0, &[&[]]);
}

/// A map run that is being redriven: its first three children have been looked at, the others are pending where they had no success.
#[test]
fn children_are_listed_by_what_a_redrive_does_with_them() {
    use ExecutionStatus::{Aborted, Failed, Running, Succeeded};

    let mut world = world();
    let map_run_arn = arn("mapRun:m/L:r");
    let id = ExecutionId::of_arn(&map_run_arn);
    let redrive = Some(MapRunRedrive { next: 3, end: 6, ..MapRunRedrive::default() });
    world.put(key::map_run(id), &MapRun { arn: map_run_arn.clone(), redrive, ..MapRun::default() });
    let children = [Running, Succeeded, Failed, Failed, Aborted, Succeeded];
    for (number, status) in (0..).zip(children) {
        let name = format!("c{number}");
        let link = MapRunLink {
            map_run: Bytes::copy_from_slice(id.as_bytes()),
            arn: map_run_arn.clone(),
            number,
            ..MapRunLink::default()
        };
        let head = Head {
            arn: arn(&format!("execution:m/L:{name}")),
            status: status as i32,
            started_ms: 10 - number as i64,
            redrive_count: u32::from(number == 0 || number == 2),
            map_run: Some(link),
            ..Head::default()
        };
        let child = ExecutionId::of_arn(&head.arn);
        world.put(key::head(child), &head);
        crate::listing::of(&head, child).into_iter().for_each(|key| world.put_empty(key));
    }
    let check = |filter: StatusFilter, redrive_filter: RedriveFilter, expected: &[&str]| {
        for size in [0, 1, 2] {
            let pages = walk(size, |page| {
                let request = ListExecutions {
                    caller: owner(),
                    state_machine_arn: String::new(),
                    map_run_arn: map_run_arn.clone(),
                    filter,
                    redrive_filter,
                    page,
                };
                list_executions(&world.memory, world.now, &request)
            });
            let found: Vec<&str> = pages.iter().flatten().map(|item| item.name.as_str()).collect();
            assert_eq!(found, expected, "{filter:?} {redrive_filter:?} {size}");
        }
    };
    check(StatusFilter::Any, RedriveFilter::Any, &["c0", "c1", "c2", "c3", "c4", "c5"]);
    check(StatusFilter::Any, RedriveFilter::Redriven, &["c0", "c2"]);
    check(StatusFilter::Any, RedriveFilter::NotRedriven, &["c1", "c3", "c4", "c5"]);
    check(StatusFilter::Only(Failed), RedriveFilter::Any, &["c2"]);
    check(StatusFilter::PendingRedrive, RedriveFilter::Any, &["c3", "c4"]);
    check(StatusFilter::PendingRedrive, RedriveFilter::Redriven, &[]);
    check(StatusFilter::Only(Aborted), RedriveFilter::NotRedriven, &[]);
}

#[test]
fn an_execution_that_ends_between_two_pages_is_listed_once() {
    let mut world = world();
    for at in 1..=4 {
        put(&mut world, &at.to_string(), ExecutionStatus::Running, at);
    }
    let first = api(executions(&world, StatusFilter::Any, size(2))).expect("it is valid");
    for at in [2, 3] {
        let id = put(&mut world, &at.to_string(), ExecutionStatus::Succeeded, at);
        world.delete(key::listing(machine_id(), ExecutionStatus::Running, Timestamp(at), id));
    }
    let next = PageRequest { size: 2, token: first.next_token };
    let second = api(executions(&world, StatusFilter::Any, next)).expect("it is valid");
    let names: Vec<&str> = first.items.iter().chain(&second.items).map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["4", "3", "2", "1"]);
    assert_eq!(second.next_token, "");
}

#[test]
fn executions_that_are_being_deleted_are_left_out() {
    let mut world = world();
    let gone = put(&mut world, "gone", ExecutionStatus::Succeeded, 1);
    put(&mut world, "kept", ExecutionStatus::Succeeded, 2);
    world.delete(key::head(gone));
    let page = api(executions(&world, StatusFilter::Any, size(0))).expect("it is valid");
    assert_eq!(page.items.len(), 1);
}

#[test]
fn a_token_of_another_list_is_refused() {
    let mut world = world();
    put(&mut world, "1", ExecutionStatus::Succeeded, 1);
    put(&mut world, "2", ExecutionStatus::Succeeded, 2);
    let page = api(executions(&world, StatusFilter::Any, size(1))).expect("it is valid");
    let token = PageRequest { size: 1, token: page.next_token };
    let other = executions(&world, StatusFilter::Only(ExecutionStatus::Succeeded), token.clone());
    assert_eq!(api(other), Err(ApiError::invalid_token()));
    let other = list_state_machines(&world.memory, world.now, &owner(), &token);
    assert_eq!(api(other), Err(ApiError::invalid_token()));
    world.pass(24 * 60 * 60 * 1_000 + 1);
    assert_eq!(api(executions(&world, StatusFilter::Any, token)), Err(ApiError::invalid_token()));
}

#[test]
fn history_is_read_in_pages_from_either_end() {
    let mut world = world();
    put(&mut world, "e", ExecutionStatus::Succeeded, BEGINNING.0);
    let check = |reverse: bool, execution_data: bool, size: u32, expected: &[&[u64]]| {
        let pages = walk(size, |page| {
            let request = GetExecutionHistory {
                caller: owner(),
                execution_arn: arn("execution:m:e"),
                reverse,
                execution_data,
                page,
            };
            get_execution_history(&world.memory, world.now, &request)
        });
        for item in pages.iter().flatten() {
            let input = execution_data.then(|| Bytes::from(item.event.id.to_string()));
            assert_eq!((&item.input, &item.output), (&input, &None));
        }
        let found: Vec<Vec<u64>> =
            pages.iter().map(|page| page.iter().map(|item| item.event.id).collect()).collect();
        assert_eq!(found, expected, "{reverse} {size}");
    };
    let forward: Vec<u64> = (1..=10).collect();
    let backward: Vec<u64> = (1..=10).rev().collect();
    check(false, true, 0, &[&forward]);
    check(false, false, 10, &[&forward]);
    check(false, true, 4, &[&[1, 2, 3, 4], &[5, 6, 7, 8], &[9, 10]]);
    check(false, true, 3, &[&[1, 2, 3], &[4, 5, 6], &[7, 8, 9], &[10]]);
    check(true, true, 0, &[&backward]);
    check(true, true, 4, &[&[10, 9, 8, 7], &[6, 5, 4, 3], &[2, 1]]);
    check(true, false, 5, &[&[10, 9, 8, 7, 6], &[5, 4, 3, 2, 1]]);
}

#[test]
fn a_history_of_many_chunks_is_read_whole() {
    let mut world = world();
    world.put_execution(&Execution {
        machine: machine_id(),
        name: "long",
        status: ExecutionStatus::Running,
        started_ms: 1,
        stopped_ms: None,
        events: 250,
        per_chunk: 1,
    });
    for reverse in [false, true] {
        let pages = walk(0, |page| {
            let request = GetExecutionHistory {
                caller: owner(),
                execution_arn: arn("execution:m:long"),
                reverse,
                execution_data: true,
                page,
            };
            get_execution_history(&world.memory, world.now, &request)
        });
        let sizes: Vec<usize> = pages.iter().map(Vec::len).collect();
        assert_eq!(sizes, [100, 100, 50]);
        let mut ids: Vec<u64> = pages.iter().flatten().map(|item| item.event.id).collect();
        if reverse {
            ids.reverse();
        }
        assert_eq!(ids, (1..=250).collect::<Vec<_>>());
    }
}

#[test]
fn tags_are_listed_in_the_order_of_their_keys() {
    let mut world = world();
    let tag = |key: &str| Tag { key: key.into(), value: "v".into() };
    let command = TagResource {
        caller: owner(),
        request: request(2),
        arn: arn("stateMachine:m"),
        tags: vec![tag("b"), tag("a")],
    };
    world.run(|desk| command.decide(desk)).expect("they fit");
    let tags = list_tags(&world.memory, &owner(), &arn("stateMachine:m"));
    assert_eq!(api(tags), Ok(vec![tag("a"), tag("b")]));
}

/// A world with a state machine `m` of three versions, the last of which no alias refers to.
fn released() -> World {
    let mut world = world();
    for number in 2..=4 {
        let update = UpdateStateMachine {
            caller: owner(),
            request: request(number),
            arn: arn("stateMachine:m"),
            definition: None,
            role_arn: Some(format!("arn:aws:iam::123456789012:role/r{number}")),
            logging: None,
            tracing_enabled: None,
            owned_encryption: false,
            publish: true,
            version_description: format!("of request {number}"),
        };
        world.pass(1);
        world.run(|desk| update.decide(desk)).expect("it is valid");
    }
    for (number, name, routes) in
        [(5, "d", [(1, 40), (2, 60)].as_slice()), (6, "a", &[(1, 100)]), (7, "c", &[(2, 100)])]
    {
        let route = |(version, weight): &(u64, u32)| RouteGiven {
            version_arn: arn(&format!("stateMachine:m:{version}")),
            weight: *weight,
        };
        let create = CreateStateMachineAlias {
            caller: owner(),
            request: request(number),
            name: name.into(),
            description: String::new(),
            routes: routes.iter().map(route).collect(),
        };
        world.pass(1);
        world.run(|desk| create.decide(desk)).expect("it is valid");
    }
    world
}

#[test]
fn a_version_is_described_as_it_was_published() {
    let world = released();
    let describe = |qualifier: &str| {
        api(describe_state_machine(&world.memory, &owner(), &arn(&format!("stateMachine:m{qualifier}"))))
    };
    let detail = describe(":2").expect("it is there");
    let version = Version { revision: 3, description: "of request 3".into(), created_ms: BEGINNING.0 + 2 };
    assert_eq!(detail.version, Some((arn("stateMachine:m:2"), version)));
    assert_eq!(detail.revision.role_arn, "arn:aws:iam::123456789012:role/r3");
    let current = describe("").expect("it is there");
    assert_eq!((current.version, current.machine), (None, detail.machine));
    assert_eq!(current.revision.role_arn, "arn:aws:iam::123456789012:role/r4");
    for missing in [":4", ":02", ":a"] {
        let arn = arn(&format!("stateMachine:m{missing}"));
        assert_eq!(describe(missing), Err(ApiError::state_machine_does_not_exist(&arn)));
    }
}

#[test]
fn an_alias_is_described() {
    let world = released();
    let describe = |arn: &str| api(describe_state_machine_alias(&world.memory, &owner(), arn));
    let expected = AliasDetail {
        arn: arn("stateMachine:m:d"),
        name: "d".into(),
        state_machine_arn: arn("stateMachine:m"),
        alias: Alias {
            description: String::new(),
            routes: vec![Route { version: 1, weight: 40 }, Route { version: 2, weight: 60 }],
            created_ms: BEGINNING.0 + 4,
            updated_ms: BEGINNING.0 + 4,
        },
    };
    assert_eq!(describe(&arn("stateMachine:m:d")), Ok(expected));
    for missing in ["stateMachine:m:b", "stateMachine:n:d"] {
        assert_eq!(describe(&arn(missing)), Err(ApiError::resource_does_not_exist(&arn(missing))));
    }
    for wrong in ["stateMachine:m", "stateMachine:m:1", "activity:m"] {
        assert_eq!(describe(&arn(wrong)).map_err(|error| error.code), Err("InvalidArn"), "{wrong}");
    }
}

#[test]
fn versions_are_listed_newest_first() {
    let world = released();
    let item = |number: i64| ReleaseItem {
        arn: arn(&format!("stateMachine:m:{number}")),
        created_ms: BEGINNING.0 + number,
    };
    let list = |arn: &str, page: &PageRequest| {
        list_state_machine_versions(&world.memory, world.now, &owner(), arn, page)
    };
    for (size, expected) in [(0, vec![vec![3, 2, 1]]), (2, vec![vec![3, 2], vec![1]])] {
        let pages = walk(size, |page| list(&arn("stateMachine:m"), &page));
        let expected: Vec<Vec<ReleaseItem>> =
            expected.into_iter().map(|page| page.into_iter().map(item).collect()).collect();
        assert_eq!(pages, expected);
    }
    let none = Page { items: Vec::new(), next_token: String::new() };
    assert_eq!(api(list(&arn("stateMachine:nobody"), &size(0))), Ok(none));
    let forged = PageRequest { size: 0, token: "InvalidToken".into() };
    for machine in ["stateMachine:m", "stateMachine:nobody"] {
        assert_eq!(api(list(&arn(machine), &forged)), Err(ApiError::invalid_token()));
    }
    for wrong in ["stateMachine:m:1", "stateMachine:m:a"] {
        assert_eq!(api(list(&arn(wrong), &size(0))).map_err(|error| error.code), Err("InvalidArn"));
    }
}

#[test]
fn aliases_are_listed_by_state_machine_and_by_version() {
    let mut world = released();
    let check = |of: &str, size: u32, expected: &[&[(&str, i64)]]| {
        let pages = walk(size, |page| {
            list_state_machine_aliases(&world.memory, world.now, &owner(), &arn(of), &page)
        });
        let item = |(name, after): &(&str, i64)| ReleaseItem {
            arn: arn(&format!("stateMachine:m:{name}")),
            created_ms: BEGINNING.0 + after,
        };
        let expected: Vec<Vec<ReleaseItem>> =
            expected.iter().map(|page| page.iter().map(item).collect()).collect();
        assert_eq!(pages, expected, "{of} {size}");
    };
    check("stateMachine:m", 0, &[&[("a", 5), ("c", 6), ("d", 4)]]);
    check("stateMachine:m", 2, &[&[("a", 5), ("c", 6)], &[("d", 4)]]);
    check("stateMachine:m", 3, &[&[("a", 5), ("c", 6), ("d", 4)]]);
    check("stateMachine:m:1", 1, &[&[("a", 5)], &[("d", 4)]]);
    check("stateMachine:m:2", 0, &[&[("c", 6), ("d", 4)]]);
    check("stateMachine:m:3", 0, &[&[]]);
    let refused = |world: &World, of: &str| {
        let listed = list_state_machine_aliases(&world.memory, world.now, &owner(), &arn(of), &size(0));
        api(listed).map_err(|error| error.code)
    };
    assert_eq!(refused(&world, "stateMachine:m:4"), Err("ResourceNotFound"));
    assert_eq!(refused(&world, "stateMachine:n"), Err("StateMachineDoesNotExist"));
    assert_eq!(refused(&world, "stateMachine:m:a"), Err("InvalidArn"));
    let delete = DeleteStateMachine { caller: owner(), request: request(9), arn: arn("stateMachine:m") };
    world.run(|desk| delete.decide(desk)).expect("it is there");
    assert_eq!(refused(&world, "stateMachine:m"), Err("StateMachineDeleting"));
}

#[test]
fn executions_are_listed_by_what_started_them() {
    let mut world = released();
    for (at, version, alias) in [(1, 0, ""), (2, 1, ""), (3, 1, "a"), (4, 2, "c"), (5, 1, "a")] {
        let status = if at == 3 { ExecutionStatus::Succeeded } else { ExecutionStatus::Running };
        let id = put(&mut world, &at.to_string(), status, at);
        let head: Head = world.get(&key::head(id)).expect("it is there");
        let head = Head { version, alias: alias.into(), ..head };
        world.put(key::head(id), &head);
        crate::listing::of(&head, id).into_iter().for_each(|key| world.put_empty(key));
    }
    let list = |of: &str, filter: StatusFilter, page: PageRequest| {
        let request = ListExecutions {
            caller: owner(),
            state_machine_arn: arn(of),
            map_run_arn: String::new(),
            filter,
            redrive_filter: RedriveFilter::Any,
            page,
        };
        list_executions(&world.memory, world.now, &request)
    };
    let check = |of: &str, filter: StatusFilter, size: u32, expected: &[&[&str]]| {
        let pages = walk(size, |page| list(of, filter, page));
        let found: Vec<Vec<&str>> =
            pages.iter().map(|page| page.iter().map(|item| item.name.as_str()).collect()).collect();
        assert_eq!(found, expected, "{of}");
    };
    let running = StatusFilter::Only(ExecutionStatus::Running);
    check("stateMachine:m", StatusFilter::Any, 0, &[&["5", "4", "3", "2", "1"]]);
    check("stateMachine:m:1", StatusFilter::Any, 2, &[&["5", "3"], &["2"]]);
    check("stateMachine:m:1", running, 0, &[&["5", "2"]]);
    check("stateMachine:m:2", StatusFilter::Any, 0, &[&["4"]]);
    check("stateMachine:m:3", StatusFilter::Any, 0, &[&[]]);
    check("stateMachine:m:a", StatusFilter::Any, 1, &[&["5"], &["3"]]);
    check("stateMachine:m:d", StatusFilter::Any, 0, &[&[]]);
    for missing in ["stateMachine:m:4", "stateMachine:m:b"] {
        let expected = ApiError::state_machine_does_not_exist(&arn(missing));
        assert_eq!(api(list(missing, StatusFilter::Any, size(0))), Err(expected));
    }
    let first = api(list("stateMachine:m:1", StatusFilter::Any, size(1))).expect("it is there");
    let token = PageRequest { size: 1, token: first.next_token };
    let other = list("stateMachine:m:2", StatusFilter::Any, token);
    assert_eq!(api(other), Err(ApiError::invalid_token()));

    let started = |name: &str| {
        let request = GetExecutionHistory {
            caller: owner(),
            execution_arn: arn(&format!("execution:m:{name}")),
            reverse: false,
            execution_data: false,
            page: size(1),
        };
        let page = api(get_execution_history(&world.memory, world.now, &request)).expect("it is there");
        page.items.into_iter().map(|event| (event.version_arn, event.alias_arn)).collect::<Vec<_>>()
    };
    assert_eq!(started("1"), [(None, None)]);
    assert_eq!(started("2"), [(Some(arn("stateMachine:m:1")), None)]);
    assert_eq!(started("4"), [(Some(arn("stateMachine:m:2")), Some(arn("stateMachine:m:c")))]);
}
