//! The Map state in the mode `DISTRIBUTED`: what the execution's history says, and what its map run and children come to.

use bytes::Bytes;
use keepstep_engine::Limits;
use keepstep_engine::id::{ExecutionId, MachineId};
use keepstep_engine::key;
use keepstep_engine::record::{
    EndCounts, ExecutionStatus, Head, MapItem, MapRun, MapRunStatus, WaitingItems,
};
use keepstep_engine::stimulus::{CallResult, MapRunUpdate, Stimulus};

use crate::harness::{Do, EXECUTION_ARN, World, assert_cleared};

const RUN: &str = "arn:aws:states:us-east-1:123456789012:mapRun:m/L";
const PASS: &str = r#""StartAt":"P","States":{"P":{"Type":"Pass","End":true}}"#;
const WAIT: &str = r#""StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}"#;
/// Fails for items that are negative.
const CHECK: &str = r#""StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$","NumericLessThan":0,"Next":"F"}],"Default":"S"},
    "S":{"Type":"Succeed"},"F":{"Type":"Fail","Error":"E","Cause":"negative"}}"#;

pub(crate) fn definition(fields: &str, flow: &str) -> String {
    format!(
        r#"{{"StartAt":"M","States":{{"M":{{"Type":"Map","Label":"L",{fields}
            "ItemProcessor":{{"ProcessorConfig":{{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"}},{flow}}},"End":true}}}}}}"#
    )
}

/// Starts an execution and lets the leader do its part, as far as that goes without time.
pub(crate) fn begin(definition: &str, input: &str) -> World {
    let mut world = World::with(definition);
    begin_in(&mut world, input);
    world
}

pub(crate) fn begin_in(world: &mut World, input: &str) {
    let request = world.request("e", input);
    world.start(&request).expect("it starts");
    rest(world);
}

/// Lets the leader do its part, timers that are due now included.
pub(crate) fn rest(world: &mut World) {
    loop {
        world.lead();
        let due = world.timers().into_iter().find(|timer| timer.due <= world.now);
        let Some(timer) = due else { return };
        world.deliver(timer.execution, Stimulus::TimerDue(timer)).expect("timers are taken in");
    }
}

pub(crate) fn parent() -> ExecutionId {
    ExecutionId::of_arn(EXECUTION_ARN)
}

/// The map runs of the execution, oldest first.
pub(crate) fn map_runs(world: &World) -> Vec<(ExecutionId, MapRun)> {
    let started = world.memory.pairs(&key::started_map_runs(parent()));
    started
        .map(|(stored, _)| {
            let id = key::parse_started_map_run(stored).expect("a map run's key");
            (id, world.get(&key::map_run(id)).expect("the map run is stored"))
        })
        .collect()
}

pub(crate) fn the_map_run(world: &World) -> (ExecutionId, MapRun) {
    map_runs(world).pop().expect("a map run")
}

/// The children of a map run in one status, in the order of their numbers.
pub(crate) fn children(
    world: &World,
    map_run: ExecutionId,
    status: ExecutionStatus,
) -> Vec<(ExecutionId, Head)> {
    let list = MachineId::from_bytes(*map_run.as_bytes());
    let listed = world.memory.pairs(&key::listings(list, status));
    let mut children: Vec<_> = listed
        .map(|(stored, _)| {
            let (_, id) = key::parse_listing(stored).expect("a listing");
            (id, world.head(id))
        })
        .collect();
    children.sort_by_key(|(_, head)| head.map_run.as_ref().map(|link| link.number));
    children
}

/// A map run that is over leaves itself, its setup and its output. One that can be redriven leaves its waiting items and its results as well.
pub(crate) fn assert_over(world: &World, map_run: ExecutionId) {
    let record: MapRun = world.get(&key::map_run(map_run)).expect("the map run is stored");
    let is_fatal = matches!(
        record.error.as_deref(),
        Some("States.Runtime" | "States.DataLimitExceeded" | "States.IntrinsicFailure")
    );
    let is_redrivable =
        record.status() != MapRunStatus::Succeeded && record.children_started > 0 && !is_fatal;
    let kept: &[u8] = if is_redrivable { b"sowqp" } else { b"so" };
    let prefix = key::head(map_run);
    let letters: Vec<_> =
        world.memory.pairs(&prefix).map(|(key, _)| key.get(prefix.len()).copied()).collect();
    assert!(letters.iter().all(|letter| letter.is_some_and(|letter| kept.contains(&letter))), "{letters:?}");
    assert!(world.timers().iter().all(|timer| timer.execution != map_run));
    assert!(world.calls().iter().all(|(key, _)| key.execution != map_run));
    let expiries = world.memory.pairs(b"xp/").filter(|(key, _)| key.ends_with(map_run.as_bytes())).count();
    assert_eq!(expiries, 1);
}

fn check(fields: &str, flow: &str, input: &str, expected: &str) -> World {
    check_all(&definition(fields, flow), input, expected)
}

fn check_all(definition: &str, input: &str, expected: &str) -> World {
    let world = begin(definition, input);
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(world.history(parent()), expected, "{definition} {input}");
    for (id, record) in map_runs(&world) {
        if record.status() != MapRunStatus::Running {
            assert_over(&world, id);
        }
    }
    if !world.is_running(parent()) {
        assert_cleared(&world, parent());
    }
    world
}

#[test]
fn children_are_executions_of_their_own() {
    let world = check(
        "",
        PASS,
        "[1,\"two\",{\"three\":3}]",
        &format!(
            "1<0 ExecutionStarted input=[1,\"two\",{{\"three\":3}}]
            2<0 MapStateEntered name=M input=[1,\"two\",{{\"three\":3}}]
            3<2 MapStateStarted length=3
            4<3 MapRunStarted run={RUN}
            5<4 MapRunSucceeded
            6<5 MapStateSucceeded
            7<5 MapStateExited name=M output=[1,\"two\",{{\"three\":3}}]
            8<7 ExecutionSucceeded output=[1,\"two\",{{\"three\":3}}]"
        ),
    );
    let (id, record) = the_map_run(&world);
    assert_eq!(record.status(), MapRunStatus::Succeeded);
    assert_eq!((record.items_read, record.items_started, record.items_waiting_bytes), (3, 3, 0));
    let succeeded = EndCounts { succeeded: 3, ..EndCounts::default() };
    assert_eq!((record.items, record.children), (succeeded, succeeded));
    let children = children(&world, id, ExecutionStatus::Succeeded);
    assert_eq!(children.len(), 3);
    for (number, (child, head)) in (0..).zip(&children) {
        let link = head.map_run.as_ref().expect("a child knows its map run");
        assert_eq!((link.number, link.items, link.arn.as_str()), (number, 1, record.arn.as_str()));
        assert!(head.arn.starts_with("arn:aws:states:us-east-1:123456789012:execution:m/L:"), "{}", head.arn);
        assert_eq!(head.state_machine_arn, "arn:aws:states:us-east-1:123456789012:stateMachine:m/L");
        assert_eq!(world.history(*child).len(), 4);
        assert_cleared(&world, *child);
    }
    assert_eq!(world.history(children[1].0)[1], "2<0 PassStateEntered name=P input=\"two\"");
}

#[test]
fn items_are_selected_and_batched() {
    let cases = [
        ("\"ItemsPath\":\"$.a\",", "{\"a\":[1,2]}", "[1,2]"),
        ("", "[]", "[]"),
        (
            "\"ItemsPath\":\"$.a\",\"ItemSelector\":{\"i.$\":\"$$.Map.Item.Index\",\"v.$\":\"$$.Map.Item.Value\",\"s.$\":\"$$.Map.Item.Source\",
              \"b.$\":\"$.b\",\"e.$\":\"$$.Execution.Name\",\"f\":1},",
            "{\"a\":[7,8],\"b\":\"x\"}",
            "[{\"i\":0,\"v\":7,\"s\":\"STATE_DATA\",\"b\":\"x\",\"e\":\"e\",\"f\":1},{\"i\":1,\"v\":8,\"s\":\"STATE_DATA\",\"b\":\"x\",\"e\":\"e\",\"f\":1}]",
        ),
        ("\"ItemBatcher\":{\"MaxItemsPerBatch\":2},", "[1,2,3]", "[{\"Items\":[1,2]},{\"Items\":[3]}]"),
        (
            "\"ItemsPath\":\"$.a\",\"ItemBatcher\":{\"MaxItemsPerBatchPath\":\"$.n\",\"BatchInput\":{\"c.$\":\"$.c\"}},",
            "{\"a\":[1,2,3],\"n\":3,\"c\":true}",
            "[{\"BatchInput\":{\"c\":true},\"Items\":[1,2,3]}]",
        ),
        // 20 bytes hold `{"Items":["a","b"]}`, which are 19, but no third item.
        (
            "\"ItemBatcher\":{\"MaxInputBytesPerBatch\":20},",
            "[\"a\",\"b\",\"c\"]",
            "[{\"Items\":[\"a\",\"b\"]},{\"Items\":[\"c\"]}]",
        ),
        (
            "\"ItemSelector\":{\"v.$\":\"$$.Map.Item.Value\"},\"ItemBatcher\":{\"MaxItemsPerBatch\":9},\"ResultWriter\":{\"WriterConfig\":{\"Transformation\":\"COMPACT\"}},",
            "[1,2]",
            "[{\"Items\":[{\"v\":1},{\"v\":2}]}]",
        ),
        (
            "\"ResultWriter\":{\"WriterConfig\":{\"Transformation\":\"FLATTEN\"}},",
            "[[1,2],3,[],[4]]",
            "[1,2,3,4]",
        ),
    ];
    for (fields, input, output) in cases {
        let world = begin(&definition(fields, PASS), input);
        let history = world.history(parent());
        let last = history.last().expect("a history");
        let (_, found) =
            last.split_once("ExecutionSucceeded output=").unwrap_or_else(|| panic!("{history:?}"));
        assert_eq!(found, output, "{fields}");
    }
}

#[test]
fn metadata_of_children_can_be_the_result() {
    let fields = "\"ResultWriter\":{\"WriterConfig\":{\"Transformation\":\"NONE\"}},";
    let world = begin(&definition(fields, PASS), "[1]");
    let head = world.head(parent());
    let output = world.payload(parent(), head.output.expect("it succeeded"));
    let (id, _) = the_map_run(&world);
    let (_, child) = children(&world, id, ExecutionStatus::Succeeded).remove(0);
    let name = child.arn.rsplit(':').next().expect("a name");
    let expected = serde_json::json!([{
        "ExecutionArn": child.arn,
        "Input": "1",
        "InputDetails": { "Included": true },
        "Name": name,
        "Output": "1",
        "OutputDetails": { "Included": true },
        "RedriveCount": 0,
        "RedriveStatus": "NOT_REDRIVABLE",
        "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
        "StartDate": "2026-01-01T00:00:00.000Z",
        "StateMachineArn": child.state_machine_arn,
        "Status": "SUCCEEDED",
        "StopDate": "2026-01-01T00:00:00.000Z",
    }]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&output).expect("JSON"), expected);
}

#[test]
fn items_that_cannot_be_made_fail_the_map_run() {
    check(
        "\"ItemsPath\":\"$.a\",\"ItemSelector\":{\"v.$\":\"$.missing\"},",
        PASS,
        "{\"a\":[1]}",
        &format!(
            "1<0 ExecutionStarted input={{\"a\":[1]}}
            2<0 MapStateEntered name=M input={{\"a\":[1]}}
            3<2 MapStateStarted length=1
            4<3 MapRunStarted run={RUN}
            5<4 MapRunFailed error=States.Runtime cause=The JSONPath '$.missing' specified for the field 'v.$' could not be found in the input '{{\"a\":[1]}}'
            6<5 ExecutionFailed error=States.Runtime cause=The JSONPath '$.missing' specified for the field 'v.$' could not be found in the input '{{\"a\":[1]}}'"
        ),
    );
}

#[test]
fn too_many_failures_fail_the_map_run() {
    let cause = "The specified tolerated failure threshold was exceeded";
    let fields = "\"MaxConcurrency\":1,\"Catch\":[{\"ErrorEquals\":[\"States.ExceedToleratedFailureThreshold\"],\"Next\":\"A\"}],";
    let map = definition(fields, CHECK);
    let map = map.strip_suffix("}}").expect("two braces");
    let world = check_all(
        &format!("{map},\"A\":{{\"Type\":\"Pass\",\"End\":true}}}}}}"),
        "[1,-1,2]",
        &format!(
            "1<0 ExecutionStarted input=[1,-1,2]
            2<0 MapStateEntered name=M input=[1,-1,2]
            3<2 MapStateStarted length=3
            4<3 MapRunStarted run={RUN}
            5<4 MapRunFailed error=States.ExceedToleratedFailureThreshold cause={cause}
            6<5 MapStateFailed
            7<6 MapStateExited name=M output={{\"Error\":\"States.ExceedToleratedFailureThreshold\",\"Cause\":\"{cause}\"}}
            8<7 PassStateEntered name=A input={{\"Error\":\"States.ExceedToleratedFailureThreshold\",\"Cause\":\"{cause}\"}}
            9<8 PassStateExited name=A output={{\"Error\":\"States.ExceedToleratedFailureThreshold\",\"Cause\":\"{cause}\"}}
            10<9 ExecutionSucceeded output={{\"Error\":\"States.ExceedToleratedFailureThreshold\",\"Cause\":\"{cause}\"}}"
        ),
    );
    let (_, record) = the_map_run(&world);
    let ended = EndCounts { succeeded: 1, failed: 1, ..EndCounts::default() };
    assert_eq!((record.status(), record.items, record.children), (MapRunStatus::Failed, ended, ended));
    assert_eq!((record.items_read, record.children_started), (3, 2));
}

#[test]
fn tolerated_failures_are_among_the_results() {
    for (fields, succeeds) in [
        ("\"ToleratedFailureCount\":1,", true),
        ("\"ToleratedFailureCount\":0,", false),
        ("\"ToleratedFailurePercentage\":34,", true),
        ("\"ToleratedFailurePercentage\":33,", false),
        ("\"ToleratedFailureCount\":1,\"ToleratedFailurePercentage\":33,", false),
    ] {
        let world = begin(&definition(fields, CHECK), "[1,-1,2]");
        let head = world.head(parent());
        assert_eq!(head.status() == ExecutionStatus::Succeeded, succeeds, "{fields}");
        if succeeds {
            // Of one that failed, the execution itself stands in its place.
            let output = world.payload(parent(), head.output.expect("an output"));
            let results: Vec<serde_json::Value> = serde_json::from_str(&output).expect("a list");
            let [first, failed, last] = results.as_slice() else { panic!("{output}") };
            assert_eq!(
                (first, last, &failed["Status"], &failed["Error"]),
                (&1.into(), &2.into(), &"FAILED".into(), &"E".into())
            );
        }
    }
}

#[test]
fn no_more_children_run_than_may() {
    let mut world = begin(&definition("\"MaxConcurrency\":2,", WAIT), "[1,2,3,4,5]");
    let (id, _) = the_map_run(&world);
    let running = |world: &World| children(world, id, ExecutionStatus::Running).len();
    assert_eq!(running(&world), 2);
    world.act(parent(), &Do::Pass(5_000));
    rest(&mut world);
    assert_eq!((running(&world), the_map_run(&world).1.children.succeeded), (2, 2));
    let update = MapRunUpdate { max_concurrency: Some(1), ..MapRunUpdate::default() };
    world.deliver(id, Stimulus::UpdateMapRun(update)).expect("it is in progress");
    world.act(parent(), &Do::Pass(5_000));
    rest(&mut world);
    assert_eq!((running(&world), the_map_run(&world).1.children.succeeded), (1, 4));
    world.act(parent(), &Do::Pass(5_000));
    rest(&mut world);
    let head = world.head(parent());
    assert_eq!(world.payload(parent(), head.output.expect("it succeeded")), "[1,2,3,4,5]");
    assert_over(&world, id);
    let refused = world.deliver(id, Stimulus::UpdateMapRun(update)).expect_err("it is over");
    assert_eq!(refused.code, "ValidationException");
}

/// Whatever a step's bound: the same result, and no step beyond it.
#[test]
fn a_step_starts_a_bounded_number_of_children() {
    for (transitions_max, bytes_max) in [(1, 512 * 1024), (7, 512 * 1024), (100, 2_000)] {
        let limits =
            Limits { step_transitions_max: transitions_max, step_bytes_max: bytes_max, ..Limits::default() };
        let items: Vec<usize> = (0..50).collect();
        let input = serde_json::to_string(&items).expect("JSON");
        let mut world = World::with(&definition("", PASS));
        world.limits = limits;
        begin_in(&mut world, &input);
        let head = world.head(parent());
        assert_eq!(world.payload(parent(), head.output.expect("it succeeded")), input);
        let most = world.transactions.iter().map(|transaction| transaction.writes.len()).max();
        assert!(most.expect("transactions") < 10 * (transitions_max + 3), "{most:?}");
    }
}

#[test]
fn a_stopped_execution_stops_its_map_run_and_children() {
    let mut world = begin(&definition("", WAIT), "[1,2,3]");
    let (id, _) = the_map_run(&world);
    world.act(parent(), &Do::Stop(Some("E"), Some("c")));
    assert!(!world.is_running(parent()));
    rest(&mut world);
    let (_, record) = the_map_run(&world);
    let aborted = EndCounts { aborted: 3, ..EndCounts::default() };
    assert_eq!((record.status(), record.children), (MapRunStatus::Aborted, aborted));
    assert_over(&world, id);
    for (child, _) in children(&world, id, ExecutionStatus::Aborted) {
        assert_cleared(&world, child);
    }
}

/// Children that wait, and one that fails, all in the step that starts them.
#[test]
fn children_of_the_step_that_fails_are_stopped() {
    let flow = r#""StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$","NumericLessThan":0,"Next":"F"}],"Default":"W"},
        "W":{"Type":"Wait","Seconds":5,"End":true},"F":{"Type":"Fail"}}"#;
    let mut world = begin(&definition("", flow), "[1,2,-1]");
    // The step can't see what it has written itself: the next one does, in a moment.
    world.act(parent(), &Do::Pass(1));
    rest(&mut world);
    let (id, record) = the_map_run(&world);
    let ended = EndCounts { failed: 1, aborted: 2, ..EndCounts::default() };
    assert_eq!((record.status(), record.children), (MapRunStatus::Failed, ended));
    assert_over(&world, id);
    assert!(!world.is_running(parent()));
}

/// Nobody waits for it any more, and what the old leader meant to do is lost: a new one finds it all the same.
#[test]
fn a_new_leader_ends_a_map_run_that_nobody_waits_for() {
    let mut world = begin(&definition("", WAIT), "[1,2,3]");
    let (id, _) = the_map_run(&world);
    world.act(parent(), &Do::Stop(None, None));
    for _ in 0..3 {
        for (key, call) in world.calls() {
            world.make(key, &call);
        }
        world.effects.clear();
    }
    for (key, call) in world.calls() {
        world.make(key, &call);
    }
    rest(&mut world);
    let (_, record) = the_map_run(&world);
    assert_eq!((record.status(), record.children.aborted), (MapRunStatus::Aborted, 3));
    assert_over(&world, id);
}

/// Whatever the number of events that there is room for: no map run is left behind that nobody knows.
#[test]
fn a_full_history_leaves_no_map_run_behind() {
    for events_max in 2..10 {
        let mut world = World::with(&definition("", WAIT));
        world.limits.history_events_max = events_max;
        begin_in(&mut world, "[1]");
        world.act(parent(), &Do::Pass(5_000));
        rest(&mut world);
        assert!(!world.is_running(parent()), "{events_max}");
        let stored = world.memory.pairs(b"mr/").count();
        assert_eq!(stored, map_runs(&world).len(), "{events_max}");
        for (id, _) in map_runs(&world) {
            assert_over(&world, id);
        }
    }
}

/// A batch is filled over many reads, and each item is selected and stored once.
#[test]
fn a_batch_that_lacks_items_is_kept() {
    let fields = format!(
        "{READER}\"ItemSelector\":{{\"i.$\":\"$$.Map.Item.Index\"}},\"ItemBatcher\":{{\"MaxItemsPerBatch\":700}},"
    );
    let mut world = World::with(&definition(&fields, PASS));
    let items = vec!["\"a long text that a selector drops\""; 300];
    world.reads.extend([
        read(&items, "1", false),
        read(&items, "2", false),
        read(&items, "3", false),
        read(&items, "4", true),
    ]);
    begin_in(&mut world, r#"{"b":"b","n":0}"#);
    let (id, record) = the_map_run(&world);
    assert_eq!((record.items.succeeded, record.children.succeeded), (1_200, 2));
    let counts: Vec<u64> = children(&world, id, ExecutionStatus::Succeeded)
        .iter()
        .filter_map(|(_, head)| Some(head.map_run.as_ref()?.items))
        .collect();
    assert_eq!(counts, [700, 500]);
    let head = world.head(parent());
    let output = world.payload(parent(), head.output.expect("it succeeded"));
    let batches: Vec<serde_json::Value> = serde_json::from_str(&output).expect("JSON");
    let indexes: Vec<u64> = batches
        .iter()
        .filter_map(|batch| batch["Items"].as_array())
        .flatten()
        .filter_map(|item| item["i"].as_u64())
        .collect();
    assert_eq!(indexes, (0..1_200).collect::<Vec<_>>());
    assert_over(&world, id);
}

/// A map run notices by itself that its state machine is being deleted.
#[test]
fn a_map_run_of_a_deleted_state_machine_starts_nothing_more() {
    let mut world = begin(&definition("\"MaxConcurrency\":1,", WAIT), "[1,2,3]");
    world.act(parent(), &Do::Delete);
    world.act(parent(), &Do::Pass(5_000));
    rest(&mut world);
    let (id, record) = the_map_run(&world);
    assert_eq!((record.status(), record.children_started), (MapRunStatus::Aborted, 1));
    assert_over(&world, id);
    assert!(!world.is_running(parent()));
}

/// More running children than are told to stop at a time.
#[test]
fn a_failed_map_run_stops_all_children() {
    let flow = r#""StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":249,"Next":"F"}],"Default":"W"},
        "W":{"Type":"Wait","Seconds":5,"End":true},"F":{"Type":"Fail"}}"#;
    let items: Vec<usize> = (0..300).collect();
    let mut world = begin(&definition("", flow), &serde_json::to_string(&items).expect("JSON"));
    rest(&mut world);
    let (id, record) = the_map_run(&world);
    let ended = EndCounts { failed: 1, aborted: 249, ..EndCounts::default() };
    assert_eq!((record.status(), record.children), (MapRunStatus::Failed, ended));
    assert_over(&world, id);
    assert_eq!(world.head(parent()).error.as_deref(), Some("States.ExceedToleratedFailureThreshold"));
}

#[test]
fn a_failing_sibling_aborts_the_map_run() {
    let map = definition("", WAIT);
    let definition = format!(
        r#"{{"StartAt":"Both","States":{{"Both":{{"Type":"Parallel","End":true,"Branches":[{map},
            {{"StartAt":"T","States":{{"T":{{"Type":"Wait","Seconds":1,"Next":"F"}},"F":{{"Type":"Fail","Error":"E","Cause":"c"}}}}}}]}}}}}}"#
    );
    let mut world = begin(&definition, "[1,2]");
    world.act(parent(), &Do::Pass(1_000));
    rest(&mut world);
    let history = world.history(parent());
    let tail: Vec<_> = history.iter().skip_while(|line| !line.contains("FailStateEntered")).skip(1).collect();
    assert_eq!(
        tail,
        [
            "10<6 MapRunAborted",
            "11<10 MapStateAborted",
            "12<9 ParallelStateFailed",
            "13<12 ExecutionFailed error=E cause=c",
        ],
        "{history:?}"
    );
    let (id, record) = the_map_run(&world);
    assert_eq!((record.status(), record.children.aborted), (MapRunStatus::Aborted, 2));
    assert_over(&world, id);
}

#[test]
fn a_retry_is_a_new_map_run() {
    let fields = r#""Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"MaxAttempts":1}],"#;
    let mut world = begin(&definition(fields, CHECK), "[-1]");
    world.act(parent(), &Do::Pass(1_000));
    rest(&mut world);
    let types: Vec<String> = world
        .history(parent())
        .iter()
        .map(|line| line.split(' ').nth(1).unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        types,
        [
            "ExecutionStarted",
            "MapStateEntered",
            "MapStateStarted",
            "MapRunStarted",
            "MapRunFailed",
            "MapStateStarted",
            "MapRunStarted",
            "MapRunFailed",
            "MapStateFailed",
            "ExecutionFailed"
        ]
    );
    let runs = map_runs(&world);
    assert_eq!(runs.len(), 2);
    assert_ne!(runs[0].0, runs[1].0);
    assert_eq!(runs[0].1.label, runs[1].1.label);
}

const READER: &str = r#""ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket.$":"$.b","Key":"k"},
    "ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW","MaxItemsPath":"$.n"}},"#;

pub(crate) fn read(values: &[&str], cursor: &'static str, is_last: bool) -> CallResult {
    let items =
        values.iter().map(|value| MapItem { value: Bytes::copy_from_slice(value.as_bytes()), key: None });
    let items = vec![WaitingItems { items: items.collect(), source: "S3://b/k".to_owned() }];
    CallResult::ItemsRead { items, cursor: Bytes::from_static(cursor.as_bytes()), is_last }
}

#[test]
fn items_are_read_as_they_are_needed() {
    let fields = format!(
        "{READER}\"ItemSelector\":{{\"v.$\":\"$$.Map.Item.Value\",\"s.$\":\"$$.Map.Item.Source\"}},\"ItemBatcher\":{{\"MaxItemsPerBatch\":2}},"
    );
    let mut world = World::with(&definition(&fields, PASS));
    world.reads.extend([
        read(&["1"], "one", false),
        read(&["2", "3"], "three", false),
        read(&[], "end", true),
    ]);
    begin_in(&mut world, r#"{"b":"b","n":3}"#);
    let history = world.history(parent());
    assert_eq!(history[2], "3<2 MapStateStarted length=0");
    let output = "[{\"Items\":[{\"v\":1,\"s\":\"S3://b/k\"},{\"v\":2,\"s\":\"S3://b/k\"}]},{\"Items\":[{\"v\":3,\"s\":\"S3://b/k\"}]}]";
    assert_eq!(history[7], format!("8<7 ExecutionSucceeded output={output}"));
    let (id, record) = the_map_run(&world);
    assert_eq!((record.items.succeeded, record.children.succeeded), (3, 2));
    let setup: keepstep_engine::record::MapRunSetup =
        world.get(&key::map_run_setup(id)).expect("the setup is stored");
    let source: serde_json::Value = serde_json::from_slice(&setup.source).expect("JSON");
    assert_eq!(
        source,
        serde_json::json!({
            "Resource": "arn:aws:states:::s3:getObject",
            "Parameters": { "Bucket": "b", "Key": "k" },
            "ReaderConfig": {
                "InputType": "CSV",
                "CSVDelimiter": "COMMA",
                "CSVHeaderLocation": "FIRST_ROW",
                "MaxItems": 3,
            },
        })
    );
    assert_over(&world, id);
}

#[test]
fn items_that_cannot_be_read_fail_the_map_run() {
    let mut world = World::with(&definition(READER, WAIT));
    let failed = CallResult::Failed { error: "States.ItemReaderFailed".into(), cause: "no such key".into() };
    world.reads.extend([read(&["1"], "one", false), failed]);
    begin_in(&mut world, r#"{"b":"b","n":3}"#);
    let history = world.history(parent());
    assert_eq!(
        history[4..],
        [
            "5<4 MapRunFailed error=States.ItemReaderFailed cause=no such key",
            "6<5 MapStateFailed",
            "7<6 ExecutionFailed error=States.ItemReaderFailed cause=no such key"
        ]
    );
    let (id, record) = the_map_run(&world);
    assert_eq!(record.children, EndCounts { aborted: 1, ..EndCounts::default() });
    assert_over(&world, id);
}

#[test]
fn results_are_written_where_the_writer_says() {
    let fields = r#""ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b","Prefix":"p"}},"#;
    let mut world = World::with(&definition(fields, PASS));
    let written = r#"{"MapRunArn":"a","ResultWriterDetails":{"Bucket":"b","Key":"p/manifest.json"}}"#;
    world.writes.push_back(CallResult::Succeeded(Bytes::from_static(written.as_bytes())));
    begin_in(&mut world, "[1,2]");
    let head = world.head(parent());
    assert_eq!(world.payload(parent(), head.output.expect("it succeeded")), written);
    let (id, record) = the_map_run(&world);
    assert_eq!(record.results_written, 2);
    assert_over(&world, id);
}

#[test]
fn results_of_a_map_run_that_failed_are_written_too() {
    let fields = r#""ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b","Prefix":"p"}},"#;
    for written in [
        CallResult::Succeeded(Bytes::from_static(b"{}")),
        CallResult::Failed { error: "States.ResultWriterFailed".into(), cause: "full".into() },
    ] {
        let mut world = World::with(&definition(fields, CHECK));
        world.writes.push_back(written.clone());
        begin_in(&mut world, "[1,-1]");
        assert!(world.writes.is_empty(), "they are written once");
        let error = world.head(parent()).error;
        assert_eq!(error.as_deref(), Some("States.ExceedToleratedFailureThreshold"));
        let (id, record) = the_map_run(&world);
        let count = if matches!(written, CallResult::Succeeded(_)) { 2 } else { 0 };
        assert_eq!((record.status(), record.results_written), (MapRunStatus::Failed, count));
        assert_over(&world, id);
    }
    let mut world = World::with(&definition(fields, PASS));
    let failed = CallResult::Failed { error: "States.ResultWriterFailed".into(), cause: "full".into() };
    world.writes.push_back(failed);
    begin_in(&mut world, "[1]");
    assert_eq!(world.head(parent()).error.as_deref(), Some("States.ResultWriterFailed"));
    assert_over(&world, the_map_run(&world).0);
}

/// A leader that has just begun makes all stored calls again: nothing happens twice.
#[test]
fn a_new_leader_goes_on_where_the_last_one_was() {
    let fields = format!("{READER}\"MaxConcurrency\":2,");
    let mut world = World::with(&definition(&fields, WAIT));
    world.reads.extend([read(&["1", "2", "3"], "three", true)]);
    begin_in(&mut world, r#"{"b":"b","n":3}"#);
    for _ in 0..4 {
        // What the old leader meant to do is lost; what is stored is found.
        world.effects.clear();
        world.act(parent(), &Do::Pass(5_000));
        world.effects.clear();
        for (key, call) in world.calls() {
            world.make(key, &call);
        }
    }
    world.effects.clear();
    let (id, record) = the_map_run(&world);
    assert_eq!((record.status(), record.children.succeeded), (MapRunStatus::Succeeded, 3));
    assert!(world.is_running(parent()), "the report is lost");
    for (key, call) in world.calls() {
        world.make(key, &call);
    }
    rest(&mut world);
    let head = world.head(parent());
    assert_eq!(world.payload(parent(), head.output.expect("it succeeded")), "[1,2,3]");
    assert_over(&world, id);
}

/// Sweeps until nothing is left to do now.
fn sweep(world: &mut World) {
    use keepstep_engine::command::sweep::{Progress, retention};
    for _ in 0..100 {
        let decision = retention::sweep(&world.desk()).expect("sweeps are never refused");
        if world.commit(decision) == Progress::Idle {
            return;
        }
    }
    panic!("the sweep does not end");
}

#[test]
fn a_map_run_and_its_children_are_kept_for_their_retention() {
    let mut world = begin(&definition("", PASS), "[1,2,3]");
    let (id, _) = the_map_run(&world);
    let retention_ms = i64::try_from(world.limits.retention_seconds).expect("it is small") * 1_000;
    world.now.0 += retention_ms - 1;
    sweep(&mut world);
    assert_eq!(children(&world, id, ExecutionStatus::Succeeded).len(), 3);
    world.now.0 += 1;
    sweep(&mut world);
    assert_nothing_left(&world);
}

#[test]
fn children_are_kept_as_long_as_their_map_run_needs_them() {
    let flow = r#""StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":1,"Next":"W"}],"Default":"S"},
        "W":{"Type":"Wait","Seconds":1000000,"End":true},"S":{"Type":"Succeed"}}"#;
    let mut world = World::with(&definition("", flow));
    world.limits.retention_seconds = 60;
    world.limits.name_hold_seconds = 60;
    begin_in(&mut world, "[0,1]");
    let (id, _) = the_map_run(&world);
    world.now.0 += 100_000;
    sweep(&mut world);
    assert_eq!(children(&world, id, ExecutionStatus::Succeeded).len(), 1, "the map run goes on");
    world.act(parent(), &Do::Pass(1_000_000_000));
    rest(&mut world);
    let head = world.head(parent());
    assert_eq!(world.payload(parent(), head.output.expect("it succeeded")), "[0,1]");
    for _ in 0..4 {
        world.now.0 += 61_000;
        sweep(&mut world);
    }
    assert_nothing_left(&world);
}

/// Of all executions and map runs.
fn assert_nothing_left(world: &World) {
    for prefix in [&b"ex/"[..], b"mr/", b"mm/", b"li/", b"xp/"] {
        let left: Vec<_> = world.memory.pairs(prefix).map(|(key, _)| key.clone()).collect();
        assert_eq!(left, Vec::<Bytes>::new(), "{}", String::from_utf8_lossy(prefix));
    }
}

#[test]
fn a_map_run_and_its_children_go_with_their_state_machine() {
    use keepstep_engine::command::sweep::deletion::{self, Progress};
    let mut world = begin(&definition("", WAIT), "[1,2,3]");
    let (id, record) = the_map_run(&world);
    let machine = MachineId::from_slice(&record.machine).expect("an id");
    world.act(parent(), &Do::Delete);
    let state_machine_key = key::state_machine("123456789012", "us-east-1", "m");
    world.write(|draft| {
        draft.put(key::deletion(machine), &keepstep_engine::record::Deletion { state_machine_key });
    });
    let mut progress = Vec::new();
    for _ in 0..20 {
        let decision = deletion::advance(&world.desk(), machine).expect("deletions are never refused");
        let came = world.commit(decision);
        if progress.last() != Some(&came) {
            progress.push(came);
        }
        match came {
            Progress::Gone => break,
            Progress::More => {}
            Progress::Waiting if world.is_running(parent()) => {
                world.act(parent(), &Do::Stop(None, None));
            }
            Progress::Waiting => rest(&mut world),
        }
    }
    assert_eq!(progress, [Progress::Waiting, Progress::More, Progress::Gone]);
    assert_eq!(children(&world, id, ExecutionStatus::Aborted), []);
    for prefix in [&b"ex/"[..], b"mr/", b"mm/", b"li/", b"xp/", b"sr/", b"sm/"] {
        assert_eq!(world.memory.pairs(prefix).count(), 0, "{}", String::from_utf8_lossy(prefix));
    }
}
