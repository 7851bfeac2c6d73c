//! Valid definitions: every field lands where the engine looks for it.

use keepstep_asl::Expression;
use keepstep_asl::choice::Rule;
use keepstep_asl::definition::{
    Catcher, Choice, ChoiceRule, Condition, Definition, Fail, FailText, FlowPath, FlowStep, JitterStrategy,
    MaxConcurrency, ParseOptions, Pass, Payload, QueryLanguage, Retrier, State, StateKind, Timeout,
    Transition, Until, Wait, parse,
};
use keepstep_asl::path::Path;
use keepstep_asl::payload_io::{ResultPath, Selection};
use keepstep_asl::resource::{Pattern, Resource};
use keepstep_asl::template::Template;
use serde_json::{Value, json};

fn read(definition: &Value) -> Definition {
    parse(&definition.to_string(), &ParseOptions::default()).expect("valid")
}

/// The compiled form of a state that stands alone, ended by what is needed.
fn read_state(state: &Value) -> State {
    let definition = json!({"StartAt": "X", "States": {"X": state, "Y": {"Type": "Succeed"}, "Z": {
        "Type": "Choice", "Choices": [{"Variable": "$", "IsNull": true, "Next": "Y"}], "Default": "Z"}}});
    read(&definition).flow.states.swap_remove("X").expect("X is there")
}

fn check(state: Value, expected: StateKind) {
    let read = read_state(&state);
    assert_eq!(read.kind.type_name(), state["Type"], "{state}");
    assert_eq!(read.kind, expected, "{state}");
}

fn path(text: &str) -> Path {
    Path::parse(text).expect("a path")
}

fn template(value: Value) -> Option<Template> {
    Some(Template::parse(&value).expect("a template"))
}

fn payload(value: Value) -> Option<Payload> {
    template(value).map(Payload::JsonPath)
}

fn next() -> Transition {
    Transition::Next("Y".to_owned())
}

#[test]
fn the_top_and_what_all_states_have() {
    let definition = read(&json!({
        "Comment": "c", "Version": "1.0", "TimeoutSeconds": 60, "QueryLanguage": "JSONPath", "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Comment": "a", "InputPath": "$.in", "OutputPath": null, "Next": "B"},
            "B": {"Type": "Succeed", "OutputPath": "$$.Execution.Id"},
        },
    }));
    assert_eq!(definition.comment.as_deref(), Some("c"));
    assert_eq!(definition.version.as_deref(), Some("1.0"));
    assert_eq!(definition.timeout_seconds, Some(60));
    assert_eq!(definition.flow.states.keys().collect::<Vec<_>>(), ["A", "B"]);
    let pass = Pass {
        parameters: None,
        result: None,
        result_path: ResultPath::Replace,
        transition: Transition::Next("B".to_owned()),
    };
    let expected = State {
        name: "A".to_owned(),
        comment: Some("a".to_owned()),
        query_language: QueryLanguage::JsonPath,
        input_path: Selection::Path(path("$.in")),
        output_path: Selection::Discard,
        assign: None,
        output: None,
        kind: StateKind::Pass(pass),
    };
    assert_eq!(definition.flow.start(), Some(&expected));
    let expected = State {
        name: "B".to_owned(),
        comment: None,
        query_language: QueryLanguage::JsonPath,
        input_path: Selection::Whole,
        output_path: Selection::Path(path("$$.Execution.Id")),
        assign: None,
        output: None,
        kind: StateKind::Succeed,
    };
    assert_eq!(definition.flow.states.get("B"), Some(&expected));
}

#[test]
fn pass() {
    check(
        json!({"Type": "Pass", "Parameters": {"a.$": "$.b"}, "Result": {"a.$": "$.b"}, "ResultPath": "$.r",
               "End": true}),
        StateKind::Pass(Pass {
            parameters: template(json!({"a.$": "$.b"})),
            result: Some(json!({"a.$": "$.b"})),
            result_path: ResultPath::parse(Some("$.r")).expect("a path"),
            transition: Transition::End,
        }),
    );
    let nothing = Pass {
        parameters: None,
        result: Some(Value::Null),
        result_path: ResultPath::Discard,
        transition: next(),
    };
    check(json!({"Type": "Pass", "Result": null, "ResultPath": null, "Next": "Y"}), StateKind::Pass(nothing));
}

#[test]
fn wait() {
    let expected = |until| StateKind::Wait(Wait { until, transition: next() });
    check(json!({"Type": "Wait", "Seconds": 0, "Next": "Y"}), expected(Until::Seconds(0)));
    check(
        json!({"Type": "Wait", "SecondsPath": "$.s", "Next": "Y"}),
        expected(Until::SecondsPath(path("$.s"))),
    );
    let until = Until::TimestampPath(path("$$.State.EnteredTime"));
    check(json!({"Type": "Wait", "TimestampPath": "$$.State.EnteredTime", "Next": "Y"}), expected(until));
    let text = "2016-03-14T01:59:00+02:00".to_owned();
    let moment = "2016-03-13T23:59:00Z".parse().expect("a moment");
    check(
        json!({"Type": "Wait", "Timestamp": text, "Next": "Y"}),
        expected(Until::Timestamp { moment, text }),
    );
}

#[test]
fn fail() {
    let literal = |text: &str| Some(FailText::Literal(text.to_owned()));
    let computed = |text: &str| Some(FailText::Computed(Expression::parse(text).expect("an expression")));
    check(json!({"Type": "Fail"}), StateKind::Fail(Fail { error: None, cause: None }));
    let expected = Fail { error: literal("E"), cause: literal("") };
    check(json!({"Type": "Fail", "Error": "E", "Cause": ""}), StateKind::Fail(expected));
    let expected = Fail { error: computed("$$.State.Name"), cause: computed("States.Format('{}', $.c)") };
    check(
        json!({"Type": "Fail", "ErrorPath": "$$.State.Name", "CausePath": "States.Format('{}', $.c)"}),
        StateKind::Fail(expected),
    );
}

#[test]
fn choice() {
    let first = json!({"And": [{"Variable": "$.a", "IsPresent": true},
                               {"Not": {"Variable": "$.b", "IsNull": true}}],
                       "Next": "Y"});
    let second = json!({"Variable": "$.a", "NumericGreaterThanPath": "$.b", "Next": "X"});
    let rule = |value: &Value, next: &str| ChoiceRule {
        condition: Condition::Rule(Rule::parse(value).expect("a rule")),
        assign: None,
        output: None,
        next: next.to_owned(),
    };
    let rules = vec![rule(&first, "Y"), rule(&second, "X")];
    check(
        json!({"Type": "Choice", "Choices": [first, second], "Default": "Y"}),
        StateKind::Choice(Choice { rules: rules.clone(), default: Some("Y".to_owned()) }),
    );
    check(
        json!({"Type": "Choice", "Choices": [first, second]}),
        StateKind::Choice(Choice { rules, default: None }),
    );
}

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f:2";

#[test]
fn a_task_with_everything() {
    let state = read_state(&json!({
        "Type": "Task", "Resource": FUNCTION, "Parameters": {"p.$": "$"}, "ResultSelector": {"r.$": "$.r"},
        "ResultPath": "$.result", "TimeoutSeconds": 10, "HeartbeatSecondsPath": "$.h",
        "Credentials": {"RoleArn": "role"},
        "Retry": [
            {"ErrorEquals": ["A", "States.Timeout"], "IntervalSeconds": 2, "MaxAttempts": 0, "BackoffRate": 1,
             "MaxDelaySeconds": 30, "JitterStrategy": "FULL"},
            {"ErrorEquals": ["States.ALL"]},
        ],
        "Catch": [{"ErrorEquals": ["B"], "ResultPath": "$.error", "Next": "Y"},
                  {"ErrorEquals": ["States.ALL"], "Next": "X"}],
        "Next": "Y",
    }));
    let retriers = [
        Retrier {
            error_equals: vec!["A".to_owned(), "States.Timeout".to_owned()],
            interval_seconds: 2,
            max_attempts: 0,
            backoff_rate: 1.0,
            max_delay_seconds: Some(30),
            jitter_strategy: JitterStrategy::Full,
        },
        Retrier {
            error_equals: vec!["States.ALL".to_owned()],
            interval_seconds: 1,
            max_attempts: 3,
            backoff_rate: 2.0,
            max_delay_seconds: None,
            jitter_strategy: JitterStrategy::None,
        },
    ];
    let catcher = |error: &str, result_path: Option<&str>, next: &str| Catcher {
        error_equals: vec![error.to_owned()],
        result_path: result_path
            .map_or(ResultPath::Replace, |path| ResultPath::parse(Some(path)).expect("a path")),
        assign: None,
        output: None,
        next: next.to_owned(),
    };
    assert_eq!(state.kind.retry(), retriers);
    assert_eq!(state.kind.catch(), [catcher("B", Some("$.error"), "Y"), catcher("States.ALL", None, "X")]);
    assert_eq!(state.kind.parameters(), template(json!({"p.$": "$"})).as_ref());
    assert_eq!(state.kind.result_selector(), template(json!({"r.$": "$.r"})).as_ref());
    assert_eq!(state.kind.result_path(), ResultPath::parse(Some("$.result")).as_ref().ok());
    assert_eq!(state.kind.transition(), Some(&next()));
    let StateKind::Task(task) = state.kind else { panic!("a Task") };
    assert_eq!(Ok(task.resource), Resource::parse(FUNCTION));
    assert_eq!(task.resource_arn, FUNCTION);
    assert_eq!(task.timeout, Some(Timeout::Seconds(10)));
    assert_eq!(task.heartbeat, Some(Timeout::Path(path("$.h"))));
    assert_eq!(task.credentials, payload(json!({"RoleArn": "role"})));
}

#[test]
fn a_task_with_nothing() {
    let state = read_state(&json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}}, "End": true,
    }));
    let StateKind::Task(task) = state.kind else { panic!("a Task") };
    assert_eq!(task.resource, Resource::LambdaInvoke { pattern: Pattern::WaitForTaskToken });
    assert_eq!((task.timeout, task.heartbeat, task.credentials), (None, None, None));
    assert_eq!((task.retry.len(), task.catch.len(), task.result_path), (0, 0, ResultPath::Replace));
}

#[test]
fn map() {
    let flow = |name: &str| json!({"StartAt": name, "States": {name: {"Type": "Succeed"}}});
    let state = read_state(&json!({
        "Type": "Map", "ItemsPath": "$.items", "ItemSelector": {"i.$": "$$.Map.Item.Index"},
        "MaxConcurrency": 2, "ItemProcessor": flow("I"), "ResultSelector": {"n.$": "$"}, "ResultPath": null, "End": true,
    }));
    let StateKind::Map(map) = &state.kind else { panic!("a Map") };
    assert_eq!(map.items_path, Some(path("$.items")));
    assert_eq!(map.item_selector, payload(json!({"i.$": "$$.Map.Item.Index"})));
    assert_eq!(map.max_concurrency, MaxConcurrency::Fixed(2));
    assert_eq!(map.item_processor.start_at, "I");
    assert_eq!(map.result_path, ResultPath::Discard);
    assert_eq!(state.kind.parameters(), None);
    // The older names mean the same.
    let state = read_state(&json!({
        "Type": "Map", "Iterator": flow("I"), "Parameters": {"a": 1}, "MaxConcurrencyPath": "$.c",
        "Next": "Y",
    }));
    let StateKind::Map(map) = &state.kind else { panic!("a Map") };
    assert_eq!(map.items_path, None);
    assert_eq!(map.item_selector, payload(json!({"a": 1})));
    assert_eq!(map.max_concurrency, MaxConcurrency::Path(path("$.c")));
    assert_eq!(state.kind.flows(), std::slice::from_ref(&map.item_processor));
}

#[test]
fn flows_are_found_by_their_path() {
    let definition =
        read(&json!({"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [
            {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}},
            {"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor":
                {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}}}},
        ]}}}));
    let starts_at = |path: &FlowPath| definition.flow_at(path).map(|flow| flow.start_at.as_str());
    let root = FlowPath::root();
    assert_eq!(starts_at(&root), Some("P"));
    assert_eq!(starts_at(&root.child("P", 0)), Some("A"));
    let map = root.child("P", 1).child("M", 0);
    assert_eq!(starts_at(&map), Some("I"));
    let steps = [("P", 1), ("M", 0)].map(|(state, branch)| FlowStep { state: state.to_owned(), branch });
    assert_eq!(map.steps(), steps);
    assert_eq!(FlowPath::from(steps.to_vec()), map);
    for nowhere in [
        root.child("P", 2),
        root.child("Q", 0),
        root.child("P", 1).child("M", 1),
        root.child("P", 0).child("A", 0),
    ] {
        assert_eq!(starts_at(&nowhere), None, "{nowhere:?}");
    }
}

#[test]
fn a_definition_can_be_shared_between_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Definition>();
}
