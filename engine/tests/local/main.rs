//! Executions over a map in memory, through the engine's public door.

mod log;

use std::sync::Arc;

use bytes::Bytes;
use keepstep_asl::Entropy;
use keepstep_asl::definition::{self, ParseOptions};
use keepstep_engine::execution::StartExecution;
use keepstep_engine::id::{ExecutionId, NodeId, RequestId, Timestamp};
use keepstep_engine::local::{
    Bounds, Clock, Job, Local, Machine, Next, Reply, RunError, Stopped, Task, Tasks, run,
};
use keepstep_engine::record::{CallKind, Configuration, ParentLink};
use keepstep_engine::stimulus::CallResult;
use keepstep_engine::{Caller, Limits};
use serde_json::Value;

/// 2026-01-01T00:00:00Z.
const EPOCH_MS: i64 = 1_767_225_600_000;

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// A clock that jumps.
struct Jump;

impl Clock for Jump {
    fn wait(&mut self, until: Timestamp) -> Timestamp {
        until
    }
}

/// Answers in turn: a time and a result, or a failure's name.
struct Script {
    asked: Vec<String>,
    answers: std::vec::IntoIter<(u64, Result<&'static str, &'static str>)>,
}

impl Tasks for Script {
    type Error = String;

    fn perform(&mut self, task: &Task) -> Result<Reply, String> {
        self.asked.push(format!("{} {}", task.state, String::from_utf8_lossy(&task.parameters)));
        let (after_ms, answer) = self.answers.next().ok_or("no answer")?;
        let result = match answer {
            Ok(output) => CallResult::Succeeded(Bytes::from_static(output.as_bytes())),
            Err(error) => CallResult::Failed { error: error.into(), cause: "c".into() },
        };
        Ok(Reply { after_ms, result })
    }
}

fn caller() -> Caller {
    Caller { account: "123456789012".into(), region: "us-east-1".into(), partition: "aws".into() }
}

fn local(bounds: Bounds, machines: &[(&str, &str)]) -> Local {
    configured(bounds, machines, &Configuration::default())
}

fn configured(bounds: Bounds, machines: &[(&str, &str)], configuration: &Configuration) -> Local {
    let mut local = Local::new(Limits::default(), bounds, Arc::new(Zeros), Timestamp(EPOCH_MS));
    for (name, text) in machines {
        let definition = definition::parse(text, &ParseOptions::default()).expect("valid");
        local.create(Machine {
            owner: caller(),
            name: (*name).into(),
            definition: Arc::new(definition),
            role_arn: "arn:aws:iam::123456789012:role/r".into(),
            configuration: configuration.clone(),
        });
    }
    local
}

fn request(machine: &str) -> StartExecution {
    StartExecution {
        caller: caller(),
        state_machine_arn: format!("arn:aws:states:us-east-1:123456789012:stateMachine:{machine}"),
        name: "e".into(),
        input: Bytes::from_static(b"{}"),
        trace_header: String::new(),
        request: RequestId::from_bytes([1; 16]),
        parent: None,
        node: NodeId(1),
    }
}

type Answers = Vec<(u64, Result<&'static str, &'static str>)>;

/// Runs a definition, and returns what was asked, the types of the events with their times in seconds, and the output.
fn play(text: &str, answers: Answers) -> (Vec<String>, Vec<String>, Option<Value>) {
    let mut local = local(Bounds::default(), &[("m", text)]);
    let arn = local.start(&request("m")).expect("it starts").arn;
    let mut script = Script { asked: Vec::new(), answers: answers.into_iter() };
    let execution = ExecutionId::of_arn(&arn);
    run(&mut local, execution, &mut script, &mut Jump).expect("it ends");
    let events = local.history(&caller(), &arn).expect("there is a history");
    let line = |ms: i64, name: &str| format!("{} {name}", (ms - EPOCH_MS) / 1000);
    let events = events.iter().map(|event| line(event.event.timestamp_ms, event.event.kind().api_name()));
    let output = local.output(execution).expect("there is a head");
    (script.asked, events.collect(), output.map(|text| serde_json::from_slice(&text).expect("JSON")))
}

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

#[test]
fn time_passes_as_the_clock_says() {
    let text = format!(
        r#"{{"StartAt":"W","States":{{"W":{{"Type":"Wait","Seconds":3600,"Next":"T"}},
            "T":{{"Type":"Task","Resource":"{FUNCTION}","TimeoutSeconds":5,"Retry":[{{"ErrorEquals":["States.ALL"],"IntervalSeconds":2}}],"End":true}}}}}}"#
    );
    let (asked, events, output) = play(&text, vec![(1_000, Err("E")), (6_000, Ok("1")), (4_000, Ok("2"))]);
    assert_eq!(asked, ["T {}"; 3]);
    assert_eq!(output, Some(2.into()));
    assert_eq!(
        events,
        [
            "0 ExecutionStarted",
            "0 WaitStateEntered",
            "3600 WaitStateExited",
            "3600 TaskStateEntered",
            "3600 LambdaFunctionScheduled",
            "3600 LambdaFunctionStarted",
            "3601 LambdaFunctionFailed",
            "3603 LambdaFunctionScheduled",
            "3603 LambdaFunctionStarted",
            "3608 LambdaFunctionTimedOut",
            "3612 LambdaFunctionScheduled",
            "3612 LambdaFunctionStarted",
            "3616 LambdaFunctionSucceeded",
            "3616 TaskStateExited",
            "3616 ExecutionSucceeded",
        ]
    );
}

#[test]
fn every_kind_of_task_is_answered() {
    let started = [
        "0 ExecutionStarted",
        "0 TaskStateEntered",
        "0 TaskScheduled",
        "0 TaskStarted",
        "0 TaskSubmitted",
        "1 TaskSucceeded",
        "1 TaskStateExited",
        "1 ExecutionSucceeded",
    ];
    let child = r#""Parameters":{"StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:c"}"#;
    let token = r#""Parameters":{"FunctionName":"f","Payload":{"t.$":"$$.Task.Token"}}"#;
    let without: Vec<_> = started.iter().copied().filter(|event| !event.contains("Submitted")).collect();
    for (resource, parameters, expected) in [
        ("arn:aws:states:::states:startExecution.sync:2", child, started.to_vec()),
        ("arn:aws:states:::states:startExecution", child, without.clone()),
        ("arn:aws:states:::lambda:invoke.waitForTaskToken", token, started.to_vec()),
        ("arn:aws:states:::lambda:invoke", r#""Parameters":{"FunctionName":"f"}"#, without),
        (
            "arn:aws:states:us-east-1:123456789012:activity:a",
            r#""Comment":"""#,
            vec![
                "0 ExecutionStarted",
                "0 TaskStateEntered",
                "0 ActivityScheduled",
                "0 ActivityStarted",
                "1 ActivitySucceeded",
                "1 TaskStateExited",
                "1 ExecutionSucceeded",
            ],
        ),
    ] {
        let text = format!(
            r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{resource}",{parameters},"End":true}}}}}}"#
        );
        let (asked, events, output) = play(&text, vec![(1_000, Ok(r#"{"r":1}"#))]);
        assert_eq!(
            (asked.len(), events, output),
            (1, expected.iter().map(|e| (*e).to_owned()).collect(), Some(serde_json::json!({ "r": 1 }))),
            "{resource}"
        );
    }
}

#[test]
fn what_fails_a_task_ends_its_job() {
    let text = r#"{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","TimeoutSeconds":2,
        "Parameters":{"StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:c"},
        "Catch":[{"ErrorEquals":["States.Timeout"],"Next":"D"}],"End":true},"D":{"Type":"Pass","Result":7,"End":true}}}"#;
    let (_, events, output) = play(text, vec![(9_000, Ok("1"))]);
    assert_eq!(output, Some(7.into()));
    assert!(events.contains(&"2 TaskTimedOut".to_owned()), "{events:?}");
}

/// A child in the same map: its end is reported to its parent.
#[test]
fn executions_of_one_map_wake_each_other() {
    let parent = r#"{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",
        "Parameters":{"StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:child","Input":{"i":1}},
        "ResultSelector":{"o.$":"$.Output"},"End":true}}}"#;
    let child = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}"#;
    let mut local = local(Bounds::default(), &[("m", parent), ("child", child)]);
    let execution = ExecutionId::of_arn(&local.start(&request("m")).expect("it starts").arn);
    let Next::Do(work) = local.proceed().expect("it goes on") else { panic!("a call") };
    let Job::Call { kind: CallKind::StartExecution, call, payload } = &work.job else { panic!("a start") };
    let link = ParentLink {
        execution: Bytes::copy_from_slice(execution.as_bytes()),
        branch: work.key.branch.0,
        attempt: work.key.attempt,
    };
    let start = StartExecution {
        state_machine_arn: call.target.clone(),
        name: call.name.clone(),
        input: payload.clone(),
        parent: Some(link),
        ..request("child")
    };
    let started = local.start(&start).expect("the child starts");
    let answer = keepstep_engine::execution::start_result(&started, "id", "date");
    local.answer(&work, answer).expect("it is taken");
    let due = Timestamp(EPOCH_MS + 60_000);
    assert_eq!(local.proceed().expect("it goes on"), Next::Wait(due));
    local.advance(due);
    while local.output(execution).expect("there is a head").is_none() {
        if let Next::Do(work) = local.proceed().expect("it goes on") {
            panic!("{work:?}");
        }
    }
    assert_eq!(local.output(execution).expect("a head").as_deref(), Some(&br#"{"o":{"i":1}}"#[..]));
}

#[test]
fn a_run_is_bounded() {
    let forever = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"C"}],"Default":"A"},"C":{"Type":"Succeed"}}}"#;
    let waits = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"V"},"V":{"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"C"}],"Default":"W"},"C":{"Type":"Succeed"}}}"#;
    for (text, bounds) in [
        (forever, Bounds { transitions_max: 1_000, ..Bounds::default() }),
        (waits, Bounds { steps_max: 50, ..Bounds::default() }),
    ] {
        let mut local = local(bounds, &[("m", text)]);
        let execution = ExecutionId::of_arn(&local.start(&request("m")).expect("it starts").arn);
        let mut script = Script { asked: Vec::new(), answers: Vec::new().into_iter() };
        let stopped = run(&mut local, execution, &mut script, &mut Jump);
        let RunError::Stopped(stopped) = stopped.expect_err("it never ends") else { panic!("a bound") };
        assert!(matches!(stopped, Stopped::Steps(50) | Stopped::Transitions(1_000)), "{stopped}");
    }
}

#[test]
fn a_task_that_nobody_answers_ends_the_run() {
    let text =
        format!(r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{FUNCTION}","End":true}}}}}}"#);
    let mut local = local(Bounds::default(), &[("m", &text)]);
    let execution = ExecutionId::of_arn(&local.start(&request("m")).expect("it starts").arn);
    let mut script = Script { asked: Vec::new(), answers: Vec::new().into_iter() };
    let Err(RunError::Unanswered(error)) = run(&mut local, execution, &mut script, &mut Jump) else {
        panic!("nobody answers")
    };
    assert_eq!(error, "no answer");
}
