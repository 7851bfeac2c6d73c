//! Parallel and Map.

use keepstep_engine::id::ExecutionId;

use crate::harness::{ACTIVITY_ARN, Do, World, check, play};

#[test]
fn a_parallels_branches_start_on_its_input_and_end_in_order_of_position() {
    check(
        r#"{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
            {"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":1,"Next":"A2"},"A2":{"Type":"Pass","Result":"a","End":true}}},
            {"StartAt":"B","States":{"B":{"Type":"Pass","Result":"b","End":true}}}]}}}"#,
        "1",
        &[],
        r#"
        1<0 ExecutionStarted input=1
        2<0 ParallelStateEntered name=P input=1
        3<2 ParallelStateStarted
        4<3 WaitStateEntered name=A input=1
        5<3 PassStateEntered name=B input=1
        6<5 PassStateExited name=B output="b"
        7<4 WaitStateExited name=A output=1
        8<7 PassStateEntered name=A2 input=1
        9<8 PassStateExited name=A2 output="a"
        10<9 ParallelStateSucceeded
        11<9 ParallelStateExited name=P output=["a","b"]
        12<11 ExecutionSucceeded output=["a","b"]
        "#,
    );
}

#[test]
fn a_failed_branch_ends_its_siblings() {
    let definition = format!(
        r#"{{"StartAt":"P","States":{{"P":{{"Type":"Parallel","End":true,
            "Catch":[{{"ErrorEquals":["States.ALL"],"Next":"S"}}],"Branches":[
            {{"StartAt":"W","States":{{"W":{{"Type":"Wait","Seconds":60,"End":true}}}}}},
            {{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{ACTIVITY_ARN}","End":true}}}}}},
            {{"StartAt":"M","States":{{"M":{{"Type":"Map","End":true,"ItemProcessor":
                {{"StartAt":"I","States":{{"I":{{"Type":"Wait","Seconds":60,"End":true}}}}}}}}}}}},
            {{"StartAt":"F","States":{{"F":{{"Type":"Fail","Error":"E","Cause":"c"}}}}}}]}},
            "S":{{"Type":"Succeed"}}}}}}"#
    );
    check(
        &definition,
        "[1,2]",
        &[],
        r#"
        1<0 ExecutionStarted input=[1,2]
        2<0 ParallelStateEntered name=P input=[1,2]
        3<2 ParallelStateStarted
        4<3 WaitStateEntered name=W input=[1,2]
        5<3 TaskStateEntered name=T input=[1,2]
        6<5 ActivityScheduled resource=a input=[1,2]
        7<3 MapStateEntered name=M input=[1,2]
        8<7 MapStateStarted length=2
        9<8 MapIterationStarted name=M index=0
        10<9 WaitStateEntered name=I input=1
        11<8 MapIterationStarted name=M index=1
        12<11 WaitStateEntered name=I input=2
        13<3 FailStateEntered name=F input=[1,2]
        14<4 WaitStateAborted
        15<6 TaskStateAborted
        16<10 WaitStateAborted
        17<16 MapIterationAborted name=M index=0
        18<12 WaitStateAborted
        19<18 MapIterationAborted name=M index=1
        20<8 MapStateAborted
        21<13 ParallelStateFailed
        22<21 ParallelStateExited name=P output={"Error":"E","Cause":"c"}
        23<22 SucceedStateEntered name=S input={"Error":"E","Cause":"c"}
        24<23 SucceedStateExited name=S output={"Error":"E","Cause":"c"}
        25<24 ExecutionSucceeded output={"Error":"E","Cause":"c"}
        "#,
    );
}

#[test]
fn a_map_goes_through_its_items_one_by_one() {
    check(
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":1,
            "Parameters":{"v.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index","all.$":"$"},
            "Iterator":{"StartAt":"I","States":{"I":{"Type":"Pass","OutputPath":"$.v","End":true}}},"Next":"S"},
            "S":{"Type":"Succeed"}}}"#,
        r#"["x", "y"]"#,
        &[],
        r#"
        1<0 ExecutionStarted input=["x", "y"]
        2<0 MapStateEntered name=M input=["x", "y"]
        3<2 MapStateStarted length=2
        4<3 MapIterationStarted name=M index=0
        5<4 PassStateEntered name=I input={"v":"x","i":0,"all":["x","y"]}
        6<5 PassStateExited name=I output="x"
        7<6 MapIterationSucceeded name=M index=0
        8<6 MapIterationStarted name=M index=1
        9<8 PassStateEntered name=I input={"v":"y","i":1,"all":["x","y"]}
        10<9 PassStateExited name=I output="y"
        11<10 MapIterationSucceeded name=M index=1
        12<11 MapStateSucceeded
        13<11 MapStateExited name=M output=["x","y"]
        14<13 SucceedStateEntered name=S input=["x","y"]
        15<14 SucceedStateExited name=S output=["x","y"]
        16<15 ExecutionSucceeded output=["x","y"]
        "#,
    );
}

#[test]
fn a_map_of_nothing_succeeds_at_once() {
    check(
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.l","ResultPath":"$.r",
            "ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}}}"#,
        r#"{"l":[]}"#,
        &[],
        r#"
        1<0 ExecutionStarted input={"l":[]}
        2<0 MapStateEntered name=M input={"l":[]}
        3<2 MapStateStarted length=0
        4<3 MapStateSucceeded
        5<3 MapStateExited name=M output={"l":[],"r":[]}
        6<5 ExecutionSucceeded output={"l":[],"r":[]}
        "#,
    );
}

#[test]
fn a_failing_map_is_started_again() {
    check(
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":1,
            "ItemProcessor":{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"c"}}},
            "Retry":[{"ErrorEquals":["No"],"MaxAttempts":1},{"ErrorEquals":["E"],"MaxAttempts":1}],"End":true}}}"#,
        "[1]",
        &[],
        r#"
        1<0 ExecutionStarted input=[1]
        2<0 MapStateEntered name=M input=[1]
        3<2 MapStateStarted length=1
        4<3 MapIterationStarted name=M index=0
        5<4 FailStateEntered name=F input=1
        6<5 MapIterationFailed name=M index=0
        7<5 MapStateStarted length=1
        8<7 MapIterationStarted name=M index=0
        9<8 FailStateEntered name=F input=1
        10<9 MapIterationFailed name=M index=0
        11<9 MapStateFailed
        12<11 ExecutionFailed error=E cause=c
        "#,
    );
}

#[test]
fn maps_refuse_what_is_no_list_and_no_number() {
    for (fields, input, cause) in [
        (
            r#""MaxConcurrencyPath":"$.n","ItemsPath":"$.l""#,
            r#"{"n":"No","l":[1]}"#,
            r#"The MaxConcurrencyPath field refers to value "No" which is not a valid integer: $.n"#,
        ),
        (
            r#""MaxConcurrencyPath":"$.n","ItemsPath":"$.l""#,
            r#"{"n":{},"l":[1]}"#,
            r#"The MaxConcurrencyPath field refers to value "{}" which is not a valid integer: $.n"#,
        ),
        (r#""ItemsPath":"$.l""#, r#"{"l":1}"#, r#"Reference path "$.l" must point to array."#),
    ] {
        let definition = format!(
            r#"{{"StartAt":"M","States":{{"M":{{"Type":"Map",{fields},
                "ItemProcessor":{{"StartAt":"I","States":{{"I":{{"Type":"Pass","End":true}}}}}},"End":true}}}}}}"#
        );
        let place = "An error occurred while executing the state 'M' (entered at the event id #2).";
        let expected = format!(
            "1<0 ExecutionStarted input={input}\n2<0 MapStateEntered name=M input={input}\n\
             3<2 ExecutionFailed error=States.Runtime cause={place} {cause}"
        );
        check(&definition, input, &[], &expected);
    }
}

/// Nested fan-outs: the inner results are in order, and inner states see the item around them.
#[test]
fn fan_outs_nest() {
    let world = play(
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"P","States":{
            "P":{"Type":"Parallel","End":true,"Branches":[
                {"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"i.$":"$$.Map.Item.Index"},"End":true}}},
                {"StartAt":"N","States":{"N":{"Type":"Map","ItemsPath":"$.l","End":true,"ItemProcessor":{"StartAt":"B","States":{
                    "B":{"Type":"Pass","Parameters":{"v.$":"$$.Map.Item.Value"},"End":true}}}}}}]}}}}}}"#,
        r#"[{"l":[1,2]},{"l":[]}]"#,
        &[],
    );
    let end = world.history(ExecutionId::of_arn(crate::harness::EXECUTION_ARN)).pop().unwrap_or_default();
    let (_, output) = end.split_once("output=").expect("it succeeds");
    assert_eq!(output, r#"[[{"i":0},[{"v":1},{"v":2}]],[{"i":1},[]]]"#);
}

/// The cost of an iteration doesn't grow with the number of items, and no transaction grows with it either.
#[test]
fn ten_thousand_iterations_go_on_in_slices() {
    let definition = r#"{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":CONCURRENCY,"ResultPath":null,"End":true,
        "ItemProcessor":{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"End":true}}}}}}"#;
    let cost = |concurrency: &str, items: usize| {
        let mut world = World::with(&definition.replace("CONCURRENCY", concurrency));
        world.limits.history_events_max = 1_000_000;
        let input = format!("[{}]", vec!["123456789"; items].join(","));
        let request = world.request("e", &input);
        let execution = ExecutionId::of_arn(&world.start(&request).expect("it starts").arn);
        world.pass_until_end(execution);
        assert_eq!(world.history(execution).len(), 6 + 4 * items);
        crate::harness::assert_cleared(&world, execution);
        let largest = world.transactions[1..].iter().map(|txn| txn.writes.len()).max().unwrap_or(0);
        let keys: usize = world.transactions.iter().map(|transaction| transaction.writes.len()).sum();
        (largest, keys)
    };
    for concurrency in ["1", "40"] {
        let (largest_100, keys_100) = cost(concurrency, 100);
        let (largest, keys) = cost(concurrency, 1_000);
        assert!(keys <= keys_100 * 11, "{keys} keys for ten times as many items as took {keys_100}");
        assert!(largest <= largest_100.max(200), "{largest} keys in one transaction");
    }
}

#[test]
fn an_item_is_stopped_with_its_execution() {
    check(
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","End":true,
            "ItemProcessor":{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9,"End":true}}}}}}"#,
        "[1]",
        &[Do::Stop(Some("E"), Some("c"))],
        r#"
        1<0 ExecutionStarted input=[1]
        2<0 MapStateEntered name=M input=[1]
        3<2 MapStateStarted length=1
        4<3 MapIterationStarted name=M index=0
        5<4 WaitStateEntered name=W input=1
        6<0 ExecutionAborted error=E cause=c
        "#,
    );
}
