//! Parents and their children.

use keepstep_engine::execution::{self};
use keepstep_engine::id::ExecutionId;
use keepstep_engine::key;
use keepstep_engine::record::ExecutionStatus;
use keepstep_engine::stimulus::{Arrival, Stimulus};

use super::{FAIL, TASK, id, one};
use crate::harness::Do::{Lead, Pass, Redrive, Succeed, Take};
use crate::harness::{World, assert_cleared};

const CHILD_ARN: &str = "arn:aws:states:us-east-1:123456789012:execution:child:c";
const CHILD: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"Next":"C"},
    "C":{"Type":"Choice","Choices":[{"Variable":"$$.Execution.RedriveCount","NumericGreaterThan":0,"Next":"S"}],"Default":"F"},
    "S":{"Type":"Succeed"},"F":{"Type":"Fail","Error":"E"}}}"#;

fn parent(name: &str) -> World {
    let mut world = World::with(&one(&format!(
        r#""Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{{
            "StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:child"{name}}},"End":true"#
    )));
    world.create("child", CHILD);
    let request = world.request("e", "{}");
    world.start(&request).expect("it starts");
    world.act(id(), &Lead);
    world
}

/// The kinds of a world's events, behind so many.
fn kinds_behind(world: &World, execution: ExecutionId, events: usize) -> Vec<String> {
    let history = world.history(execution);
    history[events..].iter().filter_map(|line| Some(line.split(' ').nth(1)?.to_owned())).collect()
}

/// A Task is scheduled again: AWS's roles for nested executions don't even let them be redriven.
#[test]
fn a_parent_starts_another_child() {
    let mut world = parent("");
    let [(_, call)] = &world.calls()[..] else { panic!("one call") };
    let first = call.name.clone();
    for act in [Pass(5_000), Lead, Redrive, Lead] {
        world.act(id(), &act);
    }
    let [(_, call)] = &world.calls()[..] else { panic!("one call") };
    assert_ne!(call.name, first);
    for act in [Pass(5_000), Lead] {
        world.act(id(), &act);
    }
    let expected = [
        "TaskFailed",
        "ExecutionFailed",
        "ExecutionRedriven",
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskFailed",
        "ExecutionFailed",
    ];
    assert_eq!(kinds_behind(&world, id(), 5), expected);
}

/// A child with a name of its own exists already, whether it runs again or not.
#[test]
fn a_parent_does_not_wait_for_a_child_that_reports_to_nobody() {
    for is_redriven in [false, true] {
        let mut world = parent(r#","Name":"c""#);
        for act in [Pass(5_000), Lead] {
            world.act(id(), &act);
        }
        if is_redriven {
            // It takes five seconds only where it is stopped before it has failed.
            let child = ExecutionId::of_arn(CHILD_ARN);
            let mut head = world.head(child);
            head.set_status(ExecutionStatus::Running);
            head.parent = None;
            world.write(|draft| draft.put(key::head(child), &head));
        }
        for act in [Redrive, Lead] {
            world.act(id(), &act);
        }
        let error = "StepFunctions.ExecutionAlreadyExistsException";
        assert_eq!(world.head(id()).error.as_deref(), Some(error), "{is_redriven}");
    }
}

/// Its parent has gone on without it, and isn't told a second time.
#[test]
fn a_child_that_is_redriven_by_itself_has_no_parent_any_more() {
    let mut world = parent(r#","Name":"c""#);
    for act in [Pass(5_000), Lead] {
        world.act(id(), &act);
    }
    let child = ExecutionId::of_arn(CHILD_ARN);
    let history = world.history(id());
    world.act(child, &Redrive);
    world.act(child, &Lead);
    assert_eq!(world.head(child).parent, None);
    world.pass_until_end(child);
    assert_eq!(world.head(child).status(), ExecutionStatus::Failed, "its Fail state is entered again");
    assert_eq!(world.history(id()), history);
    assert_cleared(&world, id());
}

/// A parent that waits for a child, whose task has just failed.
fn parent_of_failed_child() -> (World, ExecutionId) {
    let child_definition = format!(r#"{{"StartAt":"S","States":{{"S":{{{TASK},"End":true}}}}}}"#);
    let mut world = World::with(&one(
        r#""Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{
            "StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:child","Name":"c"},"End":true"#,
    ));
    world.create("child", &child_definition);
    let request = world.request("e", "{}");
    world.start(&request).expect("it starts");
    world.act(id(), &Lead);
    let child = ExecutionId::of_arn(CHILD_ARN);
    for act in [Take, FAIL] {
        world.act(child, &act);
    }
    (world, child)
}

/// A parent that has not seen yet that its child has failed waits for what becomes of it.
#[test]
fn a_child_that_is_redriven_at_once_is_still_waited_for() {
    let (mut world, child) = parent_of_failed_child();
    // A step of the parent that saw the report isn't committed after the child has taken it back.
    let (key, call) = world.calls().remove(0);
    let seen = Stimulus::ChildFinished { branch: key.branch, attempt: call.attempt };
    let seen = Arrival { request: None, stimulus: seen };
    let decided = execution::step(&world.desk(), id(), &[seen]).expect("readable");
    world.act(child, &Redrive);
    assert!(!world.memory.apply(&decided.transaction.expect("the task has failed")));
    world.act(id(), &Lead);
    assert!(world.is_running(id()), "the report was taken back");
    for act in [Take, Succeed("7"), Lead] {
        world.act(child, &act);
    }
    assert_eq!(kinds_behind(&world, id(), 5), ["TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"]);
    assert_cleared(&world, id());
}
