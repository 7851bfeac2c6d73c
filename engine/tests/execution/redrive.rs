//! Executions that go on after they had ended without success.

use keepstep_engine::execution::{self, Redrivability, redrivability};
use keepstep_engine::id::{BranchId, ExecutionId, MachineId, RequestId, Timestamp};
use keepstep_engine::key;
use keepstep_engine::record::outcome::{Answer, Redriven};
use keepstep_engine::record::{ExecutionStatus, Head, Tag, Tags, TimerKind};
use keepstep_engine::stimulus::{Arrival, Stimulus};
use keepstep_engine::{ApiError, Effect, Write, retention};

use crate::harness::Do::{Delete, Lead, Pass, Redrive, Stop, Succeed, Take};
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

/// The head says that it runs, and it is listed as such; the time of its start stays. It is kept as long as it runs, whatever its state
/// machine's tag says.
#[test]
fn a_redriven_execution_is_one_that_runs() {
    let mut world = World::with(&one(&format!(r#"{TASK},"End":true"#)));
    let id_of_machine = MachineId::from_bytes(*ExecutionId::of_arn("m").as_bytes());
    let tag = Tag { key: retention::TAG.to_owned(), value: "60".to_owned() };
    world.write(|draft| draft.put(key::machine_tags(id_of_machine), &Tags { tags: vec![tag] }));
    let request = world.request("e", "{}");
    world.start(&request).expect("it starts");
    for act in [Take, FAIL, Pass(1_000)] {
        world.act(id(), &act);
    }
    let failed = world.head(id());
    let expiries = |world: &World| world.memory.pairs(b"xp/").count();
    let listed = |world: &World, status| {
        world.memory.pairs(&key::listings(failed.listed_under().expect("listed"), status)).count()
    };
    assert_eq!((expiries(&world), listed(&world, ExecutionStatus::Failed)), (1, 1));
    world.effects.clear();
    world.act(id(), &Redrive);
    let head = world.head(id());
    let expected = Head {
        stopped_ms: None,
        error: None,
        cause: None,
        redrive_count: 1,
        redriven_ms: Some(EPOCH_MS + 1_000),
        next_event_id: 9,
        ..failed.clone()
    };
    assert_eq!(head, Head { status: ExecutionStatus::Running as i32, ..expected });
    assert_eq!(
        (expiries(&world), listed(&world, ExecutionStatus::Failed), listed(&world, ExecutionStatus::Running)),
        (0, 0, 1)
    );
    assert!(world.effects.contains(&Effect::Redriven) && !world.effects.contains(&Effect::Started));
    world.act(id(), &Take);
    world.act(id(), &FAIL);
    assert_eq!((expiries(&world), listed(&world, ExecutionStatus::Failed)), (1, 1));
    assert_cleared(&world, id());
}

/// What was under way before the end is void after a redrive.
#[test]
fn old_tokens_and_timers_change_nothing() {
    let definition = one(&format!(r#"{TASK},"TimeoutSeconds":60,"HeartbeatSeconds":30,"End":true"#));
    let mut world = play(&definition, "{}", &[Take]);
    let (token, timers) = (world.token.expect("a worker took it"), world.timers());
    world.act(id(), &Stop(None, None));
    world.now.0 += 120_000;
    world.act(id(), &Redrive);
    let history = world.history(id());
    let late = Stimulus::TaskSucceeded { token, output: "1".into() };
    assert_eq!(world.deliver(id(), late).expect_err("it is over").code, "TaskTimedOut");
    for timer in timers {
        world.deliver(id(), Stimulus::TimerDue(timer)).expect("it is taken in");
    }
    assert_eq!(world.history(id()), history);
    world.act(id(), &Take);
    let late = Stimulus::TaskSucceeded { token, output: "1".into() };
    assert_eq!(world.deliver(id(), late).expect_err("it is over").code, "TaskTimedOut");
    world.act(id(), &Succeed("2"));
    assert_eq!(world.head(id()).status(), ExecutionStatus::Succeeded);
}

fn redrive(world: &mut World, token: &str) -> Result<i64, ApiError> {
    match world.deliver(id(), Stimulus::Redrive { client_token: token.to_owned() })? {
        Answer::Redriven(Redriven { redriven_ms }) => Ok(redriven_ms - EPOCH_MS),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_client_token_is_good_for_one_redrive_and_a_quarter_of_an_hour() {
    let mut world = play(&one(r#""Type":"Fail""#), "{}", &[]);
    assert_eq!(redrive(&mut world, "a"), Ok(0));
    world.now.0 += 60_000;
    assert_eq!(redrive(&mut world, "a"), Ok(0));
    assert_eq!(redrive(&mut world, "b"), Ok(60_000));
    assert_eq!(world.head(id()).redrive_count, 2);
    world.now.0 += 15 * 60_000 - 60_001;
    assert_eq!((redrive(&mut world, "a"), redrive(&mut world, "b")), (Ok(0), Ok(60_000)));
    world.now.0 += 1;
    assert_eq!((redrive(&mut world, "a"), redrive(&mut world, "b")), (Ok(900_000), Ok(60_000)));
    // Ten are remembered.
    for token in 0..9 {
        redrive(&mut world, &token.to_string()).expect("it can be redriven");
    }
    assert_eq!(world.head(id()).redrive_count, 12);
    world.now.0 += 1;
    assert_eq!((redrive(&mut world, "a"), redrive(&mut world, "b")), (Ok(900_000), Ok(900_001)));
    assert_eq!(world.head(id()).redrives.len(), 10);
}

#[test]
fn a_request_asked_again_gets_its_first_answer() {
    let mut world = play(&one(r#""Type":"Fail""#), "{}", &[]);
    let stimulus = Stimulus::Redrive { client_token: String::new() };
    let arrival = Arrival { request: Some(RequestId::from_bytes([9; 16])), stimulus };
    let first = world.arrive(id(), arrival.clone());
    world.now.0 += 1_000;
    assert_eq!(world.arrive(id(), arrival), first);
    assert_eq!(world.head(id()).redrive_count, 1);
}

#[test]
fn what_cannot_be_redriven_is_refused() {
    let task = one(&format!(r#"{TASK},"End":true"#));
    let fail = one(r#""Type":"Fail""#);
    let stop = Stop(None, None);
    let cases: [(&str, &[Do], &str); 7] = [
        (&task, &[], "Execution is RUNNING and cannot be redriven"),
        (&task, &[Take, Succeed("1")], "Execution is SUCCEEDED and cannot be redriven"),
        (&task, std::slice::from_ref(&stop), ""),
        (&fail, &[Delete], "State machine is in DELETING status"),
        (&fail, &[Pass(14 * DAY_MS)], ""),
        (&fail, &[Pass(14 * DAY_MS + 1)], "Execution redrivable period exceeded"),
        (
            &task,
            &[Pass(360 * DAY_MS), stop.clone(), Pass(5 * DAY_MS)],
            "Execution has exceeded the max execution time",
        ),
    ];
    for (definition, script, expected) in cases {
        let mut world = play(definition, "{}", script);
        let judged = redrivability(&world.memory, id(), &world.head(id()), world.now, &world.limits)
            .expect("readable");
        assert_eq!(judged.reason().unwrap_or_default(), expected, "{script:?}");
        let expected = match expected {
            "" => Ok(world.now.0 - EPOCH_MS),
            expected => Err(ApiError::new("ExecutionNotRedrivable", expected)),
        };
        assert_eq!(redrive(&mut world, "token"), expected, "{script:?}");
    }
    let mut world = World::with(&fail);
    assert_eq!(redrive(&mut world, "").expect_err("there is none").code, "ExecutionDoesNotExist");
}

#[test]
fn a_full_history_has_no_room_for_a_redrive() {
    let definition = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"C"},"S":{"Type":"Succeed"},
        "C":{"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"S"}],"Default":"A"}}}"#;
    let fail = one(r#""Type":"Fail""#);
    // A history of three events, with room for so many.
    for (definition, events_max, reason) in [
        (definition, 20, Some("Execution history event limit exceeded")),
        (&fail, 4, Some("Execution history event limit exceeded")),
        (&fail, 5, None),
    ] {
        let mut world = World::with(definition);
        world.limits.history_events_max = events_max;
        let request = world.request("e", "{}");
        world.start(&request).expect("it starts");
        world.pass_until_end(id());
        assert_cleared(&world, id());
        let refused = redrive(&mut world, "").err().map(|error| error.message);
        assert_eq!(refused.as_deref(), reason);
        if reason.is_none() {
            // The last event is the one that says so.
            assert_eq!(world.history(id()).len(), 5);
            assert!(
                world
                    .head(id())
                    .cause
                    .is_some_and(|cause| cause.contains("maximum number of history events"))
            );
        }
    }
}

/// An execution can be ended whatever it holds. The transactions that end it and redrive it are bounded.
#[test]
fn more_branches_than_a_transaction_holds_are_not_kept() {
    let names = (0..60).map(|number| format!("\"{}{number:02}\":1", "v".repeat(78)));
    let assigned = names.collect::<Vec<_>>().join(",");
    let row: Vec<u64> = (0..40).collect();
    let input = serde_json::to_string(&vec![row; 40]).expect("JSON");
    for (assign, is_kept) in [(String::new(), true), (format!("\"Assign\":{{{assigned}}},"), false)] {
        let flow = format!(
            r#"{{"StartAt":"P","States":{{"P":{{"Type":"Pass",{assign}"Next":"W"}},"W":{{"Type":"Wait","Seconds":9000,"End":true}}}}}}"#
        );
        let map = |name: &str, flow: &str| {
            format!(
                r#"{{"StartAt":"{name}","States":{{"{name}":{{"Type":"Map","ItemProcessor":{flow},"End":true}}}}}}"#
            )
        };
        let mut world = World::with(&map("M", &map("N", &flow)));
        let request = world.request("e", &input);
        world.start(&request).expect("it starts");
        world.pass_to(world.now);
        assert_eq!(world.branches(id()).len(), 1 + 40 + 1_600);
        world.act(id(), &Stop(None, None));
        if is_kept {
            assert_cleared(&world, id());
        } else {
            let prefixes = [key::branches(id()), key::all_items(id()), key::all_results(id())];
            let left = prefixes.iter().map(|prefix| world.memory.pairs(prefix).count());
            assert_eq!((left.sum::<usize>(), world.timers().len()), (0, 0));
        }
        let refused = redrive(&mut world, "").err().map(|error| error.code);
        assert_eq!(refused, (!is_kept).then_some("ExecutionNotRedrivable"));
        for transaction in world.transactions.iter().rev().take(2) {
            let bytes: usize = transaction.writes.iter().map(written).sum();
            assert!(bytes < 2 << 20, "{:?}: {bytes}", transaction.origin);
        }
    }
}

fn written(write: &Write) -> usize {
    match write {
        Write::Put { key, value } => key.len() + value.len(),
        Write::Delete { key } => key.len(),
    }
}

/// Executions that older versions ended have kept nothing.
#[test]
fn what_kept_nothing_can_not_go_on() {
    let mut world = play(&one(r#""Type":"Fail""#), "{}", &[]);
    world.write(|draft| draft.delete(key::branch(id(), BranchId::ROOT)));
    let judged = redrivability(&world.memory, id(), &world.head(id()), world.now, &world.limits);
    let reason = "Execution left nothing that it could go on with: it was too large to be kept, or ended under an earlier version of this server";
    assert_eq!(judged.expect("readable"), Redrivability::Not(reason.into()));
    assert_eq!(redrive(&mut world, "").expect_err("nothing was kept").message, reason);
}

/// A redrive that was decided before the state machine was deleted isn't committed after that.
#[test]
fn a_redrive_is_ordered_with_a_deletion() {
    let mut world = play(&one(r#""Type":"Fail""#), "{}", &[]);
    let arrival = Arrival { request: None, stimulus: Stimulus::Redrive { client_token: String::new() } };
    let decided = execution::step(&world.desk(), id(), &[arrival]).expect("readable");
    world.act(id(), &Delete);
    assert!(!world.memory.apply(&decided.transaction.expect("it is redriven")));
}

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
