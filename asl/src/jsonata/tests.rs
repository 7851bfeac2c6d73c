//! What expressions give: the dialect's functions, bindings, templates and AWS's error texts.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{Bindings, Expression, Limits, ResultType, StatesMembers, Template};
use crate::scope::NoEntropy;

/// 2026-11-23T03:31:41.250Z.
const NOW_MS: i64 = 1_795_404_701_250;

/// Evaluates with documents and variables that the tests share.
fn with_bindings<T>(run: impl FnOnce(&Bindings<'_>) -> T) -> T {
    let input = json!({"n": 5, "s": "abc", "list": [1, 2, 3], "objects": [{"a": 1}, {"a": 2}]});
    let context = json!({"Execution": {"Name": "run"}, "State": {"Name": "Main"}});
    let variables =
        IndexMap::from([("theAnswer".to_owned(), json!(42)), ("count".to_owned(), json!("mine"))]);
    run(&Bindings {
        input: &input,
        result: Some(&json!({"Payload": "done"})),
        error_output: None,
        context: &context,
        variables: &variables,
        entropy: &NoEntropy,
        now_ms: NOW_MS,
    })
}

/// The value, `undefined`, or the failure as text.
fn evaluate(text: &str) -> Result<Value, String> {
    let expression = Expression::parse(text).map_err(|error| error.to_string())?;
    with_bindings(|bindings| match expression.evaluate(bindings, &Limits::default()) {
        Ok(value) => Ok(value.unwrap_or_else(|| json!("undefined"))),
        Err(failure) => Err(failure.to_string()),
    })
}

#[track_caller]
fn check(cases: &[(&str, Value)]) {
    for (text, expected) in cases {
        assert_eq!(evaluate(text), Ok(expected.clone()), "{text}");
    }
}

#[track_caller]
fn check_failures(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(evaluate(text), Err((*expected).to_owned()), "{text}");
    }
}

#[test]
fn documents_and_variables_are_bound() {
    check(&[
        ("$states.input.n", json!(5)),
        (" $states.input.objects.a ", json!([1, 2])),
        ("$states.result.Payload", json!("done")),
        ("$states.errorOutput", json!("undefined")),
        ("$states.context.State.Name", json!("Main")),
        ("$states.nothing", json!("undefined")),
        ("$keys($states)", json!(["input", "result", "context"])),
        ("$sum($states.input.list) + $theAnswer", json!(48)),
        // However the input is reached, all that can be reached is there.
        ("$count($keys($states.input)) > 3", json!(true)),
        ("($i := $states.input; $i.n)", json!(5)),
        ("($s := $states; $s.input.n)", json!(5)),
        ("$states.*.n", json!(5)),
        ("$lookup($states.input, 'n')", json!(5)),
        ("$states.input.*[$ = 5]", json!(5)),
        ("$states.input.list.%.n", json!([5, 5, 5])),
        ("$states.input[n = 5].n", json!(5)),
        ("$states.input@$i.($i.n)", json!(5)),
        ("$states.input.{'sum': n + 1}", json!({"sum": 6})),
        ("$states.input.($.n)", json!(5)),
        ("$states.input ~> $lookup('n')", json!(5)),
        ("$states.input{'k': n}", json!({"k": 5})),
        ("$states.input.n{'k': $}", json!({"k": 5})),
        ("$exists($states.input.none)", json!(false)),
        ("$states.input.`n`", json!(5)),
        ("$states.input.\"n\"", json!(5)),
        ("$count & $theAnswer", json!("mine42")),
        ("$missing", json!("undefined")),
        ("($theAnswer := 1; $theAnswer)", json!(1)),
        ("states.input", json!("undefined")),
    ]);
}

#[test]
fn step_functions_own_functions() {
    check(&[
        // Recorded.
        ("$range(0, 9, 3)", json!([0, 3, 6, 9])),
        ("$range(0, 10, 3)", json!([0, 3, 6, 9])),
        ("$range(1, 9, 9)", json!(1)),
        ("$range(1, 9, 2)", json!([1, 3, 5, 7, 9])),
        ("$partition([0], 1)", json!([[0]])),
        ("$partition([0], 5)", json!([[0]])),
        ("$partition([0, 1, 2], 2)", json!([[0, 1], [2]])),
        // Reported of AWS.
        ("$range(-1.7, 2, 1)", json!([-1, 0, 1, 2])),
        ("$partition([1, 2, 3, 4], 2)", json!([[1, 2], [3, 4]])),
        ("$hash('input', 'SHA-1')", json!("140f86aae51ab9e1cda9b4254fe98a74eb54c1a1")),
        ("$parse('{\"a\":1}').a", json!(1)),
        ("$random(42)", json!(0.7275636800328681)),
        // Ours.
        ("$range(3, 1, -1)", json!([3, 2, 1])),
        ("$count($range(1, 524288, 1))", json!(524_288)),
        ("$range(1, 3, -1)", json!("undefined")),
        ("$range(1, 3)", json!("undefined")),
        ("$partition($missing, 2)", json!("undefined")),
        ("$partition([], 2)", json!([])),
        ("$partition([[1, 2]], 1)", json!([[[1, 2]]])),
        ("$hash('', 'MD5')", json!("d41d8cd98f00b204e9800998ecf8427e")),
        ("$length($hash('a', 'SHA-512'))", json!(128)),
        ("$parse('[1, {\"b\": null}]')", json!([1, {"b": null}])),
        ("$parse($missing)", json!("undefined")),
        ("$random() < 1 and $random() >= 0", json!(true)),
        ("$length($uuid())", json!(36)),
        (
            "$match($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/).index",
            json!(0),
        ),
        ("$uuid() = $uuid()", json!(false)),
        ("$map([[1, 2, 3], [4]], function($v) { $partition($v, 2) })", json!([[[1, 2], [3]], [[4]]])),
        ("[1, 2, 3] ~> $partition(2)", json!([[1, 2], [3]])),
        ("$map(['{}', '[]'], $parse)", json!([{}, []])),
        ("$sort($shuffle([3, 1, 2]))", json!([1, 2, 3])),
    ]);
    check_failures(&[
        ("$eval('1+1')", "T1006: Attempted to invoke a non-function"),
        ("$hash(1, 'MD5')", "T0410: Argument 1 of function \"hash\" does not match function signature"),
        ("$uuid(1)", "T0410: Argument 1 of function \"uuid\" does not match function signature"),
        ("$random('a')", "T0410: Argument 1 of function \"random\" does not match function signature"),
        ("$partition([1], 0)", "Function \"partition\": The chunk size must be a positive number"),
        ("$range(1, 2, 0)", "Function \"range\": The step of the range must not be zero"),
        (
            "$hash('a', 'SHA-3')",
            "Function \"hash\": The algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512",
        ),
        ("$nope(1)", "T1006: Attempted to invoke a non-function"),
        ("$error('no')", "D3137: no"),
    ]);
}

#[test]
fn time_is_given() {
    check(&[
        ("$millis()", json!(NOW_MS)),
        ("$now()", json!("2026-11-23T03:31:41.250Z")),
        ("$now('[Y]-[M01]')", json!("2026-11")),
        ("$toMillis($now()) = $millis()", json!(true)),
        ("$map([1], function($x) { $now() })", json!("2026-11-23T03:31:41.250Z")),
        ("($clock := $now; $clock())", json!("2026-11-23T03:31:41.250Z")),
    ]);
}

/// Functions that are looked at before they are called give what they gave.
#[test]
fn guarded_functions_work_in_every_form() {
    check(&[
        ("$join(['a', 'b'], '-')", json!("a-b")),
        ("['a', 'b'] ~> $join('-')", json!("a-b")),
        ("['a', 'b'] ~> $join", json!("ab")),
        ("($j := $join(?, '-'); $j(['a', 'b']))", json!("a-b")),
        ("($j := $join; $j(['a', 'b'], '+'))", json!("a+b")),
        ("($join := 5; $join + 1)", json!(6)),
        ("($join := function($a) { $a & '!' }; $join('a'))", json!("a!")),
        ("($join := $join; $join(['a', 'b'], ','))", json!("a,b")),
        ("$pad('a', -3, '#')", json!("##a")),
        ("['a'].$pad(3)", json!("a  ")),
        ("$map(['a', 'b'], function($v, $i) { $pad($v, $i + 2, '.') })", json!(["a.", "b.."])),
        ("['a.b'].$replace('.', '-')", json!("a-b")),
        ("$replace('hello', 'l', 'L', 1)", json!("heLlo")),
        ("$replace('hello', /l+/, function($m) { $uppercase($m.match) })", json!("heLLo")),
        ("'hello' ~> $replace(/(e)(l)/, '$2$1')", json!("hlelo")),
        ("['a b'].$split(' ')", json!(["a", "b"])),
        ("$split('abc', '')", json!(["a", "b", "c"])),
        (
            "'a1b22' ~> $match(/[0-9]+/)",
            json!([{"match": "1", "index": 1, "groups": []}, {"match": "22", "index": 3, "groups": []}]),
        ),
        ("$map(['a,b', 'c'], function($v) { $count($split($v, ',')) })", json!([2, 1])),
        ("$string({'a': [1]}, true)", json!("{\n  \"a\": [\n    1\n  ]\n}")),
        ("$map([1, 2], $string)", json!(["1", "2"])),
        ("$formatInteger(1999, 'I')", json!("MCMXCIX")),
        ("$distinct([1, 2, 1, [1], [1]])", json!([1, 2, [1]])),
        ("$count($distinct([1..2000].($ % 7)))", json!(7)),
        ("$count($distinct([1..2000].{'b': $ % 7, 'a': 1}))", json!(7)),
        ("$distinct('a')", json!("a")),
    ]);
}

#[test]
fn numbers_beyond_json_are_texts() {
    // Reported of AWS: `[1/0]` gives `["Infinity"]`.
    check(&[("[1/0]", json!(["Infinity"])), ("{'k': -1/0}", json!({"k": "-Infinity"}))]);
}

#[test]
fn syntax_errors_read_as_aws_has_them() {
    for (text, expected) in [
        // Reported of AWS.
        ("a[1,2)", "Expected \"]\", got \",\""),
        ("\"unterminated", "String literal must be terminated by a matching quote"),
        ("1 +", "Unexpected end of expression"),
        ("{\"a\":}", "The symbol \"}\" cannot be used as a unary operator"),
        ("$x :=", "Unexpected end of expression"),
        ("$match(\"a\", /abc", "No terminating / in regular expression"),
        // Later versions' syntax.
        ("$states.input.a ?? 1", "The symbol \"?\" cannot be used as a unary operator"),
        ("($x := $y ?: 1)", "The symbol \":\" cannot be used as a unary operator"),
        // JSONata's own texts.
        ("1 2", "Syntax error: \"2\""),
        ("(1", "Expected \")\" before end of expression"),
        ("", "Unexpected end of expression"),
        ("function(x) {1}", "Parameter of function definition must be a variable name (start with $)"),
        // Ours.
        (
            "/(?=a)/",
            "Unsupported regular expression /(?=a)/: look-around, including look-ahead and look-behind, is not supported",
        ),
        ("/(a{1000}){1000}/", "Unsupported regular expression /(a{1000}){1000}/: it is too large"),
    ] {
        let message = Expression::parse(text).map(|_| ()).map_err(|error| error.message);
        assert_eq!(message, Err(expected.to_owned()), "{text}");
    }
}

#[test]
fn failures_name_expression_and_field() {
    for (text, result_type, expected) in [
        // Recorded or reported of AWS.
        (
            "$states.input.missing",
            ResultType::Any,
            "The JSONata expression '$states.input.missing' specified for the field 'Output/v' returned nothing \
             (undefined).",
        ),
        (
            "$eval(\"1+1\")",
            ResultType::Any,
            "The JSONata expression '$eval(\"1+1\")' specified for the field 'Output/v' threw an error during \
             evaluation. T1006: Attempted to invoke a non-function",
        ),
        (
            "$formatNumber(1, \"x\")",
            ResultType::Any,
            "The JSONata expression '$formatNumber(1, \"x\")' specified for the field 'Output/v' threw an error \
             during evaluation. D3086: The sub-picture must not contain a passive character that is preceded by an \
             active character and that is followed by another active character",
        ),
        (
            "[1..900000] ~> $count()",
            ResultType::Any,
            "The JSONata expression '[1..900000] ~> $count()' specified for the field 'Output/v' threw an error \
             during evaluation: Expression evaluation memory limit exceeded: Check for excessive memory usage",
        ),
        (
            "$sum(['a'])",
            ResultType::Any,
            "The JSONata expression '$sum(['a'])' specified for the field 'Output/v' threw an error during \
             evaluation. T0412: Argument 1 of function \"sum\" must be an array of \"numbers\"",
        ),
        (
            " $states.input.s ",
            ResultType::Boolean,
            "The JSONata expression '$states.input.s' specified for the field 'Output/v' returned an unexpected \
             result type. Expected 'boolean', but was 'string' for value: \"abc\"",
        ),
        (
            "{'a': [1, null]}",
            ResultType::Array,
            "The JSONata expression '{'a': [1, null]}' specified for the field 'Output/v' returned an unexpected \
             result type. Expected 'array', but was 'object' for value: {\"a\":[1,null]}",
        ),
    ] {
        let expression = Expression::parse(text).expect(text);
        let failure = with_bindings(|bindings| {
            expression.evaluate_field("Output/v", result_type, bindings, &Limits::default())
        })
        .expect_err(text);
        assert_eq!(
            (failure.field.as_str(), failure.error.error.as_str(), failure.error.cause.as_str()),
            ("Output/v", "States.QueryEvaluationError", expected),
            "{text}"
        );
    }
}

#[test]
fn what_an_expression_refers_to_is_known() {
    const NONE: StatesMembers =
        StatesMembers { input: false, result: false, error_output: false, context: false };
    const ALL: StatesMembers = StatesMembers { input: true, result: true, error_output: true, context: true };
    const INPUT: StatesMembers = StatesMembers { input: true, ..NONE };
    for (text, variables, states, top_level) in [
        ("1", &[][..], NONE, &[][..]),
        ("$a + $b.c[$d]", &["a", "b", "d"], NONE, &[]),
        ("$states.input.x", &[], INPUT, &[]),
        ("$states.input[$states.context.y = z]", &[], StatesMembers { context: true, ..INPUT }, &[]),
        ("$states", &[], ALL, &[]),
        ("$lookup($states, 'input')", &[], ALL, &[]),
        ("$states.*", &[], NONE, &[]),
        ("$sum($values) + $count($other)", &["other", "values"], NONE, &[]),
        ("($x := $y; $x + $z)", &["y", "z"], NONE, &[]),
        ("($x := $x + 1; $x)", &["x"], NONE, &[]),
        ("(($x := 1); $x)", &["x"], NONE, &[]),
        ("$map($list, function($v, $i) { $v + $i + $k })", &["k", "list"], NONE, &[]),
        ("($f := function($n) { $n = 0 ? 1 : $n * $f($n - 1) }; $f(5))", &[], NONE, &[]),
        ("$reduce($list, $add)", &["add", "list"], NONE, &[]),
        ("$map($list, $string)", &["list"], NONE, &[]),
        ("$list@$l.x[$l.y = 1]#$i.{'a': $l, 'b': $i, 'c': $j}", &["j", "list"], NONE, &[]),
        ("$list^(>price, $k)", &["k", "list"], NONE, &[]),
        ("$list{name: $sum(amount)}", &["list"], NONE, &[]),
        ("$list ~> |a|{'b': $c, 'd': e}|", &["c", "list"], NONE, &[]),
        ("phone", &[], NONE, &["phone"]),
        ("phone.number & $a", &["a"], NONE, &["phone"]),
        ("$", &[], NONE, &["$"]),
        ("$$.a", &[], NONE, &["$$"]),
        ("$a.($.b + $$)", &["a"], NONE, &["$$"]),
        ("$a[b = $].c", &["a"], NONE, &[]),
    ] {
        let expression = Expression::parse(text).expect(text);
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(expression.variables(), &set(variables), "variables of {text}");
        assert_eq!(expression.top_level_references(), &set(top_level), "top-level references of {text}");
        if text != "$states.*" {
            assert_eq!(expression.states_members(), states, "members of $states in {text}");
        }
    }
    let wildcard = Expression::parse("$states.*").expect("an expression");
    assert_eq!(wildcard.states_members(), ALL);
}

#[test]
fn templates_replace_expressions_wherever_they_stand() {
    for (template, expected) in [
        (json!({}), json!({})),
        (json!("{% $states.input.n %}"), json!(5)),
        (json!("{%$theAnswer%}"), json!(42)),
        // Recorded: with a space outside the braces a string stands for itself.
        (json!(" {% states.input %} "), json!(" {% states.input %} ")),
        (
            json!({"z": "{% $theAnswer %}", "a": [1, "{% $states.input.list %}", {"{% 1 %}": "text"}]}),
            json!({"z": 42, "a": [1, [1, 2, 3], {"{% 1 %}": "text"}]}),
        ),
        (json!({"null": "{% null %}"}), json!({"null": null})),
    ] {
        let compiled = Template::parse(&template).expect("a template");
        let result = with_bindings(|bindings| compiled.evaluate("Output", bindings, &Limits::default()));
        assert_eq!(result.map(|value| value.to_string()), Ok(expected.to_string()), "{template}");
    }
}

#[test]
fn template_failures_have_a_place() {
    for (template, field) in [
        (json!("{% $missing %}"), "Output"),
        (json!({"a": [0, {"b/c": "{% $missing %}"}]}), "Output/a[1]/b/c"),
        (json!([["{% 1 %}", "{% $missing %}"]]), "Output[0][1]"),
    ] {
        let compiled = Template::parse(&template).expect("a template");
        let failure = with_bindings(|bindings| compiled.evaluate("Output", bindings, &Limits::default()))
            .expect_err("an undefined value");
        assert_eq!(failure.field, field);
        assert_eq!(
            failure.error.cause,
            format!(
                "The JSONata expression '$missing' specified for the field '{field}' returned nothing (undefined)."
            )
        );
    }
    let errors = Template::parse(&json!({"a": "{% 1 + %}", "b~/": [0, "{% ( %}"], "c": "{% 1 %}"}));
    let places: Vec<_> = errors
        .expect_err("two errors")
        .into_iter()
        .map(|error| (error.location, error.error.message))
        .collect();
    assert_eq!(
        places,
        [
            ("/a".to_owned(), "Unexpected end of expression".to_owned()),
            ("/b~0~1/1".to_owned(), "Unexpected end of expression".to_owned()),
        ]
    );
}

#[test]
fn templates_know_their_variables() {
    let template = json!({"a": "{% $x + $y %}", "b": ["{% $states.input %}", "{% $x %}"], "c": "$z"});
    let template = Template::parse(&template).expect("a template");
    assert_eq!(template.variables().into_iter().collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!(template.expressions().len(), 3);
}
