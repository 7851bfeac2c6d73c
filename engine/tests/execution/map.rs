//! Inline Maps: what they iterate over, what their iterations see, how many run at a time.

use keepstep_engine::id::ExecutionId;

use crate::harness::{Do, EXECUTION_ARN, World, check, play};

fn history(definition: &str, input: &str) -> Vec<String> {
    play(definition, input, &[]).history(ExecutionId::of_arn(EXECUTION_ARN))
}

/// How an execution ends, without the event's ids.
fn end(definition: &str, input: &str) -> String {
    let last = history(definition, input).pop().unwrap_or_default();
    last.split_once(' ').map(|(_, rest)| rest.to_owned()).unwrap_or_default()
}

#[test]
fn an_objects_members_are_items_in_their_order() {
    check(
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.of","MaxConcurrency":1,"ResultPath":"$.r","End":true,
            "ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}}}}"#,
        r#"{"of":{"z":1,"a":{"n":2}}}"#,
        &[],
        r#"
        1<0 ExecutionStarted input={"of":{"z":1,"a":{"n":2}}}
        2<0 MapStateEntered name=M input={"of":{"z":1,"a":{"n":2}}}
        3<2 MapStateStarted length=2
        4<3 MapIterationStarted name=M index=0
        5<4 PassStateEntered name=I input={"Key":"z","Value":1}
        6<5 PassStateExited name=I output={"Key":"z","Value":1}
        7<6 MapIterationSucceeded name=M index=0
        8<6 MapIterationStarted name=M index=1
        9<8 PassStateEntered name=I input={"Key":"a","Value":{"n":2}}
        10<9 PassStateExited name=I output={"Key":"a","Value":{"n":2}}
        11<10 MapIterationSucceeded name=M index=1
        12<11 MapStateSucceeded
        13<11 MapStateExited name=M output={"of":{"z":1,"a":{"n":2}},"r":[{"Key":"z","Value":1},{"Key":"a","Value":{"n":2}}]}
        14<13 ExecutionSucceeded output={"of":{"z":1,"a":{"n":2}},"r":[{"Key":"z","Value":1},{"Key":"a","Value":{"n":2}}]}
        "#,
    );
}

#[test]
fn the_context_object_has_the_item_of_the_innermost_map() {
    let inner = |items: &str| {
        format!(
            r#"{{"StartAt":"M","States":{{"M":{{"Type":"Map","End":true,"ItemSelector":{{"in.$":"$$.Map.Item","of.$":"$.items"}},"ItemsPath":"$.items",
                "ItemProcessor":{{"StartAt":"I","States":{{
                    "I":{{"Type":"Pass","Parameters":{{"in.$":"$$.Map.Item","items":{items}}},"Next":"N"}},
                    "N":{{"Type":"Map","End":true,"ItemsPath":"$.items","ItemSelector":{{"in.$":"$$.Map.Item","out.$":"$.in.Index"}},
                        "ItemProcessor":{{"StartAt":"J","States":{{"J":{{"Type":"Pass","Parameters":{{"s.$":"$","in.$":"$$.Map.Item"}},"End":true}}}}}}}}}}}}}}}}}}"#
        )
    };
    let item = r#"{"Index":0,"Key":"k","Value":7}"#;
    assert_eq!(
        end(&inner(r#"["x"]"#), r#"{"items":{"k":7}}"#),
        r#"ExecutionSucceeded output=[[{"s":{"in":{"Index":0,"Value":"x"},"out":0},"in":{"Index":0,"Value":"x"}}]]"#
    );
    let nested = history(&inner(r#"["x"]"#), r#"{"items":{"k":7}}"#);
    assert_eq!(nested[4], format!(r#"5<4 PassStateEntered name=I input={{"in":{item},"of":{{"k":7}}}}"#));
    assert_eq!(nested[5], format!(r#"6<5 PassStateExited name=I output={{"in":{item},"items":["x"]}}"#));
    assert_eq!(
        end(&inner(r#"{"x":[]}"#), r#"{"items":[7]}"#),
        r#"ExecutionSucceeded output=[[{"s":{"in":{"Index":0,"Key":"x","Value":[]},"out":0},"in":{"Index":0,"Key":"x","Value":[]}}]]"#
    );
}

#[test]
fn jsonata_maps_take_lists_and_objects() {
    let map = |items: &str| {
        format!(
            r#"{{"QueryLanguage":"JSONata","StartAt":"M","States":{{"M":{{"Type":"Map",{items}"End":true,"MaxConcurrency":1,
                "ItemSelector":"{{% [$states.context.Map.Item.Index, $states.context.Map.Item.Key, $states.context.Map.Item.Value] %}}",
                "ItemProcessor":{{"StartAt":"I","States":{{"I":{{"Type":"Pass","End":true}}}}}}}}}}}}"#
        )
    };
    for (items, input, output) in [
        ("", r#"{"a":5}"#, r#"[[0,"a",5]]"#),
        ("", "[5]", "[[0,5]]"),
        ("", "[]", "[]"),
        ("", "{}", "[]"),
        (r#""Items":{"a":"{% $states.input %}","b":1},"#, "7", r#"[[0,"a",7],[1,"b",1]]"#),
        (r#""Items":["{% $states.input %}"],"#, "7", "[[0,7]]"),
        (r#""Items":"{% {'k': $states.input} %}","#, "7", r#"[[0,"k",7]]"#),
        (r#""Items":"{% [1..3][$ > 1] %}","#, "7", "[[0,2],[1,3]]"),
    ] {
        assert_eq!(end(&map(items), input), format!("ExecutionSucceeded output={output}"), "{items}");
    }
    let failed = end(&map(r#""Items":"{% $states.input %}","#), "7");
    assert!(
        failed.ends_with(
            "The JSONata expression '$states.input' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'number' for value: 7"
        ),
        "{failed}"
    );
}

/// Forty at most, whatever the field says (developer guide, "Inline mode": up to 40 concurrent iterations).
#[test]
fn iterations_run_side_by_side_within_their_bounds() {
    let items: Vec<_> = (0..60).map(|number| number.to_string()).collect();
    let input = format!(r#"{{"n":3,"t":"4","items":[{}]}}"#, items.join(","));
    for (field, running) in [
        ("", 40),
        (r#""MaxConcurrency":0,"#, 40),
        (r#""MaxConcurrency":1,"#, 1),
        (r#""MaxConcurrency":7,"#, 7),
        (r#""MaxConcurrency":1000,"#, 40),
        (r#""MaxConcurrencyPath":"$.n","#, 3),
        (r#""MaxConcurrencyPath":"$.t","#, 4),
    ] {
        let mut world = World::with(&format!(
            r#"{{"StartAt":"M","States":{{"M":{{"Type":"Map",{field}"ItemsPath":"$.items","End":true,
                "ItemProcessor":{{"StartAt":"W","States":{{"W":{{"Type":"Wait","Seconds":5,"End":true}}}}}}}}}}}}"#
        ));
        let request = world.request("e", &input);
        let execution = ExecutionId::of_arn(&world.start(&request).expect("it starts").arn);
        world.act(execution, &Do::Pass(0));
        for round in 0..3 {
            assert_eq!(world.branches(execution).len() - 1, running.min(60 - round * running), "{field}");
            world.act(execution, &Do::Pass(5_000));
            if (round + 1) * running >= 60 {
                break;
            }
        }
    }
}

#[test]
fn a_map_without_a_list_fails_at_run_time() {
    let map = |fields: &str| {
        format!(
            r#"{{"StartAt":"M","States":{{"M":{{"Type":"Map",{fields}"End":true,
                "ItemProcessor":{{"StartAt":"I","States":{{"I":{{"Type":"Pass","End":true}}}}}}}}}}}}"#
        )
    };
    for (fields, input, cause) in [
        ("", "1", r#"Reference path "$" must point to array."#),
        (r#""ItemsPath":"$.l","#, r#"{"l":null}"#, r#"Reference path "$.l" must point to array."#),
        (r#""ItemsPath":"$.l","#, r#"{"l":"[]"}"#, r#"Reference path "$.l" must point to array."#),
        (r#""ItemsPath":"$.l","#, "{}", "Invalid path '$.l' : No results for path: $['l']"),
    ] {
        let failed = end(&map(fields), input);
        let place = "An error occurred while executing the state 'M' (entered at the event id #2).";
        assert_eq!(failed, format!("ExecutionFailed error=States.Runtime cause={place} {cause}"));
    }
}

/// `[1..873782]` is what JSONata yields at most: more than a transaction can hold.
#[test]
fn computed_items_are_no_larger_than_a_payload() {
    let map = |last: u32| {
        format!(
            r#"{{"QueryLanguage":"JSONata","StartAt":"M","States":{{"M":{{"Type":"Map","Items":"{{% [1..{last}] %}}","End":true,
                "Catch":[{{"ErrorEquals":["States.DataLimitExceeded"],"Next":"S"}}],
                "ItemProcessor":{{"StartAt":"I","States":{{"I":{{"Type":"Succeed"}}}}}}}},"S":{{"Type":"Succeed"}}}}}}"#
        )
    };
    let cause = "The state/task 'M' provided parameters with a size exceeding the maximum number of bytes service limit.";
    assert_eq!(
        end(&map(873_782), "{}"),
        format!(r#"ExecutionSucceeded output={{"Error":"States.DataLimitExceeded","Cause":"{cause}"}}"#)
    );
    assert!(end(&map(1_000), "{}").starts_with("ExecutionSucceeded output=[1,2,3,"));
}
