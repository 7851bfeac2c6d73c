//! Variables in paths, templates, intrinsic functions and choice rules.

use indexmap::IndexMap;
use keepstep_asl::choice::Rule;
use keepstep_asl::intrinsics::Call;
use keepstep_asl::path::Path;
use keepstep_asl::payload_io::Selection;
use keepstep_asl::template::Template;
use keepstep_asl::{EvaluationError, Scope};
use serde_json::{Value, json};

use super::Fixed;

/// Runs in a scope with variables; `$.name` is another value than `$name`.
fn with_scope<T>(run: impl FnOnce(&Scope<'_>) -> T) -> T {
    let input = json!({"name": "input", "n": 1});
    let variables = IndexMap::from([
        ("name".to_owned(), json!("variable")),
        ("größe".to_owned(), json!(5)),
        ("null".to_owned(), Value::Null),
        ("tree".to_owned(), json!({"a": {"b": [1, 2, {"c": 3}]}, "list": [{"p": 1}, {"p": 2}], "max": 1})),
        ("template".to_owned(), json!("It's {}!")),
    ]);
    run(&Scope::new(&input, &Value::Null, &Fixed).with_variables(&variables))
}

#[test]
fn paths_start_at_variables() {
    for (path, expected) in [
        ("$name", json!("variable")),
        ("$.name", json!("input")),
        ("$größe", json!(5)),
        ("$null", Value::Null),
        ("$tree.a.b[2].c", json!(3)),
        ("$tree['a']", json!({"b": [1, 2, {"c": 3}]})),
        ("$tree.a.b[0:2]", json!([1, 2])),
        ("$tree..c", json!([3])),
        // Within a filter, `$` is the variable.
        ("$tree.list[?(@.p > $.max)]", json!([{"p": 2}])),
        ("$tree.list.length()", json!(2)),
    ] {
        let compiled = Path::parse(path).expect(path);
        assert_eq!(with_scope(|scope| compiled.evaluate(scope)), Ok(expected), "{path}");
        assert!(!compiled.is_context(), "{path}");
    }
    let selection = Selection::parse(Some("$name")).expect("a path");
    assert_eq!(with_scope(|scope| selection.select(scope)), Ok(json!("variable")));
    assert_eq!(Path::parse("$tree.a").expect("a path").variable(), Some("tree"));
    assert_eq!(Path::parse("$.tree.a").expect("a path").variable(), None);
}

#[test]
fn what_has_no_value_fails_like_a_path_that_leads_nowhere() {
    for (path, cause) in [
        ("$nobody", "Invalid path '$nobody' : No value has been assigned to the variable '$nobody'"),
        ("$nobody.a", "Invalid path '$nobody.a' : No value has been assigned to the variable '$nobody'"),
        ("$tree.x.y", "Invalid path '$tree.x.y' : Missing property in path $['x']"),
        ("$tree.x", "Invalid path '$tree.x' : No results for path: $['x']"),
    ] {
        let compiled = Path::parse(path).expect(path);
        assert_eq!(
            with_scope(|scope| compiled.evaluate(scope)),
            Err(EvaluationError::runtime(cause)),
            "{path}"
        );
        assert_eq!(with_scope(|scope| compiled.find(scope)), Ok(None), "{path}");
    }
}

#[test]
fn templates_and_functions_take_variables() {
    let template =
        Template::parse(&json!({"a.$": "$name", "b": {"c.$": "States.Format($template, $tree.a.b[0])"},
                                           "literal": "$name"}))
        .expect("a template");
    let expected = json!({"a": "variable", "b": {"c": "It's 1!"}, "literal": "$name"});
    assert_eq!(with_scope(|scope| template.evaluate(scope)), Ok(expected));
    let call = Call::parse("States.MathAdd($größe, States.ArrayLength($tree.list))").expect("a call");
    assert_eq!(with_scope(|scope| call.evaluate(scope)), Ok(json!(7)));
    let missing = Template::parse(&json!({"a.$": "$nobody"})).expect("a template");
    assert_eq!(
        with_scope(|scope| missing.evaluate(scope)),
        Err(EvaluationError::runtime(
            "The JSONPath '$nobody' specified for the field 'a.$' could not be found in the input \
             '{\"name\":\"input\",\"n\":1}'"
        ))
    );
}

#[test]
fn choice_rules_compare_variables() {
    for (rule, expected) in [
        (json!({"Variable": "$name", "StringEquals": "variable"}), true),
        (json!({"Variable": "$name", "StringEqualsPath": "$.name"}), false),
        (json!({"Variable": "$.n", "NumericLessThanPath": "$größe"}), true),
        (json!({"Variable": "$null", "IsNull": true}), true),
        (json!({"Variable": "$nobody", "IsPresent": false}), true),
        (
            json!({"And": [{"Variable": "$tree.a", "IsPresent": true}, {"Variable": "$tree.z", "IsPresent": false}]}),
            true,
        ),
    ] {
        let compiled = Rule::parse(&rule).expect("a rule");
        assert_eq!(with_scope(|scope| compiled.matches(scope)), Ok(expected), "{rule}");
    }
}
