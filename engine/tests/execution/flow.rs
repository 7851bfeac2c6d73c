//! Pass, Choice, Wait, Succeed and Fail.

use keepstep_engine::id::ExecutionId;

use crate::harness::{Do, World, check, play};

#[test]
fn one_pass_takes_one_transaction_of_four_keys() {
    let definition = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#;
    check(
        definition,
        r#"{ "a" : [1, 2] }"#,
        &[],
        r#"
        1<0 ExecutionStarted input={ "a" : [1, 2] }
        2<0 PassStateEntered name=A input={ "a" : [1, 2] }
        3<2 PassStateExited name=A output={ "a" : [1, 2] }
        4<3 ExecutionSucceeded output={ "a" : [1, 2] }
        "#,
    );
    let world = play(definition, "{}", &[]);
    let [transaction] = &world.transactions[..] else { panic!("one transaction") };
    assert_eq!(transaction.writes.len(), 4, "head, chunk, listing, expiry");
}

#[test]
fn a_step_that_takes_too_long_ends_with_the_state_that_it_is_at() {
    let definition = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"C"},
        "C":{"Type":"Pass","Next":"D"},"D":{"Type":"Succeed"}}}"#;
    let run = |is_late: fn() -> bool| {
        let mut world = World::with(definition);
        world.is_late = is_late;
        let started = world.start(&world.request("e", "{}")).expect("it starts");
        let execution = ExecutionId::of_arn(&started.arn);
        world.pass_until_end(execution);
        (world.transactions.len(), world.history(execution))
    };
    let (at_once, expected) = run(|| false);
    let (by_steps, history) = run(|| true);
    assert_eq!((at_once, by_steps), (1, 4), "a step for each state");
    assert_eq!(history, expected);
}

#[test]
fn a_pass_reshapes_its_payload() {
    check(
        r#"{"StartAt":"A","States":{
            "A":{"Type":"Pass","InputPath":"$.in","Parameters":{"b.$":"$.a","n.$":"$$.State.Name","x":1},"ResultPath":"$.out","Next":"B"},
            "B":{"Type":"Pass","Result":{"r":true},"ResultPath":"$.more","OutputPath":"$.more","Next":"C"},
            "C":{"Type":"Succeed"}}}"#,
        r#"{"in":{"a":7}}"#,
        &[],
        r#"
        1<0 ExecutionStarted input={"in":{"a":7}}
        2<0 PassStateEntered name=A input={"in":{"a":7}}
        3<2 PassStateExited name=A output={"in":{"a":7},"out":{"b":7,"n":"A","x":1}}
        4<3 PassStateEntered name=B input={"in":{"a":7},"out":{"b":7,"n":"A","x":1}}
        5<4 PassStateExited name=B output={"r":true}
        6<5 SucceedStateEntered name=C input={"r":true}
        7<6 SucceedStateExited name=C output={"r":true}
        8<7 ExecutionSucceeded output={"r":true}
        "#,
    );
}

#[test]
fn the_context_object_is_awss() {
    check(
        r#"{"StartAt":"A","States":{"A":{"Type":"Pass","OutputPath":"$$","End":true}}}"#,
        r#"{"i":0}"#,
        &[],
        r#"
        1<0 ExecutionStarted input={"i":0}
        2<0 PassStateEntered name=A input={"i":0}
        3<2 PassStateExited name=A output={"Execution":{"Id":"arn:aws:states:us-east-1:123456789012:execution:m:e","Input":{"i":0},"StartTime":"2026-01-01T00:00:00.000Z","Name":"e","RoleArn":"arn:aws:iam::123456789012:role/r","RedriveCount":0},"StateMachine":{"Id":"arn:aws:states:us-east-1:123456789012:stateMachine:m","Name":"m"},"State":{"Name":"A","EnteredTime":"2026-01-01T00:00:00.000Z"}}
        4<3 ExecutionSucceeded output={"Execution":{"Id":"arn:aws:states:us-east-1:123456789012:execution:m:e","Input":{"i":0},"StartTime":"2026-01-01T00:00:00.000Z","Name":"e","RoleArn":"arn:aws:iam::123456789012:role/r","RedriveCount":0},"StateMachine":{"Id":"arn:aws:states:us-east-1:123456789012:stateMachine:m","Name":"m"},"State":{"Name":"A","EnteredTime":"2026-01-01T00:00:00.000Z"}}
        "#,
    );
}

#[test]
fn a_choice_takes_the_first_rule_that_holds() {
    let definition = r#"{"StartAt":"C","States":{
        "C":{"Type":"Choice","Choices":[
            {"Variable":"$.n","NumericGreaterThan":10,"Next":"Big"},
            {"Variable":"$.n","NumericGreaterThan":5,"Next":"Middle"}],"Default":"Small"},
        "Big":{"Type":"Succeed"},"Middle":{"Type":"Succeed"},"Small":{"Type":"Fail","Error":"Small","Cause":"too small"}}}"#;
    check(
        definition,
        r#"{"n":7}"#,
        &[],
        r#"
        1<0 ExecutionStarted input={"n":7}
        2<0 ChoiceStateEntered name=C input={"n":7}
        3<2 ChoiceStateExited name=C output={"n":7}
        4<3 SucceedStateEntered name=Middle input={"n":7}
        5<4 SucceedStateExited name=Middle output={"n":7}
        6<5 ExecutionSucceeded output={"n":7}
        "#,
    );
    check(
        definition,
        r#"{"n":1}"#,
        &[],
        r#"
        1<0 ExecutionStarted input={"n":1}
        2<0 ChoiceStateEntered name=C input={"n":1}
        3<2 ChoiceStateExited name=C output={"n":1}
        4<3 FailStateEntered name=Small input={"n":1}
        5<4 ExecutionFailed error=Small cause=too small
        "#,
    );
}

#[test]
fn a_choice_without_a_rule_that_holds_fails_at_run_time() {
    check(
        r#"{"StartAt":"C","States":{
            "C":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":1,"Next":"S"}]},"S":{"Type":"Succeed"}}}"#,
        r#"{"n":2}"#,
        &[],
        r#"
        1<0 ExecutionStarted input={"n":2}
        2<0 ChoiceStateEntered name=C input={"n":2}
        3<2 ExecutionFailed error=States.Runtime cause=An error occurred while executing the state 'C' (entered at the event id #2). Failed to transition out of the state. The state does not point to a next state.
        "#,
    );
}

#[test]
fn a_fail_state_takes_its_texts_from_where_it_is_told() {
    for (fail, input, end) in [
        ("", "{}", "3<2 ExecutionFailed"),
        (r#","Error":"E","Cause":"c""#, "{}", "3<2 ExecutionFailed error=E cause=c"),
        (
            r#","ErrorPath":"States.Format('{}', $.e)","CausePath":"$.c""#,
            r#"{"e":"x","c":"y"}"#,
            "3<2 ExecutionFailed error=x cause=y",
        ),
        (
            r#","ErrorPath":"$$.State.Name","CausePath":"$$.StateMachine.Name""#,
            "{}",
            "3<2 ExecutionFailed error=F cause=m",
        ),
    ] {
        let definition = format!(r#"{{"StartAt":"F","States":{{"F":{{"Type":"Fail"{fail}}}}}}}"#);
        let expected =
            format!("1<0 ExecutionStarted input={input}\n2<0 FailStateEntered name=F input={input}\n{end}");
        check(&definition, input, &[], &expected);
    }
}

fn wait(until: &str) -> String {
    format!(r#"{{"StartAt":"W","States":{{"W":{{"Type":"Wait",{until},"End":true}}}}}}"#)
}

#[test]
fn waits_end_when_their_time_has_come_and_never_before() {
    for (until, input, early_ms) in [
        (r#""Seconds":2"#, "{}", 1_999),
        (r#""SecondsPath":"$.s""#, r#"{"s":3}"#, 2_999),
        (r#""Timestamp":"2026-01-01T00:00:01.5Z""#, "{}", 1_499),
        (r#""TimestampPath":"$.t""#, r#"{"t":"2026-01-01T00:00:00.001000001Z"}"#, 1),
    ] {
        let definition = wait(until);
        let mut world = World::with(&definition);
        let request = world.request("e", input);
        let started = world.start(&request).expect("it starts");
        let execution = ExecutionId::of_arn(&started.arn);
        world.act(execution, &Do::Pass(early_ms));
        assert!(world.is_running(execution), "{until}");
        world.act(execution, &Do::Pass(1));
        assert!(!world.is_running(execution), "{until}");
        let expected = [
            format!("1<0 ExecutionStarted input={input}"),
            format!("2<0 WaitStateEntered name=W input={input}"),
            format!("3<2 WaitStateExited name=W output={input}"),
            format!("4<3 ExecutionSucceeded output={input}"),
        ];
        assert_eq!(world.history(execution), expected, "{until}");
    }
}

#[test]
fn waits_for_the_past_are_over_at_once() {
    for (until, input) in [
        (r#""Seconds":0"#, "{}"),
        (r#""SecondsPath":"$.s""#, r#"{"s":0}"#),
        (r#""Timestamp":"2016-03-05T21:29:29.243167252Z""#, "{}"),
        (r#""TimestampPath":"$.t""#, r#"{"t":"2016-03-14T01:47:10.00Z"}"#),
    ] {
        assert_eq!(play(&wait(until), input, &[]).transactions.len(), 1, "{until}");
    }
}

#[test]
fn waits_for_nonsense_fail_in_awss_words() {
    let seconds = "\"SecondsPath\":\"$.v\"";
    let timestamp = "\"TimestampPath\":\"$.v\"";
    let no_timestamp = "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.v ==";
    for (until, value, cause) in [
        (seconds, "-1", "The SecondsPath parameter references a negative value: $.v == -1".to_owned()),
        (
            seconds,
            "-1.5",
            "The SecondsPath parameter cannot be parsed as a long value: $.v == -1.5".to_owned(),
        ),
        (seconds, "1.5", "The SecondsPath parameter cannot be parsed as a long value: $.v == 1.5".to_owned()),
        (timestamp, r#""2016-03-14T01:47:12""#, format!("{no_timestamp} 2016-03-14T01:47:12")),
        (timestamp, "1", format!("{no_timestamp} 1")),
    ] {
        let input = format!(r#"{{"v":{value}}}"#);
        let place = "An error occurred while executing the state 'W' (entered at the event id #2).";
        let expected = format!(
            "1<0 ExecutionStarted input={input}\n2<0 WaitStateEntered name=W input={input}\n\
             3<2 ExecutionFailed error=States.Runtime cause={place} {cause}"
        );
        check(&wait(until), &input, &[], &expected);
    }
}
