//! States and whole definitions at random, of all types and in both query languages, most of them nearly right: reading
//! them ends in a definition or in errors, and validation says the same as parsing.

use keepstep_asl::definition::{Kind, ParseOptions, parse, validate};
use keepstep_asl::diagnostic::Severity;
use keepstep_asl::positions::Positions;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::{Map, Value, json};

const FIELDS: [&str; 56] = [
    "Arguments",
    "Assign",
    "BackoffRate",
    "BatchInput",
    "Branches",
    "Catch",
    "Cause",
    "CausePath",
    "Choices",
    "Comment",
    "Condition",
    "Credentials",
    "Default",
    "End",
    "Error",
    "ErrorEquals",
    "ErrorPath",
    "ExecutionType",
    "HeartbeatSeconds",
    "InputPath",
    "InputType",
    "ItemBatcher",
    "ItemProcessor",
    "ItemReader",
    "ItemSelector",
    "Items",
    "ItemsPath",
    "Iterator",
    "Label",
    "MaxConcurrency",
    "MaxConcurrencyPath",
    "MaxItems",
    "Mode",
    "Next",
    "Not",
    "Output",
    "OutputPath",
    "Parameters",
    "ProcessorConfig",
    "QueryLanguage",
    "ReaderConfig",
    "Resource",
    "Result",
    "ResultPath",
    "ResultSelector",
    "ResultWriter",
    "Retry",
    "Seconds",
    "SecondsPath",
    "StringEquals",
    "Timestamp",
    "TimeoutSeconds",
    "ToleratedFailureCount",
    "ToleratedFailurePercentagePath",
    "Type",
    "Variable",
];

const TEXTS: [&str; 24] = [
    "",
    "X",
    "Pass",
    "Task",
    "Choice",
    "Wait",
    "Succeed",
    "Fail",
    "Parallel",
    "Map",
    "JSONPath",
    "JSONata",
    "DISTRIBUTED",
    "STANDARD",
    "CSV",
    "$.a",
    "$a.b[0]",
    "$$.Map.Item.Value",
    "{% $states.input.a %}",
    "{% $a + b %}",
    "{% 1 + %}",
    "States.Format('{}', $a)",
    "arn:aws:states:::s3:getObject",
    "arn:aws:states:::states:startExecution",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        prop::sample::select(TEXTS.to_vec()).prop_map(|text| json!(text)),
        (-2..200_i64).prop_map(|number| json!(number)),
        any::<bool>().prop_map(|boolean| json!(boolean)),
        Just(Value::Null),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            object(inner.clone()),
            // A flow, so that recursion gets somewhere.
            inner.prop_map(|state| json!({"StartAt": "I", "States": {"I": state}})),
        ]
    })
}

fn object(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        prop::sample::select(FIELDS.to_vec()).prop_map(str::to_owned),
        prop::sample::select(vec!["a", "a.$", "Bucket.$", "states"]).prop_map(str::to_owned),
    ];
    prop::collection::vec((name, values), 0..6).prop_map(|fields| Value::Object(Map::from_iter(fields)))
}

fn state() -> impl Strategy<Value = Value> {
    let kinds = ["Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"];
    let languages = [None, Some("JSONPath"), Some("JSONata")];
    (prop::sample::select(kinds.to_vec()), prop::sample::select(languages.to_vec()), object(value()))
        .prop_map(|(kind, language, mut state)| {
            state["Type"] = json!(kind);
            if let Some(language) = language {
                state["QueryLanguage"] = json!(language);
            }
            state
        })
}

/// A definition in which most is right: states of every type in both languages, each with the fields that it must have,
/// linked one to the next; and a few pieces that don't fit.
fn definition() -> impl Strategy<Value = Value> {
    let states = prop::collection::vec(plausible_state(1), 1..4);
    (states, prop::sample::select(vec![None, None, None, Some("JSONPath"), Some("JSONata")])).prop_map(
        |(states, language)| {
            let mut definition = flow(states);
            number_states(&mut definition, &mut 0);
            if let Some(language) = language {
                definition["QueryLanguage"] = json!(language);
            }
            definition
        },
    )
}

/// What [`flow`] puts the name of the state behind in place of.
const FOLLOWING: &str = "the following";

/// States named `S0`, `S1`, ... and one that ends.
fn flow(states: Vec<Value>) -> Value {
    let count = states.len();
    let mut named = Map::new();
    for (index, mut state) in states.into_iter().enumerate() {
        let following = if index + 1 < count { format!("S{}", index + 1) } else { "Done".to_owned() };
        for field in ["Next", "Default"] {
            if state.get(field) == Some(&json!(FOLLOWING)) {
                state[field] = json!(following);
            }
        }
        named.insert(format!("S{index}"), state);
    }
    named.insert("Done".to_owned(), json!({"Type": "Succeed"}));
    json!({"StartAt": "S0", "States": named})
}

/// Makes the names of states unique in the whole definition, as they must be.
fn number_states(flow: &mut Value, flows: &mut u32) {
    let number = *flows;
    *flows += 1;
    let renamed = |name: &Value| json!(format!("{} {number}", name.as_str().unwrap_or_default()));
    flow["StartAt"] = renamed(&flow["StartAt"]);
    let Some(Value::Object(states)) = flow.get_mut("States") else { return };
    for (name, mut state) in std::mem::take(states) {
        let links =
            ["Choices", "Catch"].into_iter().filter_map(|field| Some(state.get(field)?.as_array()?.len()));
        let links = links.max().unwrap_or_default();
        for place in ["/Next".to_owned(), "/Default".to_owned()].into_iter().chain(
            (0..links).flat_map(|index| [format!("/Choices/{index}/Next"), format!("/Catch/{index}/Next")]),
        ) {
            if let Some(target) = state.pointer_mut(&place) {
                *target = renamed(target);
            }
        }
        for place in ["/Branches/0", "/ItemProcessor"] {
            if let Some(inner) = state.pointer_mut(place).filter(|inner| inner.get("States").is_some()) {
                number_states(inner, flows);
            }
        }
        states.insert(format!("{name} {number}"), state);
    }
}

/// Where a state goes next: mostly to the following.
fn next() -> impl Strategy<Value = Value> {
    prop_oneof![
        20 => Just(json!({"Next": FOLLOWING})),
        1 => (0..4_u8).prop_map(|index| json!({"Next": format!("S{index}")})),
        1 => Just(json!({"End": true})),
        1 => Just(json!({"Next": "Done", "End": true})),
        1 => Just(json!({})),
    ]
}

/// What each type needs, in either language or in none.
fn required() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!({"Type": "Pass", "Result": {"a": [1]}, "ResultPath": "$.b"}),
        json!({"Type": "Pass", "Parameters": {"x.$": "States.ArrayRange(0, $.n, 1)"}, "Assign": {"v.$": "$.a"}}),
        json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"x": "{% $states.input.a[b > 1] %}"}}),
        json!({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}),
        json!({"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:a", "HeartbeatSecondsPath": "$.h"}),
        json!({"Type": "Task", "QueryLanguage": "JSONata", "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Arguments": {"StateMachineArn": "{% $arn %}"}, "TimeoutSeconds": "{% 1 + 1 %}"}),
        json!({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl.$": "$.q", "MessageBody": {"token.$": "$$.Task.Token"}}}),
        json!({"Type": "Choice", "Default": FOLLOWING,
            "Choices": [{"Variable": "$.a", "NumericGreaterThan": 1, "Next": "Done"}]}),
        json!({"Type": "Choice", "QueryLanguage": "JSONata", "Default": FOLLOWING,
            "Choices": [{"Condition": "{% $states.input.a %}", "Next": "Done", "Assign": {"x": "{% 1 %}"}}]}),
        json!({"Type": "Wait", "Seconds": 1}),
        json!({"Type": "Wait", "TimestampPath": "$.t"}),
        json!({"Type": "Wait", "QueryLanguage": "JSONata", "Timestamp": "{% $now() %}"}),
        json!({"Type": "Succeed"}),
        json!({"Type": "Succeed", "QueryLanguage": "JSONata", "Output": "{% $states.input %}"}),
        json!({"Type": "Fail", "Error": "E", "CausePath": "States.Format('{}', $.c)"}),
        json!({"Type": "Fail", "QueryLanguage": "JSONata", "Error": "{% $e %}", "Cause": "c"}),
        json!({"Type": "Parallel"}),
        json!({"Type": "Map", "ItemsPath": "$.list", "MaxConcurrency": 2}),
        json!({"Type": "Map", "QueryLanguage": "JSONata", "Items": "{% [1..3] %}"}),
        json!({"Type": "Map", "Label": "L", "ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "b", "Key": "k"}}}),
    ])
}

/// A state with what it needs, perhaps with fields too many, with one of them spoiled, or with one missing.
fn plausible_state(levels: u32) -> BoxedStrategy<Value> {
    let inner = match levels {
        0 => Just(vec![json!({"Type": "Pass", "End": true})]).boxed(),
        _ => prop::collection::vec(plausible_state(levels - 1), 1..3).boxed(),
    };
    let extra = prop_oneof![
        20 => Just(json!({})),
        1 => object(value()),
        1 => Just(json!({"Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]})),
        1 => Just(json!({"Catch": [{"ErrorEquals": ["E"], "Next": "Done", "ResultPath": "$.e"}]})),
        1 => Just(json!({"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done", "Output": "{% $states.errorOutput %}"}]})),
        1 => Just(json!({"InputPath": "$.a[0]", "OutputPath": null})),
    ];
    let drop = prop_oneof![20 => Just(None), 1 => any::<prop::sample::Index>().prop_map(Some)];
    (required(), next(), extra, drop, inner, any::<bool>())
        .prop_map(|(mut state, next, extra, drop, inner, distributed)| {
            let nested = flow(inner);
            match state["Type"].as_str() {
                Some("Parallel") => state["Branches"] = json!([nested]),
                Some("Map") => {
                    let mode = if distributed {
                        json!({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"})
                    } else {
                        json!({})
                    };
                    state["ItemProcessor"] = nested;
                    state["ItemProcessor"]["ProcessorConfig"] = mode;
                }
                _ => {}
            }
            let terminal = matches!(state["Type"].as_str(), Some("Succeed" | "Fail" | "Choice"));
            let Value::Object(fields) = &mut state else { return state };
            for more in [if terminal { json!({}) } else { next }, extra] {
                fields.extend(more.as_object().cloned().unwrap_or_default());
            }
            if let Some(drop) = drop {
                let name = drop.get(&fields.keys().cloned().collect::<Vec<_>>()).clone();
                fields.remove(&name);
            }
            state
        })
        .boxed()
}

/// Whether a text is a definition: by parsing and by validation, which finds each error at a place in the text.
fn check(text: &str, kind: Kind) -> Result<bool, TestCaseError> {
    let validation = validate(text, &ParseOptions { kind });
    let positions = Positions::of(text);
    for diagnostic in &validation.diagnostics {
        let line = positions.find(diagnostic).line;
        prop_assert!((1..=text.split('\n').count()).contains(&line), "line {}", line);
    }
    match parse(text, &ParseOptions { kind }) {
        Ok(_) => prop_assert!(validation.is_ok()),
        Err(invalid) => {
            prop_assert_eq!(&invalid.diagnostics, &validation.diagnostics);
            prop_assert!(invalid.diagnostics.iter().any(|problem| problem.severity == Severity::Error));
            return Ok(false);
        }
    }
    Ok(true)
}

/// Valid definitions with most of what there is.
fn valid() -> Value {
    let activity = "arn:aws:states:us-east-1:123456789012:activity:a";
    json!({"StartAt": "P", "TimeoutSeconds": 60, "States": {
        "P": {"Type": "Pass", "Parameters": {"a.$": "$.b", "c": [1]}, "ResultPath": "$.r", "Assign": {"v": 1}, "Next": "C"},
        "C": {"Type": "Choice", "Default": "T", "Choices": [
            {"Not": {"Variable": "$v", "NumericEquals": 1}, "Next": "T"},
            {"And": [{"Variable": "$.a", "IsPresent": true}, {"Variable": "$.a", "StringMatches": "*"}], "Next": "W"}]},
        "T": {"Type": "Task", "Resource": activity, "TimeoutSeconds": 9, "HeartbeatSeconds": 3, "Next": "W",
              "Retry": [{"ErrorEquals": ["States.ALL"], "MaxDelaySeconds": 9, "JitterStrategy": "FULL"}],
              "Catch": [{"ErrorEquals": ["E"], "Next": "F"}]},
        "W": {"Type": "Wait", "Seconds": 1, "Next": "L"},
        "L": {"Type": "Parallel", "Next": "M", "Branches": [
            {"StartAt": "B", "States": {"B": {"Type": "Wait", "TimestampPath": "$.t", "End": true}}}]},
        "M": {"Type": "Map", "QueryLanguage": "JSONata", "Items": "{% $states.input.i %}", "MaxConcurrency": 2,
              "ItemSelector": {"i": "{% $states.context.Map.Item.Index %}"}, "Output": {"o": "{% $states.result %}"},
              "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "I", "States": {
                  "I": {"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {"w": "{% 1 + 1 %}"}, "End": true}}},
              "Next": "S"},
        "S": {"Type": "Succeed"},
        "F": {"Type": "Fail", "ErrorPath": "$.Error", "Cause": "c"}}})
}

/// The number of values in a value, with itself.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

/// Puts `other` in the place of the value with this number (from 1, without the whole), or takes it away where there is no
/// `other`. `number` is 0 once that is done.
fn change(value: &mut Value, number: &mut usize, other: Option<&Value>) {
    let names: Vec<String> = match value {
        Value::Array(items) => (0..items.len()).map(|index| format!("/{index}")).collect(),
        Value::Object(members) => {
            members.keys().map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))).collect()
        }
        _ => Vec::new(),
    };
    for (index, name) in names.iter().enumerate() {
        if *number == 0 {
            return;
        }
        *number -= 1;
        match (*number, value.pointer_mut(name), other) {
            (0, Some(place), Some(other)) => *place = other.clone(),
            (0, _, _) => match value {
                Value::Array(items) => drop(items.remove(index)),
                Value::Object(members) => {
                    let name = members.keys().nth(index).cloned();
                    name.and_then(|name| members.shift_remove(&name));
                }
                _ => {}
            },
            (_, Some(inner), _) => change(inner, number, other),
            (_, None, _) => {}
        }
    }
}

proptest! {
    #[test]
    fn every_state_is_read_or_refused(state in state(), is_express in any::<bool>()) {
        let text = json!({"StartAt": "X", "States": {"X": state, "Y": {"Type": "Succeed"}}}).to_string();
        check(&text, if is_express { Kind::Express } else { Kind::Standard })?;
    }

    #[test]
    fn every_definition_is_read_or_refused(definition in definition(), is_express in any::<bool>()) {
        check(&definition.to_string(), if is_express { Kind::Express } else { Kind::Standard })?;
    }

    #[test]
    fn a_changed_definition_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::option::weighted(0.8, value())), 1..4),
    ) {
        let mut definition = valid();
        for (index, other) in changes {
            let mut number = index.index(count(&definition)).max(1);
            change(&mut definition, &mut number, other.as_ref());
        }
        check(&definition.to_string(), Kind::Standard)?;
    }

    /// Text with a piece cut out, doubled or spoiled: no longer JSON, or no longer what it was.
    #[test]
    fn every_broken_text_is_refused_or_read(
        definition in definition(),
        from in any::<prop::sample::Index>(),
        length in 0..40_usize,
        put in prop_oneof![Just(String::new()), "[\\[\\]{}:,\"\\\\$%.0-9a-z]{1,6}"],
    ) {
        let text = definition.to_string();
        let from = from.index(text.len());
        let (Some(before), Some(after)) = (text.get(..from), text.get((from + length).min(text.len())..)) else {
            return Ok(());
        };
        check(&format!("{before}{put}{after}"), Kind::Standard)?;
    }
}

/// The generator would be worth little if all that it makes were refused, or nothing.
#[test]
fn plausible_definitions_are_read_and_refused() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut read, mut refused) = (0, 0);
    for _ in 0..300 {
        let definition = definition().new_tree(&mut runner).expect("a definition").current();
        match check(&definition.to_string(), Kind::Standard) {
            Ok(true) => read += 1,
            Ok(false) => refused += 1,
            Err(error) => panic!("{definition}: {error}"),
        }
    }
    assert!(read > 20 && refused > 20, "{read} read, {refused} refused");
}

#[test]
fn the_definition_that_is_changed_is_valid() {
    assert_eq!(parse(&valid().to_string(), &ParseOptions::default()).map(|_| ()), Ok(()));
}
