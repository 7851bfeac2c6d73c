//! JSONata states: what their fields see, and how their failures show.

use keepstep_engine::id::ExecutionId;

use crate::harness::{ACTIVITY_ARN, Do, EXECUTION_ARN, check, play};

const ENTERED: &str = "An error occurred while executing the state";

#[test]
fn a_pass_has_its_input_or_its_output() {
    check(
        r#"{"QueryLanguage":"JSONata","StartAt":"A","States":{
            "A":{"Type":"Pass","Next":"B"},
            "B":{"Type":"Pass","Output":{"n":"{% $states.input.n + 1 %}","s":"{% $states.context.State.Name %}","t":" {% 1 %}"},
                "Assign":{"x":"{% $states.input.n %}","y":"{% $exists($x) %}"},"Next":"C"},
            "C":{"Type":"Pass","Output":"{% [$x, $y] %}","Assign":{"x":"{% $x + 1 %}"},"Next":"D"},
            "D":{"Type":"Succeed","Output":"{% $x %}"}}}"#,
        r#"{ "n": 1 }"#,
        &[],
        r#"
        1<0 ExecutionStarted input={ "n": 1 }
        2<0 PassStateEntered name=A input={ "n": 1 }
        3<2 PassStateExited name=A output={ "n": 1 }
        4<3 PassStateEntered name=B input={ "n": 1 }
        5<4 PassStateExited name=B output={"n":2,"s":"B","t":" {% 1 %}"} assigned=x=1,y=false
        6<5 PassStateEntered name=C input={"n":2,"s":"B","t":" {% 1 %}"}
        7<6 PassStateExited name=C output=[1,false] assigned=x=2
        8<7 SucceedStateEntered name=D input=[1,false]
        9<8 SucceedStateExited name=D output=2
        10<9 ExecutionSucceeded output=2
        "#,
    );
}

#[test]
fn a_task_has_arguments_clocks_and_a_result() {
    check(
        &format!(
            r#"{{"QueryLanguage":"JSONata","StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{ACTIVITY_ARN}",
                "Arguments":{{"a":"{{% $states.input.a %}}"}},"TimeoutSeconds":"{{% $states.input.s %}}","HeartbeatSeconds":"{{% 2 * 3 %}}",
                "Output":"{{% $states.result.r & $states.input.a %}}","Assign":{{"r":"{{% $states.result %}}"}},"Next":"U"}},
                "U":{{"Type":"Task","Resource":"{ACTIVITY_ARN}","Arguments":"{{% $r %}}","End":true}}}}}}"#
        ),
        r#"{"a":"in","s":60}"#,
        &[Do::Take, Do::Succeed(r#"{"r":"out"}"#), Do::Take, Do::Succeed(r#"[ 1 ]"#)],
        r#"
        1<0 ExecutionStarted input={"a":"in","s":60}
        2<0 TaskStateEntered name=T input={"a":"in","s":60}
        3<2 ActivityScheduled resource=a timeout=60 heartbeat=6 input={"a":"in"}
        4<3 ActivityStarted name=w
        5<4 ActivitySucceeded output={"r":"out"}
        6<5 TaskStateExited name=T output="outin" assigned=r={"r":"out"}
        7<6 TaskStateEntered name=U input="outin"
        8<7 ActivityScheduled resource=a input={"r":"out"}
        9<8 ActivityStarted name=w
        10<9 ActivitySucceeded output=[ 1 ]
        11<10 TaskStateExited name=U output=[ 1 ]
        12<11 ExecutionSucceeded output=[ 1 ]
        "#,
    );
}

#[test]
fn a_choice_takes_the_output_and_the_variables_of_its_rule() {
    let definition = r#"{"QueryLanguage":"JSONata","StartAt":"C","States":{
        "C":{"Type":"Choice","Output":"default","Assign":{"by":"state"},"Default":"S","Choices":[
            {"Condition":false,"Next":"S"},
            {"Condition":"{% $states.input.n = 1 %}","Output":{"one":"{% $states.input.n %}"},"Assign":{"by":"rule"},"Next":"S"},
            {"Condition":"{% $states.input.n = 2 %}","Next":"S"}]},
        "S":{"Type":"Succeed"}}}"#;
    for (input, exited, output) in [
        (r#"{"n":1}"#, r#"output={"one":1} assigned=by="rule""#, r#"{"one":1}"#),
        (r#"{"n":2}"#, r#"output={"n":2}"#, r#"{"n":2}"#),
        (r#"{"n":3}"#, r#"output="default" assigned=by="state""#, r#""default""#),
    ] {
        check(
            definition,
            input,
            &[],
            &format!(
                r#"
                1<0 ExecutionStarted input={input}
                2<0 ChoiceStateEntered name=C input={input}
                3<2 ChoiceStateExited name=C {exited}
                4<3 SucceedStateEntered name=S input={output}
                5<4 SucceedStateExited name=S output={output}
                6<5 ExecutionSucceeded output={output}
                "#
            ),
        );
    }
}

#[test]
fn a_wait_computes_its_end() {
    check(
        r#"{"QueryLanguage":"JSONata","StartAt":"A","States":{
            "A":{"Type":"Wait","Seconds":"{% $states.input.s %}","Assign":{"t":"{% $states.input.t %}"},"Next":"B"},
            "B":{"Type":"Wait","Timestamp":"{% $t %}","Output":"{% $t %}","End":true}}}"#,
        r#"{"s":2,"t":"2026-01-01T00:00:03Z"}"#,
        &[],
        r#"
        1<0 ExecutionStarted input={"s":2,"t":"2026-01-01T00:00:03Z"}
        2<0 WaitStateEntered name=A input={"s":2,"t":"2026-01-01T00:00:03Z"}
        3<2 WaitStateExited name=A output={"s":2,"t":"2026-01-01T00:00:03Z"} assigned=t="2026-01-01T00:00:03Z"
        4<3 WaitStateEntered name=B input={"s":2,"t":"2026-01-01T00:00:03Z"}
        5<4 WaitStateExited name=B output="2026-01-01T00:00:03Z"
        6<5 ExecutionSucceeded output="2026-01-01T00:00:03Z"
        "#,
    );
}

#[test]
fn a_map_computes_its_items_and_their_selection() {
    check(
        r#"{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","Items":"{% $states.input.list %}",
            "MaxConcurrency":"{% 1 %}","ToleratedFailureCount":"{% 1 %}",
            "ItemSelector":{"i":"{% $states.context.Map.Item.Index %}","v":"{% $states.context.Map.Item.Value %}","a":"{% $states.input.a %}"},
            "ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Output":"{% $states.input.v * $states.input.a %}","End":true}}},
            "Output":{"sum":"{% $sum($states.result) %}"},"Assign":{"n":"{% $count($states.result) %}"},"End":true}}}"#,
        r#"{"list":[3],"a":5}"#,
        &[],
        r#"
        1<0 ExecutionStarted input={"list":[3],"a":5}
        2<0 MapStateEntered name=M input={"list":[3],"a":5}
        3<2 MapStateStarted length=1
        4<3 MapIterationStarted name=M index=0
        5<4 PassStateEntered name=I input={"i":0,"v":3,"a":5}
        6<5 PassStateExited name=I output=15
        7<6 MapIterationSucceeded name=M index=0
        8<7 MapStateSucceeded
        9<7 MapStateExited name=M output={"sum":15} assigned=n=1
        10<9 ExecutionSucceeded output={"sum":15}
        "#,
    );
}

#[test]
fn a_parallel_has_arguments_and_a_result() {
    check(
        r#"{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Parallel","Arguments":"{% $states.input.a %}",
            "Branches":[{"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}},
                {"StartAt":"C","States":{"C":{"Type":"Pass","QueryLanguage":"JSONata","Output":2,"End":true}}}],
            "Output":"{% $append($states.result, $states.input.a) %}","End":true}}}"#,
        r#"{"a":1}"#,
        &[],
        r#"
        1<0 ExecutionStarted input={"a":1}
        2<0 ParallelStateEntered name=P input={"a":1}
        3<2 ParallelStateStarted
        4<3 PassStateEntered name=B input=1
        5<4 PassStateExited name=B output=1
        6<3 PassStateEntered name=C input=1
        7<6 PassStateExited name=C output=2
        8<7 ParallelStateSucceeded
        9<7 ParallelStateExited name=P output=[1,2,1]
        10<9 ExecutionSucceeded output=[1,2,1]
        "#,
    );
}

#[test]
fn a_catcher_sees_the_error() {
    for (output, expected) in [
        (r#","Output":"{% $states.errorOutput.Error & $states.input %}""#, r#""Ein""#),
        ("", r#"{"Error":"E","Cause":"why"}"#),
    ] {
        check(
            &format!(
                r#"{{"QueryLanguage":"JSONata","StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{ACTIVITY_ARN}","End":true,
                    "Output":"never","Assign":{{"never":1}},
                    "Catch":[{{"ErrorEquals":["E"],"Next":"S","Assign":{{"c":"{{% $states.errorOutput.Cause %}}"}}{output}}}]}},
                    "S":{{"Type":"Succeed","Output":"{{% $c %}}"}}}}}}"#
            ),
            r#""in""#,
            &[Do::Take, Do::Fail(Some("E"), Some("why"))],
            &format!(
                r#"
                1<0 ExecutionStarted input="in"
                2<0 TaskStateEntered name=T input="in"
                3<2 ActivityScheduled resource=a input="in"
                4<3 ActivityStarted name=w
                5<4 ActivityFailed error=E cause=why
                6<5 TaskStateExited name=T output={expected} assigned=c="why"
                7<6 SucceedStateEntered name=S input={expected}
                8<7 SucceedStateExited name=S output="why"
                9<8 ExecutionSucceeded output="why"
                "#
            ),
        );
    }
}

#[test]
fn a_field_that_fails_has_an_event_and_fails_the_state() {
    let undefined = |expression: &str, field: &str| {
        format!(
            "The JSONata expression '{expression}' specified for the field '{field}' returned nothing (undefined)."
        )
    };
    let rows = [
        (r#""Type":"Pass","Output":{"a":["{% $nothing %}"]},"End":true"#, "Pass", "Output/a[0]", "$nothing"),
        (r#""Type":"Pass","Assign":{"a":"{% $nothing %}"},"End":true"#, "Pass", "Assign/a", "$nothing"),
        (r#""Type":"Pass","Output":"{% $states.result %}","End":true"#, "Pass", "Output", "$states.result"),
        (r#""Type":"Wait","Seconds":"{% $nothing %}","End":true"#, "Wait", "Seconds", "$nothing"),
        (r#""Type":"Fail","Cause":"{% $nothing %}""#, "Fail", "Cause", "$nothing"),
        (r#""Type":"Succeed","Output":"{% $nothing %}""#, "Succeed", "Output", "$nothing"),
        (
            r#""Type":"Choice","Choices":[{"Condition":"{% $nothing %}","Next":"X"}]"#,
            "Choice",
            "Choices[0]/Condition",
            "$nothing",
        ),
        (
            r#""Type":"Choice","Choices":[{"Condition":true,"Next":"X","Output":"{% $nothing %}"}]"#,
            "Choice",
            "Choices[0]/Output",
            "$nothing",
        ),
    ];
    for (state, kind, field, expression) in rows {
        // The definition is refused where a variable is never assigned: one that is assigned later is not.
        let definition = format!(
            r#"{{"QueryLanguage":"JSONata","StartAt":"C","States":{{"X":{{{state}}},"E":{{"Type":"Succeed"}},
                "C":{{"Type":"Choice","Choices":[{{"Condition":false,"Next":"N"}},{{"Condition":false,"Next":"E"}}],"Default":"X"}},
                "N":{{"Type":"Pass","Assign":{{"nothing":1}},"Next":"X"}}}}}}"#
        );
        let cause = format!("{ENTERED} 'X' (entered at the event id #4). {}", undefined(expression, field));
        check(
            &definition,
            "{}",
            &[],
            &format!(
                r#"
                1<0 ExecutionStarted input={{}}
                2<0 ChoiceStateEntered name=C input={{}}
                3<2 ChoiceStateExited name=C output={{}}
                4<3 {kind}StateEntered name=X input={{}}
                5<4 EvaluationFailed name=X error=States.QueryEvaluationError cause={cause} location={field}
                6<5 ExecutionFailed error=States.QueryEvaluationError cause={cause}
                "#
            ),
        );
    }
}

/// One condition is cheap; what all of them may build together is bounded as for one.
#[test]
fn the_conditions_of_a_choice_share_their_limits() {
    let expression = "$length($pad('', 1000000)) = 0";
    let rule = format!(r#"{{"Condition":"{{% {expression} %}}","Next":"S"}}"#);
    for (count, failing) in [(10, None), (1_000, Some(53))] {
        let definition = format!(
            r#"{{"QueryLanguage":"JSONata","StartAt":"C","States":{{
                "C":{{"Type":"Choice","Default":"S","Choices":[{}]}},"S":{{"Type":"Succeed"}}}}}}"#,
            vec![rule.as_str(); count].join(",")
        );
        let rest = match failing {
            None => "
                3<2 ChoiceStateExited name=C output={}
                4<3 SucceedStateEntered name=S input={}
                5<4 SucceedStateExited name=S output={}
                6<5 ExecutionSucceeded output={}"
                .to_owned(),
            Some(index) => {
                let field = format!("Choices[{index}]/Condition");
                let cause = format!(
                    "{ENTERED} 'C' (entered at the event id #2). The JSONata expression '{expression}' specified for the field '{field}' threw an error during evaluation: Expression evaluation memory limit exceeded: Check for excessive memory usage"
                );
                format!(
                    "
                3<2 EvaluationFailed name=C error=States.QueryEvaluationError cause={cause} location={field}
                4<3 ExecutionFailed error=States.QueryEvaluationError cause={cause}"
                )
            }
        };
        check(
            &definition,
            "{}",
            &[],
            &format!(
                "
                1<0 ExecutionStarted input={{}}
                2<0 ChoiceStateEntered name=C input={{}}{rest}
                "
            ),
        );
    }
}

#[test]
fn a_failed_evaluation_is_retried_and_caught() {
    let cause = |id: u64| {
        format!(
            "{ENTERED} 'T' (entered at the event id #{id}). The JSONata expression '$states.result + 1' specified for the field 'Output' threw an error during evaluation. T2001: The left side of the \"+\" operator must evaluate to a number"
        )
    };
    let cause = cause(2);
    check(
        &format!(
            r#"{{"QueryLanguage":"JSONata","StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{ACTIVITY_ARN}","End":true,
                "Output":"{{% $states.result + 1 %}}",
                "Retry":[{{"ErrorEquals":["States.QueryEvaluationError"],"IntervalSeconds":1,"MaxAttempts":1}}],
                "Catch":[{{"ErrorEquals":["States.ALL"],"Next":"S","Output":"{{% $states.errorOutput.Error %}}"}}]}},
                "S":{{"Type":"Succeed"}}}}}}"#
        ),
        "{}",
        &[Do::Take, Do::Succeed(r#""a""#), Do::Pass(1000), Do::Take, Do::Succeed(r#""b""#)],
        &format!(
            r#"
            1<0 ExecutionStarted input={{}}
            2<0 TaskStateEntered name=T input={{}}
            3<2 ActivityScheduled resource=a input={{}}
            4<3 ActivityStarted name=w
            5<4 ActivitySucceeded output="a"
            6<5 EvaluationFailed name=T error=States.QueryEvaluationError cause={cause} location=Output
            7<6 ActivityScheduled resource=a input={{}}
            8<7 ActivityStarted name=w
            9<8 ActivitySucceeded output="b"
            10<9 EvaluationFailed name=T error=States.QueryEvaluationError cause={cause} location=Output
            11<10 TaskStateExited name=T output="States.QueryEvaluationError"
            12<11 SucceedStateEntered name=S input="States.QueryEvaluationError"
            13<12 SucceedStateExited name=S output="States.QueryEvaluationError"
            14<13 ExecutionSucceeded output="States.QueryEvaluationError"
            "#
        ),
    );
}

#[test]
fn an_item_that_cannot_be_selected_ends_the_iterations_that_run() {
    let cause = format!(
        "{ENTERED} 'M' (entered at the event id #2). The JSONata expression '$states.context.Map.Item.Value.v' specified for the field 'ItemSelector' returned nothing (undefined)."
    );
    check(
        r#"{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","End":true,
            "ItemSelector":"{% $states.context.Map.Item.Value.v %}",
            "ItemProcessor":{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}}}}"#,
        r#"[{"v":1},{}]"#,
        &[],
        &format!(
            r#"
            1<0 ExecutionStarted input=[{{"v":1}},{{}}]
            2<0 MapStateEntered name=M input=[{{"v":1}},{{}}]
            3<2 MapStateStarted length=2
            4<3 MapIterationStarted name=M index=0
            5<4 WaitStateEntered name=W input=1
            6<3 EvaluationFailed name=M error=States.QueryEvaluationError cause={cause} location=ItemSelector
            7<5 WaitStateAborted
            8<7 MapIterationAborted name=M index=0
            9<6 MapStateFailed
            10<9 ExecutionFailed error=States.QueryEvaluationError cause={cause}
            "#
        ),
    );
}

/// What `$states.context` has, and where: a token in the Arguments of a task that waits for one, an item around the states of a Map, a
/// count of retries where a state can be retried.
#[test]
fn the_context_object_has_what_there_is() {
    let execution = r#""Execution":{"Id":"arn:aws:states:us-east-1:123456789012:execution:m:e","Input":[5],"StartTime":"2026-01-01T00:00:00.000Z","Name":"e","RoleArn":"arn:aws:iam::123456789012:role/r","RedriveCount":0},"StateMachine":{"Id":"arn:aws:states:us-east-1:123456789012:stateMachine:m","Name":"m"}"#;
    let time = "2026-01-01T00:00:00.000Z";
    let state =
        |name: &str, rest: &str| format!(r#""State":{{"Name":"{name}","EnteredTime":"{time}"{rest}}}"#);
    let item = r#""Map":{"Item":{"Index":0,"Value":5}}"#;
    let selected = format!(r#"{{{execution},{},{item}}}"#, state("M", r#","RetryCount":0"#));
    let passed = format!(r#"{{{execution},{},{item}}}"#, state("I", ""));
    let left = format!(r#"{{{execution},{}}}"#, state("M", r#","RetryCount":0"#));
    check(
        r#"{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemSelector":"{% $states.context %}",
            "Output":"{% $states.context %}","ItemProcessor":{"StartAt":"I","States":{
                "I":{"Type":"Pass","Output":"{% $states.context %}","End":true}}}}}}"#,
        "[5]",
        &[],
        &format!(
            r#"
            1<0 ExecutionStarted input=[5]
            2<0 MapStateEntered name=M input=[5]
            3<2 MapStateStarted length=1
            4<3 MapIterationStarted name=M index=0
            5<4 PassStateEntered name=I input={selected}
            6<5 PassStateExited name=I output={passed}
            7<6 MapIterationSucceeded name=M index=0
            8<7 MapStateSucceeded
            9<7 MapStateExited name=M output={left}
            10<9 ExecutionSucceeded output={left}
            "#
        ),
    );
    let task = |fields: &str| {
        format!(
            r#"{{"QueryLanguage":"JSONata","StartAt":"T","States":{{"T":{{"Type":"Task","End":true,
                "Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Arguments":{{"FunctionName":"f","Payload":{{
                    "is":"{{% $exists($states.context.Task.Token) %}}","other":"{{% $count($keys($states.context.Task)) %}}"}}}}{fields}}}}}}}"#
        )
    };
    let world = play(&task(""), "{}", &[]);
    let history = world.history(ExecutionId::of_arn(EXECUTION_ARN));
    assert!(
        history[2].ends_with(r#"input={"FunctionName":"f","Payload":{"is":true,"other":1}}"#),
        "{}",
        history[2]
    );
}

/// A state fails before its event where its fields fail before it, and after it where what follows from it fails.
#[test]
fn evaluations_fail_where_they_are_made() {
    let failed = |location: &str, id: u64, expression: &str| {
        let cause = format!(
            "{ENTERED} 'S' (entered at the event id #2). The JSONata expression '{expression}' specified for the field '{location}' threw an error during evaluation. D3137: no"
        );
        let after = if id == 3 { 2 } else { id - 1 };
        format!(
            "{id}<{after} EvaluationFailed name=S error=States.QueryEvaluationError cause={cause} location={location}"
        )
    };
    let no = "{% $error('no') %}";
    let inner = r#"{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}"#;
    for (state, location, id) in [
        (
            format!(r#""Type":"Task","Resource":"{ACTIVITY_ARN}","Arguments":{{"a":["{no}"]}}"#),
            "Arguments/a[0]",
            3,
        ),
        (
            format!(r#""Type":"Task","Resource":"{ACTIVITY_ARN}","TimeoutSeconds":"{no}""#),
            "TimeoutSeconds",
            3,
        ),
        (format!(r#""Type":"Parallel","Branches":[{inner}],"Arguments":"{no}""#), "Arguments", 3),
        (format!(r#""Type":"Map","ItemProcessor":{inner},"Items":"{no}""#), "Items", 3),
        (format!(r#""Type":"Map","ItemProcessor":{inner},"MaxConcurrency":"{no}""#), "MaxConcurrency", 3),
        (format!(r#""Type":"Map","ItemProcessor":{inner},"ItemSelector":"{no}""#), "ItemSelector", 4),
        (format!(r#""Type":"Wait","Timestamp":"{no}""#), "Timestamp", 3),
        (format!(r#""Type":"Pass","Assign":{{"v":"{no}"}}"#), "Assign/v", 3),
    ] {
        let definition =
            format!(r#"{{"QueryLanguage":"JSONata","StartAt":"S","States":{{"S":{{{state},"End":true}}}}}}"#);
        let history = play(&definition, "[1]", &[]).history(ExecutionId::of_arn(EXECUTION_ARN));
        let place = usize::try_from(id).expect("it is small") - 1;
        assert_eq!(history[place], failed(location, id, "$error('no')"), "{state}");
    }
}
