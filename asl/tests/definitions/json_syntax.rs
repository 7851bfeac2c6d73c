//! Jackson's texts for what is no JSON.

use keepstep_asl::definition::{ParseOptions, parse};
use keepstep_asl::jackson::{self, SyntaxError};

fn check(text: &str, expected: Result<(), (&str, usize, usize)>) {
    let expected =
        expected.map_err(|(message, line, column)| SyntaxError { message: message.to_owned(), line, column });
    assert_eq!(jackson::check(text), expected, "{text:?}");
    if expected.is_ok() {
        assert_eq!(jackson::parse(text).ok(), serde_json::from_str(text).ok(), "{text:?}");
    } else {
        assert_eq!(jackson::parse(text).map(|_| ()), expected, "{text:?}");
    }
}

#[test]
fn json_is_accepted() {
    for text in [
        "null",
        " true ",
        "false\n",
        "0",
        "-0",
        "-1.5e-3",
        "1E+2",
        "12345678901234567890123456789",
        r#""""#,
        r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00 é 😀""#,
        "[]",
        "[ ]",
        "{}",
        "{ }",
        "[1, \"a\", null, [], {}]",
        "\t{\"a\": {\"b\": [true, false]}, \"c\" : 1.0}\r\n",
    ] {
        check(text, Ok(()));
    }
}

#[test]
fn what_aws_was_recorded_to_say() {
    let values = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
    check("not some json", Err((&format!("Unrecognized token 'not': {values}"), 1, 1)));
    let name = "Unexpected character (''' (code 39)): was expecting double-quote to start field name";
    check("{'not': 'json'", Err((name, 1, 2)));
}

#[test]
fn what_jackson_says_of_values() {
    let values = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
    let token = |token: &str| format!("Unrecognized token '{token}': was expecting {values}");
    let value = |shown: &str| format!("Unexpected character ({shown}): expected a valid value {values}");
    check("nul", Err((&token("nul"), 1, 1)));
    check("nullx", Err((&token("nullx"), 1, 1)));
    check("[true, False]", Err((&token("False"), 1, 8)));
    check("{\"a\": $x}", Err((&token("$x"), 1, 7)));
    let long = "x".repeat(300);
    check(&long, Err((&token(&format!("{}...", "x".repeat(256))), 1, 1)));
    check("'a'", Err((&value("''' (code 39)"), 1, 1)));
    check("[1,]", Err((&value("']' (code 93)"), 1, 4)));
    check("{\"a\":}", Err((&value("'}' (code 125)"), 1, 6)));
    check("[\n  #]", Err((&value("'#' (code 35)"), 2, 3)));
    check("[😀😀\"]", Err((&value("'😀' (code 128512 / 0x1f600)"), 1, 2)));
    check(".5", Err((&value("'.' (code 46)"), 1, 1)));
    let nan = "Non-standard token 'NaN': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow";
    check("NaN", Err((nan, 1, 1)));
}

#[test]
fn what_jackson_says_of_numbers() {
    check("[01]", Err(("Invalid numeric value: Leading zeroes not allowed", 1, 3)));
    let minus = "expected digit (0-9) to follow minus sign, for valid numeric value";
    check("-a", Err((&format!("Unexpected character ('a' (code 97)) in numeric value: {minus}"), 1, 2)));
    let point = "Decimal point not followed by a digit";
    check("[1.]", Err((&format!("Unexpected character (']' (code 93)) in numeric value: {point}"), 1, 4)));
    let exponent = "Exponent indicator not followed by a digit";
    check("[1e]", Err((&format!("Unexpected character (']' (code 93)) in numeric value: {exponent}"), 1, 4)));
    check(
        "1a",
        Err(("Unexpected character ('a' (code 97)): Expected space separating root-level values", 1, 2)),
    );
    check("1e999", Err(("Numeric value (1e999) out of range of `double`", 1, 6)));
}

#[test]
fn what_jackson_says_of_strings() {
    let end = "Unexpected end-of-input: was expecting closing quote for a string value";
    check("\"abc", Err((end, 1, 5)));
    check("{\"abc", Err(("Unexpected end-of-input in field name", 1, 6)));
    check("\"\\", Err(("Unexpected end-of-input in character escape sequence", 1, 3)));
    check("\"\\x\"", Err(("Unrecognized character escape 'x' (code 120)", 1, 3)));
    let hex = "Unexpected character ('g' (code 103)): expected a hex-digit for character escape sequence";
    check("\"\\u12g4\"", Err((hex, 1, 6)));
    let control = "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in";
    check("\"a\nb\"", Err((&format!("{control} string value"), 1, 3)));
    check("{\"a\nb\": 1}", Err((&format!("{control} name"), 1, 4)));
    let alone = "Incomplete surrogate pair: '\\uD800' stands alone";
    check("\"\\ud800\"", Err((alone, 1, 2)));
    check("\"\\ud800\\u0041\"", Err((alone, 1, 2)));
    check("\"\\udc00\"", Err(("Incomplete surrogate pair: '\\uDC00' stands alone", 1, 2)));
}

#[test]
fn what_jackson_says_of_structure() {
    let start =
        |text: &str, line, column| format!("[Source: (String)\"{text}\"; line: {line}, column: {column}]");
    let close = |kind: &str, start: String| {
        format!("Unexpected end-of-input: expected close marker for {kind} (start marker at {start})")
    };
    check("{\"a\": 1", Err((&close("Object", start("{\"a\": 1", 1, 1)), 1, 8)));
    check("[\n [1,\n2", Err((&close("Array", start("[\n [1,\n2", 2, 2)), 3, 2)));
    check("{", Err((&close("Object", start("{", 1, 1)), 1, 2)));
    check("[1,", Err(("Unexpected end-of-input within/between Array entries", 1, 4)));
    check("{\"a\"", Err(("Unexpected end-of-input within/between Object entries", 1, 5)));
    check("{\"a\":", Err(("Unexpected end-of-input within/between Object entries", 1, 6)));
    let comma = "was expecting comma to separate Array entries";
    check("[1 2]", Err((&format!("Unexpected character ('2' (code 50)): {comma}"), 1, 4)));
    let comma = "was expecting comma to separate Object entries";
    check("{\"a\":1 \"b\":2}", Err((&format!("Unexpected character ('\"' (code 34)): {comma}"), 1, 8)));
    let colon = "was expecting a colon to separate field name and value";
    check("{\"a\" 1}", Err((&format!("Unexpected character ('1' (code 49)): {colon}"), 1, 6)));
    let name = "was expecting double-quote to start field name";
    check("{\"a\":1,}", Err((&format!("Unexpected character ('}}' (code 125)): {name}"), 1, 8)));
    check("{a:1}", Err((&format!("Unexpected character ('a' (code 97)): {name}"), 1, 2)));
    let marker =
        format!("Unexpected close marker ']': expected '}}' (for Object starting at {})", start("{]", 1, 1));
    check("{]", Err((&marker, 1, 2)));
    let marker =
        format!("Unexpected close marker '}}': expected ']' (for Array starting at {})", start("[1}", 1, 1));
    check("[1}", Err((&marker, 1, 3)));
    check("", Err(("No content to map due to end-of-input", 1, 1)));
    check("{} {", Err(("Trailing token (of type START_OBJECT) found after value", 1, 4)));
    check("1 2", Err(("Trailing token (of type VALUE_NUMBER_INT) found after value", 1, 4)));
}

#[test]
fn a_long_text_is_quoted_in_part() {
    let text = format!("[\"{}\"", "é".repeat(600));
    let shown: String = text.chars().take(500).collect();
    let expected = format!(
        "Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String)\"{shown}\"[truncated \
         103 chars]; line: 1, column: 1])"
    );
    check(&text, Err((&expected, 1, 604)));
}

#[test]
fn definitions_show_the_place() {
    let invalid = parse("{'StartAt': 1}", &ParseOptions::default()).expect_err("malformed");
    assert_eq!(
        invalid.to_string(),
        "Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: Unexpected character (''' (code 39)): was expecting \
         double-quote to start field name at [Source: (String)\"{'StartAt': 1}\"; line: 1, column: 2]'"
    );
}
