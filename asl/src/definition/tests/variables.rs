//! `Assign`: where it may stand, which names it may set, and where paths may refer to them.

use serde_json::{Value, json};

use super::{Kind, check_state, read_kind, valid_state};
use crate::wording;

const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:a";

#[test]
fn assign_stands_where_a_state_is_left() {
    let flow = json!({"StartAt": "I", "States": {"I": {"Type": "Succeed"}}});
    let assign = json!({"a": 1, "b.$": "$.b"});
    for state in [
        json!({"Type": "Pass", "Assign": assign}),
        json!({"Type": "Task", "Resource": ACTIVITY, "Assign": assign}),
        json!({"Type": "Wait", "Seconds": 1, "Assign": assign}),
        json!({"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": true, "Next": "Y"}], "Assign": assign}),
        json!({"Type": "Parallel", "Branches": [flow], "Assign": assign}),
        json!({"Type": "Map", "ItemProcessor": flow, "Assign": assign}),
    ] {
        let names = valid_state(&state).assign.map(|assign| assign.names);
        assert_eq!(names, Some(vec!["a".to_owned(), "b".to_owned()]), "{state}");
    }
    for state in [json!({"Type": "Succeed", "Assign": assign}), json!({"Type": "Fail", "Assign": assign})] {
        check_state(&state, &["SCHEMA_VALIDATION_FAILED: Field 'Assign' is not supported at @"]);
    }
}

#[test]
fn names_are_identifiers() {
    let pass = |assign: Value| json!({"Type": "Pass", "Assign": assign});
    check_state(&pass(json!([])), &["SCHEMA_VALIDATION_FAILED: Expected value of type Object at @/Assign"]);
    check_state(
        &pass(json!({"a-b": 1, "c.$": "$.c", "states": 1})),
        &[
            "INVALID_VARIABLE_NAME: Invalid variable name 'a-b': the variable name contains invalid characters. at @/Assign/a-b",
            "RESERVED_VARIABLE_NAME: Cannot assign to reserved variable '$states'. at @/Assign/states",
        ],
    );
    let long = "x".repeat(81);
    check_state(
        &pass(json!({long.clone(): 1, "x".repeat(80): 1})),
        &[&format!(
            "INVALID_VARIABLE_NAME: Invalid variable name '{long}': the variable name exceeds the 80-character limit. at \
             @/Assign/{long}"
        )],
    );
    check_state(
        &pass(json!({"a": {"b.$": "c"}})),
        &[
            "SCHEMA_VALIDATION_FAILED: The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic \
           function call at @/Assign/a",
        ],
    );
    check_state(
        &json!({"Type": "Task", "Resource": ACTIVITY,
                "Catch": [{"ErrorEquals": ["a"], "Assign": {"1": 1}, "Next": "Y"}]}),
        &[
            "INVALID_VARIABLE_NAME: Invalid variable name '1': the variable name contains invalid characters. at \
             @/Catch[0]/Assign/1",
        ],
    );
    check_state(
        &json!({"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": true, "Assign": {"": 1}, "Next": "Y"}]}),
        &[
            "INVALID_VARIABLE_NAME: Invalid variable name '': the variable name contains invalid characters. at \
             @/Choices[0]/Assign/",
        ],
    );
}

#[test]
fn paths_to_variables() {
    check_state(
        &json!({"Type": "Pass", "ResultPath": "$a"}),
        &[
            "SCHEMA_VALIDATION_FAILED: Value is not a Reference Path: '$a' starts at a variable, which only Assign sets at \
           @/ResultPath",
        ],
    );
    check_state(
        &json!({"Type": "Pass", "InputPath": "$states.input"}),
        &["SCHEMA_VALIDATION_FAILED: Value must be a valid JSONPath. at @/InputPath"],
    );
    let flow = json!({"StartAt": "I", "States": {"I": {"Type": "Succeed"}}});
    let context = wording::CONTEXT_NOT_ALLOWED;
    check_state(
        &json!({"Type": "Map", "ItemsPath": "$$.Execution.Input", "ItemProcessor": flow,
                "MaxConcurrencyPath": "$$.Execution.Input.n"}),
        &[&format!(
            "SCHEMA_VALIDATION_FAILED: Value is not a Reference Path: {context} at @/MaxConcurrencyPath"
        )],
    );
}

#[test]
fn a_name_belongs_to_one_scope() {
    let machine = |inner: Value, last: Value| {
        json!({"StartAt": "P", "States": {
            "P": {"Type": "Parallel", "Next": "Last", "Branches": [
                {"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": inner, "End": true}}},
                {"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "Assign": {"m": 1}, "ItemProcessor": {
                    "StartAt": "B", "States": {"B": {"Type": "Pass", "Assign": inner, "End": true}}}}}},
            ]},
            "Last": {"Type": "Pass", "Assign": last, "End": true},
        }})
    };
    let check = |inner: Value, last: Value, expected: &[&str]| {
        let machine = machine(inner, last);
        assert_eq!(read_kind(&machine, Kind::Standard).err().unwrap_or_default(), expected, "{machine}");
    };
    check(json!({"a": 1}), json!({"b": 1}), &[]);
    check(
        json!({"a": 1}),
        json!({"a.$": "$"}),
        &[
            "SCHEMA_VALIDATION_FAILED: Variable 'a' is already assigned in an outer scope at \
             /States/P/Branches[0]/States/A/Assign",
            "SCHEMA_VALIDATION_FAILED: Variable 'a' is already assigned in an outer scope at \
             /States/P/Branches[1]/States/M/ItemProcessor/States/B/Assign",
        ],
    );
    check(
        json!({"m": 1}),
        json!({}),
        &["SCHEMA_VALIDATION_FAILED: Variable 'm' is already assigned in an outer scope at \
           /States/P/Branches[1]/States/M/ItemProcessor/States/B/Assign"],
    );
}

#[test]
fn references_to_what_nothing_assigns_are_left_to_the_run() {
    check_state(&json!({"Type": "Pass", "InputPath": "$nobody"}), &[]);
    check_state(&json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $nobody %}"}), &[]);
}
