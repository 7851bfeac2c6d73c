//! Executions that go on after they had ended without success: what becomes of each type of state.

mod nested;
mod rules;

use keepstep_engine::id::{ExecutionId, Timestamp};
use keepstep_engine::record::{ExecutionStatus, TimerKind};

use crate::harness::Do::{Pass, Redrive, Stop, Succeed, Take};
use crate::harness::{Do, EPOCH_MS, EXECUTION_ARN, World, assert_cleared, check, play};

const TASK: &str = r#""Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:a""#;
const DAY_MS: i64 = 86_400_000;

/// The worker that took a task last fails.
const FAIL: Do = Do::Fail(Some("E"), Some("c"));

fn one(state: &str) -> String {
    format!(r#"{{"StartAt":"S","States":{{"S":{{{state}}}}}}}"#)
}

fn id() -> ExecutionId {
    ExecutionId::of_arn(EXECUTION_ARN)
}

#[test]
fn a_task_is_scheduled_again_with_all_its_attempts() {
    check(
        &one(&format!(
            r#"{TASK},"TimeoutSeconds":9,"Retry":[{{"ErrorEquals":["E"],"MaxAttempts":1}}],"End":true"#
        )),
        "{\"a\":1}",
        &[Take, FAIL, Pass(1000), Take, FAIL, Redrive, Take, FAIL, Pass(1000), Take, Succeed("2")],
        "1<0 ExecutionStarted input={\"a\":1}
        2<0 TaskStateEntered name=S input={\"a\":1}
        3<2 ActivityScheduled resource=a timeout=9 input={\"a\":1}
        4<3 ActivityStarted name=w
        5<4 ActivityFailed error=E cause=c
        6<5 ActivityScheduled resource=a timeout=9 input={\"a\":1}
        7<6 ActivityStarted name=w
        8<7 ActivityFailed error=E cause=c
        9<8 ExecutionFailed error=E cause=c
        10<9 ExecutionRedriven redrives=1
        11<8 ActivityScheduled resource=a timeout=9 input={\"a\":1}
        12<11 ActivityStarted name=w
        13<12 ActivityFailed error=E cause=c
        14<13 ActivityScheduled resource=a timeout=9 input={\"a\":1}
        15<14 ActivityStarted name=w
        16<15 ActivitySucceeded output=2
        17<16 TaskStateExited name=S output=2
        18<17 ExecutionSucceeded output=2",
    );
}

#[test]
fn a_retry_that_was_waited_for_is_not_any_more() {
    check(
        &one(&format!(r#"{TASK},"Retry":[{{"ErrorEquals":["E"],"IntervalSeconds":60}}],"End":true"#)),
        "{}",
        &[Take, FAIL, Stop(None, None), Redrive, Take, Succeed("0")],
        "1<0 ExecutionStarted input={}
        2<0 TaskStateEntered name=S input={}
        3<2 ActivityScheduled resource=a input={}
        4<3 ActivityStarted name=w
        5<4 ActivityFailed error=E cause=c
        6<0 ExecutionAborted
        7<6 ExecutionRedriven redrives=1
        8<5 ActivityScheduled resource=a input={}
        9<8 ActivityStarted name=w
        10<9 ActivitySucceeded output=0
        11<10 TaskStateExited name=S output=0
        12<11 ExecutionSucceeded output=0",
    );
}

#[test]
fn a_fail_state_is_entered_again_each_time() {
    check(
        &one(r#""Type":"Fail","Error":"E""#),
        "{}",
        &[Redrive, Redrive],
        "1<0 ExecutionStarted input={}
        2<0 FailStateEntered name=S input={}
        3<2 ExecutionFailed error=E
        4<3 ExecutionRedriven redrives=1
        5<2 FailStateEntered name=S input={}
        6<5 ExecutionFailed error=E
        7<6 ExecutionRedriven redrives=2
        8<5 FailStateEntered name=S input={}
        9<8 ExecutionFailed error=E",
    );
}

#[test]
fn a_choice_is_made_again_and_sees_the_redrive() {
    let cause = "An error occurred while executing the state 'C' (entered at the event id #2). Failed to transition out of the state. \
        The state does not point to a next state.";
    let output = "{\"n\":1,\"t\":\"2026-01-01T00:00:01.500Z\"}";
    check(
        r#"{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$$.Execution.RedriveCount","NumericGreaterThan":0,"Next":"P"}]},
            "P":{"Type":"Pass","Parameters":{"n.$":"$$.Execution.RedriveCount","t.$":"$$.Execution.RedriveTime"},"End":true}}}"#,
        "{}",
        &[Pass(1500), Redrive],
        &format!(
            "1<0 ExecutionStarted input={{}}
            2<0 ChoiceStateEntered name=C input={{}}
            3<2 ExecutionFailed error=States.Runtime cause={cause}
            4<3 ExecutionRedriven redrives=1
            5<2 ChoiceStateExited name=C output={{}}
            6<5 PassStateEntered name=P input={{}}
            7<6 PassStateExited name=P output={output}
            8<7 ExecutionSucceeded output={output}"
        ),
    );
}

#[test]
fn a_wait_takes_all_its_seconds_again_but_no_time_that_has_passed() {
    for (until, ms) in [
        (r#""Seconds":10"#, 10_000),
        (r#""SecondsPath":"$.s""#, 10_000),
        (r#""QueryLanguage":"JSONata","Seconds":"{% $states.input.s %}""#, 10_000),
        (r#""Timestamp":"2026-01-01T00:00:10Z""#, 0),
    ] {
        let definition = one(&format!(r#""Type":"Wait",{until},"End":true"#));
        let script = [Pass(4_000), Stop(Some("E"), None), Pass(60_000), Redrive];
        let world = play(&definition, "{\"s\":10}", &script);
        assert_eq!(
            world.history(id()),
            [
                "1<0 ExecutionStarted input={\"s\":10}",
                "2<0 WaitStateEntered name=S input={\"s\":10}",
                "3<0 ExecutionAborted error=E",
                "4<3 ExecutionRedriven redrives=1",
                "5<2 WaitStateExited name=S output={\"s\":10}",
                "6<5 ExecutionSucceeded output={\"s\":10}",
            ]
        );
        assert_eq!(world.head(id()).stopped_ms, Some(EPOCH_MS + 64_000 + ms), "{until}");
    }
}

#[test]
fn the_time_of_the_execution_starts_anew() {
    let definition =
        format!(r#"{{"TimeoutSeconds":5,"StartAt":"S","States":{{"S":{{{TASK},"End":true}}}}}}"#);
    check(
        &definition,
        "{}",
        &[Pass(5_000), Redrive, Pass(4_999), Take, Succeed("1")],
        "1<0 ExecutionStarted input={}
        2<0 TaskStateEntered name=S input={}
        3<2 ActivityScheduled resource=a input={}
        4<0 ExecutionTimedOut error=States.Timeout
        5<4 ExecutionRedriven redrives=1
        6<3 ActivityScheduled resource=a input={}
        7<6 ActivityStarted name=w
        8<7 ActivitySucceeded output=1
        9<8 TaskStateExited name=S output=1
        10<9 ExecutionSucceeded output=1",
    );
    let world = play(&definition, "{}", &[Pass(5_000), Redrive, Pass(5_000)]);
    assert_eq!(world.head(id()).status(), ExecutionStatus::TimedOut);
}

/// No execution is open for longer than a year, however often it is redriven.
#[test]
fn the_longest_time_counts_from_the_start() {
    let mut world = play(&one(&format!(r#"{TASK},"End":true"#)), "{}", &[Take, FAIL, Pass(1_000), Redrive]);
    let due = |world: &World| {
        let timers = world.timers();
        timers.iter().find(|timer| timer.kind == TimerKind::ExecutionTimeout).map(|timer| timer.due)
    };
    assert_eq!(due(&world), Some(Timestamp(EPOCH_MS + 365 * DAY_MS)));
    world.act(id(), &Stop(None, None));
    assert_eq!(due(&world), None);
}

#[test]
fn of_a_parallel_only_branches_that_have_not_succeeded_go_on() {
    check(
        &format!(
            r#"{{"StartAt":"P","States":{{"P":{{"Type":"Parallel","End":true,"Branches":[
            {{"StartAt":"A","States":{{"A":{{"Type":"Pass","Result":1,"End":true}}}}}},
            {{"StartAt":"B","States":{{"B":{{{TASK},"End":true}}}}}},
            {{"StartAt":"W","States":{{"W":{{"Type":"Wait","Seconds":3,"End":true}}}}}}]}}}}}}"#
        ),
        "{}",
        &[Take, FAIL, Redrive, Take, Succeed("2")],
        "1<0 ExecutionStarted input={}
        2<0 ParallelStateEntered name=P input={}
        3<2 ParallelStateStarted
        4<3 PassStateEntered name=A input={}
        5<4 PassStateExited name=A output=1
        6<3 TaskStateEntered name=B input={}
        7<6 ActivityScheduled resource=a input={}
        8<3 WaitStateEntered name=W input={}
        9<7 ActivityStarted name=w
        10<9 ActivityFailed error=E cause=c
        11<10 TaskStateAborted
        12<8 WaitStateAborted
        13<10 ParallelStateFailed
        14<13 ExecutionFailed error=E cause=c
        15<14 ExecutionRedriven redrives=1
        16<10 ActivityScheduled resource=a input={}
        17<16 ActivityStarted name=w
        18<17 ActivitySucceeded output=2
        19<18 TaskStateExited name=B output=2
        20<8 WaitStateExited name=W output={}
        21<20 ParallelStateSucceeded
        22<20 ParallelStateExited name=P output=[1,2,{}]
        23<22 ExecutionSucceeded output=[1,2,{}]",
    );
}

#[test]
fn of_a_map_only_iterations_that_have_not_succeeded_go_on() {
    check(
        &format!(
            r#"{{"StartAt":"M","States":{{"M":{{"Type":"Map","MaxConcurrency":2,"End":true,
            "ItemProcessor":{{"StartAt":"B","States":{{"B":{{{TASK},"End":true}}}}}}}}}}}}"#
        ),
        "[0,1,2,3]",
        &[
            Take,
            Succeed("0"),
            Take,
            FAIL,
            Redrive,
            Take,
            Succeed("10"),
            Take,
            Succeed("20"),
            Take,
            Succeed("30"),
        ],
        "1<0 ExecutionStarted input=[0,1,2,3]
        2<0 MapStateEntered name=M input=[0,1,2,3]
        3<2 MapStateStarted length=4
        4<3 MapIterationStarted name=M index=0
        5<4 TaskStateEntered name=B input=0
        6<5 ActivityScheduled resource=a input=0
        7<3 MapIterationStarted name=M index=1
        8<7 TaskStateEntered name=B input=1
        9<8 ActivityScheduled resource=a input=1
        10<6 ActivityStarted name=w
        11<10 ActivitySucceeded output=0
        12<11 TaskStateExited name=B output=0
        13<12 MapIterationSucceeded name=M index=0
        14<12 MapIterationStarted name=M index=2
        15<14 TaskStateEntered name=B input=2
        16<15 ActivityScheduled resource=a input=2
        17<9 ActivityStarted name=w
        18<17 ActivityFailed error=E cause=c
        19<18 TaskStateAborted
        20<18 MapIterationFailed name=M index=1
        21<16 TaskStateAborted
        22<21 MapIterationAborted name=M index=2
        23<18 MapStateFailed
        24<23 ExecutionFailed error=E cause=c
        25<24 ExecutionRedriven redrives=1
        26<18 ActivityScheduled resource=a input=1
        27<16 ActivityScheduled resource=a input=2
        28<26 ActivityStarted name=w
        29<28 ActivitySucceeded output=10
        30<29 TaskStateExited name=B output=10
        31<30 MapIterationSucceeded name=M index=1
        32<30 MapIterationStarted name=M index=3
        33<32 TaskStateEntered name=B input=3
        34<33 ActivityScheduled resource=a input=3
        35<27 ActivityStarted name=w
        36<35 ActivitySucceeded output=20
        37<36 TaskStateExited name=B output=20
        38<37 MapIterationSucceeded name=M index=2
        39<34 ActivityStarted name=w
        40<39 ActivitySucceeded output=30
        41<40 TaskStateExited name=B output=30
        42<41 MapIterationSucceeded name=M index=3
        43<42 MapStateSucceeded
        44<42 MapStateExited name=M output=[0,10,20,30]
        45<44 ExecutionSucceeded output=[0,10,20,30]",
    );
}

/// The failure is beside the Map: its iterations were aborted.
#[test]
fn a_map_in_a_parallel_goes_on() {
    check(
        &format!(
            r#"{{"StartAt":"P","States":{{"P":{{"Type":"Parallel","End":true,"Branches":[
            {{"StartAt":"M","States":{{"M":{{"Type":"Map","End":true,"ItemProcessor":{{"StartAt":"W","States":{{
                "W":{{"Type":"Wait","SecondsPath":"$","End":true}}}}}}}}}}}},
            {{"StartAt":"B","States":{{"B":{{{TASK},"End":true}}}}}}]}}}}}}"#
        ),
        "[1,5]",
        &[Take, Pass(1_000), FAIL, Redrive, Take, Succeed("0")],
        "1<0 ExecutionStarted input=[1,5]
        2<0 ParallelStateEntered name=P input=[1,5]
        3<2 ParallelStateStarted
        4<3 MapStateEntered name=M input=[1,5]
        5<4 MapStateStarted length=2
        6<5 MapIterationStarted name=M index=0
        7<6 WaitStateEntered name=W input=1
        8<5 MapIterationStarted name=M index=1
        9<8 WaitStateEntered name=W input=5
        10<3 TaskStateEntered name=B input=[1,5]
        11<10 ActivityScheduled resource=a input=[1,5]
        12<11 ActivityStarted name=w
        13<7 WaitStateExited name=W output=1
        14<13 MapIterationSucceeded name=M index=0
        15<12 ActivityFailed error=E cause=c
        16<15 TaskStateAborted
        17<9 WaitStateAborted
        18<17 MapIterationAborted name=M index=1
        19<14 MapStateAborted
        20<15 ParallelStateFailed
        21<20 ExecutionFailed error=E cause=c
        22<21 ExecutionRedriven redrives=1
        23<15 ActivityScheduled resource=a input=[1,5]
        24<23 ActivityStarted name=w
        25<24 ActivitySucceeded output=0
        26<25 TaskStateExited name=B output=0
        27<9 WaitStateExited name=W output=5
        28<27 MapIterationSucceeded name=M index=1
        29<28 MapStateSucceeded
        30<28 MapStateExited name=M output=[1,5]
        31<30 ParallelStateSucceeded
        32<30 ParallelStateExited name=P output=[[1,5],0]
        33<32 ExecutionSucceeded output=[[1,5],0]",
    );
}

/// An iteration that can't be started is tried once more, and those beside it go on.
#[test]
fn an_item_that_is_refused_is_so_again() {
    let script = [Redrive, Pass(1_000)];
    let definition = r#"{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemSelector":{"v.$":"$$.Map.Item.Value.v"},
        "ItemProcessor":{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"End":true}}}}}}"#;
    let world = play(definition, r#"[{"v":1},{}]"#, &script);
    let kinds: Vec<_> = world
        .history(id())
        .iter()
        .map(|line| line.split(" error=").next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        kinds[5..],
        ["6<3 ExecutionFailed", "7<6 ExecutionRedriven redrives=1", "8<3 ExecutionFailed"]
    );
}

#[test]
fn variables_are_those_of_before() {
    check(
        &format!(
            r#"{{"QueryLanguage":"JSONata","StartAt":"V","States":{{"V":{{"Type":"Pass","Assign":{{"a":1}},"Next":"P"}},
            "P":{{"Type":"Parallel","End":true,"Branches":[{{"StartAt":"W","States":{{"W":{{"Type":"Pass","Assign":{{"b":2}},"Next":"S"}},
            "S":{{{TASK},"Arguments":"{{% $a + $b %}}","End":true}}}}}}]}}}}}}"#
        ),
        "{}",
        &[Take, FAIL, Redrive, Take, Succeed("0")],
        "1<0 ExecutionStarted input={}
        2<0 PassStateEntered name=V input={}
        3<2 PassStateExited name=V output={} assigned=a=1
        4<3 ParallelStateEntered name=P input={}
        5<4 ParallelStateStarted
        6<5 PassStateEntered name=W input={}
        7<6 PassStateExited name=W output={} assigned=b=2
        8<7 TaskStateEntered name=S input={}
        9<8 ActivityScheduled resource=a input=3
        10<9 ActivityStarted name=w
        11<10 ActivityFailed error=E cause=c
        12<11 TaskStateAborted
        13<11 ParallelStateFailed
        14<13 ExecutionFailed error=E cause=c
        15<14 ExecutionRedriven redrives=1
        16<11 ActivityScheduled resource=a input=3
        17<16 ActivityStarted name=w
        18<17 ActivitySucceeded output=0
        19<18 TaskStateExited name=S output=0
        20<19 ParallelStateSucceeded
        21<19 ParallelStateExited name=P output=[0]
        22<21 ExecutionSucceeded output=[0]",
    );
}

/// Too large together: all branches run again, those that had succeeded as well.
#[test]
fn a_parallel_with_too_much_output_runs_as_a_whole() {
    let branches = ["A", "B", "C"]
        .map(|name| format!(r#"{{"StartAt":"{name}","States":{{"{name}":{{"Type":"Pass","End":true}}}}}}"#))
        .join(",");
    let definition = one(&format!(r#""Type":"Parallel","End":true,"Branches":[{branches}]"#));
    let mut world = World::with(&definition);
    world.limits.payload_bytes_max = 600;
    let request = world.request("e", &format!("\"{}\"", "x".repeat(400)));
    world.start(&request).expect("it starts");
    assert_eq!(world.head(id()).error.as_deref(), Some("States.DataLimitExceeded"));
    assert_cleared(&world, id());
    world.act(id(), &Redrive);
    let kinds: Vec<_> = world
        .history(id())
        .iter()
        .filter_map(|line| Some(line.split(' ').nth(1)?.to_owned()))
        .filter(|kind| !kind.starts_with("Pass"))
        .collect();
    assert_eq!(
        kinds,
        [
            "ExecutionStarted",
            "ParallelStateEntered",
            "ParallelStateStarted",
            "ParallelStateSucceeded",
            "ExecutionFailed",
            "ExecutionRedriven",
            "ParallelStateStarted",
            "ParallelStateSucceeded",
            "ExecutionFailed",
        ]
    );
    assert_eq!(world.history(id()).iter().filter(|line| line.contains("PassStateEntered")).count(), 6);
    assert_cleared(&world, id());
}
