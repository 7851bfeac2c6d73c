//! `variableReferences` as `DescribeStateMachine` lists them: which fields count, and which don't. Each row has the shape
//! of a recorded case.

use serde_json::{Value, json};

use super::{valid, valid_state};

#[track_caller]
fn check(state: Value, expected: &[&str]) {
    let found: Vec<String> = valid_state(&state).variables().into_iter().collect();
    assert_eq!(found, expected, "{state}");
}

#[test]
fn every_field_of_a_json_path_state_counts() {
    check(json!({"Type": "Pass", "InputPath": "$a"}), &["a"]);
    check(json!({"Type": "Pass", "OutputPath": "$a.b[0]"}), &["a"]);
    check(json!({"Type": "Pass", "InputPath": "$a", "OutputPath": "$a", "Assign": {"a": 1}}), &["a"]);
    check(json!({"Type": "Pass", "Parameters": {"p.$": "$a"}, "ResultPath": "$.p"}), &["a"]);
    check(json!({"Type": "Pass", "Assign": {"b.$": "$a", "c": {"d": [{"e.$": "$c"}]}}}), &["a", "c"]);
    check(json!({"Type": "Wait", "SecondsPath": "$s"}), &["s"]);
    check(json!({"Type": "Wait", "TimestampPath": "$t"}), &["t"]);
    check(json!({"Type": "Fail", "ErrorPath": "$e", "CausePath": "$c"}), &["c", "e"]);
    check(json!({"Type": "Fail", "CausePath": "States.Format('{}', $c)"}), &["c"]);
    let choice = |rule: Value| json!({"Type": "Choice", "Choices": [rule]});
    check(choice(json!({"Variable": "$v", "StringEqualsPath": "$w", "Next": "Y"})), &["v", "w"]);
    check(
        choice(
            json!({"Or": [{"Not": {"Variable": "$v", "IsNull": true}}, {"Variable": "$w.a", "IsPresent": true}],
                      "Assign": {"x.$": "$y"}, "Next": "Y"}),
        ),
        &["v", "w", "y"],
    );
    let nested = "States.MathAdd(States.MathAdd($b, $a), States.ArrayLength($c[?(@.d > 1)]))";
    check(json!({"Type": "Pass", "Parameters": {"p": {"q.$": nested}}}), &["a", "b", "c"]);
    check(
        json!({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
               "Parameters": {"p.$": "$p"}, "ResultSelector": {"r.$": "$r"}, "TimeoutSecondsPath": "$t",
               "HeartbeatSecondsPath": "$h", "Credentials": {"RoleArn.$": "$c"},
               "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": {"e.$": "$x"}, "Next": "Y"}]}),
        &["c", "h", "p", "r", "t", "x"],
    );
}

#[test]
fn every_field_of_a_map_counts() {
    let flow = |mode: &str| {
        let mut config = json!({"Mode": mode});
        if mode == "DISTRIBUTED" {
            config["ExecutionType"] = json!("STANDARD");
        }
        json!({"ProcessorConfig": config, "StartAt": "I",
               "States": {"I": {"Type": "Pass", "InputPath": "$inner", "End": true}}})
    };
    check(
        json!({"Type": "Map", "ItemsPath": "$items", "MaxConcurrencyPath": "$c", "ItemProcessor": flow("INLINE"),
               "ItemSelector": {"s.$": "States.Format($f, $$.Map.Item.Value)", "literal": "$l"}}),
        &["c", "f", "items"],
    );
    check(
        json!({"Type": "Map", "ItemProcessor": flow("DISTRIBUTED"), "ToleratedFailureCountPath": "$n",
               "ToleratedFailurePercentagePath": "$p", "ItemBatcher": {"MaxItemsPerBatchPath": "$i",
               "MaxInputBytesPerBatchPath": "$b", "BatchInput": {"x.$": "$x"}},
               "ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
                              "ReaderConfig": {"InputType": "JSON", "MaxItemsPath": "$m"},
                              "Parameters": {"Bucket.$": "$bucket", "Key": "$key"}},
               "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject",
                                "Parameters": {"Bucket.$": "$writer", "Prefix": "p"}}}),
        &["b", "bucket", "i", "m", "n", "p", "writer", "x"],
    );
}

#[test]
fn every_field_of_a_jsonata_state_counts() {
    let jsonata = |mut state: Value| {
        state["QueryLanguage"] = json!("JSONata");
        state
    };
    check(jsonata(json!({"Type": "Pass", "Output": "{% $sum($states.input.n) + $one %}"})), &["one"]);
    check(
        jsonata(
            json!({"Type": "Pass", "Output": {"a": ["{% $b.c %}", " {% $d %}"]}, "Assign": {"e": "{% $f %}"}}),
        ),
        &["b", "f"],
    );
    check(
        jsonata(json!({"Type": "Pass", "Output": "{% ($x := $y; $map([1], function($v) { $v + $x })) %}"})),
        &["y"],
    );
    let choice = |rule: Value| jsonata(json!({"Type": "Choice", "Choices": [rule]}));
    check(choice(json!({"Condition": "{% $not($states.input.done) %}", "Next": "Y"})), &[]);
    check(choice(json!({"Condition": true, "Next": "Y"})), &[]);
    check(
        choice(
            json!({"Condition": "{% $a > 1 %}", "Output": "{% $b %}", "Assign": {"c": "{% $d %}"}, "Next": "Y"}),
        ),
        &["a", "b", "d"],
    );
    check(jsonata(json!({"Type": "Wait", "Seconds": "{% $s %}"})), &["s"]);
    check(jsonata(json!({"Type": "Wait", "Timestamp": "{% $t %}"})), &["t"]);
    check(jsonata(json!({"Type": "Fail", "Error": "{% $e %}", "Cause": "{% $c %}"})), &["c", "e"]);
    check(
        jsonata(json!({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
                       "Arguments": {"a": "{% $a %}"}, "TimeoutSeconds": "{% $t %}", "HeartbeatSeconds": "{% $h %}",
                       "Credentials": {"RoleArn": "{% $r %}"},
                       "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $o %}", "Assign": {"e": "{% $x %}"},
                                  "Next": "Y"}]})),
        &["a", "h", "o", "r", "t", "x"],
    );
    let flow = json!({"StartAt": "I", "States": {"I": {"Type": "Succeed"}}});
    check(
        jsonata(
            json!({"Type": "Map", "Items": "{% $i %}", "MaxConcurrency": "{% $c %}", "ItemProcessor": flow,
                       "ItemSelector": {"s": "{% $s %}"}, "ToleratedFailureCount": "{% $n %}",
                       "ToleratedFailurePercentage": "{% $p %}"}),
        ),
        &["c", "i", "n", "p", "s"],
    );
    check(jsonata(json!({"Type": "Parallel", "Branches": [flow], "Arguments": "{% $a %}"})), &["a"]);
}

#[test]
fn what_only_looks_like_a_reference_does_not_count() {
    check(json!({"Type": "Pass", "Parameters": {"p": "$a"}, "Result": "$b"}), &[]);
    check(json!({"Type": "Pass", "InputPath": "$.a", "OutputPath": "$$.Execution.Input"}), &[]);
    check(json!({"Type": "Pass", "Parameters": {"text.$": "States.Format('$a {}', $.b)"}}), &[]);
}

#[test]
fn states_are_listed_by_name_wherever_they_are() {
    let definition = valid(&json!({"StartAt": "Outer", "States": {
        "Outer": {"Type": "Map", "ItemsPath": "$list", "Next": "Last", "ItemProcessor": {"StartAt": "Assigns", "States": {
            "Assigns": {"Type": "Pass", "Assign": {"x.$": "$[0]"}, "Next": "Inner"},
            "Inner": {"Type": "Parallel", "End": true, "Branches": [
                {"StartAt": "Sum", "States": {
                    "Sum": {"Type": "Pass", "Assign": {"s.$": "States.MathAdd($x, $bias)"}, "End": true}}},
            ]},
        }}},
        "Last": {"Type": "Succeed"},
    }}));
    let expected = json!({"Outer": ["list"], "Sum": ["bias", "x"]});
    assert_eq!(json!(definition.variable_references()), expected);
}
