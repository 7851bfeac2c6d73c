//! Random texts and documents, most of them nearly right: whatever comes in, parsing and evaluating return.

use keepstep_asl::{
    Expression,
    choice::Rule,
    intrinsics::Call,
    path::{Path, ReferencePath},
    template::Template,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::scope;

/// Pieces of paths and calls, to be strung together at random.
const PIECES: &[&str] = &[
    "$",
    "$$",
    ".",
    "..",
    "[",
    "]",
    "(",
    ")",
    "[?(",
    ")]",
    "['",
    "']",
    "'",
    "\"",
    "\\",
    "*",
    ",",
    ":",
    "?",
    "@",
    "!",
    "==",
    "=~",
    "<",
    ">=",
    "&&",
    "||",
    " in ",
    " size ",
    " empty ",
    "/a*/i",
    "a",
    "b",
    ".a",
    ".length()",
    ".sum()",
    ".index(-1)",
    "0",
    "-1",
    "1.5",
    "99999999999999999999",
    "é",
    "🆗",
    " ",
    "\n",
    "{}",
    "\\{",
    "true",
    "null",
    "States.",
    "States.Format(",
    "States.Array(",
    "States.ArrayRange(",
    "States.ArrayPartition(",
    "States.MathAdd(",
    "States.MathRandom(",
    "States.StringSplit(",
    "States.StringToJson(",
    "States.JsonMerge(",
    "States.Hash(",
    "States.Base64Decode(",
    "States.UUID()",
    "'MD5'",
    "-9223372036854775808",
    "9223372036854775807",
    "1e308",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::collection::vec(prop::sample::select(PIECES), 0..12).prop_map(|pieces| pieces.concat()),
        2 => prop::collection::vec(prop::sample::select(PIECES), 0..8).prop_map(|pieces| format!("$.{}", pieces.concat())),
        2 => arguments(),
        1 => ".{0,20}",
    ]
}

/// Calls with the right syntax and any arguments.
fn arguments() -> impl Strategy<Value = String> {
    let functions = vec![
        "Array",
        "ArrayContains",
        "ArrayGetItem",
        "ArrayLength",
        "ArrayPartition",
        "ArrayRange",
        "ArrayUnique",
        "Base64Decode",
        "Base64Encode",
        "Format",
        "Hash",
        "JsonMerge",
        "JsonToString",
        "MathAdd",
        "MathRandom",
        "StringSplit",
        "StringToJson",
        "UUID",
    ];
    let argument = prop::sample::select(vec![
        "$",
        "$.a",
        "$.b",
        "$..*",
        "$.a[0]",
        "'a,b'",
        "'{}'",
        "''",
        "0",
        "-1",
        "1.5",
        "9223372036854775807",
        "-9223372036854775808",
        "1e300",
        "true",
        "null",
        "States.Array()",
        "States.UUID()",
        "'SHA-1'",
    ]);
    (prop::sample::select(functions), prop::collection::vec(argument, 0..4))
        .prop_map(|(function, arguments)| format!("States.{function}({})", arguments.join(", ")))
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|float| json!(float)),
        ".{0,8}".prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(vec![
            "a", "b", "a.$", ".$", "b.$", "And", "Or", "Not", "Variable", "Next", "StringEquals", "StringMatches",
            "NumericLessThanPath", "TimestampEquals", "IsPresent", "IsNull", "BooleanEqualsPath",
        ]).prop_map(str::to_owned),
        1 => ".{0,4}",
    ]
}

proptest! {
    #[test]
    fn expressions(text in text(), input in document()) {
        let scope = scope(&input, &input);
        if let Ok(path) = Path::parse(&text) {
            let _ = path.evaluate(&scope);
            prop_assert_eq!(path.text(), &text);
        }
        if let Ok(call) = Call::parse(&text) {
            let _ = call.evaluate(&scope);
        }
        if let Ok(expression) = Expression::parse(&text) {
            let _ = expression.evaluate(&scope);
        }
        if let Ok(path) = ReferencePath::parse(&text) {
            let _ = path.write(input.clone(), json!(1));
        }
    }

    #[test]
    fn templates(template in document(), input in document()) {
        if let Ok(template) = Template::parse(&template) {
            let _ = template.evaluate(&scope(&input, &template_context()));
        }
    }

    #[test]
    fn rules(rule in document(), input in document()) {
        match Rule::parse(&rule) {
            Ok(rule) => {
                let _ = rule.matches(&scope(&input, &input));
            }
            Err(errors) => prop_assert!(!errors.is_empty()),
        }
    }

    #[test]
    fn what_was_written_is_found_again(names in prop::collection::vec("[a-c]", 1..5), input in document()) {
        let text = format!("$.{}", names.join("."));
        let path = ReferencePath::parse(&text).expect("a reference path");
        if let Ok(written) = path.write(input, json!("new")) {
            let found = Path::parse(&text).expect("a path").evaluate(&scope(&written, &Value::Null));
            prop_assert_eq!(found, Ok(json!("new")));
        }
    }
}

fn template_context() -> Value {
    json!({"Execution": {"Id": "arn", "Name": "run"}, "Map": {"Item": {"Index": 0, "Value": [1]}}})
}
