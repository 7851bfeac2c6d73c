//! States with fields of all types and both query languages, at random: reading them ends in a definition or in errors,
//! and validation says the same as parsing.

use keepstep_asl::definition::{Kind, ParseOptions, parse, validate};
use keepstep_asl::diagnostic::Severity;
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

proptest! {
    #[test]
    fn every_state_is_read_or_refused(state in state(), is_express in any::<bool>()) {
        let text = json!({"StartAt": "X", "States": {"X": state, "Y": {"Type": "Succeed"}}}).to_string();
        let kind = if is_express { Kind::Express } else { Kind::Standard };
        let validation = validate(&text, &ParseOptions { kind });
        match parse(&text, &ParseOptions { kind }) {
            Ok(_) => prop_assert!(validation.is_ok()),
            Err(invalid) => {
                prop_assert_eq!(&invalid.diagnostics, &validation.diagnostics);
                prop_assert!(invalid.diagnostics.iter().any(|problem| problem.severity == Severity::Error));
            }
        }
    }
}
