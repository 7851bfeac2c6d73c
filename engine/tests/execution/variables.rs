//! Variables: when they are set, what sees them, where they end, and how large they may be.

use keepstep_engine::id::ExecutionId;

use crate::harness::{ACTIVITY_ARN, Do, EXECUTION_ARN, check, play};

/// How an execution ends.
fn end(definition: &str, input: &str, script: &[Do]) -> String {
    let world = play(definition, input, script);
    let history = world.history(ExecutionId::of_arn(EXECUTION_ARN));
    history.last().and_then(|line| line.split_once(' ')).map(|(_, rest)| rest.to_owned()).unwrap_or_default()
}

#[test]
fn a_pass_assigns_from_its_result_and_sees_the_values_from_before() {
    check(
        r#"{"StartAt":"A","States":{
            "A":{"Type":"Pass","Result":{"n":7},"ResultPath":"$.r","Assign":{"x.$":"$.n","y":"old"},"Next":"B"},
            "B":{"Type":"Pass","Parameters":{"p.$":"$x"},"Assign":{"y.$":"$.p","x.$":"$y"},"Next":"C"},
            "C":{"Type":"Pass","Parameters":{"x.$":"$x","y.$":"$y"},"End":true}}}"#,
        "{}",
        &[],
        r#"
        1<0 ExecutionStarted input={}
        2<0 PassStateEntered name=A input={}
        3<2 PassStateExited name=A output={"r":{"n":7}} assigned=x=7,y="old"
        4<3 PassStateEntered name=B input={"r":{"n":7}}
        5<4 PassStateExited name=B output={"p":7} assigned=y=7,x="old"
        6<5 PassStateEntered name=C input={"p":7}
        7<6 PassStateExited name=C output={"x":"old","y":7}
        8<7 ExecutionSucceeded output={"x":"old","y":7}
        "#,
    );
}

#[test]
fn a_task_assigns_from_its_selected_result() {
    check(
        &format!(
            r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{ACTIVITY_ARN}","ResultSelector":{{"s.$":"$.r"}},
                "ResultPath":null,"Assign":{{"x.$":"$.s"}},"Next":"B"}},
                "B":{{"Type":"Pass","InputPath":"$x","End":true}}}}}}"#
        ),
        "1",
        &[Do::Take, Do::Succeed(r#"{"r":[2]}"#)],
        r#"
        1<0 ExecutionStarted input=1
        2<0 TaskStateEntered name=T input=1
        3<2 ActivityScheduled resource=a input=1
        4<3 ActivityStarted name=w
        5<4 ActivitySucceeded output={"r":[2]}
        6<5 TaskStateExited name=T output=1 assigned=x=[2]
        7<6 PassStateEntered name=B input=1
        8<7 PassStateExited name=B output=[2]
        9<8 ExecutionSucceeded output=[2]
        "#,
    );
}

#[test]
fn a_catcher_assigns_the_error_in_the_scope_of_its_state() {
    check(
        &format!(
            r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{ACTIVITY_ARN}","End":true,"Assign":{{"never":1}},
                "Catch":[{{"ErrorEquals":["Other"],"Next":"B","Assign":{{"no":1}}}},
                    {{"ErrorEquals":["E"],"ResultPath":null,"Next":"B","Assign":{{"e.$":"$.Error","c.$":"$.Cause"}}}}]}},
                "B":{{"Type":"Pass","Parameters":{{"e.$":"$e","c.$":"$c"}},"End":true}}}}}}"#
        ),
        "1",
        &[Do::Take, Do::Fail(Some("E"), Some("why"))],
        r#"
        1<0 ExecutionStarted input=1
        2<0 TaskStateEntered name=T input=1
        3<2 ActivityScheduled resource=a input=1
        4<3 ActivityStarted name=w
        5<4 ActivityFailed error=E cause=why
        6<5 TaskStateExited name=T output=1 assigned=e="E",c="why"
        7<6 PassStateEntered name=B input=1
        8<7 PassStateExited name=B output={"e":"E","c":"why"}
        9<8 ExecutionSucceeded output={"e":"E","c":"why"}
        "#,
    );
}

#[test]
fn a_choices_rule_assigns_its_own_and_the_state_only_by_default() {
    let definition = r#"{"StartAt":"C","States":{
        "C":{"Type":"Choice","Assign":{"by":"default"},"Default":"B",
            "Choices":[{"Variable":"$.n","NumericEquals":1,"Assign":{"by":"rule","n.$":"$.n"},"Next":"B"},
                {"Variable":"$.n","NumericEquals":2,"Next":"S"}]},
        "B":{"Type":"Pass","InputPath":"$by","End":true},"S":{"Type":"Succeed"}}}"#;
    for (input, exited, end) in [
        (r#"{"n":1}"#, r#"output={"n":1} assigned=by="rule",n=1"#, r#""rule""#),
        (r#"{"n":2}"#, r#"output={"n":2}"#, r#"{"n":2}"#),
        (r#"{"n":3}"#, r#"output={"n":3} assigned=by="default""#, r#""default""#),
    ] {
        let history = play(definition, input, &[]).history(ExecutionId::of_arn(EXECUTION_ARN));
        assert_eq!(history[2], format!("3<2 ChoiceStateExited name=C {exited}"));
        assert!(history[history.len() - 1].ends_with(&format!(" ExecutionSucceeded output={end}")));
    }
}

#[test]
fn inner_scopes_see_outer_variables_and_end_with_their_flow() {
    check(
        r#"{"StartAt":"A","States":{
            "A":{"Type":"Pass","Result":[1,2],"Assign":{"out":"o"},"Next":"M"},
            "M":{"Type":"Map","MaxConcurrency":1,"Assign":{"all.$":"$"},"Next":"Z","ItemProcessor":{"StartAt":"I","States":{
                "I":{"Type":"Pass","Assign":{"in.$":"$"},"Next":"J"},
                "J":{"Type":"Pass","Parameters":{"in.$":"$in","out.$":"$out"},"End":true}}}},
            "Z":{"Type":"Pass","Parameters":{"all.$":"$all","out.$":"$out"},"End":true}}}"#,
        "{}",
        &[],
        r#"
        1<0 ExecutionStarted input={}
        2<0 PassStateEntered name=A input={}
        3<2 PassStateExited name=A output=[1,2] assigned=out="o"
        4<3 MapStateEntered name=M input=[1,2]
        5<4 MapStateStarted length=2
        6<5 MapIterationStarted name=M index=0
        7<6 PassStateEntered name=I input=1
        8<7 PassStateExited name=I output=1 assigned=in=1
        9<8 PassStateEntered name=J input=1
        10<9 PassStateExited name=J output={"in":1,"out":"o"}
        11<10 MapIterationSucceeded name=M index=0
        12<10 MapIterationStarted name=M index=1
        13<12 PassStateEntered name=I input=2
        14<13 PassStateExited name=I output=2 assigned=in=2
        15<14 PassStateEntered name=J input=2
        16<15 PassStateExited name=J output={"in":2,"out":"o"}
        17<16 MapIterationSucceeded name=M index=1
        18<17 MapStateSucceeded
        19<17 MapStateExited name=M output=[{"in":1,"out":"o"},{"in":2,"out":"o"}] assigned=all=[{"in":1,"out":"o"},{"in":2,"out":"o"}]
        20<19 PassStateEntered name=Z input=[{"in":1,"out":"o"},{"in":2,"out":"o"}]
        21<20 PassStateExited name=Z output={"all":[{"in":1,"out":"o"},{"in":2,"out":"o"}],"out":"o"}
        22<21 ExecutionSucceeded output={"all":[{"in":1,"out":"o"},{"in":2,"out":"o"}],"out":"o"}
        "#,
    );
}

#[test]
fn all_scopes_are_counted_as_long_as_they_live() {
    let definition = format!(
        r#"{{"StartAt":"A","States":{{
            "A":{{"Type":"Pass","Assign":{{"a":"four"}},"Next":"A2"}},
            "A2":{{"Type":"Pass","Assign":{{"a":[]}},"Next":"P"}},
            "P":{{"Type":"Parallel","End":true,"Catch":[{{"ErrorEquals":["E"],"Next":"T"}}],"Branches":[
                {{"StartAt":"B","States":{{"B":{{"Type":"Pass","Assign":{{"b":123}},"Next":"W"}},"W":{{"Type":"Wait","Seconds":9,"End":true}}}}}},
                {{"StartAt":"C","States":{{"C":{{"Type":"Pass","Assign":{{"c":12345}},"Next":"CW"}},"CW":{{"Type":"Wait","Seconds":1,"Next":"CF"}},"CF":{{"Type":"Fail","Error":"E"}}}}}}]}},
            "T":{{"Type":"Task","Resource":"{ACTIVITY_ARN}","End":true}}}}}}"#
    );
    for (script, expected) in [(&[][..], 2), (&[Do::Pass(1000)][..], 2)] {
        let world = play(&definition, "{}", script);
        assert_eq!(world.head(ExecutionId::of_arn(EXECUTION_ARN)).variables_bytes, expected);
    }
}

#[test]
fn no_assign_and_no_execution_is_without_bounds() {
    let assign = |bytes: usize| {
        let value = "v".repeat(bytes - 2);
        format!(
            r#"{{"StartAt":"A","States":{{"A":{{"Type":"Pass","Assign":{{"x":"{value}"}},"End":true}}}}}}"#
        )
    };
    assert_eq!(end(&assign(262_144), "{}", &[]), "ExecutionSucceeded output={}");
    assert_eq!(
        end(&assign(262_145), "{}", &[]),
        "ExecutionFailed error=States.DataLimitExceeded cause=The state 'A' assigns variables with a size exceeding the maximum of 262144 bytes for one Assign field."
    );
    // Forty of the largest are 10 MiB; they are made of one input.
    let states: Vec<String> = (0..41)
        .map(|n| format!(r#""S{n}":{{"Type":"Pass","Assign":{{"v{n}.$":"$"}},"Next":"S{}"}}"#, n + 1))
        .collect();
    let definition =
        format!(r#"{{"StartAt":"S0","States":{{{},"S41":{{"Type":"Succeed"}}}}}}"#, states.join(","));
    let input = format!(r#""{}""#, "i".repeat(262_142));
    assert_eq!(
        end(&definition, &input, &[]),
        "ExecutionFailed error=States.DataLimitExceeded cause=The state 'S40' assigns variables with a size exceeding the maximum of 10485760 bytes for all variables of an execution."
    );
}

#[test]
fn iterations_do_not_copy_what_they_see() {
    let definition = r#"{"StartAt":"A","States":{
        "A":{"Type":"Pass","Assign":{"large.$":"$"},"Next":"M"},
        "M":{"Type":"Map","ItemsPath":"$.items","ItemProcessor":{"StartAt":"I","States":{
            "I":{"Type":"Pass","Assign":{"own.$":"$"},"Next":"J"},"J":{"Type":"Pass","End":true}}},"End":true}}}"#;
    let items: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
    let input = format!(r#"{{"items":[{}],"large":"{}"}}"#, items.join(","), "x".repeat(200_000));
    let world = play(definition, &input, &[]);
    let written: usize =
        world.transactions.iter().flat_map(|one| &one.writes).map(|write| format!("{write:?}").len()).sum();
    // The input, and the variable, are written once each; a copy for each iteration would be 200 MB.
    assert!(written < 20_000_000, "{written} characters of writes");
}

/// Every type of state that has `Assign`, in both languages; the next state sees what was set, and the event that leaves the state shows it.
#[test]
fn all_states_but_the_last_ones_assign() {
    let inner = r#"{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}"#;
    let choice = |rule: &str| format!(r#""Type":"Choice","Choices":[{rule}]"#);
    for (state, jsonpath, jsonata) in [
        (r#""Type":"Pass""#.to_owned(), "$", "$states.input"),
        (r#""Type":"Wait","Seconds":1"#.to_owned(), "$", "$states.input"),
        (format!(r#""Type":"Parallel","Branches":[{inner}]"#), "$[0]", "$states.result[0]"),
        (format!(r#""Type":"Map","ItemProcessor":{inner}"#), "$[0]", "[$states.result[0]]"),
        (format!(r#""Type":"Task","Resource":"{ACTIVITY_ARN}""#), "$", "$states.result"),
        (choice(r#"{"CONDITION":0,"Next":"N","ASSIGN":0}"#), "$", "$states.input"),
    ] {
        let script: &[Do] = match state.contains("Task") {
            true => &[Do::Take, Do::Succeed("[1]")],
            false => &[],
        };
        for (language, assign, condition, read) in [
            (
                "JSONPath",
                format!(r#"{{"v.$":"{jsonpath}"}}"#),
                r#""Variable":"$","IsPresent":true"#,
                r#""InputPath":"$v""#,
            ),
            (
                "JSONata",
                format!(r#"{{"v":"{{% {jsonata} %}}"}}"#),
                r#""Condition":true"#,
                r#""Output":"{% $v %}""#,
            ),
        ] {
            let assign = format!(r#""Assign":{assign}"#);
            let state = match state.contains("CONDITION") {
                true => state.replace(r#""CONDITION":0"#, condition).replace(r#""ASSIGN":0"#, &assign),
                false => format!(r#"{state},{assign},"Next":"N""#),
            };
            let definition = format!(
                r#"{{"QueryLanguage":"{language}","StartAt":"S","States":{{"S":{{{state}}},"N":{{"Type":"Pass",{read},"End":true}}}}}}"#
            );
            let world = play(&definition, "[1]", script);
            let history = world.history(ExecutionId::of_arn(EXECUTION_ARN));
            let left =
                history.iter().find(|line| line.contains("StateExited name=S")).cloned().unwrap_or_default();
            let value = left.rsplit_once(" assigned=v=").map(|(_, value)| value.to_owned());
            let expected = if state.contains(r#""Map""#) && language == "JSONPath" { "1" } else { "[1]" };
            assert_eq!(value.as_deref(), Some(expected), "{definition}");
            let last = history.last().map(String::as_str).unwrap_or_default();
            assert!(last.ends_with(&format!("ExecutionSucceeded output={expected}")), "{definition}: {last}");
        }
    }
}
