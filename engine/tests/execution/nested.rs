//! Executions that start executions.

use keepstep_engine::id::ExecutionId;
use keepstep_engine::record::{CallKind, ExecutionStatus};

use crate::harness::{Do, EXECUTION_ARN, World};

fn parent(pattern: &str) -> String {
    format!(
        r#"{{"StartAt":"S","States":{{"S":{{"Type":"Task","Resource":"arn:aws:states:::states:startExecution{pattern}",
            "Parameters":{{"StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:child",
            "Input.$":"$.i","Name":"c"}},"End":true}}}}}}"#
    )
}

const CHILD_ARN: &str = "arn:aws:states:us-east-1:123456789012:execution:child:c";
const PASS: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"r":1},"End":true}}}"#;
const WAIT: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"Next":"F"},"F":{"Type":"Fail","Error":"E","Cause":"c"}}}"#;

fn start(pattern: &str, child: &str, input: &str) -> (World, ExecutionId) {
    let mut world = World::with(&parent(pattern));
    world.create("child", child);
    let request = world.request("e", input);
    let execution = ExecutionId::of_arn(&world.start(&request).expect("it starts").arn);
    (world, execution)
}

fn members(line: &str) -> serde_json::Value {
    let (_, json) = line.split_once("output=").or_else(|| line.split_once("cause=")).expect("a payload");
    serde_json::from_str(json).expect("a JSON text")
}

#[test]
fn a_start_alone_succeeds_with_its_answer() {
    let (mut world, execution) = start("", WAIT, r#"{"i":null}"#);
    world.act(execution, &Do::Lead);
    let history = world.history(execution);
    assert_eq!(history[3], "4<3 TaskStarted resource=startExecution type=states");
    assert!(history[4].starts_with("5<4 TaskSucceeded resource=startExecution type=states output="));
    assert_eq!(members(&history[4])["ExecutionArn"], CHILD_ARN);
    assert!(!world.is_running(execution));
    let child = ExecutionId::of_arn(CHILD_ARN);
    assert!(world.is_running(child));
    assert_eq!(world.history(child)[0], "1<0 ExecutionStarted input={}");
}

/// The child ends in the transaction that starts it: its report lies in the inbox before its start is known.
#[test]
fn a_parent_waits_for_its_child() {
    for (pattern, output) in
        [(".sync", serde_json::json!(r#"{"r":1}"#)), (".sync:2", serde_json::json!({ "r": 1 }))]
    {
        let (mut world, execution) = start(pattern, PASS, r#"{"i":{"a":1}}"#);
        world.act(execution, &Do::Lead);
        let history = world.history(execution);
        assert_eq!(history.len(), 8, "{history:?}");
        let names = format!(
            "resource=startExecution{} type=states",
            pattern.rsplit_once(':').map_or(pattern, |_| pattern)
        );
        let names = names.replace("resource=startExecution.sync:2", "resource=2");
        assert!(history[4].starts_with(&format!("5<4 TaskSubmitted {names} output=")), "{}", history[4]);
        assert!(history[5].starts_with(&format!("6<5 TaskSucceeded {names} output=")), "{}", history[5]);
        let result = members(&history[5]);
        assert_eq!(result["Output"], output);
        assert_eq!(result["Status"], "SUCCEEDED");
        assert_eq!(result["ExecutionArn"], CHILD_ARN);
        crate::harness::assert_cleared(&world, execution);
    }
}

#[test]
fn a_child_that_fails_later_fails_the_task() {
    let (mut world, execution) = start(".sync:2", WAIT, r#"{"i":{}}"#);
    world.act(execution, &Do::Lead);
    world.act(execution, &Do::Pass(5_000));
    world.act(execution, &Do::Lead);
    let history = world.history(execution);
    assert!(history[5].starts_with("6<5 TaskFailed resource=2 type=states error=States.TaskFailed cause={"));
    let cause = members(&history[5]);
    assert_eq!(
        (&cause["Error"], &cause["Cause"], &cause["Status"]),
        (&"E".into(), &"c".into(), &"FAILED".into())
    );
    assert!(history[6].starts_with("7<6 ExecutionFailed error=States.TaskFailed cause={"));
    crate::harness::assert_cleared(&world, execution);
}

#[test]
fn a_state_machine_that_does_not_exist_fails_the_task() {
    let mut world = World::with(&parent(".sync"));
    let request = world.request("e", r#"{"i":{}}"#);
    let execution = ExecutionId::of_arn(&world.start(&request).expect("it starts").arn);
    world.act(execution, &Do::Lead);
    let history = world.history(execution);
    assert_eq!(
        history[4],
        "5<4 TaskSubmitFailed resource=startExecution.sync type=states error=StepFunctions.StateMachineDoesNotExistException \
         cause=State Machine Does Not Exist: 'arn:aws:states:us-east-1:123456789012:stateMachine:child' \
         (Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist; Request ID: id; Proxy: null)"
    );
    assert!(!world.is_running(execution));
}

#[test]
fn a_parent_that_is_stopped_stops_its_child() {
    let (mut world, execution) = start(".sync", WAIT, r#"{"i":{}}"#);
    world.act(execution, &Do::Lead);
    world.act(execution, &Do::Stop(None, None));
    let calls = world.calls();
    let [(key, call)] = &calls[..] else { panic!("one call: {calls:?}") };
    assert_eq!((key.kind, call.target.as_str()), (CallKind::StopExecution, CHILD_ARN));
    world.act(execution, &Do::Lead);
    assert_eq!(world.head(ExecutionId::of_arn(CHILD_ARN)).status(), ExecutionStatus::Aborted);
    assert_eq!(world.calls(), []);
    crate::harness::assert_cleared(&world, execution);
}

/// A new leader doesn't know what its predecessor did: it makes every stored call again.
#[test]
fn calls_can_be_made_again_at_any_time() {
    let (mut world, execution) = start(".sync", WAIT, r#"{"i":{}}"#);
    let remake = |world: &mut World| {
        for (key, call) in world.calls() {
            world.make(key, &call);
        }
    };
    for _ in 0..3 {
        remake(&mut world);
    }
    assert_eq!(world.history(execution).len(), 5, "submitted once");
    world.act(execution, &Do::Pass(5_000));
    world.effects.clear();
    remake(&mut world);
    assert!(!world.is_running(execution), "the call that is made again finds the report");
    assert_eq!(world.head(ExecutionId::of_arn(EXECUTION_ARN)).status(), ExecutionStatus::Failed);
}
