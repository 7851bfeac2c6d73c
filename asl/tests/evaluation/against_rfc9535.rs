//! The same path over the same document, by our engine and by `serde_json_path`. They must find the same nodes wherever
//! both dialects know the path; where RFC 9535 gives an empty list, a definite path of ours leads nowhere.

use keepstep_asl::path::Path;
use proptest::prelude::*;
use serde_json::{Value, json};
use serde_json_path::JsonPath;

use crate::scope;

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "c", "list", "x-y"])
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3..4_i64).prop_map(Value::from),
        (-2..3_i64).prop_map(|n| json!(n as f64 + 0.5)),
        prop::sample::select(vec!["", "p", "q", "é"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..5).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }),
        ]
    })
}

/// A step that both dialects know.
fn step() -> impl Strategy<Value = String> {
    // Where a slice has both bounds, Jayway counts from the first to the second, whatever they count from.
    let slice = prop_oneof![
        (-4..5_i64).prop_map(|from| format!("[{from}:]")),
        (-4..5_i64).prop_map(|to| format!("[:{to}]")),
        (0..5_i64, 0..5_i64).prop_map(|(from, to)| format!("[{from}:{to}]")),
    ];
    prop_oneof![
        4 => name().prop_map(|name| format!("['{name}']")),
        2 => prop::sample::select(vec!["a", "b", "c", "list"]).prop_map(|name| format!(".{name}")),
        3 => (-4..5_i64).prop_map(|index| format!("[{index}]")),
        1 => (-3..4_i64, -3..4_i64).prop_map(|(a, b)| format!("[{a},{b}]")),
        1 => slice,
        1 => Just("[*]".to_owned()),
        1 => Just(".*".to_owned()),
        1 => prop::sample::select(vec!["..a", "..list", "..[0]", "..[*]", "..['b']", "..*"]).prop_map(str::to_owned),
    ]
}

/// A test of one field, of the kind for which the dialects agree: literals are numbers or texts, `==` also `null`.
fn test() -> impl Strategy<Value = String> {
    let literal = prop::sample::select(vec!["1", "0.5", "-2", "'p'", "''"]);
    let field = || prop::sample::select(vec!["@.a", "@['b']", "@.c[0]", "@.a.b"]);
    prop_oneof![
        (field(), prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]), literal)
            .prop_map(|(field, operator, literal)| format!("{field} {operator} {literal}")),
        field().prop_map(str::to_owned),
        field().prop_map(|field| format!("!{field}")),
        field().prop_map(|field| format!("{field} == null")),
    ]
}

fn filter() -> impl Strategy<Value = String> {
    prop_oneof![
        test().prop_map(|test| format!("[?({test})]")),
        (test(), test()).prop_map(|(a, b)| format!("[?({a} && {b})]")),
        (test(), test(), test()).prop_map(|(a, b, c)| format!("[?(({a} || {b}) && !({c}))]")),
    ]
}

fn sorted(mut nodes: Vec<Value>) -> Vec<String> {
    let mut texts: Vec<String> = nodes.drain(..).map(|node| node.to_string()).collect();
    texts.sort();
    texts
}

fn check(text: &str, definite: bool, document: &Value) {
    let theirs = JsonPath::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let theirs: Vec<Value> = theirs.query(document).all().into_iter().cloned().collect();
    let ours = Path::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let ours = match ours.find(&scope(document, &Value::Null)) {
        Ok(None) => Vec::new(),
        Ok(Some(value)) if definite => vec![value],
        Ok(Some(Value::Array(nodes))) => nodes,
        other => panic!("{text} over {document}: {other:?}"),
    };
    assert_eq!(sorted(ours), sorted(theirs), "{text} over {document}");
}

fn is_definite(steps: &[String]) -> bool {
    !steps.iter().any(|step| step.contains(['*', ':', ',']) || step.starts_with(".."))
}

proptest! {
    #[test]
    fn steps_find_the_same_nodes(document in document(), steps in prop::collection::vec(step(), 0..5)) {
        // Where more follows, Jayway goes on with all items, not with the one that the index names.
        prop_assume!(!steps.iter().rev().skip(1).any(|step| step == "..[0]"));
        check(&format!("${}", steps.concat()), is_definite(&steps), &document);
    }

    #[test]
    fn filters_choose_the_same_items(items in prop::collection::vec(document(), 0..6), filter in filter()) {
        check(&format!("$.items{filter}"), false, &json!({"items": items}));
    }
}
