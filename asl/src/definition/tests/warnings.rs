//! What `ValidateStateMachineDefinition` warns of, and how it limits its answer.

use serde_json::{Value, json};

use super::super::{ParseOptions, Validation, validate};
use super::with_state;
use crate::diagnostic::Severity;

fn warnings(state: &Value) -> Vec<(String, String)> {
    let validation = validate(&with_state(state).to_string(), &ParseOptions::default());
    let warnings =
        validation.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Warning);
    warnings
        .map(|diagnostic| {
            let at = diagnostic.location.as_deref().unwrap_or_default();
            (diagnostic.code.as_str().to_owned(), at.replacen("/States/X", "@", 1))
        })
        .collect()
}

#[test]
fn texts_that_look_like_expressions() {
    for (state, expected) in [
        (
            json!({"Type": "Pass", "Parameters": {"a": "$.b", "c.$": "$.d"}}),
            vec![("NO_DOLLAR", "@/Parameters/a")],
        ),
        (
            json!({"Type": "Pass", "Assign": {"a": [{"b": "$x.y"}], "u": "States.UUID()"}}),
            vec![("NO_DOLLAR", "@/Assign/a[0]/b"), ("NO_DOLLAR", "@/Assign/u")],
        ),
        (
            json!({"Type": "Pass", "Parameters": {"a": "$5.00", "b": "$.", "c": "States.None()", "d": "x"}}),
            vec![],
        ),
        (json!({"Type": "Pass", "Result": {"a": ["$.b"]}}), vec![("PASS_RESULT_IS_STATIC", "@/Result")]),
        (json!({"Type": "Pass", "Result": {"a.$": "b"}}), vec![]),
        (
            json!({"Type": "Fail", "Error": "$.e", "Cause": "States.Format('{}', $.c)"}),
            vec![("NO_PATH", "@/Error"), ("NO_PATH", "@/Cause")],
        ),
        (
            json!({"Type": "Choice", "Choices": [{"And": [
                {"Variable": "$.a", "StringEquals": "$.b"}, {"Variable": "$.a", "StringEqualsPath": "$.b"}], "Next": "Y"}]}),
            vec![("NO_PATH", "@/Choices[0]/And[0]/StringEquals")],
        ),
        // JSONata has neither.
        (json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"a": "$.b"}}), vec![]),
        (json!({"Type": "Fail", "QueryLanguage": "JSONata", "Error": "$.e"}), vec![]),
    ] {
        let expected: Vec<_> =
            expected.iter().map(|(code, at)| ((*code).to_owned(), (*at).to_owned())).collect();
        assert_eq!(warnings(&state), expected, "{state}");
    }
}

#[test]
fn answers_are_limited() {
    let check = |validation: &Validation, least, count_max, expected: (usize, bool)| {
        let limited = validation.clone().limited(least, count_max);
        assert_eq!((limited.diagnostics.len(), limited.truncated), expected);
    };
    let warned =
        with_state(&json!({"Type": "Pass", "Result": "$.a", "Parameters": {"b": "$.c"}})).to_string();
    let warned = validate(&warned, &ParseOptions::default());
    assert!(warned.is_ok());
    check(&warned, Severity::Warning, 100, (2, false));
    check(&warned, Severity::Warning, 1, (1, true));
    check(&warned, Severity::Error, 100, (0, false));

    let refused = validate("{}", &ParseOptions::default());
    assert!(!refused.is_ok());
    check(&refused, Severity::Error, 100, (1, false));
    check(&refused, Severity::Error, 0, (0, true));

    let many: serde_json::Map<String, Value> = (0..101).map(|n| (format!("f{n}"), json!(1))).collect();
    let many = validate(&Value::Object(many).to_string(), &ParseOptions::default());
    assert_eq!((many.diagnostics.len(), many.truncated), (100, true));
}
