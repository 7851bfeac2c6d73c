//! Tables of calls: results (many of them recorded from AWS or taken from its documentation), refusals, and texts
//! that are no calls.

use serde_json::{Value, json};

use super::Call;
use crate::{Entropy, EvaluationError, Scope};

/// Gives the bytes 0x80, 0x81, ... each time.
struct Counting;

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        (0x80..).zip(bytes).for_each(|(next, byte)| *byte = next);
    }
}

fn evaluate(call: &str, input: &Value) -> Result<Value, EvaluationError> {
    let context = json!({"StateMachine": {"Id": "arn:x", "Name": "a-b-c"}, "Execution": {"Name": "run"}});
    let call = Call::parse(call).expect(call);
    call.evaluate(&Scope::new(input, &context, &Counting))
}

#[test]
fn functions_give_what_aws_gives() {
    for (call, input, expected) in [
        ("States.Array()", json!(null), json!([])),
        ("States.Array($.Id)", json!({"Id": 123456}), json!([123456])),
        (
            "States.Array('a', 1, -1.5, true, null, $.a)",
            json!({"a": {"b": 1}}),
            json!(["a", 1, -1.5, true, null, {"b": 1}]),
        ),
        (
            "States.ArrayPartition($.a, 4)",
            json!({"a": [1, 2, 3, 4, 5, 6, 7, 8, 9]}),
            json!([[1, 2, 3, 4], [5, 6, 7, 8], [9]]),
        ),
        ("States.ArrayPartition($.a, 2.5)", json!({"a": [1, 2, 3, 4]}), json!([[1, 2, 3], [4]])),
        ("States.ArrayPartition($.a, 1)", json!({"a": []}), json!([])),
        ("States.ArrayContains($.a, $.b)", json!({"a": [], "b": null}), json!(false)),
        ("States.ArrayContains($.a, $.b)", json!({"a": [[1, 2, 3], 2], "b": [1, 2, 3]}), json!(true)),
        (
            "States.ArrayContains($.a, $.b)",
            json!({"a": [{"1": 2, "2": []}], "b": {"2": [], "1": 2}}),
            json!(true),
        ),
        ("States.ArrayContains($.a, 5)", json!({"a": [1, 5]}), json!(true)),
        ("States.ArrayRange(1, 9, 2)", json!({}), json!([1, 3, 5, 7, 9])),
        ("States.ArrayRange($.a, 10, 3)", json!({"a": 0}), json!([0, 3, 6, 9])),
        ("States.ArrayRange(1, 9, 9)", json!({}), json!([1])),
        ("States.ArrayRange(3, 1, -1)", json!({}), json!([3, 2, 1])),
        ("States.ArrayRange(3, 1, 1)", json!({}), json!([])),
        ("States.ArrayRange(0.5, 2.4, 1)", json!({}), json!([1, 2])),
        ("States.ArrayRange(0, 999, 1)", json!({}), (0..1000).collect()),
        ("States.ArrayRange(5, 5, -3)", json!({}), json!([5])),
        ("States.ArrayRange(-4, 4, 3)", json!({}), json!([-4, -1, 2])),
        ("States.ArrayRange(1, 9.4, 2.6)", json!({}), json!([1, 4, 7])),
        (
            "States.ArrayRange(9223372036854775806, 9223372036854775807, 9223372036854775807)",
            json!({}),
            json!([9223372036854775806_i64]),
        ),
        ("States.ArrayPartition($.a, 9999999999)", json!({"a": [1, 2]}), json!([[1, 2]])),
        ("States.ArrayGetItem($.a, 0.4)", json!({"a": [1, 2]}), json!(1)),
        ("States.ArrayGetItem($.a, 5)", json!({"a": [1, 2, 3, 4, 5, 6]}), json!(6)),
        ("States.ArrayLength($)", json!([1, 2, 3]), json!(3)),
        (
            "States.ArrayUnique($.a)",
            json!({"a": [1, 2, 3, 3, 3, 1, "1", {"a": 1, "b": 2}, {"b": 2, "a": 1}]}),
            json!([1, 2, 3, "1", {"a": 1, "b": 2}]),
        ),
        ("States.Base64Encode($.a)", json!({"a": "Data to encode"}), json!("RGF0YSB0byBlbmNvZGU=")),
        ("States.Base64Decode($.a)", json!({"a": "RGF0YSB0byBlbmNvZGU="}), json!("Data to encode")),
        ("States.Base64Decode('RGF0YSB0byBlbmNvZGU')", json!({}), json!("Data to encode")),
        ("States.Base64Encode('')", json!({}), json!("")),
        ("States.Base64Encode('é\u{1F197}')", json!({}), json!("w6nwn4aX")),
        ("States.Base64Decode('w6nwn4aX')", json!({}), json!("é\u{1F197}")),
        ("States.Hash('', 'MD5')", json!({}), json!("d41d8cd98f00b204e9800998ecf8427e")),
        ("States.Base64Decode('/w==')", json!({}), json!("\u{FFFD}")),
        ("States.Hash('input data', 'MD5')", json!({}), json!("812f45842bc6d66ee14572ce20db8e86")),
        ("States.Hash('input data', 'SHA-1')", json!({}), json!("aaff4a450a104cd177d28d18d74485e8cae074b7")),
        (
            "States.Hash($.a, $.b)",
            json!({"a": "input data", "b": "SHA-256"}),
            json!("b4a697a057313163aee33cd8d40c66e9f0f177e00cac2de32475ffff6169c3e3"),
        ),
        (
            "States.Hash('input data', 'SHA-384')",
            json!({}),
            json!(
                "d28a7d5cf25a74f11a50a18452b75e04bb3d70c9dd0510d6123aa008c756511b87525bdc835ebb27e1fb9e9374a15562"
            ),
        ),
        (
            "States.Hash('input data', 'SHA-512')",
            json!({}),
            json!(
                "6ce4adb348546d4f449c4d25aad9a7c9cb711d9e91982d3f0b29ca2f3f47d4ce2deba23bf2954f0f1d593fc50283731a533d30d425402d4f91316d871303aac4"
            ),
        ),
        (
            "States.JsonMerge($.a, $.b, false)",
            json!({"a": {"a": {"a1": 1, "a2": 2}, "b": 2, "d": 3}, "b": {"a": {"a3": 1, "a4": 2}, "c": 3, "d": 4}}),
            json!({"a": {"a3": 1, "a4": 2}, "b": 2, "c": 3, "d": 4}),
        ),
        (
            "States.JsonMerge(States.StringToJson('{\"constant_in_literal\": \"false\"}'), $.x, false)",
            json!({"x": {"y": 1}}),
            json!({"constant_in_literal": "false", "y": 1}),
        ),
        ("States.StringToJson($)", json!(""), json!(null)),
        ("States.StringToJson($)", json!(" "), json!(null)),
        ("States.StringToJson($)", json!("null"), json!(null)),
        ("States.StringToJson($)", json!("-0"), json!(0)),
        ("States.StringToJson($)", json!("1.1"), json!(1.1)),
        ("States.StringToJson($)", json!("true"), json!(true)),
        ("States.StringToJson($)", json!("\"HelloWorld\""), json!("HelloWorld")),
        ("States.StringToJson($)", json!("[1, 2, \"HelloWorld\"]"), json!([1, 2, "HelloWorld"])),
        ("States.StringToJson($)", json!("{\"Arg1\": 1, \"Arg2\": []}"), json!({"Arg1": 1, "Arg2": []})),
        (
            "States.JsonToString($)",
            json!({"foo": "b\"ar", "n": [1, 1.0, 1e10, null]}),
            json!("{\"foo\":\"b\\\"ar\",\"n\":[1,1.0,1.0E10,null]}"),
        ),
        ("States.MathAdd($.a, -1)", json!({"a": 111}), json!(110)),
        ("States.MathAdd(1.5, 1.4)", json!({}), json!(3)),
        ("States.MathAdd(2147483647, 2147483647)", json!({}), json!(4294967294_i64)),
        ("States.MathAdd(1.5, 2.5)", json!({}), json!(5)),
        ("States.MathAdd(-1.5, -2.51)", json!({}), json!(-4)),
        ("States.MathAdd(-2147483648, -2147483648)", json!({}), json!(-4294967296_i64)),
        ("States.MathAdd(2147483647.4, 0)", json!({}), json!(2147483647)),
        ("States.MathRandom(1, 999)", json!({}), json!(501)),
        ("States.MathRandom(0.5, 1.5)", json!({}), json!(1)),
        ("States.MathRandom(-2147483648, 2147483647)", json!({}), json!(8487555)),
        ("States.MathRandom(-5, -4)", json!({}), json!(-5)),
        ("States.StringSplit($.a, ',')", json!({"a": "1,2,3,4,5"}), json!(["1", "2", "3", "4", "5"])),
        (
            "States.StringSplit('This.is+a,test=string', '.+,=')",
            json!({}),
            json!(["This", "is", "a", "test", "string"]),
        ),
        ("States.StringSplit('Hello\nWorld', '\n')", json!({}), json!(["Hello", "World"])),
        ("States.StringSplit(',,a,,b', ',')", json!({}), json!(["a", "b"])),
        ("States.StringSplit('', ',')", json!({}), json!([])),
        ("States.StringSplit('aéb\u{1F197}c', 'é\u{1F197}')", json!({}), json!(["a", "b", "c"])),
        ("States.StringSplit('a.b', '.')", json!({}), json!(["a", "b"])),
        ("States.StringSplit(',;,', ';,')", json!({}), json!([])),
        ("States.JsonMerge($, $, false)", json!({"a": {"b": 1}}), json!({"a": {"b": 1}})),
        ("States.ArrayUnique($)", json!([1, 1.0, "1", true, null, null]), json!([1, 1.0, "1", true, null])),
        ("States.ArrayContains($, '1')", json!([1]), json!(false)),
        ("States.ArrayContains($, null)", json!([1, null]), json!(true)),
        ("States.ArrayLength($.a[*].b)", json!({"a": [{"b": 1}, {}, {"b": 2}]}), json!(2)),
        ("States.StringSplit('ab', '')", json!({}), json!(["ab"])),
        ("States.UUID()", json!({}), json!("80818283-8485-4687-8889-8a8b8c8d8e8f")),
        (
            "States.ArrayGetItem(States.StringSplit($$.StateMachine.Name, '-'), States.MathAdd(States.ArrayLength(States.StringSplit($$.StateMachine.Name, '-')), -1))",
            json!({}),
            json!("c"),
        ),
        (
            "States.ArrayLength($.list[?(@.a == 'x,)' && (@.b > 1))])",
            json!({"list": [{"a": "x,)", "b": 2}, {"a": "y"}]}),
            json!(1),
        ),
        (
            "States.Array($.a.length(), $['x,y'], $.a[0,1])",
            json!({"a": [1, 2], "x,y": 3}),
            json!([2, 3, [1, 2]]),
        ),
        (" States.Array ( 1 ,  2 ) ", json!({}), json!([1, 2])),
    ] {
        assert_eq!(evaluate(call, &input), Ok(expected), "{call}");
    }
}

#[test]
fn format_shows_values_as_java_does() {
    for (call, input, expected) in [
        ("States.Format('Formatting argument {}.', $)", json!(""), "Formatting argument ."),
        (
            "States.Format('Formatting argument {}.', $)",
            json!("HelloWorld"),
            "Formatting argument HelloWorld.",
        ),
        ("States.Format('Formatting argument {}.', $)", json!(null), "Formatting argument null."),
        ("States.Format('Formatting argument {}.', $)", json!(1.1), "Formatting argument 1.1."),
        ("States.Format('{}', $)", json!("{\"Arg1\": 1}"), "{\"Arg1\": 1}"),
        (
            "States.Format('fst={} and snd={}.', $.a, $.a)",
            json!({"a": {"Arg1": 1, "Arg2": []}}),
            "fst={Arg1=1, Arg2=[]} and snd={Arg1=1, Arg2=[]}.",
        ),
        ("States.Format('{}', $$.StateMachine)", json!({}), "{Id=arn:x, Name=a-b-c}"),
        (
            "States.Format($.template, $.name)",
            json!({"template": "Hello, my name is {}.", "name": "Arnav"}),
            "Hello, my name is Arnav.",
        ),
        ("States.Format('no values')", json!({}), "no values"),
        (r"States.Format('it\'s \{\} {} \\ \n', 1)", json!({}), r"it's {} 1 \ \n"),
        (r"States.Format('{}', 'a\{\}\'')", json!({}), "a{}'"),
        ("States.Format('{ } {}', 1)", json!({}), "{ } 1"),
        ("States.Format('{{}}', 1)", json!({}), "{1}"),
        ("States.Format('{}{}', 'x{}', true)", json!({}), "x{}true"),
    ] {
        assert_eq!(evaluate(call, &input), Ok(json!(expected)), "{call}");
    }
}

#[test]
fn refused_arguments_fail_the_call() {
    let long = "x".repeat(10_001);
    let input = json!({"a": [1], "n": 1, "o": {}, "s": "text", "long": long});
    for (call, refusal) in [
        ("States.ArrayLength($.n)", "Argument 1 must be an array, but was 1"),
        ("States.ArrayContains($.o, 1)", "Argument 1 must be an array, but was {}"),
        ("States.ArrayGetItem($.a, 1)", "Index 1 is out of bounds for an array of length 1"),
        ("States.ArrayGetItem($.a, -1)", "Index -1 is out of bounds for an array of length 1"),
        ("States.ArrayGetItem($.a, '0')", "Argument 2 must be a number, but was \"0\""),
        ("States.ArrayPartition($.a, 0)", "The chunk size must be a positive integer, but was 0"),
        ("States.ArrayPartition($.a, 1e300)", "Argument 2 must be a number, but was 1.0E300"),
        ("States.ArrayRange(1, 2, 0)", "The step of the range must not be zero"),
        ("States.ArrayRange(0, 1000, 1)", "The range must not have more than 1000 items, but has 1001"),
        ("States.ArrayPartition($.a, -1)", "The chunk size must be a positive integer, but was -1"),
        ("States.ArrayPartition($.a, 0.4)", "The chunk size must be a positive integer, but was 0"),
        ("States.ArrayPartition($.a, null)", "Argument 2 must be a number, but was null"),
        ("States.ArrayRange(1, 2, 0.4)", "The step of the range must not be zero"),
        (
            "States.ArrayRange(-9223372036854775808, 9223372036854775807, 1)",
            "The range must not have more than 1000 items, but has 18446744073709551616",
        ),
        ("States.ArrayUnique($.s)", "Argument 1 must be an array, but was \"text\""),
        ("States.ArrayContains(null, 1)", "Argument 1 must be an array, but was null"),
        ("States.Hash($.s, 'sha-1')", "The algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512"),
        ("States.Hash($.s, $.n)", "Argument 2 must be a string, but was 1"),
        ("States.JsonMerge($.o, $.o, null)", "Argument 3 must be false, but was null"),
        ("States.MathAdd(1, 2147483647.5)", "2147483648 is not between -2147483648 and 2147483647"),
        ("States.MathAdd(true, 1)", "Argument 1 must be a number, but was true"),
        ("States.MathRandom(2, 1)", "The end (1) must be greater than the start (2)"),
        ("States.MathRandom('1', 2)", "Argument 1 must be a number, but was \"1\""),
        ("States.StringSplit('a', 1)", "Argument 2 must be a string, but was 1"),
        ("States.Format('{} {}', 1)", "The template has 2 occurrences of {}, but 1 arguments follow it"),
        ("States.Base64Encode($.n)", "Argument 1 must be a string, but was 1"),
        ("States.Base64Encode($.long)", "The text must not have more than 10000 characters"),
        ("States.Base64Decode($.long)", "The text must not have more than 10000 characters"),
        ("States.Hash($.long, 'MD5')", "The data must not have more than 10000 characters"),
        ("States.Hash('', 'SHA1')", "The algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512"),
        ("States.JsonMerge($.o, $.a, false)", "Argument 2 must be an object, but was [1]"),
        (
            "States.JsonMerge($.o, $.o, true)",
            "Deep merging is not supported: the third argument must be false",
        ),
        ("States.JsonMerge($.o, $.o, 'false')", "Argument 3 must be false, but was \"false\""),
        ("States.StringToJson($.n)", "Argument 1 must be a string, but was 1"),
        ("States.MathAdd(2147483648, 1)", "2147483648 is not between -2147483648 and 2147483647"),
        ("States.MathAdd(1, $.s)", "Argument 2 must be a number, but was \"text\""),
        ("States.MathRandom(2, 2)", "The end (2) must be greater than the start (2)"),
        ("States.MathRandom(1, 2, 'x')", "Argument 3 must be a number, but was \"x\""),
        ("States.StringSplit($.n, ',')", "Argument 1 must be a string, but was 1"),
        ("States.Format($.n, 1)", "Argument 1 must be a string, but was 1"),
        ("States.Format('{}')", "The template has 1 occurrences of {}, but 0 arguments follow it"),
        ("States.Format('', 1)", "The template has 0 occurrences of {}, but 1 arguments follow it"),
    ] {
        let cause = format!("The function '{call}' had the following error: {refusal}");
        assert_eq!(evaluate(call, &input), Err(EvaluationError::intrinsic_failure(cause)), "{call}");
    }
}

#[test]
fn errors_name_the_call_that_failed() {
    assert_eq!(
        evaluate("States.Array(States.StringToJson($.s))", &json!({"s": "not json"})),
        Err(EvaluationError::intrinsic_failure(
            "The function 'States.StringToJson($.s)' had the following error: Unrecognized token 'not': was expecting \
             (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        )),
    );
    assert_eq!(
        evaluate("States.Format('{}', $.none)", &json!({"a": 1})),
        Err(EvaluationError::runtime(
            "The JsonPath argument for the field '$.none' could not be found in the input '{\"a\":1}'"
        )),
    );
}

#[test]
fn seeds_repeat_and_stay_in_range() {
    let draw =
        |seed: i32| evaluate(&format!("States.MathRandom(10, 20, {seed})"), &json!({})).expect("a number");
    for seed in -50..50 {
        assert_eq!(draw(seed), draw(seed));
        assert!((10..20).contains(&draw(seed).as_i64().expect("an integer")), "{seed}");
    }
}

#[test]
fn what_is_no_call_is_refused() {
    let nested = |levels: usize| format!("{}1{}", "States.Array(".repeat(levels), ")".repeat(levels));
    assert!(Call::parse(&nested(10)).is_ok());
    let (eleven, thousands) = (nested(11), nested(100_000));
    for text in [
        "",
        "States",
        "States.",
        "States.Array",
        "States.Array(",
        "States.Array(1",
        "States.Array(1,)",
        "States.Array(,1)",
        "States.Array(1 2)",
        "States.Array(1))",
        "States.Array(1) x",
        "States.array()",
        "States.Unknown()",
        "Array()",
        "States.Array('a)",
        "States.Array(\"a\")",
        "States.Array($.)",
        "States.Array(-)",
        "States.Array(1e)",
        "States.Array(tru)",
        "States.Array(States.UUID)",
        "States.UUID(1)",
        "States.ArrayLength()",
        "States.ArrayLength($.a, $.b)",
        "States.MathRandom(1)",
        "States.Format()",
        "States.JsonMerge($.a, $.b)",
        "$.a",
        "States.Array($.a[?(@.b == 'x)])",
        &eleven,
        &thousands,
    ] {
        assert!(Call::parse(text).is_err(), "{text:.60}");
    }
}

#[test]
fn results_that_grow_are_stopped() {
    let quotes = json!("\"".repeat(200_000));
    let mut call = "$".to_owned();
    for _ in 0..10 {
        call = format!("States.JsonToString({call})");
    }
    assert_eq!(evaluate(&call, &quotes).map_err(|error| error.error), Err("States.Runtime".to_owned()));
}
