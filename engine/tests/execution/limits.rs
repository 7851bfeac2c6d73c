//! Bounds: sizes, events, time, steps; and the ends that come from outside.

use keepstep_engine::id::ExecutionId;
use keepstep_engine::key::CallKey;
use keepstep_engine::record::ExecutionStatus;
use keepstep_engine::stimulus::CallResult;
use keepstep_engine::{Arrival, Stimulus, execution};

use crate::harness::{Do, EXECUTION_ARN, World, assert_cleared, check};

fn id() -> ExecutionId {
    ExecutionId::of_arn(EXECUTION_ARN)
}

#[test]
fn a_result_that_is_too_large_fails_the_state() {
    let result = "x".repeat(262_143);
    let definition =
        format!(r#"{{"StartAt":"A","States":{{"A":{{"Type":"Pass","Result":"{result}","End":true}}}}}}"#);
    check(
        &definition,
        "{}",
        &[],
        r#"
        1<0 ExecutionStarted input={}
        2<0 PassStateEntered name=A input={}
        3<2 ExecutionFailed error=States.DataLimitExceeded cause=The state/task 'A' returned a result with a size exceeding the maximum number of bytes service limit.
        "#,
    );
}

const LOOP: &str = r#"{"StartAt":"A","States":{
    "A":{"Type":"Pass","Next":"C"},
    "C":{"Type":"Choice","Choices":[{"Variable":"$.end","IsPresent":true,"Next":"S"}],"Default":"A"},
    "S":{"Type":"Succeed"}}}"#;

#[test]
fn the_last_event_of_a_full_history_is_its_failure() {
    let mut world = World::with(LOOP);
    let request = world.request("e", "{}");
    world.start(&request).expect("it starts");
    world.pass_until_end(id());
    let history = world.history(id());
    assert_eq!(history.len(), 25_000);
    assert_eq!(
        history.last().map(String::as_str),
        Some(
            "25000<24999 ExecutionFailed error=States.Runtime cause=The execution reached the maximum number of history events (25000)."
        )
    );
    assert_cleared(&world, id());
    assert_eq!(world.transactions.len(), 125, "a hundred states a step");
}

#[test]
fn a_step_ends_at_its_bound_of_bytes() {
    let mut world = World::with(LOOP);
    world.limits.step_bytes_max = 1_000;
    world.limits.history_events_max = 1_000;
    let request = world.request("e", "{}");
    world.start(&request).expect("it starts");
    world.pass_until_end(id());
    let written = |transaction: &keepstep_engine::Transaction| -> usize {
        let value = |write: &keepstep_engine::Write| match write {
            keepstep_engine::Write::Put { value, .. } => value.len(),
            keepstep_engine::Write::Delete { .. } => 0,
        };
        transaction.writes.iter().map(value).sum()
    };
    assert!(world.transactions.iter().all(|transaction| written(transaction) < 3_000));
    assert_eq!(world.history(id()).len(), 1_000);
}

#[test]
fn results_that_arrive_together_are_taken_in_as_far_as_a_step_goes() {
    let branches: Vec<_> = (0..10)
        .map(|number| {
            format!(
                r#"{{"StartAt":"L{number}","States":{{"L{number}":{{"Type":"Task","End":true,
                    "Resource":"arn:aws:lambda:us-east-1:123456789012:function:f"}}}}}}"#
            )
        })
        .collect();
    let branches = branches.join(",");
    let mut world = World::with(&format!(
        r#"{{"StartAt":"P","States":{{"P":{{"Type":"Parallel","End":true,"Branches":[{branches}]}}}}}}"#
    ));
    let request = world.request("e", "{}");
    world.start(&request).expect("it starts");
    let result = CallResult::Succeeded(format!("\"{}\"", "x".repeat(200_000)).into());
    let mut arrivals: Vec<_> = world
        .calls()
        .into_iter()
        .map(|(CallKey { branch, kind, .. }, call)| {
            let result = result.clone();
            let stimulus = Stimulus::CallFinished { branch, kind, attempt: call.attempt, result };
            Arrival { request: None, stimulus }
        })
        .collect();
    let mut steps = Vec::new();
    while !arrivals.is_empty() {
        let decision = execution::step(&world.desk(), id(), &arrivals).expect("the memory can be read");
        let answered = world.commit(decision).len();
        arrivals.drain(..answered);
        steps.push(answered);
    }
    assert_eq!(steps, [3, 3, 3, 1]);
    assert!(!world.is_running(id()), "all results have arrived");
}

#[test]
fn large_payloads_close_their_chunks() {
    let mut world = World::with(
        r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"a.$":"$"},"Next":"B"},
            "B":{"Type":"Pass","Parameters":{"b.$":"$"},"Next":"C"},"C":{"Type":"Succeed"}}}"#,
    );
    let input = format!("\"{}\"", "x".repeat(100_000));
    let request = world.request("e", &input);
    world.start(&request).expect("it starts");
    let chunks = world.memory.pairs(&keepstep_engine::key::chunks(id())).count();
    // The input, then two outputs: each fills the chunk that it is in. What follows them is the fourth.
    assert_eq!(chunks, 4);
    assert_eq!(world.history(id()).len(), 8);
}

#[test]
fn the_state_machines_own_timeout_ends_the_execution() {
    check(
        r#"{"TimeoutSeconds":3,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":10,"End":true}}}"#,
        "{}",
        &[Do::Pass(3_000)],
        r#"
        1<0 ExecutionStarted input={}
        2<0 WaitStateEntered name=W input={}
        3<0 ExecutionTimedOut error=States.Timeout
        "#,
    );
}

#[test]
fn no_execution_runs_for_more_than_a_year() {
    let mut world =
        World::with(r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":99999999,"End":true}}}"#);
    let request = world.request("e", "{}");
    world.start(&request).expect("it starts");
    world.act(id(), &Do::Pass(31_536_000_000 - 1));
    assert!(world.is_running(id()));
    world.act(id(), &Do::Pass(1));
    assert_eq!(world.head(id()).status(), ExecutionStatus::TimedOut);
    assert_cleared(&world, id());
}

#[test]
fn executions_of_a_state_machine_that_is_being_deleted_end_at_their_next_transition() {
    check(
        r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"A"},"A":{"Type":"Pass","End":true}}}"#,
        "{}",
        &[Do::Delete, Do::Pass(1_000)],
        r#"
        1<0 ExecutionStarted input={}
        2<0 WaitStateEntered name=W input={}
        3<2 WaitStateExited name=W output={}
        4<0 ExecutionAborted
        "#,
    );
}

#[test]
fn stopping_twice_answers_the_same() {
    let mut world = World::with(r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9,"End":true}}}"#);
    let request = world.request("e", "{}");
    world.start(&request).expect("it starts");
    let stop = || keepstep_engine::Stimulus::Stop { error: None, cause: Some("c".into()) };
    let first = world.deliver(id(), stop());
    world.now.0 += 1_000;
    assert_eq!(world.deliver(id(), stop()), first);
    assert_eq!(world.history(id()).last().map(String::as_str), Some("3<0 ExecutionAborted cause=c"));
    let nowhere = world.deliver(ExecutionId::of_arn("nowhere"), stop());
    assert_eq!(nowhere.map_err(|error| error.code), Err("ExecutionDoesNotExist"));
}
