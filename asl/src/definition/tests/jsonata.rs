//! JSONata states: which fields belong to which query language, and what expressions may hold.

use serde_json::{Value, json};

use super::super::{Condition, FailText, Number, Payload, QueryLanguage, StateKind, Timeout, Until};
use super::{Kind, check_state, read_kind, valid, valid_state};
use crate::jsonata::{Expression, Template};

const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:a";

fn jsonata(mut state: Value) -> Value {
    state["QueryLanguage"] = json!("JSONata");
    state
}

#[track_caller]
fn check_machine(machine: &Value, expected: &[&str]) {
    assert_eq!(read_kind(machine, Kind::Standard).err().unwrap_or_default(), expected, "{machine}");
}

fn other(language: &str, field: &str, needed: &str) -> String {
    format!(
        "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to '{language}', but field '{field}' is only supported for the \
         '{needed}' QueryLanguage at "
    )
}

#[test]
fn the_language_of_a_state_is_its_own_or_the_machines() {
    let inner = |language: Value| {
        let mut state = json!({"Type": "Pass", "End": true});
        if language != Value::Null {
            state["QueryLanguage"] = language;
        }
        state
    };
    let machine = |top: Value, map: Value, inside: Value| {
        let mut map_state = json!({"Type": "Map", "End": true, "ItemProcessor": {
            "StartAt": "I", "States": {"I": inner(inside)}}});
        if map != Value::Null {
            map_state["QueryLanguage"] = map;
        }
        let mut machine = json!({"StartAt": "M", "States": {"M": map_state}});
        if top != Value::Null {
            machine["QueryLanguage"] = top;
        }
        machine
    };
    let (path, jsonata, none) = (json!("JSONPath"), json!("JSONata"), Value::Null);
    use QueryLanguage::{JsonPath, Jsonata};
    for (top, map, inside, expected) in [
        (&none, &none, &none, [JsonPath, JsonPath]),
        (&path, &jsonata, &path, [Jsonata, JsonPath]),
        // What lies in a state inherits from the machine, not from the state.
        (&none, &jsonata, &none, [Jsonata, JsonPath]),
        (&jsonata, &none, &none, [Jsonata, Jsonata]),
        (&jsonata, &jsonata, &jsonata, [Jsonata, Jsonata]),
        (&path, &none, &jsonata, [JsonPath, Jsonata]),
    ] {
        let definition = valid(&machine(top.clone(), map.clone(), inside.clone()));
        let map = definition.flow.states.get("M").expect("M");
        let inner = map.kind.flows()[0].states.get("I").expect("I");
        assert_eq!([map.query_language, inner.query_language], expected);
    }
    let downgrade = "SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state \
                     machine at";
    check_machine(
        &machine(jsonata.clone(), path.clone(), none.clone()),
        &[&format!("{downgrade} /States/M")],
    );
    check_machine(
        &machine(jsonata.clone(), none.clone(), path.clone()),
        &[&format!("{downgrade} /States/M/ItemProcessor/States/I")],
    );
    check_machine(
        &machine(json!("jsonpath"), none.clone(), none.clone()),
        &[
            "SCHEMA_VALIDATION_FAILED: Value should be one of the following: [JSONPath, JSONata] at /QueryLanguage",
        ],
    );
    let mut nested = machine(none.clone(), none.clone(), none);
    nested["States"]["M"]["ItemProcessor"]["QueryLanguage"] = jsonata;
    check_machine(
        &nested,
        &["SCHEMA_VALIDATION_FAILED: Field 'QueryLanguage' is not supported at /States/M/ItemProcessor"],
    );
}

#[test]
fn fields_of_the_other_language_are_refused() {
    let flow = json!({"StartAt": "I", "States": {"I": {"Type": "Succeed"}}});
    let task = json!({"Type": "Task", "Resource": ACTIVITY});
    let map = json!({"Type": "Map", "ItemProcessor": flow});
    let parallel = json!({"Type": "Parallel", "Branches": [flow]});
    let pass = json!({"Type": "Pass"});
    let with = |state: &Value, field: &str, value: Value| {
        let mut state = state.clone();
        state[field] = value;
        state
    };
    for (state, field) in [
        (&pass, "Output"),
        (&task, "Arguments"),
        (&task, "Output"),
        (&map, "Items"),
        (&parallel, "Arguments"),
    ] {
        let expected = other("JSONPath", field, "JSONata") + "@";
        check_state(&with(state, field, json!({})), &[&expected]);
    }
    for (state, field, value) in [
        (&pass, "InputPath", json!("$.a")),
        (&pass, "OutputPath", json!(7)),
        (&pass, "Parameters", json!({"a.$": "!"})),
        (&pass, "Result", json!(1)),
        (&pass, "ResultPath", json!("$.a")),
        (&task, "ResultSelector", json!({})),
        (&task, "TimeoutSecondsPath", json!("$.a")),
        (&task, "HeartbeatSecondsPath", json!("$.a")),
        (&map, "ItemsPath", json!("$.a")),
        (&map, "MaxConcurrencyPath", json!("$.a")),
        (&map, "ToleratedFailureCountPath", json!("$.a")),
        (&map, "ToleratedFailurePercentagePath", json!("$.a")),
        (&json!({"Type": "Fail"}), "ErrorPath", json!("$.a")),
        (&json!({"Type": "Fail"}), "CausePath", json!("$.a")),
        (&json!({"Type": "Wait"}), "SecondsPath", json!("$.a")),
        (&json!({"Type": "Wait"}), "TimestampPath", json!("$.a")),
    ] {
        let expected = other("JSONata", field, "JSONPath") + "@";
        check_state(&jsonata(with(state, field, value)), &[&expected]);
    }
    check_state(
        &json!({"Type": "Succeed", "Arguments": {}}),
        &["SCHEMA_VALIDATION_FAILED: Field 'Arguments' is not supported at @"],
    );
    check_state(
        &jsonata(json!({"Type": "Fail", "Output": {}})),
        &["SCHEMA_VALIDATION_FAILED: Field 'Output' is not supported at @"],
    );
}

#[test]
fn rules_and_catchers_speak_the_states_language() {
    let choice = |rule: Value| json!({"Type": "Choice", "Choices": [rule]});
    check_state(
        &choice(json!({"Condition": true, "Next": "Y"})),
        &[&(other("JSONPath", "Condition", "JSONata") + "@/Choices[0]")],
    );
    check_state(
        &choice(json!({"Variable": "$", "IsNull": true, "Output": {}, "Next": "Y"})),
        &[&(other("JSONPath", "Output", "JSONata") + "@/Choices[0]")],
    );
    check_state(
        &jsonata(choice(json!({"Condition": true, "Variable": "$", "IsNull": true, "Next": "Y"}))),
        &[
            &(other("JSONata", "Variable", "JSONPath") + "@/Choices[0]"),
            &(other("JSONata", "IsNull", "JSONPath") + "@/Choices[0]"),
        ],
    );
    check_state(
        &jsonata(choice(json!({"Next": "Y"}))),
        &[
            "SCHEMA_VALIDATION_FAILED: The object must have only one of the following fields, [And, Or, Not, Variable, \
           Condition] at @/Choices[0]",
        ],
    );
    check_state(
        &jsonata(choice(json!({"Condition": "true", "Next": "Y"}))),
        &["SCHEMA_VALIDATION_FAILED: Expected value of type Boolean at @/Choices[0]/Condition"],
    );
    let catch = |catcher: Value| json!({"Type": "Task", "Resource": ACTIVITY, "Catch": [catcher]});
    check_state(
        &catch(json!({"ErrorEquals": ["a"], "Output": {}, "Next": "Y"})),
        &[&(other("JSONPath", "Output", "JSONata") + "@/Catch[0]")],
    );
    check_state(
        &jsonata(catch(json!({"ErrorEquals": ["a"], "ResultPath": "$.a", "Next": "Y"}))),
        &[&(other("JSONata", "ResultPath", "JSONPath") + "@/Catch[0]")],
    );
}

#[test]
fn expressions_are_parsed_when_the_definition_is() {
    let pass = |output: Value| jsonata(json!({"Type": "Pass", "Output": output}));
    check_state(
        &pass(json!({"a": [1, "{% 1 + %}"], "b": "{% [1,2) %}"})),
        &[
            "INVALID_JSONATA_EXPRESSION: Unexpected end of expression at @/Output/a[1]",
            "INVALID_JSONATA_EXPRESSION: Expected \"]\", got \")\" at @/Output/b",
        ],
    );
    check_state(
        &jsonata(json!({"Type": "Wait", "Seconds": "{% \"open %}"})),
        &["INVALID_JSONATA_EXPRESSION: String literal must be terminated by a matching quote at @/Seconds"],
    );
    let top_level = |name: &str, place: &str| {
        format!(
            "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '{name}' at the top level is not supported. at @/{place}"
        )
    };
    check_state(&pass(json!({"v": "{% phone.number %}"})), &[&top_level("phone", "Output/v")]);
    check_state(&pass(json!("{% $ %}")), &[&top_level("$", "Output")]);
    check_state(&pass(json!("{% $states.input.(a + b) %}")), &[]);
    check_state(
        &pass(json!({"b": ["{% $$ %}", {"c": "{% x + y %}"}], "d": "x"})),
        &[
            &top_level("$$", "Output/b[0]"),
            &top_level("x", "Output/b[1]/c"),
            &top_level("y", "Output/b[1]/c"),
        ],
    );
    // Only what is nothing but an expression is one.
    check_state(&pass(json!([" {% 1 + %} ", "1 + %}", "x{% 1 + %}", {"{% 1 + %}": 1}])), &[]);
}

#[test]
fn what_begins_as_an_expression_ends_as_one() {
    let refused = |place: &str| {
        format!("SCHEMA_VALIDATION_FAILED: JSONata string must start with {{% and end with %}} at @/{place}")
    };
    let state = json!({"Type": "Pass", "Comment": "{% 1", "Output": {"a": [1, "{% 1 +"], "Comment": "{%"}, "Assign": {"b": "{%b"}});
    check_state(
        &jsonata(state),
        &[&refused("Output/a[1]"), &refused("Output/Comment"), &refused("Assign/b")],
    );
    check_state(&jsonata(json!({"Type": "Fail", "Cause": "{% $c %} "})), &[&refused("Cause")]);
    check_state(&json!({"Type": "Pass", "Parameters": {"a": "{% 1"}}), &[]);
}

#[test]
fn the_error_output_is_for_catchers() {
    let refused = |place: &str| {
        format!(
            "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$states.errorOutput' is only supported in 'Assign' and 'Output' \
             of a catcher. at @/{place}"
        )
    };
    let error = "{% $states.errorOutput.Error %}";
    let task =
        |field: &str, value: Value| jsonata(json!({"Type": "Task", "Resource": ACTIVITY, field: value}));
    check_state(&task("Output", json!(error)), &[&refused("Output")]);
    check_state(&task("Assign", json!({"a": error})), &[&refused("Assign/a")]);
    let catcher = json!({"ErrorEquals": ["a"], "Output": error, "Assign": {"a": error}, "Next": "Y"});
    check_state(&task("Catch", json!([catcher])), &[]);
}

#[test]
fn arguments_are_checked_by_their_names() {
    let task = |resource: &str, arguments: Value| {
        jsonata(json!({"Type": "Task", "Resource": resource, "Arguments": arguments}))
    };
    let start = "arn:aws:states:::states:startExecution";
    check_state(&task(start, json!({"StateMachineArn": "{% $a %}", "Input": "{% $states.input %}"})), &[]);
    check_state(&task(start, json!("{% $arguments %}")), &[]);
    check_state(
        &task(start, json!({"StateMachineArn.$": "a"})),
        &[
            "SCHEMA_VALIDATION_FAILED: The field \"StateMachineArn.$\" is not supported by Step Functions at @/Arguments",
            "SCHEMA_VALIDATION_FAILED: The field 'StateMachineArn' is required but was missing at @/Arguments",
        ],
    );
    check_state(
        &jsonata(json!({"Type": "Task", "Resource": start})),
        &[&format!("SCHEMA_VALIDATION_FAILED: Arguments field is required for resource ARN: {start} at @")],
    );
}

#[test]
fn every_field_lands_in_the_model() {
    let expression = |text: &str| Expression::parse(text).expect("an expression");
    let template = |value: Value| Some(Template::parse(&value).expect("a template"));
    let kind = |state: Value| valid_state(&jsonata(state)).kind;

    let StateKind::Wait(wait) = kind(json!({"Type": "Wait", "Seconds": "{% $states.input.s %}"})) else {
        panic!()
    };
    assert_eq!(wait.until, Until::SecondsJsonata(expression("$states.input.s")));
    let StateKind::Wait(wait) = kind(json!({"Type": "Wait", "Seconds": 3})) else { panic!() };
    assert_eq!(wait.until, Until::Seconds(3));
    let StateKind::Wait(wait) = kind(json!({"Type": "Wait", "Timestamp": "{% $now() %}"})) else { panic!() };
    assert_eq!(wait.until, Until::TimestampJsonata(expression("$now()")));

    let StateKind::Fail(fail) = kind(json!({"Type": "Fail", "Error": "E", "Cause": "{% $c %}"})) else {
        panic!()
    };
    assert_eq!(fail.error, Some(FailText::Literal("E".to_owned())));
    assert_eq!(fail.cause, Some(FailText::Jsonata(expression("$c"))));

    let StateKind::Task(task) = kind(
        json!({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "Arguments": {"a": "{% $a %}"}, "TimeoutSeconds": "{% $t %}", "HeartbeatSeconds": 5, "Credentials": {"RoleArn": "{% $r %}"}}),
    ) else {
        panic!()
    };
    assert_eq!(task.arguments, template(json!({"a": "{% $a %}"})));
    assert_eq!(task.timeout, Some(Timeout::Jsonata(expression("$t"))));
    assert_eq!(task.heartbeat, Some(Timeout::Seconds(5)));
    assert_eq!(task.credentials, template(json!({"RoleArn": "{% $r %}"})).map(Payload::Jsonata));

    let flow = json!({"StartAt": "I", "States": {"I": {"Type": "Succeed"}}});
    let StateKind::Map(map) = kind(
        json!({"Type": "Map", "Items": [1, "{% $two %}"], "ItemSelector": {"s": "{% $s %}"},
        "MaxConcurrency": "{% $c := 1 %}", "ToleratedFailureCount": "{% $n := 1 %}", "ToleratedFailurePercentage": 12.5,
        "ItemProcessor": flow}),
    ) else {
        panic!()
    };
    assert_eq!(map.items, template(json!([1, "{% $two %}"])));
    assert_eq!(map.item_selector, template(json!({"s": "{% $s %}"})).map(Payload::Jsonata));
    assert_eq!(map.max_concurrency, Number::Jsonata(expression("$c := 1")));
    assert_eq!(map.tolerated_failure_count, Some(Number::Jsonata(expression("$n := 1"))));
    assert_eq!(map.tolerated_failure_percentage, Some(Number::Fixed(12.5)));
    assert_eq!(map.distributed, None);
    check_state(
        &jsonata(json!({"Type": "Map", "Items": "$.items", "ItemProcessor": flow})),
        &["SCHEMA_VALIDATION_FAILED: Expected value of type Array at @/Items"],
    );

    let StateKind::Choice(choice) = kind(json!({"Type": "Choice", "Choices": [
        {"Condition": "{% $a %}", "Output": "{% $b %}", "Assign": {"c": 1}, "Next": "Y"},
        {"Condition": false, "Next": "Z"}]}))
    else {
        panic!()
    };
    assert_eq!(choice.rules[0].condition, Condition::Jsonata(expression("$a")));
    assert_eq!(choice.rules[0].output, template(json!("{% $b %}")));
    assert_eq!(choice.rules[0].assign.as_ref().map(|assign| &assign.names[..]), Some(&["c".to_owned()][..]));
    assert_eq!(choice.rules[1].condition, Condition::Fixed(false));

    let state = valid_state(&jsonata(
        json!({"Type": "Pass", "Output": {"o": "{% $o %}"}, "Assign": {"v": "{% $v %}"}}),
    ));
    assert_eq!(state.output, template(json!({"o": "{% $o %}"})));
    let assign = state.assign.expect("an Assign");
    assert_eq!(assign.names, ["v"]);
    assert_eq!(Some(assign.values), template(json!({"v": "{% $v %}"})).map(Payload::Jsonata));
    let succeed = valid_state(&jsonata(json!({"Type": "Succeed", "Output": 1})));
    assert_eq!(succeed.output, template(json!(1)));
}
