use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use keepstep_engine::execution::StartExecution;
use keepstep_engine::id::{ExecutionId, MachineId, NodeId, RequestId};
use keepstep_engine::local::{Job, Work};
use keepstep_engine::record::{
    Configuration, ExecutionStatus, ExpressStart, Revision, StateMachine, StateMachineStatus,
    StateMachineType,
};
use keepstep_engine::stimulus::CallResult;
use keepstep_engine::view::{Direction, View, record};
use keepstep_engine::{Caller, Limits, key};
use prost::Message;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

use super::{Backing, Ended, Express, Room, Starts, own};
use crate::leader::{Engine, Failure, Ledger, MemoryLedger, Outside, Settings};
use crate::logs;

const NODE: NodeId = NodeId(7);
const ROOM: Room = Room { executions_max: 8, bytes_max: 64 << 20 };

/// A node without a cluster, whose tasks are done here.
#[derive(Clone)]
struct Bench {
    ledger: Arc<MemoryLedger>,
    tasks: Arc<Tasks>,
}

struct Tasks {
    /// Payloads of calls, in order.
    made: watch::Sender<Vec<String>>,
    /// Calls wait for one each.
    leave: Semaphore,
    /// Calls that are under way.
    under_way: watch::Sender<usize>,
    reported: watch::Sender<Vec<ExecutionId>>,
    /// How many reports fail.
    refusals: Mutex<usize>,
}

struct UnderWay(watch::Sender<usize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Backing for Bench {
    fn perform(&self, caller: Caller, work: Work) -> BoxFuture<'static, CallResult> {
        assert_eq!(caller, owner());
        let Job::Call { payload, .. } = work.job else { panic!("no activities in Express") };
        let payload = String::from_utf8(payload.into()).expect("JSON");
        let tasks = Arc::clone(&self.tasks);
        async move {
            tasks.made.send_modify(|made| made.push(payload.clone()));
            tasks.under_way.send_modify(|count| *count += 1);
            let _under_way = UnderWay(tasks.under_way.clone());
            tasks.leave.acquire().await.expect("never closed").forget();
            match payload.as_str() {
                r#""fails""# => CallResult::Failed { error: "E".into(), cause: "c".into() },
                _ => CallResult::Succeeded(payload.into()),
            }
        }
        .boxed()
    }

    fn finish(&self, executions: Vec<ExecutionId>) -> BoxFuture<'static, Result<(), Failure>> {
        let bench = self.clone();
        async move {
            {
                let mut refusals = bench.tasks.refusals.lock().expect("no panic");
                if let Some(left) = refusals.checked_sub(1) {
                    *refusals = left;
                    return Err(Failure::NotLeader);
                }
            }
            for id in &executions {
                bench.ledger.delete(key::express(NODE, *id));
            }
            bench.tasks.reported.send_modify(|reported| reported.extend(executions));
            Ok(())
        }
        .boxed()
    }
}

fn owner() -> Caller {
    Caller { account: "123456789012".into(), region: "us-east-1".into(), partition: "aws".into() }
}

fn arn(name: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:{name}")
}

fn task(resource: &str, more: &str) -> String {
    format!(
        r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{resource}"{more},"End":true}}}}}}"#
    )
}

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

impl Bench {
    fn new(definition: &str) -> Self {
        let ledger = Arc::new(MemoryLedger::default());
        let (id, arn) = (MachineId::from_bytes([1; 16]), arn("stateMachine:x"));
        let machine = StateMachine {
            id: Bytes::copy_from_slice(id.as_bytes()),
            arn,
            kind: StateMachineType::Express as i32,
            status: StateMachineStatus::Active as i32,
            revision: 1,
            ..StateMachine::default()
        };
        let revision = Revision {
            definition: Bytes::copy_from_slice(definition.as_bytes()),
            role_arn: "arn:aws:iam::123456789012:role/r".into(),
            ..Revision::default()
        };
        ledger.put(key::state_machine("123456789012", "us-east-1", "x"), machine.encode_to_vec().into());
        ledger.put(key::revision(id, 1), revision.encode_to_vec().into());
        let tasks = Tasks {
            made: watch::Sender::default(),
            leave: Semaphore::new(0),
            under_way: watch::Sender::new(0),
            reported: watch::Sender::default(),
            refusals: Mutex::default(),
        };
        Self { ledger, tasks: Arc::new(tasks) }
    }

    /// The state machine asks for a log.
    fn log(&self, level: &str) {
        let key = key::revision(MachineId::from_bytes([1; 16]), 1);
        let revision: Option<Revision> = record(&*self.ledger, &key).expect("readable");
        let configuration = Configuration {
            log_level: level.into(),
            log_group_arns: vec!["arn:aws:logs:us-east-1:123456789012:log-group:g:*".into()],
            ..Configuration::default()
        };
        let revision = Revision { configuration, ..revision.expect("stored") };
        self.ledger.put(key, revision.encode_to_vec().into());
    }

    fn engine(&self, starts: Starts) -> Engine {
        self.engine_with(starts, Outside::nowhere(Vec::new()))
    }

    fn engine_with(&self, starts: Starts, outside: Outside) -> Engine {
        let settings = Settings {
            limits: Limits::default(),
            evaluation_threads: 2,
            evaluation_queue_max: 100,
            pollers_max: 10,
            lambda_calls_max: 10,
            definition_cache_bytes: 1 << 20,
            outbox_max: 1,
        };
        let ledger: Arc<dyn Ledger> = Arc::clone(&self.ledger) as _;
        Engine::new(ledger, outside, starts, settings, Handle::current()).expect("threads")
    }

    fn express(&self, room: Room) -> Express {
        Express::new(self.engine(Starts::new(NODE).0), room)
    }

    /// A node that runs what it owns.
    fn node(&self, room: Room) -> Engine {
        let (starts, arrivals) = Starts::new(NODE);
        let engine = self.engine(starts);
        tokio::spawn(own(Express::new(engine.clone(), room), self.clone(), arrivals));
        engine
    }

    fn start(&self, name: &str, input: &str) -> ExpressStart {
        ExpressStart {
            arn: arn(&format!("express:x:{name}:{name}")),
            state_machine_arn: arn("stateMachine:x"),
            machine: Bytes::copy_from_slice(&[1; 16]),
            revision: 1,
            input: Bytes::copy_from_slice(input.as_bytes()),
            ..ExpressStart::default()
        }
    }

    /// As the leader has it stored.
    fn store(&self, node: NodeId, start: &ExpressStart) {
        let key = key::express(node, ExecutionId::of_arn(&start.arn));
        self.ledger.put(key, start.encode_to_vec().into());
    }

    fn stored(&self) -> usize {
        let (from, to) = (key::all_express(), key::prefix_end(&key::all_express()));
        self.ledger.scan(&from, &to, 1_000, Direction::Forward).expect("readable").len()
    }

    async fn until_made(&self, count: usize) -> Vec<String> {
        let mut made = self.tasks.made.subscribe();
        let made = made.wait_for(|made| made.len() >= count).await.expect("never closed").clone();
        assert_eq!(made.len(), count, "{made:?}");
        made
    }

    async fn until_under_way(&self, count: usize) {
        self.tasks.under_way.subscribe().wait_for(|now| *now == count).await.expect("never closed");
    }

    async fn until_reported(&self, count: usize) {
        let mut reported = self.tasks.reported.subscribe();
        let reported = reported.wait_for(|reported| reported.len() >= count).await.expect("never closed");
        assert_eq!(reported.len(), count, "{reported:?}");
    }

    async fn sync(&self, express: &Express, input: &str) -> Result<Ended, Failure> {
        let request = StartExecution {
            caller: owner(),
            state_machine_arn: arn("stateMachine:x"),
            name: "e".into(),
            input: Bytes::copy_from_slice(input.as_bytes()),
            trace_header: "trace".into(),
            request: RequestId::from_bytes([9; 16]),
            parent: None,
            node: NODE,
        };
        express.sync(self, request).await
    }
}

#[tokio::test]
async fn an_execution_runs_to_its_end_in_memory() {
    let retried = task(FUNCTION, r#","Retry":[{"ErrorEquals":["E"],"IntervalSeconds":1,"MaxAttempts":1}]"#);
    let timed = task(FUNCTION, r#","TimeoutSeconds":1"#);
    let whole = r#"{"TimeoutSeconds":1,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9,"End":true}}}"#;
    let loops = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[
        {"Variable":"$$.Execution.Id","IsPresent":false,"Next":"A"}],"Default":"C"},"C":{"Type":"Succeed"}}}"#;
    // (definition, input, leave for tasks) and what comes of it: calls, status, output, error, cause
    type Case<'a> =
        (&'a str, &'a str, usize, usize, ExecutionStatus, Option<&'a str>, Option<&'a str>, Option<&'a str>);
    let plain = task(FUNCTION, "");
    let table: &[Case<'_>] = &[
        (loops, r#"{"a":1}"#, 0, 0, ExecutionStatus::Succeeded, Some(r#"{"a":1}"#), None, None),
        (&plain, "1", 1, 1, ExecutionStatus::Succeeded, Some("1"), None, None),
        (&plain, r#""fails""#, 1, 1, ExecutionStatus::Failed, None, Some("E"), Some("c")),
        (&retried, r#""fails""#, 2, 2, ExecutionStatus::Failed, None, Some("E"), Some("c")),
        (&timed, "1", 0, 1, ExecutionStatus::Failed, None, Some("States.Timeout"), None),
        (whole, "1", 0, 0, ExecutionStatus::TimedOut, None, None, None),
    ];
    for (definition, input, leave, calls, status, output, error, cause) in table {
        let bench = Bench::new(definition);
        bench.tasks.leave.add_permits(*leave);
        let ended = bench.sync(&bench.express(ROOM), input).await.expect("it runs");
        let made = bench.tasks.made.borrow().clone();
        assert_eq!(made, vec![(*input).to_owned(); *calls], "{definition}");
        let texts = (ended.error.as_deref(), ended.cause.as_deref());
        assert_eq!((ended.status, texts), (*status, (*error, *cause)), "{definition}");
        assert_eq!(ended.output.as_deref(), output.map(str::as_bytes), "{definition}");
        assert!(ended.stopped_ms >= ended.started_ms && ended.bytes > 0 && ended.transitions > 0);
        let unique = ended.arn.strip_prefix(&arn("express:x:e:")).expect("its ARN");
        assert_eq!((unique.len(), ended.trace_header.as_str()), (36, "trace"));
        assert_eq!(bench.stored(), 0, "nothing is stored");
        bench.until_under_way(0).await;
    }
}

#[tokio::test]
async fn tasks_of_branches_are_done_at_the_same_time() {
    let branches = ["A", "B", "C"].map(|name| task(FUNCTION, "").replace(r#""T""#, &format!("\"{name}\"")));
    let branches = branches.join(",");
    let bench = Bench::new(&format!(
        r#"{{"StartAt":"P","States":{{"P":{{"Type":"Parallel","Branches":[{branches}],"End":true}}}}}}"#
    ));
    let express = bench.express(ROOM);
    let (ended, ()) = tokio::join!(bench.sync(&express, "1"), async {
        bench.until_under_way(3).await;
        bench.tasks.leave.add_permits(3);
    });
    assert_eq!(ended.expect("it runs").output.as_deref(), Some(&b"[1,1,1]"[..]));
}

#[tokio::test]
async fn an_execution_that_computes_and_computes_ends_in_time() {
    let hard = r#"{"QueryLanguage":"JSONata","TimeoutSeconds":1,"StartAt":"A","States":{
        "A":{"Type":"Pass","Output":"{% $sum([1..100000].($ * 2)) %}","Next":"B"},
        "B":{"Type":"Choice","Choices":[{"Condition":"{% false %}","Next":"C"}],"Default":"A"},"C":{"Type":"Succeed"}}}"#;
    let bench = Bench::new(hard);
    let ended = bench.sync(&bench.express(ROOM), "1").await.expect("it begins");
    assert_eq!(ended.status, ExecutionStatus::TimedOut);
    assert!(ended.stopped_ms - ended.started_ms < 5_000, "{}", ended.stopped_ms - ended.started_ms);
}

#[tokio::test]
async fn more_run_than_there_are_places_on_the_evaluation_pool() {
    let bench = Bench::new(r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#);
    let express = bench.express(Room { executions_max: 300, ..ROOM });
    let ended = futures::future::join_all((0..300).map(|_| bench.sync(&express, "1"))).await;
    let succeeded = ended.iter().flatten().filter(|ended| ended.status == ExecutionStatus::Succeeded);
    assert_eq!(succeeded.count(), 300);
}

#[tokio::test]
async fn an_execution_goes_on_when_its_caller_has_gone() {
    let bench = Bench::new(&task(FUNCTION, ""));
    let express = bench.express(ROOM);
    {
        let called = bench.sync(&express, "1");
        tokio::pin!(called);
        tokio::select! {
            _ = &mut called => panic!("its task is not done yet"),
            () = bench.until_under_way(1) => {}
        }
    }
    assert_eq!(express.slots.available_permits(), ROOM.executions_max - 1);
    bench.tasks.leave.add_permits(1);
    bench.until_under_way(0).await;
    let all = u32::try_from(ROOM.executions_max).expect("few");
    drop(express.slots.acquire_many(all).await.expect("never closed"));
    bench.until_made(1).await;
}

#[tokio::test]
async fn what_there_is_no_room_for_is_refused_before_it_begins() {
    let bench = Bench::new(&task(FUNCTION, ""));
    let full = bench.express(Room { executions_max: 0, ..ROOM });
    assert!(matches!(bench.sync(&full, "1").await, Err(Failure::Overloaded)));
    let full = bench.express(Room { bytes_max: 0, ..ROOM });
    assert!(matches!(bench.sync(&full, "1").await, Err(Failure::Overloaded)));
    bench.until_made(0).await;
}

#[tokio::test]
async fn an_execution_that_needs_more_memory_than_there_is_ends() {
    // Each round keeps another 100 KB in the history.
    let doubles = r#"{"QueryLanguage":"JSONata","StartAt":"A","States":{
        "A":{"Type":"Pass","Output":"{% $pad('', 100000, 'x') & $string($random()) %}","Next":"B"},
        "B":{"Type":"Choice","Choices":[{"Condition":"{% false %}","Next":"C"}],"Default":"A"},"C":{"Type":"Succeed"}}}"#;
    let bench = Bench::new(doubles);
    let express = bench.express(Room { bytes_max: 16 << 20, ..ROOM });
    let ended = bench.sync(&express, "1").await.expect("it begins");
    let cause =
        "The execution was ended by this node: the execution needs more than 2097152 bytes of memory.";
    assert_eq!((ended.error.as_deref(), ended.cause.as_deref()), (Some("States.Runtime"), Some(cause)));
    assert!(ended.bytes > 4 << 20 && ended.bytes < 8 << 20, "{}", ended.bytes);
    assert!(bench.sync(&express, "1").await.is_ok(), "everything was given back");
}

#[tokio::test]
async fn the_end_that_a_node_makes_is_logged_too() {
    // Each round keeps another 100 KB in the history.
    let grows = r#"{"QueryLanguage":"JSONata","StartAt":"A","States":{
        "A":{"Type":"Pass","Output":"{% $pad('', 100000, 'x') & $string($random()) %}","Next":"B"},
        "B":{"Type":"Choice","Choices":[{"Condition":"{% false %}","Next":"C"}],"Default":"A"},"C":{"Type":"Succeed"}}}"#;
    let bench = Bench::new(grows);
    bench.log("ERROR");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let wanted = logs::Wanted {
        file: Some(&path),
        file_bytes_max: None,
        files_max: None,
        endpoint: None,
        data: folder.path(),
        node_name: "n",
        region: "us-east-1",
    };
    let destination = logs::Destination::new(&wanted, |_| None).expect("a file");
    let (logs, writing) = logs::Logs::start(destination, &Handle::current()).expect("no credentials");
    let outside = Outside { logs, ..Outside::nowhere(Vec::new()) };
    let engine = bench.engine_with(Starts::new(NODE).0, outside);
    let express = Express::new(engine, Room { bytes_max: 16 << 20, ..ROOM });
    let ended = bench.sync(&express, "1").await.expect("it begins");
    writing.close(Duration::from_secs(60)).await;
    let text = std::fs::read_to_string(&path).expect("a file");
    let line: serde_json::Value = serde_json::from_str(&text).expect("one line");
    let said = |member: &str| line.get(member).and_then(|value| value.as_str()).map(str::to_owned);
    assert_eq!((said("type"), said("execution_arn")), (Some("ExecutionFailed".into()), Some(ended.arn)));
    let expected = json!({"error": ended.error, "cause": ended.cause});
    assert_eq!(line.get("details"), Some(&expected));
}

#[tokio::test]
async fn what_this_node_owns_is_run_once_and_reported() {
    let bench = Bench::new(&task(FUNCTION, ""));
    let (found, foreign) = (bench.start("found", "1"), bench.start("foreign", "2"));
    bench.store(NODE, &found);
    bench.store(NodeId(8), &foreign);
    *bench.tasks.refusals.lock().expect("no panic") = 2;
    let engine = bench.node(ROOM);
    bench.until_made(1).await;
    // Just started here; a scan finds it as well.
    let begun = bench.start("begun", "3");
    bench.store(NODE, &begun);
    engine.starts().offer(begun.clone());
    engine.starts().offer(begun);
    assert_eq!(bench.until_made(2).await, ["1", "3"]);
    bench.tasks.leave.add_permits(2);
    bench.until_reported(2).await;
    assert_eq!(bench.stored(), 1, "the other node's");
    bench.until_made(2).await;
    assert!(bench.ledger.barriers.load(Ordering::SeqCst) > 1, "it is up to date before it forgets");
}

#[tokio::test]
async fn what_is_started_before_this_node_has_its_state_machine_is_run() {
    let bench = Bench::new(&task(FUNCTION, ""));
    let engine = bench.node(ROOM);
    let first = bench.start("first", "1");
    bench.store(NODE, &first);
    engine.starts().offer(first);
    bench.until_under_way(1).await;
    // The leader has committed an update and a start, and this node has applied neither.
    let key = |number| key::revision(MachineId::from_bytes([1; 16]), number);
    let updated = bench.ledger.get(&key(1)).expect("readable").expect("stored").value;
    bench.ledger.late.lock().expect("no panic").push((key(2), updated));
    engine.starts().offer(ExpressStart { revision: 2, ..bench.start("second", "2") });
    assert_eq!(bench.until_made(2).await, ["1", "2"]);
}

#[tokio::test]
async fn what_there_is_no_room_for_waits_where_it_is_stored() {
    let bench = Bench::new(&task(FUNCTION, ""));
    let names: BTreeMap<String, ExpressStart> = (0..20)
        .map(|number| (number.to_string(), bench.start(&number.to_string(), &number.to_string())))
        .collect();
    for start in names.values() {
        bench.store(NODE, start);
    }
    let engine = bench.node(Room { executions_max: 2, ..ROOM });
    bench.until_under_way(2).await;
    for start in names.values() {
        engine.starts().offer(start.clone());
    }
    bench.until_made(2).await;
    bench.tasks.leave.add_permits(20);
    bench.until_reported(20).await;
    let mut made = bench.until_made(20).await;
    made.sort();
    assert_eq!(made, names.into_keys().collect::<Vec<_>>(), "each once");
    assert_eq!(bench.stored(), 0);
}

#[tokio::test]
async fn what_cannot_be_run_does_not_stay() {
    let bench = Bench::new(&task(FUNCTION, ""));
    let gone = ExpressStart { revision: 9, ..bench.start("gone", "1") };
    bench.store(NODE, &gone);
    bench.node(ROOM);
    bench.until_reported(1).await;
    assert_eq!(bench.stored(), 0);
}
