//! Whole traces of small workflows, which run in memory: a line for each span, indented by what it lies in.

use std::sync::Arc;

use bytes::Bytes;
use keepstep_asl::definition::{self, ParseOptions};
use keepstep_engine::Caller;
use keepstep_engine::execution::StartExecution;
use keepstep_engine::id::{ExecutionId, NodeId, RequestId, Timestamp};
use keepstep_engine::local::{self, Bounds, Clock, Local, Machine, Reply, Task, Tasks};
use keepstep_engine::record::Configuration;
use keepstep_engine::stimulus::CallResult;
use keepstep_engine::{Limits, Stimulus};

use super::*;
use crate::leader::OsEntropy;

const BEGINNING_MS: i64 = 1_767_225_600_000;
const HEADER: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/// Time jumps.
struct Jump;

impl Clock for Jump {
    fn wait(&mut self, until: Timestamp) -> Timestamp {
        until
    }
}

/// Each task takes a second. One whose parameters have a member `fail` fails with it the first time.
#[derive(Default)]
struct Once(Vec<String>);

impl Tasks for Once {
    type Error = std::convert::Infallible;

    fn perform(&mut self, task: &Task) -> Result<Reply, Self::Error> {
        let parameters: serde_json::Value = serde_json::from_slice(&task.parameters).expect("JSON");
        let payload = parameters.get("Payload").unwrap_or(&parameters);
        let error = payload.get("fail").and_then(|error| error.as_str()).map(str::to_owned);
        let result = match error.filter(|_| !self.0.contains(&task.state)) {
            Some(error) => CallResult::Failed { error, cause: "c".into() },
            None => CallResult::Succeeded(Bytes::from_static(b"{}")),
        };
        self.0.push(task.state.clone());
        Ok(Reply { after_ms: 1_000, result })
    }
}

fn caller() -> Caller {
    Caller { account: "123456789012".into(), region: "us-east-1".into(), partition: "aws".into() }
}

fn local(definition: &str, trace_header: &str) -> (Local, ExecutionId) {
    let definition = definition::parse(definition, &ParseOptions::default()).expect("valid");
    let mut local =
        Local::new(Limits::default(), Bounds::default(), Arc::new(OsEntropy), Timestamp(BEGINNING_MS));
    let machine = Machine {
        owner: caller(),
        name: "m".into(),
        definition: Arc::new(definition),
        role_arn: "arn:aws:iam::123456789012:role/r".into(),
        configuration: Configuration::default(),
    };
    let request = StartExecution {
        caller: caller(),
        state_machine_arn: machine.arn(),
        name: "e".into(),
        input: Bytes::from_static(b"[1,2]"),
        trace_header: trace_header.into(),
        request: RequestId::from_bytes([0; 16]),
        parent: None,
        node: NodeId(1),
    };
    local.create(machine);
    let arn = local.start(&request).expect("it starts").arn;
    (local, ExecutionId::of_arn(&arn))
}

/// The spans of an execution that has ended.
fn traced(local: &Local, execution: ExecutionId) -> Option<Vec<Span>> {
    let head = local.head(execution).expect("a head");
    let events = local.history(&caller(), &head.arn).expect("a history");
    of(&head, &events.into_iter().map(|event| event.event).collect::<Vec<_>>())
}

fn lines(spans: &[Span]) -> Vec<String> {
    let seconds = |nanoseconds: u64| nanoseconds / 1_000_000_000 - BEGINNING_MS.unsigned_abs() / 1_000;
    let depth = |span: &Span| {
        let (mut depth, mut around) = (0, span);
        while let Some(parent) = spans.iter().find(|other| other.span_id == around.parent_span_id) {
            (depth, around) = (depth + 1, parent);
        }
        depth
    };
    let line = |span: &Span| {
        let (start, end) = (seconds(span.start_time_unix_nano), seconds(span.end_time_unix_nano));
        let status = span.status.as_ref().map(|status| format!(" failed {:?}", status.message));
        let notes: String = span.events.iter().map(|event| format!(" +{}", event.name)).collect();
        let indent = "  ".repeat(depth(span));
        let attempt = span.attributes.iter().find(|attribute| attribute.key.ends_with(".attempt"));
        let attempt = attempt.and_then(|attribute| match attribute.value.as_ref()?.value.as_ref()? {
            Value::IntValue(number) => Some(format!(" #{number}")),
            _ => None,
        });
        format!(
            "{indent}{}{} {start}..{end}{}{notes}",
            span.name,
            attempt.unwrap_or_default(),
            status.unwrap_or_default()
        )
    };
    spans.iter().map(line).collect()
}

#[track_caller]
fn check(definition: &str, expected: &[&str]) {
    let (mut local, execution) = local(definition, "");
    local::run(&mut local, execution, &mut Once::default(), &mut Jump).expect("it ends");
    let spans = traced(&local, execution).expect("it is traced");
    assert_eq!(lines(&spans), expected);
}

#[test]
fn states_and_attempts_lie_in_the_execution() {
    check(
        r#"{"StartAt":"W","States":{
            "W":{"Type":"Wait","Seconds":5,"Next":"T"},
            "T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",
                "Parameters":{"FunctionName":"f","Payload":{"fail":"E"}},
                "Retry":[{"ErrorEquals":["E"],"IntervalSeconds":2}],"Next":"A"},
            "A":{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:a","End":true}}}"#,
        &[
            "m 0..10",
            "  W 0..5",
            "  T 5..9",
            "    lambda:invoke #1 5..6 failed \"E: c\" +TaskStarted",
            "    lambda:invoke #2 8..9 +TaskStarted",
            "  A 9..10",
            "    a #1 9..10 +ActivityStarted",
        ],
    );
}

#[test]
fn iterations_and_branches_lie_in_their_states() {
    check(
        r#"{"StartAt":"M","States":{
            "M":{"Type":"Map","MaxConcurrency":1,"Next":"P","ItemProcessor":{"StartAt":"W","States":{
                "W":{"Type":"Wait","Seconds":1,"End":true}}}},
            "P":{"Type":"Parallel","End":true,"Branches":[
                {"StartAt":"X","States":{"X":{"Type":"Wait","Seconds":2,"End":true}}},
                {"StartAt":"Y","States":{"Y":{"Type":"Wait","Seconds":3,"Next":"Z"},"Z":{"Type":"Succeed"}}}]}}}"#,
        &[
            "m 0..5",
            "  M 0..2",
            "    M[0] 0..1",
            "      W 0..1",
            "    M[1] 1..2",
            "      W 1..2",
            "  P 2..5",
            "    X 2..4",
            "    Y 2..5",
            "    Z 5..5",
        ],
    );
}

#[test]
fn failures_are_told_where_they_happened() {
    check(
        r#"{"StartAt":"T","States":{
            "T":{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:a",
                "Parameters":{"fail":"E"},"Catch":[{"ErrorEquals":["E"],"Next":"P"}],"End":true},
            "P":{"Type":"Parallel","End":true,"Branches":[
                {"StartAt":"X","States":{"X":{"Type":"Wait","Seconds":9,"End":true}}},
                {"StartAt":"Y","States":{"Y":{"Type":"Fail","Error":"F","Cause":"d"}}}]}}}"#,
        &[
            "m 0..1 failed \"F: d\"",
            "  T 0..1 failed \"E: c\"",
            "    a #1 0..1 failed \"E: c\" +ActivityStarted",
            "  P 1..1 failed \"F: d\"",
            "    X 1..1 failed \"aborted\"",
            "    Y 1..1 failed \"F: d\"",
        ],
    );
}

#[test]
fn what_is_under_way_ends_with_the_execution() {
    let (mut local, execution) =
        local(r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9,"End":true}}}"#, HEADER);
    local.proceed().expect("it waits");
    local.advance(Timestamp(BEGINNING_MS + 4_000));
    let stop = Stimulus::Stop { error: None, cause: Some("no more".into()) };
    local.deliver(execution, stop).expect("it goes on").expect("it is stopped");
    let spans = traced(&local, execution).expect("it is traced");
    assert_eq!(lines(&spans), ["m 0..4 failed \"ABORTED: no more\"", "  W 0..4 failed \"ABORTED: no more\""]);
}

#[test]
fn spans_say_what_they_are_of() {
    let definition = r#"{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}"#;
    let (first, execution) = local(definition, HEADER);
    let spans = traced(&first, execution).expect("it is traced");
    let trace_id = hex::decode("5759e988bd862e3fe1be46a994272793").expect("hexadecimal");
    let [root, state] = spans.as_slice() else { panic!("two spans") };
    let machine = "arn:aws:states:us-east-1:123456789012:stateMachine:m";
    let own = "arn:aws:states:us-east-1:123456789012:execution:m:e";
    let started = BEGINNING_MS.unsigned_abs() * 1_000_000;
    let expected = Span {
        trace_id: trace_id.clone(),
        span_id: root.span_id.clone(),
        parent_span_id: hex::decode("53995c3f42cd8ad8").expect("hexadecimal"),
        flags: 0x301,
        name: "m".into(),
        kind: SpanKind::Server as i32,
        start_time_unix_nano: started,
        end_time_unix_nano: started,
        attributes: vec![
            text("aws.step_functions.state_machine.arn", machine),
            text("aws.step_functions.execution.arn", own),
            text("aws.step_functions.execution.status", "SUCCEEDED"),
        ],
        ..Span::default()
    };
    assert_eq!(root, &expected);
    let expected = Span {
        trace_id,
        span_id: state.span_id.clone(),
        parent_span_id: root.span_id.clone(),
        flags: 1,
        name: "S".into(),
        kind: SpanKind::Internal as i32,
        start_time_unix_nano: started,
        end_time_unix_nano: started,
        attributes: vec![
            text("aws.step_functions.state.name", "S"),
            text("aws.step_functions.state.type", "Succeed"),
        ],
        ..Span::default()
    };
    assert_eq!(state, &expected);
    assert_eq!((root.span_id.len(), state.span_id.len()), (8, 8));

    let (second, execution) = local(definition, HEADER);
    assert_eq!(traced(&second, execution), Some(spans), "a trace that is told twice is the same");
    let (unwanted, execution) = local(definition, &HEADER.replace("Sampled=1", "Sampled=0"));
    assert_eq!(traced(&unwanted, execution), None);
}
