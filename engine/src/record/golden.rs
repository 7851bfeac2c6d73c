//! Proves that the stored formats stay as they are: every key, and every record, fully filled in, encodes to the bytes in `golden.txt`,
//! and records are read back from them.
//!
//! A line of `golden.txt` is never edited once it was released: data folders out there hold such bytes. A new record, or a record with
//! a new field, gets a line of its own.

use std::fmt::Debug;

use bytes::Bytes;
use prost::Message;

use super::*;
use crate::id::{ActivityId, BranchId, ExecutionId, MachineId, NodeId, OutboxId, RequestId, Timestamp};
use crate::key::{self, CallKey, Outgoing, Timer, Waiting};

const GOLDEN: &str = include_str!("golden.txt");

/// The lines as this version writes them.
#[derive(Default)]
struct Golden(Vec<String>);

impl Golden {
    fn check<M: Message + Default + PartialEq + Debug>(&mut self, name: &str, sample: M) {
        let line = format!("{name} {}", hex::encode(sample.encode_to_vec()));
        let golden = GOLDEN.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        if let Some(golden) = golden {
            let bytes = hex::decode(golden).expect("golden.txt holds hexadecimal");
            assert_eq!(M::decode(bytes.as_slice()), Ok(sample), "{name} is not read back");
        }
        self.0.push(line);
    }

    fn key(&mut self, name: &str, key: &Bytes) {
        self.0.push(format!("key/{name} {}", hex::encode(key)));
    }
}

fn id(byte: u8) -> Bytes {
    vec![byte; 16].into()
}

fn at(chunk: u64, index: u32) -> PayloadRef {
    PayloadRef { chunk, index }
}

fn configuration() -> Configuration {
    Configuration {
        log_level: "ALL".into(),
        log_execution_data: true,
        log_group_arns: vec!["group".into()],
        tracing_enabled: true,
    }
}

#[test]
fn stored_formats_do_not_change() {
    let mut golden = Golden::default();
    resources(&mut golden);
    executions(&mut golden);
    express(&mut golden);
    map_runs(&mut golden);
    branches(&mut golden);
    requests(&mut golden);
    redrives(&mut golden);
    keys(&mut golden);
    let lines = golden.0.join("\n");
    assert!(
        lines == GOLDEN.trim_end(),
        "a stored format differs from golden.txt; this version writes:\n{lines}"
    );
}

fn resources(golden: &mut Golden) {
    golden.check(
        "StateMachine",
        StateMachine {
            id: id(1),
            arn: "arn".into(),
            kind: StateMachineType::Express as i32,
            status: StateMachineStatus::Deleting as i32,
            created_ms: 1_700_000_000_000,
            revision: 300,
            last_version: 0,
            created_version: None,
        },
    );
    golden.check(
        "StateMachine/Versions",
        StateMachine {
            last_version: 48,
            created_version: Some(CreatedVersion { description: "description".into() }),
            ..StateMachine::default()
        },
    );
    golden.check("Version", Version { revision: 49, description: "description".into(), created_ms: 50 });
    golden.check(
        "Alias",
        Alias {
            description: "description".into(),
            routes: vec![Route { version: 51, weight: 52 }],
            created_ms: 53,
            updated_ms: 54,
        },
    );
    golden.check(
        "Revision",
        Revision {
            definition: "{}".into(),
            role_arn: "role".into(),
            revision_id: "uuid".into(),
            updated_ms: 2,
            configuration: configuration(),
        },
    );
    golden.check("Deletion", Deletion { state_machine_key: "sm/a/r/n".into() });
    golden.check("Tags", Tags { tags: vec![Tag { key: "k".into(), value: "v".into() }] });
    golden.check("Activity", Activity { id: id(2), arn: "arn".into(), created_ms: 3 });
    golden.check("WaitingTask", WaitingTask { attempt: 4 });
}

fn executions(golden: &mut Golden) {
    golden.check(
        "Head",
        Head {
            arn: "arn".into(),
            state_machine_arn: "machine".into(),
            machine: id(3),
            revision: 1,
            status: ExecutionStatus::Aborted as i32,
            started_ms: 5,
            stopped_ms: Some(6),
            request: id(4),
            input: at(1, 0),
            output: Some(at(7, 2)),
            error: Some("error".into()),
            cause: Some("cause".into()),
            next_event_id: 8,
            next_branch_id: 9,
            timeout_due_ms: Some(10),
            parent: Some(ParentLink { execution: id(5), branch: 11, attempt: 12 }),
            trace_header: "trace".into(),
            role_arn: "role".into(),
            variables_bytes: 0,
            map_run: None,
            version: 0,
            alias: String::new(),
            redrive_count: 0,
            redriven_ms: None,
            redrives: Vec::new(),
            observed: None,
        },
    );
    golden.check("Head/Variables", Head { variables_bytes: 45, ..Head::default() });
    golden.check("Head/Versions", Head { version: 55, alias: "alias".into(), ..Head::default() });
    golden.check("Head/Observed", Head { observed: Some(configuration()), ..Head::default() });
    golden.check("NameHold", NameHold { until_ms: 13 });
    let details = EventDetails {
        name: Some("name".into()),
        input: Some(at(1, 0)),
        output: Some(at(1, 1)),
        error: Some("error".into()),
        cause: Some("cause".into()),
        resource: Some("resource".into()),
        resource_type: Some("type".into()),
        region: Some("region".into()),
        timeout_seconds: Some(14),
        heartbeat_seconds: Some(15),
        length: Some(16),
        index: Some(17),
        role_arn: Some("role".into()),
        assigned: Vec::new(),
        location: None,
        map_run_arn: None,
        redrive_count: None,
    };
    let event =
        Event { id: 18, previous_id: 17, timestamp_ms: 19, kind: EventType::TaskTimedOut as i32, details };
    golden.check("Chunk", Chunk { events: vec![event], payloads: vec!["{}".into(), "[]".into()] });
    let assigned = EventDetails {
        assigned: vec![variable()],
        location: Some("Output".into()),
        ..EventDetails::default()
    };
    let event =
        Event { id: 46, kind: EventType::EvaluationFailed as i32, details: assigned, ..Event::default() };
    golden.check("Chunk/Variables", Chunk { events: vec![event], payloads: Vec::new() });
    golden.check("Items", Items { items: vec!["1".into(), "{}".into()] });
    golden.check("Results", Results { outputs: vec![at(0, 0), at(8, 9)] });
    golden.check("ChildResult", ChildResult { child: id(6) });
}

fn express(golden: &mut Golden) {
    let start = ExpressStart {
        arn: "arn".into(),
        state_machine_arn: "machine".into(),
        machine: id(1),
        revision: 2,
        version: 3,
        alias: "alias".into(),
        input: Bytes::from_static(b"{}"),
        started_ms: 4,
        trace_header: "trace".into(),
    };
    golden.check("ExpressStart", start);
}

fn map_runs(golden: &mut Golden) {
    let way = vec![FlowStep { state: "state".into(), position: 1 }];
    let counts = EndCounts { succeeded: 50, failed: 51, timed_out: 52, aborted: 53 };
    golden.check(
        "MapRun",
        MapRun {
            arn: "arn".into(),
            execution_arn: "execution".into(),
            branch: 54,
            attempt: 55,
            state_machine_arn: "machine".into(),
            machine: id(3),
            revision: 56,
            way: way.clone(),
            role_arn: "role".into(),
            status: MapRunStatus::Aborted as i32,
            stage: MapRunStage::Over as i32,
            started_ms: 57,
            stopped_ms: Some(58),
            error: Some("error".into()),
            cause: Some("cause".into()),
            max_concurrency: 59,
            tolerated_failure_count: Some(60),
            tolerated_failure_percentage: Some(61.5),
            items_read: 62,
            items_started: 63,
            items_waiting_bytes: 64,
            all_read: true,
            cursor: "cursor".into(),
            children_started: 65,
            items: counts,
            children: counts,
            call: Some(Call { attempt: 66, cursor: "cursor".into(), ..Call::default() }),
            calls_made: 67,
            ready_since_ms: Some(68),
            stops_under_way: 69,
            stops_made: 70,
            results_bytes: 71,
            results_too_large: true,
            results_written: 72,
            label: "label".into(),
            child_kind: StateMachineType::Express as i32,
            open_batch_items: 78,
            redrive_count: 0,
            redriven_ms: None,
            redrive_when_over: false,
            redrive: None,
            not_redrivable: 0,
            items_not_redrivable: 0,
            observed: None,
        },
    );
    golden.check("MapRun/Observed", MapRun { observed: Some(configuration()), ..MapRun::default() });
    golden.check(
        "MapRunSetup",
        MapRunSetup {
            input: "1".into(),
            context: "{}".into(),
            variables: "[]".into(),
            source: "2".into(),
            destination: "3".into(),
            batch_input: "4".into(),
            batch_items_max: 73,
            batch_bytes_max: 74,
        },
    );
    let item = MapItem { value: "1".into(), key: Some("key".into()) };
    golden.check("WaitingItems", WaitingItems { items: vec![item], source: "source".into() });
    golden.check("OpenBatch", OpenBatch { items: b"1,2".to_vec() });
    golden.check("ChildResults", ChildResults { results: vec![Bytes::new(), "1".into()] });
    golden.check("MapRunOutput", MapRunOutput { result: "[]".into() });
    let link = MapRunLink { map_run: id(7), arn: "arn".into(), number: 75, items: 76, way, restarts: 0 };
    golden.check("Head/MapRun", Head { map_run: Some(link), ..Head::default() });
    let details = EventDetails { map_run_arn: Some("arn".into()), ..EventDetails::default() };
    let event = Event { id: 77, kind: EventType::MapRunStarted as i32, details, ..Event::default() };
    golden.check("Chunk/MapRun", Chunk { events: vec![event], payloads: Vec::new() });
    let phase = phase::Phase::MapRun(phase::MapRunWait { arn: "arn".into() });
    golden.check("Branch/MapRun", Branch { phase: Some(phase), ..Branch::default() });
}

fn variable() -> Variable {
    Variable { name: "name".into(), value: at(9, 1), bytes: 47 }
}

fn call() -> Call {
    Call {
        attempt: 20,
        target: "target".into(),
        payload: Some(at(2, 1)),
        name: "name".into(),
        reports_end: true,
        invocation_type: "Event".into(),
        client_context: "context".into(),
        qualifier: "1".into(),
        log_type: "Tail".into(),
        whole_answer: true,
        trace_header: "trace".into(),
        account: "account".into(),
        cursor: Bytes::new(),
    }
}

fn branches(golden: &mut Golden) {
    use phase::{FanOut, Phase, Ready, Retrying, Stage, Waiting, Work};

    golden.check("Call", call());
    golden.check("Branch/Variables", Branch { variables: vec![variable()], ..Branch::default() });
    let mut check = |name: &str, phase: Phase| {
        let branch = Branch {
            parent: Some(0),
            position: 21,
            state: "state".into(),
            last_event_id: 22,
            input: at(3, 0),
            entered_event_id: 23,
            entered_ms: 24,
            retries: vec![1, 0, 2],
            attempt: 25,
            item: Some(at(4, 5)),
            phase: Some(phase),
            variables: Vec::new(),
        };
        golden.check(name, branch);
    };
    check("Branch/Ready", Phase::Ready(Ready { since_ms: 26 }));
    check("Branch/Waiting", Phase::Waiting(Waiting { due_ms: 27 }));
    check("Branch/Retrying", Phase::Retrying(Retrying { due_ms: 28 }));
    let work = Work {
        stage: Stage::Calling as i32,
        scheduled_ms: 29,
        input: at(5, 6),
        activity: id(7),
        nonce: id(8),
        timeout_seconds: Some(30),
        heartbeat_seconds: Some(31),
        timeout_due_ms: Some(32),
        heartbeat_due_ms: Some(33),
        call: Some(call()),
        child_arn: "child".into(),
    };
    check("Branch/Working", Phase::Working(Box::new(work)));
    let fan_out = FanOut {
        input: at(6, 7),
        length: 34,
        started: 35,
        ended: 36,
        concurrency: 37,
        previous_event_id: 38,
        ready_since_ms: Some(39),
        first_branch_id: 40,
        over_members: false,
    };
    check("Branch/FannedOut", Phase::FannedOut(fan_out));
    check(
        "Branch/FannedOut/OverMembers",
        Phase::FannedOut(FanOut { over_members: true, ..FanOut::default() }),
    );
}

fn requests(golden: &mut Golden) {
    use outcome::{Answer, Created, Done, HandedOut, Started, Stopped, Updated};

    let mut check = |name: &str, answer: Answer| golden.check(name, Outcome { answer: Some(answer) });
    check("Outcome/Done", Answer::Done(Done {}));
    let created = Created { arn: "arn".into(), created_ms: 41, version_arn: String::new() };
    check("Outcome/Created", Answer::Created(created.clone()));
    check("Outcome/Created/Version", Answer::Created(Created { version_arn: "version".into(), ..created }));
    let updated = Updated { updated_ms: 42, revision_id: "uuid".into(), version_arn: String::new() };
    check("Outcome/Updated", Answer::Updated(updated.clone()));
    check("Outcome/Updated/Version", Answer::Updated(Updated { version_arn: "version".into(), ..updated }));
    check("Outcome/Stopped", Answer::Stopped(Stopped { stopped_ms: 43 }));
    let handed_out = HandedOut { task_token: "token".into(), execution: id(9), input: at(7, 8) };
    check("Outcome/HandedOut", Answer::HandedOut(handed_out));
    check("Outcome/Started", Answer::Started(Started { arn: "arn".into(), started_ms: 44 }));
}

fn redrives(golden: &mut Golden) {
    let redrives = vec![RedriveToken { token: "token".into(), redriven_ms: 81 }];
    let head = Head { redrive_count: 79, redriven_ms: Some(80), redrives, ..Head::default() };
    golden.check("Head/Redriven", head);
    let fan_out = phase::FanOut { length: 82, ..phase::FanOut::default() };
    let stopped = phase::Stopped { fan_out: Some(fan_out), map_run: "arn".into() };
    let phase = phase::Phase::Stopped(Box::new(stopped));
    golden.check("Branch/Stopped", Branch { phase: Some(phase), ..Branch::default() });
    let counts = EndCounts { succeeded: 0, failed: 85, timed_out: 86, aborted: 87 };
    let map_run = MapRun {
        redrive_count: 88,
        redriven_ms: Some(89),
        redrive_when_over: true,
        redrive: Some(MapRunRedrive { next: 83, end: 84, children: counts, items: counts }),
        not_redrivable: 90,
        items_not_redrivable: 91,
        ..MapRun::default()
    };
    golden.check("MapRun/Redriven", map_run);
    let details = EventDetails { redrive_count: Some(92), ..EventDetails::default() };
    let event = Event { id: 93, kind: EventType::MapRunRedriven as i32, details, ..Event::default() };
    golden.check("Chunk/Redriven", Chunk { events: vec![event], payloads: Vec::new() });
    let link = MapRunLink { number: 95, restarts: 96, ..MapRunLink::default() };
    golden.check("Head/Restarted", Head { map_run: Some(link), ..Head::default() });
    let answer = outcome::Answer::Redriven(outcome::Redriven { redriven_ms: 94 });
    golden.check("Outcome/Redriven", Outcome { answer: Some(answer) });
}

fn keys(golden: &mut Golden) {
    let machine = MachineId::from_bytes([1; 16]);
    let execution = ExecutionId::of_arn("arn:aws:states:us-east-1:123456789012:execution:m:e");
    let branch = BranchId(2);
    let activity = ActivityId::from_bytes([3; 16]);
    let time = Timestamp(1_700_000_000_000);
    golden.key("state_machine", &key::state_machine("123456789012", "us-east-1", "m"));
    golden.key("revision", &key::revision(machine, 300));
    golden.key("version", &key::version(machine, 300));
    golden.key("alias", &key::alias(machine, "alias"));
    golden.key("deletion", &key::deletion(machine));
    golden.key("activity", &key::activity("123456789012", "us-east-1", "a"));
    golden.key("machine_tags", &key::machine_tags(machine));
    golden.key("activity_tags", &key::activity_tags(activity));
    golden.key("head", &key::head(execution));
    golden.key("branch", &key::branch(execution, branch));
    golden.key("chunk", &key::chunk(execution, 300));
    golden.key("items", &key::items(execution, branch, 4));
    golden.key("results", &key::results(execution, branch, 4));
    golden.key("inbox", &key::inbox(execution, branch, 5));
    golden.key("map_run", &key::map_run(execution));
    golden.key("map_run_setup", &key::map_run_setup(execution));
    golden.key("waiting_items", &key::waiting_items(execution, 300));
    golden.key("open_batch", &key::open_batch(execution));
    golden.key("child_results", &key::child_results(execution, 4));
    golden.key("map_run_output", &key::map_run_output(execution));
    golden.key("started_map_run", &key::started_map_run(execution, time, execution));
    golden.key("map_run_of", &key::map_run_of(machine, execution));
    golden.key("name_hold", &key::name_hold(execution));
    golden.key("listing", &key::listing(machine, ExecutionStatus::TimedOut, time, execution));
    golden.key(
        "qualified_listing",
        &key::qualified_listing(machine, "alias", ExecutionStatus::TimedOut, time, execution),
    );
    golden.key("timer", &Timer { due: time, execution, branch, kind: TimerKind::Heartbeat }.key());
    golden.key("waiting", &Waiting { activity, scheduled: time, execution, branch }.key());
    golden.key("call", &CallKey { execution, branch, kind: CallKind::StopExecution }.key());
    golden.key("expiry", &key::expiry(time, execution));
    golden.key("express", &key::express(NodeId(7), execution));
    let outbox = OutboxId::of_target("target");
    golden.key("outgoing", &Outgoing { outbox, at: time, execution, event_id: 300 }.key());
    golden.key("request", &key::request(time, RequestId::from_bytes([6; 16])));
}
