//! States with fields of all types and both query languages, at random: reading them ends in a definition or in errors,
//! and validation says the same as parsing. So does whatever comes of changing a valid definition.

use keepstep_asl::definition::{Kind, ParseOptions, parse, validate};
use keepstep_asl::diagnostic::Severity;
use keepstep_asl::positions::Positions;
use proptest::prelude::*;
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

/// Whether a text is a definition or has errors, by parsing and by validation, each of them at a place in the text.
fn check(text: &str, kind: Kind) -> Result<(), TestCaseError> {
    let validation = validate(text, &ParseOptions { kind });
    match parse(text, &ParseOptions { kind }) {
        Ok(_) => prop_assert!(validation.is_ok()),
        Err(invalid) => {
            prop_assert_eq!(&invalid.diagnostics, &validation.diagnostics);
            prop_assert!(invalid.diagnostics.iter().any(|problem| problem.severity == Severity::Error));
        }
    }
    let positions = Positions::of(text);
    for diagnostic in &validation.diagnostics {
        let line = positions.find(diagnostic).line;
        prop_assert!((1..=text.split('\n').count()).contains(&line), "line {}", line);
    }
    Ok(())
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

#[test]
fn the_definition_that_is_changed_is_valid() {
    assert_eq!(parse(&valid().to_string(), &ParseOptions::default()).map(|_| ()), Ok(()));
}

proptest! {
    #[test]
    fn every_state_is_read_or_refused(state in state(), is_express in any::<bool>()) {
        let text = json!({"StartAt": "X", "States": {"X": state, "Y": {"Type": "Succeed"}}}).to_string();
        check(&text, if is_express { Kind::Express } else { Kind::Standard })?;
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

    #[test]
    fn a_damaged_text_is_read_or_refused(at in any::<prop::sample::Index>(), byte in prop::option::of(0_u8..128)) {
        let text = format!("{:#}", valid());
        let at = at.index(text.len());
        let mut bytes = text.into_bytes();
        match byte {
            Some(byte) => bytes[at] = byte,
            None => bytes.truncate(at),
        }
        let text = String::from_utf8(bytes).expect("ASCII");
        check(&text, Kind::Standard)?;
    }
}
