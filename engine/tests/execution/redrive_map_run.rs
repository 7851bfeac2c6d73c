//! Map runs that are redriven with the execution that waits for them.

use std::collections::HashSet;

use keepstep_engine::execution::{Redrivability, redrivability};
use keepstep_engine::id::{BranchId, ExecutionId, Timestamp};
use keepstep_engine::key::{self, CallKey, Waiting};
use keepstep_engine::record::ExecutionStatus::{Aborted, Failed, Running, Succeeded};
use keepstep_engine::record::outcome::Answer;
use keepstep_engine::record::{
    Activity, Call, CallKind, EndCounts, ExecutionStatus, Head, MapRunRedrive, MapRunStage, MapRunStatus,
    TimerKind,
};
use keepstep_engine::stimulus::{CallResult, Stimulus};
use keepstep_engine::task_token::TaskToken;

use crate::distributed::{
    assert_over, begin, begin_in, children, definition, map_runs, parent, read, rest, the_map_run,
};
use crate::harness::{Do, EPOCH_MS, World, assert_cleared};

const TASK: &str = r#""StartAt":"P","States":{"P":{"Type":"Pass","Next":"S"},"S":{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:a","End":true}}"#;

/// The task of the child of a number is done.
fn work(world: &mut World, number: u64, end: &Do) {
    let waiting = world.waiting();
    let is_asked = |child| world.head(child).map_run.is_some_and(|link| link.number == number);
    let found = waiting.iter().find(|(waiting, _)| is_asked(waiting.execution));
    let (Waiting { execution: child, branch, .. }, attempt) = *found.expect("its task waits");
    let taken = Stimulus::HandOut { branch, attempt, worker_name: Some("w".into()) };
    match world.deliver(child, taken) {
        Ok(Answer::HandedOut(handed_out)) => world.token = TaskToken::decode(&handed_out.task_token),
        other => panic!("{other:?}"),
    }
    world.act(child, end);
    rest(world);
}

/// All tasks are done, until nobody waits for any.
fn work_all(world: &mut World, end: &Do) {
    while let Some((waiting, _)) = world.waiting().first() {
        let link = world.head(waiting.execution).map_run.expect("a child");
        work(world, link.number, end);
    }
}

const FAIL: Do = Do::Fail(Some("E"), Some("c"));

/// What became of the children of the map run, in the order of their numbers: the status and how often they were redriven.
fn statuses(world: &World) -> Vec<(ExecutionStatus, u32)> {
    let (id, _) = the_map_run(world);
    let mut all: Vec<(ExecutionId, Head)> =
        ExecutionStatus::ALL.into_iter().flat_map(|status| children(world, id, status)).collect();
    all.sort_by_key(|(_, head)| head.map_run.as_ref().map(|link| link.number));
    all.iter().map(|(_, head)| (head.status(), head.redrive_count)).collect()
}

fn redrive(world: &mut World) {
    world.act(parent(), &Do::Redrive);
    rest(world);
}

fn output(world: &World) -> String {
    let head = world.head(parent());
    world.payload(
        parent(),
        head.output.unwrap_or_else(|| panic!("it succeeded: {:?}", world.history(parent()))),
    )
}

/// The history of the execution behind so many events.
fn tail(world: &World, events: usize) -> Vec<String> {
    world.history(parent()).split_off(events)
}

/// The first child succeeds, one fails, and another, which runs at the same time, is stopped by that. The fourth was never started.
fn failed(fields: &str) -> World {
    let mut world = begin(&definition(&format!("\"MaxConcurrency\":2,{fields}"), TASK), "[0,1,2,3]");
    work(&mut world, 0, &Do::Succeed("10"));
    work(&mut world, 2, &FAIL);
    assert_eq!(statuses(&world), [(Succeeded, 0), (Aborted, 0), (Failed, 0)]);
    assert_over(&world, the_map_run(&world).0);
    assert_cleared(&world, parent());
    world
}

#[test]
fn unsuccessful_children_go_on_and_the_rest_begins() {
    let mut world = failed("");
    redrive(&mut world);
    assert_eq!(statuses(&world), [(Succeeded, 0), (Running, 1), (Running, 1)]);
    let (id, record) = the_map_run(&world);
    assert_eq!((record.status(), record.redrive_count, record.stopped_ms), (MapRunStatus::Running, 1, None));
    let succeeded = EndCounts { succeeded: 1, ..EndCounts::default() };
    assert_eq!((record.children, record.items, record.redrive), (succeeded, succeeded, None));
    work_all(&mut world, &Do::Succeed("20"));
    assert_eq!(statuses(&world), [(Succeeded, 0), (Succeeded, 1), (Succeeded, 1), (Succeeded, 0)]);
    let run = "arn:aws:states:us-east-1:123456789012:mapRun:m/L";
    assert_eq!(
        tail(&world, 7),
        [
            "8<7 ExecutionRedriven redrives=1",
            &format!("9<6 MapRunRedriven run={run} redrives=1"),
            "10<9 MapRunSucceeded",
            "11<10 MapStateSucceeded",
            "12<10 MapStateExited name=M output=[10,20,20,20]",
            "13<12 ExecutionSucceeded output=[10,20,20,20]",
        ]
    );
    let (child, _) = children(&world, id, Succeeded).remove(2);
    assert_eq!(
        world.history(child).split_off(3),
        [
            "4<3 TaskStateEntered name=S input=2",
            "5<4 ActivityScheduled resource=a input=2",
            "6<5 ActivityStarted name=w",
            "7<6 ActivityFailed error=E cause=c",
            "8<7 ExecutionFailed error=E cause=c",
            "9<8 ExecutionRedriven redrives=1",
            "10<7 ActivityScheduled resource=a input=2",
            "11<10 ActivityStarted name=w",
            "12<11 ActivitySucceeded output=20",
            "13<12 TaskStateExited name=S output=20",
            "14<13 ExecutionSucceeded output=20",
        ]
    );
    assert_over(&world, id);
    assert_cleared(&world, parent());
    assert_eq!(map_runs(&world).len(), 1);
}

#[test]
fn a_map_run_can_fail_again_and_be_redriven_again() {
    let mut world = failed("");
    redrive(&mut world);
    work(&mut world, 1, &FAIL);
    assert_eq!(statuses(&world), [(Succeeded, 0), (Failed, 1), (Aborted, 1)]);
    assert_over(&world, the_map_run(&world).0);
    redrive(&mut world);
    work_all(&mut world, &Do::Succeed("20"));
    assert_eq!(statuses(&world), [(Succeeded, 0), (Succeeded, 2), (Succeeded, 2), (Succeeded, 0)]);
    assert_eq!((output(&world).as_str(), the_map_run(&world).1.redrive_count), ("[10,20,20,20]", 2));
    assert_over(&world, the_map_run(&world).0);
}

#[test]
fn as_many_run_as_otherwise_and_the_rest_is_pending() {
    let mut world = begin(&definition("\"ToleratedFailureCount\":9,", TASK), "[0,1,2,3,4]");
    for (number, end) in (0..).zip([FAIL, FAIL, Do::Succeed("0")]) {
        work(&mut world, number, &end);
    }
    world.act(parent(), &Do::Stop(None, None));
    rest(&mut world);
    assert_eq!(statuses(&world), [(Failed, 0), (Failed, 0), (Succeeded, 0), (Aborted, 0), (Aborted, 0)]);
    let (id, mut record) = the_map_run(&world);
    record.max_concurrency = 2;
    world.write(|draft| draft.put(key::map_run(id), &record));
    redrive(&mut world);
    assert_eq!(statuses(&world), [(Running, 1), (Running, 1), (Succeeded, 0), (Aborted, 0), (Aborted, 0)]);
    let (_, record) = the_map_run(&world);
    let pending = EndCounts { aborted: 2, ..EndCounts::default() };
    assert_eq!(record.redrive, Some(MapRunRedrive { next: 2, end: 5, children: pending, items: pending }));
    let is_pending = |status| children(&world, id, status).iter().all(|(_, head)| record.is_pending(head));
    assert!(is_pending(Aborted) && !is_pending(Running) && !is_pending(Succeeded));
    // Stopped meanwhile, nothing is pending any more.
    world.act(parent(), &Do::Stop(None, None));
    rest(&mut world);
    let (_, record) = the_map_run(&world);
    let ended = EndCounts { succeeded: 1, aborted: 4, ..EndCounts::default() };
    assert_eq!((record.status(), record.children, record.redrive), (MapRunStatus::Aborted, ended, None));
    assert_over(&world, id);
    redrive(&mut world);
    work_all(&mut world, &Do::Succeed("1"));
    assert_eq!(output(&world), "[1,1,0,1,1]");
    assert_eq!(
        statuses(&world),
        [(Succeeded, 2), (Succeeded, 2), (Succeeded, 0), (Succeeded, 1), (Succeeded, 1)]
    );
}

#[test]
fn express_children_start_anew_under_their_own_arns() {
    let flow = r#""StartAt":"P","States":{"P":{"Type":"Pass","Next":"S"},
        "S":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f","End":true}}"#;
    let express = definition("\"MaxConcurrency\":2,", flow).replace("STANDARD", "EXPRESS");
    let answer = |world: &mut World, number: u64, result: CallResult| {
        let calls = world.calls();
        let is_asked = |head: Head| head.map_run.is_some_and(|link| link.number == number);
        let call =
            calls.iter().find(|(key, _)| key.kind == CallKind::Lambda && is_asked(world.head(key.execution)));
        let (CallKey { execution, branch, kind }, call) = call.expect("it calls its function");
        let (branch, kind, attempt) = (*branch, *kind, call.attempt);
        world
            .deliver(*execution, Stimulus::CallFinished { branch, kind, attempt, result })
            .expect("taken in");
        rest(world);
    };
    let mut world = begin(&express, "[0,1,2]");
    answer(&mut world, 0, CallResult::Succeeded("10".into()));
    answer(&mut world, 2, failure("E"));
    let (id, record) = the_map_run(&world);
    assert_eq!((record.status(), record.children_started), (MapRunStatus::Failed, 3));
    let (child, before) = children(&world, id, Failed).remove(0);
    assert_cleared(&world, child);
    world.act(parent(), &Do::Pass(60_000));
    redrive(&mut world);
    assert_eq!(statuses(&world), [(Succeeded, 0), (Running, 0), (Running, 0)]);
    answer(&mut world, 1, CallResult::Succeeded("20".into()));
    answer(&mut world, 2, CallResult::Succeeded("30".into()));
    assert_eq!(output(&world), "[10,20,30]");
    let after = world.head(child);
    assert_eq!((after.arn, after.started_ms), (before.arn, before.started_ms + 60_000));
    assert_eq!(world.history(child).len(), 9, "nothing of the first start is left");
    assert_cleared(&world, child);
    assert_over(&world, id);
}

/// Whatever the first start of a child asked for, or waited for, is not the second's.
#[test]
fn an_express_child_that_starts_anew_makes_calls_of_its_own() {
    const START: &str = r#""Type":"Task","Resource":"arn:aws:states:::states:startExecution","Parameters":{
        "StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:other"}"#;
    let start = |name: &str| format!(r#""StartAt":"{name}","States":{{"{name}":{{{START},"End":true}}}}"#);
    let parallel = format!(
        r#""StartAt":"P","States":{{"P":{{"Type":"Parallel","Branches":[{{{}}},{{{}}}],"End":true}}}}"#,
        start("A"),
        start("B")
    );
    for (flow, calls) in [(start("S"), 1), (parallel, 2)] {
        // Not `rest`: nobody makes the calls.
        let asked = |world: &mut World| {
            let wake = world.calls().into_iter().find(|(key, _)| key.kind == CallKind::MapRun);
            let (key, call) = wake.expect("the map run is to be woken");
            world.make(key, &call);
            let mut calls = world.calls();
            calls.retain(|(key, _)| key.kind == CallKind::StartExecution);
            calls
        };
        let fail = |world: &mut World, calls: &[(CallKey, Call)]| {
            let (CallKey { execution, branch, kind }, attempt) = (calls[0].0, calls[0].1.attempt);
            let ended = Stimulus::CallFinished { branch, kind, attempt, result: failure("E") };
            world.deliver(execution, ended).expect("taken in");
        };
        let mut world = World::with(&definition("", &flow).replace("STANDARD", "EXPRESS"));
        let request = world.request("e", "[0]");
        world.start(&request).expect("it starts");
        let before = asked(&mut world);
        fail(&mut world, &before);
        rest(&mut world);
        world.act(parent(), &Do::Redrive);
        let after = asked(&mut world);
        assert_eq!((before.len(), after.len()), (calls, calls));
        let names = |calls: &[(CallKey, Call)]| -> HashSet<String> {
            calls.iter().map(|(_, call)| call.name.clone()).collect()
        };
        assert!(names(&before).is_disjoint(&names(&after)), "{after:?}");
        // A late answer to the first start's call finds nobody.
        fail(&mut world, &before);
        let (id, _) = the_map_run(&world);
        assert_eq!(children(&world, id, Running).len(), 1);
        fail(&mut world, &after);
        assert_eq!(children(&world, id, Failed).len(), 1);
    }
}

/// A child that can't be redriven stays as it is, and counts as a failure.
#[test]
fn children_that_can_not_be_redriven_are_left_alone() {
    for (fields, succeeds) in [("", false), ("\"ToleratedFailureCount\":1,", true)] {
        let mut world = begin(&definition(fields, TASK), "[0,1]");
        work(&mut world, 1, &FAIL);
        world.act(parent(), &Do::Stop(None, None));
        rest(&mut world);
        let (id, _) = the_map_run(&world);
        let (child, _) = children(&world, id, Failed).remove(0);
        world.write(|draft| draft.delete(key::branch(child, BranchId::ROOT)));
        redrive(&mut world);
        work_all(&mut world, &Do::Succeed("20"));
        let (_, record) = the_map_run(&world);
        assert_eq!((record.not_redrivable, record.items_not_redrivable), (1, 1), "{fields}");
        assert_eq!(record.children.failed, 1);
        assert_eq!(world.head(parent()).status() == Succeeded, succeeds, "{fields}");
        assert_eq!(world.head(child).redrive_count, 0);
        assert_over(&world, id);
    }
}

/// Their data was kept for a shorter time.
#[test]
fn children_that_are_gone_are_left_out() {
    let mut world = failed("\"ToleratedFailurePercentage\":1,");
    let (id, _) = the_map_run(&world);
    let (child, head) = children(&world, id, Failed).remove(0);
    world.write(|draft| {
        draft.delete_all(&key::head(child)).expect("readable");
        let list = head.listed_under().expect("listed");
        draft.delete(key::listing(list, Failed, Timestamp(head.started_ms), child));
    });
    redrive(&mut world);
    work_all(&mut world, &Do::Succeed("20"));
    let (_, record) = the_map_run(&world);
    assert_eq!(
        (record.not_redrivable, record.children.failed, record.status()),
        (1, 1, MapRunStatus::Failed)
    );
    assert_over(&world, id);
}

/// A failure stays one, even where nothing is left to be done.
#[test]
fn a_child_that_is_gone_is_not_forgiven() {
    let mut world = begin(&definition("\"MaxConcurrency\":1,", TASK), "[0,1]");
    work(&mut world, 0, &Do::Succeed("10"));
    work(&mut world, 1, &FAIL);
    let (id, _) = the_map_run(&world);
    let (child, _) = children(&world, id, Failed).remove(0);
    world.write(|draft| draft.delete_all(&key::head(child)).expect("readable"));
    redrive(&mut world);
    let (_, record) = the_map_run(&world);
    let error = Some("States.ExceedToleratedFailureThreshold");
    assert_eq!((record.status(), record.error.as_deref()), (MapRunStatus::Failed, error));
    assert_eq!((record.children.succeeded, record.children.failed, record.not_redrivable), (1, 1, 1));
    assert_eq!(world.head(parent()).error.as_deref(), error);
    assert_over(&world, id);
}

/// The execution is redriven before its map run has heard that it was stopped: nothing has to be stopped at all.
#[test]
fn a_map_run_that_goes_on_still_does_so() {
    let mut world = begin(&definition("", TASK), "[0,1]");
    world.act(parent(), &Do::Stop(None, None));
    let stop =
        world.calls().into_iter().find(|(key, _)| key.kind == CallKind::StopExecution).expect("a stop");
    world.act(parent(), &Do::Redrive);
    world.effects.clear();
    world.make(stop.0, &stop.1);
    rest(&mut world);
    assert_eq!(statuses(&world), [(Running, 0), (Running, 0)]);
    work_all(&mut world, &Do::Succeed("1"));
    assert_eq!((output(&world).as_str(), the_map_run(&world).1.redrive_count), ("[1,1]", 1));
    assert_cleared(&world, parent());
}

/// "The running Map Run completes its operations before attempting to redrive" (developer guide).
#[test]
fn a_map_run_that_is_being_stopped_is_redriven_when_it_is_over() {
    let mut world = begin(&definition("", TASK), "[0,1]");
    world.act(parent(), &Do::Stop(None, None));
    // It has heard of it; its children have not.
    let stop =
        world.calls().into_iter().find(|(key, _)| key.kind == CallKind::StopExecution).expect("a stop");
    world.effects.clear();
    world.make(stop.0, &stop.1);
    let stops: Vec<_> = std::mem::take(&mut world.effects);
    world.act(parent(), &Do::Redrive);
    let (_, record) = the_map_run(&world);
    assert_eq!((record.stage(), record.redrive_when_over), (MapRunStage::Stopping, true));
    world.effects.extend(stops);
    rest(&mut world);
    assert_eq!(statuses(&world), [(Running, 1), (Running, 1)]);
    work_all(&mut world, &Do::Succeed("1"));
    assert_eq!(output(&world), "[1,1]");
    assert_over(&world, the_map_run(&world).0);

    // Stopped once more before that, it stays so.
    let mut world = begin(&definition("", TASK), "[0,1]");
    for act in [Do::Stop(None, None), Do::Redrive, Do::Stop(None, None)] {
        world.act(parent(), &act);
        let stops = world.calls().into_iter().filter(|(key, _)| key.execution == parent());
        let stops: Vec<_> = stops.filter(|(key, _)| key.kind == CallKind::StopExecution).collect();
        stops.iter().for_each(|(key, call)| world.make(*key, call));
    }
    rest(&mut world);
    assert_eq!(statuses(&world), [(Aborted, 0), (Aborted, 0)]);
    assert_over(&world, the_map_run(&world).0);
}

/// One without children is as good as none, over or not: its end is nobody's any more.
#[test]
fn a_map_run_that_has_no_children_is_not_waited_for() {
    let mut world = World::with(&definition(&format!("{READER}{WRITER}"), TASK));
    let request = world.request("e", "{}");
    world.start(&request).expect("it starts");
    // Its items are never read.
    let make = |world: &mut World, kind: CallKind| {
        let found = world.calls().into_iter().find(|(key, _)| key.kind == kind);
        let (key, call) = found.expect("it is to be made");
        world.make(key, &call);
    };
    make(&mut world, CallKind::MapRun);
    world.act(parent(), &Do::Stop(None, None));
    make(&mut world, CallKind::StopExecution);
    let (_, record) = the_map_run(&world);
    assert_eq!((record.stage(), record.status()), (MapRunStage::Writing, MapRunStatus::Aborted));
    world.effects.clear();
    world.act(parent(), &Do::Redrive);
    world.writes.push_back(CallResult::Succeeded("{}".into()));
    make(&mut world, CallKind::WriteResults);
    world.reads.push_back(read(&["1"], "one", true));
    world.writes.push_back(CallResult::Succeeded("{\"w\":1}".into()));
    rest(&mut world);
    work_all(&mut world, &Do::Succeed("7"));
    assert_eq!((output(&world).as_str(), map_runs(&world).len()), ("{\"w\":1}", 2));
    map_runs(&world).iter().for_each(|(id, _)| assert_over(&world, *id));
    assert_cleared(&world, parent());
}

/// The execution was stopped before it heard that its map run had succeeded: its children do not run again.
#[test]
fn what_a_map_run_has_come_to_is_taken() {
    let mut world = begin(&definition("", TASK), "[0]");
    let [(waiting, attempt)] = world.waiting()[..] else { panic!("a task waits") };
    let taken = Stimulus::HandOut { branch: waiting.branch, attempt, worker_name: None };
    let Ok(Answer::HandedOut(handed_out)) = world.deliver(waiting.execution, taken) else {
        panic!("it is taken")
    };
    world.token = TaskToken::decode(&handed_out.task_token);
    world.act(waiting.execution, &Do::Succeed("7"));
    let (id, _) = the_map_run(&world);
    world.deliver(id, Stimulus::Advance).expect("it takes the report in");
    assert_eq!(the_map_run(&world).1.status(), MapRunStatus::Succeeded);
    world.act(parent(), &Do::Stop(None, None));
    rest(&mut world);
    redrive(&mut world);
    assert_eq!(
        tail(&world, 5),
        [
            "6<5 ExecutionRedriven redrives=1",
            "7<4 MapRunSucceeded",
            "8<7 MapStateSucceeded",
            "9<7 MapStateExited name=M output=[7]",
            "10<9 ExecutionSucceeded output=[7]",
        ]
    );
    assert_eq!((map_runs(&world).len(), the_map_run(&world).1.redrive_count), (1, 0));
    assert_over(&world, id);
    assert_cleared(&world, parent());
}

/// The failure is beside the map run.
#[test]
fn a_map_run_that_a_sibling_has_aborted_goes_on() {
    let map = definition("", r#""StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}"#);
    let task = r#""Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:a","End":true"#;
    let definition = format!(
        r#"{{"StartAt":"Both","States":{{"Both":{{"Type":"Parallel","End":true,"Branches":[{map},
            {{"StartAt":"T","States":{{"T":{{{task}}}}}}}]}}}}}}"#
    );
    let mut world = begin(&definition, "[1,2]");
    world.act(parent(), &Do::Take);
    world.act(parent(), &FAIL);
    rest(&mut world);
    assert_eq!(statuses(&world), [(Aborted, 0), (Aborted, 0)]);
    redrive(&mut world);
    world.act(parent(), &Do::Take);
    world.act(parent(), &Do::Succeed("3"));
    world.act(parent(), &Do::Pass(5_000));
    rest(&mut world);
    assert_eq!((output(&world).as_str(), map_runs(&world).len()), ("[[1,2],3]", 1));
    let run = "run=arn:aws:states:us-east-1:123456789012:mapRun:m/L";
    let history = world.history(parent());
    let of_map: Vec<_> = history.iter().filter(|line| line.contains(" Map")).collect();
    assert_eq!(
        of_map,
        [
            "4<3 MapStateEntered name=M input=[1,2]",
            "5<4 MapStateStarted length=2",
            &format!("6<5 MapRunStarted {run}"),
            "12<6 MapRunAborted",
            "13<12 MapStateAborted",
            &format!("17<6 MapRunRedriven {run} redrives=1"),
            "22<17 MapRunSucceeded",
            "23<22 MapStateSucceeded",
            "24<22 MapStateExited name=M output=[1,2]",
        ],
        "{history:#?}"
    );
    assert_over(&world, the_map_run(&world).0);
}

/// A definition's own time is that of the execution: a redriven child has as much as it had before.
#[test]
fn a_child_is_not_bound_by_the_time_of_its_execution() {
    let map = definition("", TASK).replacen('{', "{\"TimeoutSeconds\":100,", 1);
    let mut world = begin(&map, "[0]");
    world.act(parent(), &Do::Pass(100_000));
    rest(&mut world);
    assert_eq!(
        (world.head(parent()).status(), statuses(&world)),
        (ExecutionStatus::TimedOut, vec![(Aborted, 0)])
    );
    redrive(&mut world);
    let timeouts = world.timers().into_iter().filter(|timer| timer.kind == TimerKind::ExecutionTimeout);
    let due: Vec<_> = timeouts.map(|timer| (timer.execution == parent(), timer.due.0 - EPOCH_MS)).collect();
    assert_eq!(due, [(true, 200_000), (false, 365 * 86_400_000)]);
}

const READER: &str = r#""ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b","Key":"k"},"ReaderConfig":{"InputType":"JSON"}},"#;
const WRITER: &str =
    r#""ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b"}},"#;

fn failure(error: &str) -> CallResult {
    CallResult::Failed { error: error.to_owned(), cause: "denied".to_owned() }
}

/// A map run that had no child is started anew, and reads its items again; one that had goes on where it stopped to read.
#[test]
fn items_that_could_not_be_read_are_read_by_a_redrive() {
    let definition = definition(READER, TASK);
    let mut world = World::with(&definition);
    world.reads.push_back(failure("States.ItemReaderFailed"));
    begin_in(&mut world, "{}");
    assert_eq!(world.head(parent()).error.as_deref(), Some("States.ItemReaderFailed"));
    world.reads.extend([read(&["1"], "one", false), failure("States.ItemReaderFailed")]);
    redrive(&mut world);
    let kinds: Vec<_> =
        tail(&world, 7).iter().filter_map(|line| Some(line.split(' ').nth(1)?.to_owned())).collect();
    assert_eq!(
        kinds,
        [
            "ExecutionRedriven",
            "MapStateStarted",
            "MapRunStarted",
            "MapRunFailed",
            "MapStateFailed",
            "ExecutionFailed"
        ]
    );
    assert_eq!(map_runs(&world).len(), 2);
    world.reads.push_back(read(&["2"], "two", true));
    redrive(&mut world);
    work_all(&mut world, &Do::Succeed("7"));
    assert_eq!((output(&world).as_str(), map_runs(&world).len()), ("[7,7]", 2));
}

#[test]
fn results_that_could_not_be_written_are_written_by_a_redrive() {
    let mut world = begin(&definition(WRITER, TASK), "[0,1]");
    world.writes.push_back(failure("States.ResultWriterFailed"));
    work_all(&mut world, &Do::Succeed("7"));
    assert_eq!(world.head(parent()).error.as_deref(), Some("States.ResultWriterFailed"));
    world.writes.push_back(CallResult::Succeeded("{\"w\":1}".into()));
    redrive(&mut world);
    assert_eq!((output(&world).as_str(), map_runs(&world).len()), ("{\"w\":1}", 1));
    assert_eq!(statuses(&world), [(Succeeded, 0), (Succeeded, 0)]);
}

/// A new map run takes the place of one that can't come to another end.
#[test]
fn a_map_run_with_a_fault_of_its_own_is_not_redriven() {
    let mut world = begin(
        &definition("\"ItemsPath\":\"$.a\",\"ItemSelector\":{\"v.$\":\"$$.Map.Item.Value.v\"},", TASK),
        "{\"a\":[{\"v\":1},{}]}",
    );
    assert_eq!(world.head(parent()).error.as_deref(), Some("States.Runtime"));
    redrive(&mut world);
    assert_eq!((world.head(parent()).error.as_deref(), map_runs(&world).len()), (Some("States.Runtime"), 2));

    // The item that was taken for the batch is in no child.
    let selector = "{\"v.$\":\"States.StringToJson($$.Map.Item.Value)\"}";
    let fields = format!("\"ItemSelector\":{selector},\"ItemBatcher\":{{\"MaxItemsPerBatch\":2}},");
    let mut world = begin(&definition(&fields, TASK), r#"["1","2","3","x"]"#);
    let error = Some("States.IntrinsicFailure");
    assert_eq!((world.head(parent()).error.as_deref(), the_map_run(&world).1.children_started), (error, 1));
    redrive(&mut world);
    assert_eq!((world.head(parent()).error.as_deref(), map_runs(&world).len()), (error, 2));

    // So does one that has come to its end: the state failed by what it made of that.
    let mut world = begin(&definition("\"OutputPath\":\"$.missing\",", TASK), "[0]");
    work_all(&mut world, &Do::Succeed("7"));
    assert_eq!(world.head(parent()).error.as_deref(), Some("States.Runtime"));
    redrive(&mut world);
    assert_eq!((world.waiting().len(), map_runs(&world).len()), (1, 2));
}

/// Its time is over: a sweep has deleted some of it, and the rest is about to go.
#[test]
fn a_map_run_that_is_being_deleted_is_not_redriven() {
    let mut world = failed("");
    let (old, _) = the_map_run(&world);
    world.limits.retention_seconds = 60;
    world.act(parent(), &Do::Pass(60_000));
    world.write(|draft| draft.delete(key::map_run_setup(old)));
    redrive(&mut world);
    work_all(&mut world, &Do::Succeed("20"));
    let stages: Vec<_> = map_runs(&world).iter().map(|(_, record)| record.status()).collect();
    assert_eq!(stages, [MapRunStatus::Failed, MapRunStatus::Succeeded]);
    assert_eq!(output(&world), "[20,20,20,20]");
}

#[test]
fn a_map_run_is_redriven_a_thousand_times_at_most() {
    let mut world = failed("");
    let (id, mut record) = the_map_run(&world);
    record.redrive_count = 1_000;
    world.write(|draft| draft.put(key::map_run(id), &record));
    redrive(&mut world);
    let place = "An error occurred while executing the state 'M' (entered at the event id #2).";
    assert_eq!(
        tail(&world, 7),
        [
            "8<7 ExecutionRedriven redrives=1",
            &format!(
                "9<6 ExecutionFailed error=States.Runtime cause={place} The Map Run has exceeded the maximum number of redrives."
            ),
        ]
    );
    assert_cleared(&world, parent());
    assert_over(&world, id);
}

#[test]
fn a_child_is_redriven_with_its_map_run_only() {
    let mut world = failed("");
    let (child, head) = children(&world, the_map_run(&world).0, Failed).remove(0);
    let judged = redrivability(&world.memory, child, &head, world.now, &world.limits).expect("readable");
    assert_eq!(judged, Redrivability::ByMapRun);
    let refused = world.deliver(child, Stimulus::Redrive { client_token: String::new() });
    assert_eq!(refused.expect_err("its parent can").code, "ExecutionNotRedrivable");
}

/// Whatever a step's bound, and with more children than one step looks at.
#[test]
fn many_children_are_redriven_in_slices() {
    let flow = r#""StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"And":[{"Variable":"$","NumericGreaterThan":1190},
        {"Variable":"$$.Execution.RedriveCount","NumericEquals":0}],"Next":"F"}],"Default":"S"},"S":{"Type":"Succeed"},
        "F":{"Type":"Fail"}}}"#;
    let flow = flow.strip_suffix('}').expect("a brace");
    let flow = flow.replace(r#""F":{"Type":"Fail"}"#, r#""F":{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:gone","Catch":[{"ErrorEquals":["Never"],"Next":"S"}],"End":true}"#);
    let items: Vec<usize> = (0..1_200).collect();
    let input = serde_json::to_string(&items).expect("JSON");
    let mut world = World::with(&definition("\"ToleratedFailureCount\":8,", &flow));
    world.limits.step_transitions_max = 20;
    begin_in(&mut world, &input);
    assert_eq!(the_map_run(&world).1.children.failed, 9);
    // The activity is there now.
    let activity: Activity =
        world.get(&key::activity("123456789012", "us-east-1", "a")).expect("the harness makes it");
    world.write(|draft| draft.put(key::activity("123456789012", "us-east-1", "gone"), &activity));
    redrive(&mut world);
    work_all(&mut world, &Do::Succeed("-1"));
    assert_eq!(
        output(&world),
        input.replace("1191,1192,1193,1194,1195,1196,1197,1198,1199", &["-1"; 9].join(","))
    );
    assert_over(&world, the_map_run(&world).0);
}
