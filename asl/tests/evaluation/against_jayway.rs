//! Paths as Jayway JsonPath itself, version 2.9.0 with its Jackson provider, evaluates them: `jayway.json` holds what it
//! gave for each path and document. Every deviation is listed with its reason.

use keepstep_asl::{EvaluationError, path::Path};
use serde_json::Value;

use crate::scope;

const CASES: &str = include_str!("jayway.json");

/// Paths that mean something else here.
const DEVIATIONS: &[(&str, &[&str])] = &[
    ("AWS wants a path to start with `$`", &["limit", "@.limit"]),
    ("AWS's context object and variables", &["$$", "$$.limit", "$limit"]),
    ("recorded on AWS: the backslash belongs to the name", &["$['a\\tb']", "$['a\\u0062']"]),
    ("the ASL specification lets a backslash escape", &["$.a\\b"]),
    (
        "no parameters of functions but the number of index()",
        &[
            "$.numbers.sum($.limit)",
            "$.numbers.append(5)",
            "$.concat(\"a\",\"b\")",
            "$.concat($.text, \"x\")",
        ],
    ),
    (
        "unknown functions are refused before they are evaluated",
        &["$.tags.upper()", "$.limit()", "$.foo()", "$.tags.length().x", "$.t.index(a)"],
    ),
    (
        "no predicates and no Java classes in filters",
        &["$.store.book[?(@.title matches 'Moby')].title", "$.store.book[?(@.title type 'string')].title"],
    ),
    ("older versions read it", &["$.store.book[ 1 : 3 ].title", "$.store.book[?(@.price > +10)].title"]),
    ("texts in lists stand in quotes", &["$[?(@.s in [x])].s"]),
    ("blanks at the end are a mistake", &["$.limit "]),
];

#[test]
fn paths_give_what_jayway_gives() {
    let groups: Vec<Value> = serde_json::from_str(CASES).expect("JSON");
    let (mut checked, mut differing) = (0, Vec::new());
    for group in &groups {
        for case in group["cases"].as_array().expect("cases") {
            checked += 1;
            let path = case["path"].as_str().expect("a path");
            let outcome = evaluate(path, &group["document"]);
            if !agrees(path, &outcome, case) {
                differing.push((path, format!("{outcome:?} instead of {case}")));
            }
        }
    }
    let explained: Vec<&str> = DEVIATIONS.iter().flat_map(|(_, paths)| *paths).copied().collect();
    let unexplained: Vec<_> = differing.iter().filter(|(path, _)| !explained.contains(path)).collect();
    let stale: Vec<_> =
        explained.iter().filter(|path| !differing.iter().any(|(differs, _)| differs == *path)).collect();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    assert!(stale.is_empty(), "explained, but the same: {stale:?}");
    assert!(checked > 600, "{checked} cases");
}

/// `None` if the path is refused.
fn evaluate(path: &str, document: &Value) -> Option<Result<Value, EvaluationError>> {
    let path = Path::parse(path).ok()?;
    Some(path.evaluate(&scope(document, document)))
}

fn agrees(path: &str, outcome: &Option<Result<Value, EvaluationError>>, case: &Value) -> bool {
    match outcome {
        None => case.get("refused").is_some(),
        Some(Ok(value)) => case.get("value").is_some_and(|expected| by_value(value) == by_value(expected)),
        Some(Err(error)) => {
            let expected = |reason| EvaluationError::runtime(format!("Invalid path '{path}' : {reason}"));
            case.get("error").and_then(Value::as_str).is_some_and(|reason| *error == expected(reason))
        }
    }
}

/// Numbers by their value: Jayway's functions give doubles.
fn by_value(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(items) => items.iter().map(by_value).collect(),
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), by_value(field))).collect(),
        other => other.clone(),
    }
}
