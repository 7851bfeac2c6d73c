//! Tables of choice rules: which hold, which fail at run time, which are no rules.

use serde_json::{Value, json};

use super::{ParseError, Rule};
use crate::{EvaluationError, Scope, scope::NoEntropy, wording};

fn matches(rule: &Value) -> Result<bool, EvaluationError> {
    let input = json!({
        "text": "b", "number": 20, "float": 20.0, "yes": true, "no": false, "null": null, "list": [1], "object": {},
        "time": "2016-03-14T01:59:00Z", "same_time": "2016-03-14T03:59:00+02:00", "later": "2016-03-14T01:59:00.5Z",
        "day": "2016-03-14", "file": "log-1*.txt", "other_text": "c", "digits": "20"
    });
    let context = json!({"Execution": {"Name": "b"}});
    let rule = Rule::parse(rule).expect("a rule");
    rule.matches(&Scope::new(&input, &context, &NoEntropy))
}

#[test]
fn operators_compare_values_of_their_type() {
    for (variable, operator, operand, expected) in [
        ("$.text", "StringEquals", json!("b"), true),
        ("$.text", "StringEquals", json!("B"), false),
        ("$.number", "StringEquals", json!("20"), false),
        ("$.null", "StringEquals", json!("null"), false),
        ("$$.Execution.Name", "StringEquals", json!("b"), true),
        ("$.text", "StringLessThan", json!("c"), true),
        ("$.text", "StringLessThan", json!("b"), false),
        ("$.text", "StringLessThanEquals", json!("b"), true),
        ("$.text", "StringGreaterThan", json!("a"), true),
        ("$.text", "StringGreaterThanEquals", json!("c"), false),
        ("$.text", "StringEqualsPath", json!("$$.Execution.Name"), true),
        ("$.text", "StringLessThanPath", json!("$.other_text"), true),
        ("$.text", "StringLessThanEqualsPath", json!("$.text"), true),
        ("$.text", "StringGreaterThanPath", json!("$.other_text"), false),
        ("$.text", "StringGreaterThanEqualsPath", json!("$.text"), true),
        ("$.text", "StringEqualsPath", json!("$.number"), false),
        ("$.file", "StringMatches", json!("log-*.txt"), true),
        ("$.file", "StringMatches", json!("log-1\\*.txt"), true),
        ("$.file", "StringMatches", json!("log-2*"), false),
        ("$.number", "StringMatches", json!("*"), false),
        ("$.number", "NumericEquals", json!(20), true),
        ("$.number", "NumericEquals", json!(20.0), true),
        ("$.float", "NumericEquals", json!(20), true),
        ("$.digits", "NumericEquals", json!(20), false),
        ("$.number", "NumericLessThan", json!(20.5), true),
        ("$.number", "NumericLessThanEquals", json!(20), true),
        ("$.number", "NumericGreaterThan", json!(20), false),
        ("$.number", "NumericGreaterThanEquals", json!(19.9), true),
        ("$.number", "NumericEqualsPath", json!("$.float"), true),
        ("$.number", "NumericLessThanPath", json!("$.float"), false),
        ("$.number", "NumericLessThanEqualsPath", json!("$.float"), true),
        ("$.number", "NumericGreaterThanPath", json!("$.digits"), false),
        ("$.number", "NumericGreaterThanEqualsPath", json!("$.float"), true),
        ("$.yes", "BooleanEquals", json!(true), true),
        ("$.no", "BooleanEquals", json!(true), false),
        ("$.text", "BooleanEquals", json!(false), false),
        ("$.no", "BooleanEqualsPath", json!("$.no"), true),
        ("$.time", "TimestampEquals", json!("2016-03-14T01:59:00Z"), true),
        ("$.time", "TimestampEquals", json!("2016-03-14T01:59:00.000Z"), true),
        ("$.same_time", "TimestampEquals", json!("2016-03-14T01:59:00Z"), true),
        ("$.day", "TimestampEquals", json!("2016-03-14T01:59:00Z"), false),
        ("$.time", "TimestampLessThan", json!("2016-03-14T01:59:00.1Z"), true),
        ("$.time", "TimestampLessThanEquals", json!("2016-03-14T01:59:00Z"), true),
        ("$.later", "TimestampGreaterThan", json!("2016-03-14T01:59:00Z"), true),
        ("$.time", "TimestampGreaterThanEquals", json!("2016-03-14T01:59:01Z"), false),
        ("$.time", "TimestampEqualsPath", json!("$.same_time"), true),
        ("$.time", "TimestampLessThanPath", json!("$.later"), true),
        ("$.time", "TimestampLessThanEqualsPath", json!("$.later"), true),
        ("$.time", "TimestampGreaterThanPath", json!("$.later"), false),
        ("$.time", "TimestampGreaterThanEqualsPath", json!("$.day"), false),
        ("$.null", "IsNull", json!(true), true),
        ("$.text", "IsNull", json!(false), true),
        ("$.text", "IsString", json!(true), true),
        ("$.number", "IsString", json!(true), false),
        ("$.number", "IsNumeric", json!(true), true),
        ("$.digits", "IsNumeric", json!(false), true),
        ("$.yes", "IsBoolean", json!(true), true),
        ("$.null", "IsBoolean", json!(true), false),
        ("$.time", "IsTimestamp", json!(true), true),
        ("$.day", "IsTimestamp", json!(true), false),
        ("$.number", "IsTimestamp", json!(false), true),
        ("$.null", "IsPresent", json!(true), true),
        ("$.none", "IsPresent", json!(true), false),
        ("$.none.deeper", "IsPresent", json!(false), true),
        ("$.text.deeper", "IsPresent", json!(true), false),
        ("$.list[0]", "IsPresent", json!(true), true),
        ("$.list[1]", "IsPresent", json!(true), false),
        ("$.list", "NumericEquals", json!(1), false),
    ] {
        let rule = json!({"Variable": variable, operator: operand, "Next": "X"});
        assert_eq!(matches(&rule), Ok(expected), "{rule}");
    }
}

#[test]
fn rules_combine_and_stop_when_decided() {
    let yes = json!({"Variable": "$.yes", "BooleanEquals": true});
    let no = json!({"Variable": "$.yes", "BooleanEquals": false});
    let fails = json!({"Variable": "$.none", "BooleanEquals": true});
    let error = EvaluationError::runtime(
        "Invalid path '$.none': The choice state's condition path references an invalid value.",
    );
    for (rule, expected) in [
        (json!({"And": [yes], "Next": "X"}), Ok(true)),
        (json!({"And": [yes, no], "Next": "X"}), Ok(false)),
        (json!({"And": [no, fails]}), Ok(false)),
        (json!({"And": [yes, fails]}), Err(error.clone())),
        (json!({"Or": [no, yes], "Comment": "c"}), Ok(true)),
        (json!({"Or": [no, no]}), Ok(false)),
        (json!({"Or": [yes, fails]}), Ok(true)),
        (json!({"Or": [fails, yes]}), Err(error.clone())),
        (json!({"Not": no}), Ok(true)),
        (json!({"Not": {"Or": [no, {"Not": yes}]}}), Ok(true)),
        (json!({"And": [{"Variable": "$.none", "IsPresent": true}, fails]}), Ok(false)),
    ] {
        assert_eq!(matches(&rule), expected, "{rule}");
    }
}

#[test]
fn paths_that_lead_nowhere_fail_the_rule() {
    for (rule, path) in [
        (json!({"Variable": "$.none", "StringEquals": "a"}), "$.none"),
        (json!({"Variable": "$.none", "IsNull": true}), "$.none"),
        (json!({"Variable": "$.none.deeper", "IsString": false}), "$.none.deeper"),
        (json!({"Variable": "$.text.deeper", "StringMatches": "*"}), "$.text.deeper"),
        (json!({"Variable": "$$.None", "NumericLessThan": 1}), "$$.None"),
        (json!({"Variable": "$.text", "StringEqualsPath": "$.list[4]"}), "$.list[4]"),
    ] {
        let cause =
            format!("Invalid path '{path}': The choice state's condition path references an invalid value.");
        assert_eq!(matches(&rule), Err(EvaluationError::runtime(cause)), "{rule}");
    }
}

#[test]
fn what_is_no_rule_is_refused_with_its_place() {
    let error = |location: &str, message: &str| ParseError {
        location: location.to_owned(),
        message: message.to_owned(),
    };
    for (rule, expected) in [
        (json!([]), vec![error("", "Expected value of type Object")]),
        (json!({}), vec![error("", wording::CHOICE_RULE_FORMS)]),
        (json!({"StringEquals": "a"}), vec![error("", wording::CHOICE_RULE_FORMS)]),
        (
            json!({"Variable": 1, "StringEquals": "a"}),
            vec![error("/Variable", "Expected value of type String")],
        ),
        (
            json!({"Variable": "$.a", "StringEquals": "a", "IsNull": true}),
            vec![error("", "There should only be one of the following fields: [StringEquals, IsNull]")],
        ),
        (
            json!({"Variable": "$.a", "NumericEquals": "1", "Colour": 1}),
            vec![
                error("", "Field 'Colour' is not supported"),
                error("/NumericEquals", "Expected value of type Number"),
            ],
        ),
        (
            json!({"And": [{"Variable": "$.a", "StringEquals": 1, "Next": "X"}, {"Not": {"IsNull": 1, "Variable": "$.a"}}]}),
            vec![
                error("/And/0", "Field 'Next' is not supported"),
                error("/And/0/StringEquals", "Expected value of type String"),
                error("/And/1/Not/IsNull", "Expected value of type Boolean"),
            ],
        ),
        (json!({"Or": []}), vec![error("/Or", "Value cannot be empty")]),
        (json!({"And": {}}), vec![error("/And", "Expected value of type Array")]),
        (json!({"Not": []}), vec![error("/Not", "Expected value of type Object")]),
        (
            json!({"Variable": "$.a", "TimestampEquals": "2016-03-14"}),
            vec![error("/TimestampEquals", "Expected value of type Timestamp")],
        ),
        (
            json!({"Variable": "$.a", "BooleanLessThan": true}),
            vec![
                error("", "Field 'BooleanLessThan' is not supported"),
                error("", "A Choice Rule must have a comparison operator"),
            ],
        ),
        (
            json!({"Variable": "a", "IsNull": true}),
            vec![error("/Variable", "Value is not a Reference Path: Reference path didn't start with '$'")],
        ),
        (
            json!({"Variable": "$.a", "StringEqualsPath": "b"}),
            vec![error(
                "/StringEqualsPath",
                "Value is not a Reference Path: Reference path didn't start with '$'",
            )],
        ),
    ] {
        assert_eq!(Rule::parse(&rule), Err(expected), "{rule}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |levels: usize| {
        (0..levels)
            .fold(json!({"Variable": "$.yes", "BooleanEquals": true}), |inner, _| json!({"Not": inner}))
    };
    assert_eq!(matches(&nested(32)), Ok(true));
    assert!(Rule::parse(&nested(33)).is_err());
    assert!(Rule::parse(&nested(2_000)).is_err());
}
