//! Errors: what ends an execution wherever it happens, what a failing branch shows, which names retriers and catchers take.

use keepstep_engine::id::ExecutionId;

use crate::harness::{ACTIVITY_ARN, Do, EXECUTION_ARN, World, check, play};

/// AWS shows nothing but ExecutionFailed after the state that failed at run time, though a Parallel and its Catch lie around it
/// (github.com/floci-io/floci/issues/2868).
#[test]
fn a_failure_at_run_time_ends_the_execution_wherever_it_happens() {
    let cause = |id: u64| {
        format!(
            r#"An error occurred while executing the state 'Fast' (entered at the event id #{id}). The JSONPath '$.nope' specified for the field 'm.$' could not be found in the input '{{"x":"a"}}'"#
        )
    };
    let fast =
        r#"{"StartAt":"Fast","States":{"Fast":{"Type":"Pass","Parameters":{"m.$":"$.nope"},"End":true}}}"#;
    for handled in [
        "",
        r#""Catch":[{"ErrorEquals":["States.ALL"],"Next":"S"}],"#,
        r#""Retry":[{"ErrorEquals":["States.Runtime"]}],"Catch":[{"ErrorEquals":["States.Runtime","States.TaskFailed"],"Next":"S"}],"#,
    ] {
        let next = if handled.is_empty() { "" } else { r#","S":{"Type":"Succeed"}"# };
        check(
            &format!(
                r#"{{"StartAt":"P","States":{{"P":{{"Type":"Parallel",{handled}"End":true,"Branches":[
                    {{"StartAt":"W","States":{{"W":{{"Type":"Wait","Seconds":60,"End":true}}}}}},{fast}]}}{next}}}}}"#
            ),
            r#"{"x":"a"}"#,
            &[],
            &format!(
                r#"
                1<0 ExecutionStarted input={{"x":"a"}}
                2<0 ParallelStateEntered name=P input={{"x":"a"}}
                3<2 ParallelStateStarted
                4<3 WaitStateEntered name=W input={{"x":"a"}}
                5<3 PassStateEntered name=Fast input={{"x":"a"}}
                6<5 ExecutionFailed error=States.Runtime cause={}
                "#,
                cause(5)
            ),
        );
        check(
            &format!(
                r#"{{"StartAt":"M","States":{{"M":{{"Type":"Map",{handled}"End":true,"MaxConcurrency":1,"ItemProcessor":{fast}}}{next}}}}}"#
            ),
            r#"[{"x":"a"}]"#,
            &[],
            &format!(
                r#"
                1<0 ExecutionStarted input=[{{"x":"a"}}]
                2<0 MapStateEntered name=M input=[{{"x":"a"}}]
                3<2 MapStateStarted length=1
                4<3 MapIterationStarted name=M index=0
                5<4 PassStateEntered name=Fast input={{"x":"a"}}
                6<5 ExecutionFailed error=States.Runtime cause={}
                "#,
                cause(5)
            ),
        );
    }
}

/// The Map itself fails at run time while its iterations run: they are not shown as aborted either.
#[test]
fn an_item_that_cannot_be_selected_ends_the_execution() {
    check(
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemSelector":{"v.$":"$$.Map.Item.Value.v"},
            "ItemProcessor":{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}}}}"#,
        r#"[{"v":1},{}]"#,
        &[],
        r#"
        1<0 ExecutionStarted input=[{"v":1},{}]
        2<0 MapStateEntered name=M input=[{"v":1},{}]
        3<2 MapStateStarted length=2
        4<3 MapIterationStarted name=M index=0
        5<4 WaitStateEntered name=W input={"v":1}
        6<3 ExecutionFailed error=States.Runtime cause=An error occurred while executing the state 'M' (entered at the event id #2). The JSONPath '$$.Map.Item.Value.v' specified for the field 'v.$' could not be found in the input '{"Execution":{"Id":"arn:aws:states:us-east-1:123456789012:execution:m:e","Input":[{"v":1},{}],"StartTime":"2026-01-01T00:00:00.000Z","Name":"e","RoleArn":"arn:aws:iam::123456789012:role/r","RedriveCount":0},"StateMachine":{"Id":"arn:aws:states:us-east-1:123456789012:stateMachine:m","Name":"m"},"State":{"Name":"M","EnteredTime":"2026-01-01T00:00:00.000Z","RetryCount":0},"Map":{"Item":{"Index":1,"Value":{}}}}'
        "#,
    );
}

/// The failed Task of a branch is ended like those beside it, and what follows refers to its failure.
#[test]
fn a_failed_task_of_a_branch_is_shown_as_aborted() {
    let task = format!(
        r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{ACTIVITY_ARN}","TimeoutSeconds":2,"End":true}}}}}}"#
    );
    check(
        &format!(
            r#"{{"StartAt":"P","States":{{"P":{{"Type":"Parallel","End":true,"Branches":[{task},
                {{"StartAt":"W","States":{{"W":{{"Type":"Wait","Seconds":60,"End":true}}}}}}]}}}}}}"#
        ),
        "1",
        &[Do::Take, Do::Fail(Some("E"), Some("c"))],
        r#"
        1<0 ExecutionStarted input=1
        2<0 ParallelStateEntered name=P input=1
        3<2 ParallelStateStarted
        4<3 TaskStateEntered name=T input=1
        5<4 ActivityScheduled resource=a timeout=2 input=1
        6<3 WaitStateEntered name=W input=1
        7<5 ActivityStarted name=w
        8<7 ActivityFailed error=E cause=c
        9<8 TaskStateAborted
        10<6 WaitStateAborted
        11<8 ParallelStateFailed
        12<11 ExecutionFailed error=E cause=c
        "#,
    );
    check(
        &format!(
            r#"{{"StartAt":"M","States":{{"M":{{"Type":"Map","End":true,"ItemProcessor":{task},
                "Catch":[{{"ErrorEquals":["States.Timeout"],"Next":"S"}}]}},"S":{{"Type":"Succeed"}}}}}}"#
        ),
        "[1]",
        &[Do::Take, Do::Pass(2_000)],
        r#"
        1<0 ExecutionStarted input=[1]
        2<0 MapStateEntered name=M input=[1]
        3<2 MapStateStarted length=1
        4<3 MapIterationStarted name=M index=0
        5<4 TaskStateEntered name=T input=1
        6<5 ActivityScheduled resource=a timeout=2 input=1
        7<6 ActivityStarted name=w
        8<7 ActivityTimedOut error=States.Timeout
        9<8 TaskStateAborted
        10<8 MapIterationFailed name=M index=0
        11<8 MapStateFailed
        12<11 MapStateExited name=M output={"Error":"States.Timeout","Cause":""}
        13<12 SucceedStateEntered name=S input={"Error":"States.Timeout","Cause":""}
        14<13 SucceedStateExited name=S output={"Error":"States.Timeout","Cause":""}
        15<14 ExecutionSucceeded output={"Error":"States.Timeout","Cause":""}
        "#,
    );
}

fn task(fields: &str) -> String {
    format!(
        r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{ACTIVITY_ARN}","TimeoutSeconds":9,"HeartbeatSeconds":3,{fields},"End":true}},
            "C":{{"Type":"Succeed"}}}}}}"#
    )
}

/// What each name takes of each way in which a task can fail.
#[test]
fn names_take_the_failures_that_the_guide_says() {
    let large: &'static str = format!("\"{}\"", "x".repeat(262_143)).leak();
    let failure: &[Do] = &[Do::Take, Do::Fail(Some("E"), None)];
    let nameless: &[Do] = &[Do::Take, Do::Fail(None, None)];
    let timeout: &[Do] = &[
        Do::Take,
        Do::Pass(2_000),
        Do::Beat,
        Do::Pass(2_500),
        Do::Beat,
        Do::Pass(2_500),
        Do::Beat,
        Do::Pass(2_000),
    ];
    let silence: &[Do] = &[Do::Take, Do::Pass(3_000)];
    let too_large: &[Do] = &[Do::Take, Do::Succeed(large)];
    for (names, caught) in [
        (r#""States.ALL""#, [true, true, true, true, false]),
        (r#""States.TaskFailed""#, [true, true, false, false, false]),
        (r#""States.Timeout""#, [false, false, true, true, false]),
        (r#""States.HeartbeatTimeout""#, [false, false, false, true, false]),
        (r#""States.DataLimitExceeded""#, [false, false, false, false, true]),
        (r#""E""#, [true, false, false, false, false]),
        (r#""e","States.Permissions""#, [false; 5]),
        (r#""other","States.Timeout","E""#, [true, false, true, true, false]),
    ] {
        let definition = task(&format!(r#""Catch":[{{"ErrorEquals":[{names}],"Next":"C"}}]"#));
        for (script, caught) in [failure, nameless, timeout, silence, too_large].into_iter().zip(caught) {
            let world = play(&definition, "{}", script);
            let history = world.history(ExecutionId::of_arn(EXECUTION_ARN));
            let last = history.last().map(String::as_str).unwrap_or_default();
            assert_eq!(last.contains("ExecutionSucceeded"), caught, "{names} and {script:?}: {last:.200}");
        }
    }
}

/// Each retrier counts for itself and grows by itself; the state's RetryCount is their sum. A catcher comes when one of them is used up.
#[test]
fn retriers_count_each_for_itself() {
    let retry = r#""Parameters":{"n.$":"$$.State.RetryCount"},
        "Retry":[{"ErrorEquals":["A"],"IntervalSeconds":1,"MaxAttempts":2,"BackoffRate":3.0},
            {"ErrorEquals":["Never"],"MaxAttempts":0},
            {"ErrorEquals":["States.ALL"],"IntervalSeconds":2,"MaxAttempts":2,"BackoffRate":10,"MaxDelaySeconds":5}],
        "Catch":[{"ErrorEquals":["A"],"Next":"C"}]"#;
    let mut world = World::with(&task(retry));
    let request = world.request("e", "{}");
    let execution = ExecutionId::of_arn(&world.start(&request).expect("it starts").arn);
    for (attempt, (error, delay_ms)) in
        [("A", 1_000), ("B", 2_000), ("A", 3_000), ("B", 5_000)].into_iter().enumerate()
    {
        let scheduled = world.history(execution).last().cloned().unwrap_or_default();
        assert!(scheduled.ends_with(&format!(r#"input={{"n":{attempt}}}"#)), "{scheduled}");
        world.act(execution, &Do::Take);
        world.act(execution, &Do::Fail(Some(error), None));
        assert_eq!(world.waiting(), []);
        world.act(execution, &Do::Pass(delay_ms - 1));
        assert_eq!(world.waiting(), [], "{error} is retried after {delay_ms} ms");
        world.act(execution, &Do::Pass(1));
    }
    world.act(execution, &Do::Take);
    world.act(execution, &Do::Fail(Some("A"), None));
    let history = world.history(execution);
    assert!(
        history[history.len() - 4].ends_with(r#"TaskStateExited name=T output={"Error":"A","Cause":""}"#)
    );

    // `Never` is taken by the second retrier, which doesn't retry; no later one is asked.
    let world = play(&task(retry), "{}", &[Do::Take, Do::Fail(Some("Never"), None)]);
    let history = world.history(execution);
    assert_eq!(history.last().map(String::as_str), Some("6<5 ExecutionFailed error=Never"));
}

#[test]
fn jitter_draws_from_the_whole_delay() {
    let retry = r#""Retry":[{"ErrorEquals":["E"],"IntervalSeconds":10,"MaxAttempts":40,"BackoffRate":1.0,"JitterStrategy":"FULL"}],
        "Catch":[{"ErrorEquals":["Never"],"Next":"C"}]"#;
    let mut world = World::with(&task(retry));
    let request = world.request("e", "{}");
    let execution = ExecutionId::of_arn(&world.start(&request).expect("it starts").arn);
    let mut delays = Vec::new();
    for _ in 0..40 {
        world.act(execution, &Do::Take);
        world.act(execution, &Do::Fail(Some("E"), None));
        let failed = world.now;
        world.pass_until_end(execution);
        delays.push(world.now.0 - failed.0);
    }
    assert!(delays.iter().all(|delay| (0..=10_000).contains(delay)), "{delays:?}");
    assert!(
        delays.iter().any(|delay| *delay < 2_500) && delays.iter().any(|delay| *delay > 7_500),
        "{delays:?}"
    );
}

/// A retried Parallel starts anew, with the events of each attempt; its own retries don't count for the states inside.
#[test]
fn a_parallel_is_retried_as_a_whole_and_its_branches_start_anew() {
    check(
        &format!(
            r#"{{"StartAt":"P","States":{{"P":{{"Type":"Parallel","End":true,
                "Retry":[{{"ErrorEquals":["States.TaskFailed"],"IntervalSeconds":1,"MaxAttempts":1}}],"Branches":[
                {{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{ACTIVITY_ARN}","End":true,
                    "Parameters":{{"n.$":"$$.State.RetryCount"}},"Assign":{{"x":1}},
                    "Retry":[{{"ErrorEquals":["E"],"IntervalSeconds":1,"MaxAttempts":1}}]}}}}}}]}}}}}}"#
        ),
        "1",
        &[
            Do::Take,
            Do::Fail(Some("E"), None),
            Do::Pass(1_000),
            Do::Take,
            Do::Fail(Some("E"), None),
            Do::Pass(1_000),
            Do::Take,
            Do::Succeed("2"),
        ],
        r#"
        1<0 ExecutionStarted input=1
        2<0 ParallelStateEntered name=P input=1
        3<2 ParallelStateStarted
        4<3 TaskStateEntered name=T input=1
        5<4 ActivityScheduled resource=a input={"n":0}
        6<5 ActivityStarted name=w
        7<6 ActivityFailed error=E
        8<7 ActivityScheduled resource=a input={"n":1}
        9<8 ActivityStarted name=w
        10<9 ActivityFailed error=E
        11<10 TaskStateAborted
        12<10 ParallelStateStarted
        13<12 TaskStateEntered name=T input=1
        14<13 ActivityScheduled resource=a input={"n":0}
        15<14 ActivityStarted name=w
        16<15 ActivitySucceeded output=2
        17<16 TaskStateExited name=T output=2 assigned=x=1
        18<17 ParallelStateSucceeded
        19<17 ParallelStateExited name=P output=[2]
        20<19 ExecutionSucceeded output=[2]
        "#,
    );
}

/// What is too large is named as what it is: a result, or the parameters of a task or of branches.
#[test]
fn payloads_that_are_too_large_are_named_as_what_they_are() {
    let double = r#"{"a.$":"$","b.$":"$"}"#;
    let input = format!("\"{}\"", "x".repeat(200_000));
    let branch = r#"{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}"#;
    let parameters = "provided parameters";
    let result = "returned a result";
    for (state, words) in [
        (format!(r#""Type":"Task","Resource":"{ACTIVITY_ARN}","Parameters":{double}"#), parameters),
        (
            format!(
                r#""Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{{"FunctionName":"f","Payload":{double}}}"#
            ),
            parameters,
        ),
        (
            format!(
                r#""QueryLanguage":"JSONata","Type":"Task","Resource":"{ACTIVITY_ARN}","Arguments":"{{% $states.input & $states.input %}}""#
            ),
            parameters,
        ),
        (format!(r#""Type":"Parallel","Parameters":{double},"Branches":[{branch}]"#), parameters),
        (format!(r#""Type":"Parallel","Branches":[{branch},{}]"#, branch.replace("\"I\"", "\"J\"")), result),
        (format!(r#""Type":"Pass","Parameters":{double}"#), result),
    ] {
        let world =
            play(&format!(r#"{{"StartAt":"S","States":{{"S":{{{state},"End":true}}}}}}"#), &input, &[]);
        let history = world.history(ExecutionId::of_arn(EXECUTION_ARN));
        let last = history.last().map(String::as_str).unwrap_or_default();
        let expected = format!(
            "error=States.DataLimitExceeded cause=The state/task 'S' {words} with a size exceeding the maximum number of bytes service limit."
        );
        assert!(last.contains(&expected), "{state}: {last:.300}");
    }
}

/// A cause may quote an input or be computed: the API's longest is where it is cut.
#[test]
fn errors_and_causes_are_as_long_as_the_api_can_say() {
    for (state, lengths) in [
        (r#""Type":"Pass","End":true,"Parameters":{"m.$":"$.nope"}"#, (14, 32_768)),
        (
            r#""Type":"Fail","QueryLanguage":"JSONata","Error":"{% $states.input %}","Cause":"{% $states.input %}""#,
            (256, 32_768),
        ),
        (r#""Type":"Fail","ErrorPath":"$","Cause":"short""#, (256, 5)),
    ] {
        let definition = format!(r#"{{"StartAt":"S","States":{{"S":{{{state}}}}}}}"#);
        let input = format!("\"{}\"", "\u{20ac}".repeat(50_000));
        let head = play(&definition, &input, &[]).head(ExecutionId::of_arn(EXECUTION_ARN));
        let length = |text: Option<String>| text.map_or(0, |text| text.chars().count());
        assert_eq!((length(head.error), length(head.cause)), lengths, "{state}");
    }
}
