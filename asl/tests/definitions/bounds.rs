//! Large and hostile definitions: time stays linear, the stack small, the answer short.

use keepstep_asl::definition::{Definition, FlowPath, Invalid, ParseOptions, parse};
use keepstep_asl::jackson;
use keepstep_asl::limits::{DIAGNOSTIC_TEXT_BYTES_MAX, DIAGNOSTICS_MAX, JSON_DEPTH_MAX};
use proptest::prelude::*;

fn read(text: &str) -> Result<Definition, Invalid> {
    parse(text, &ParseOptions::default())
}

#[test]
fn json_nests_as_deep_as_the_limit_and_no_deeper() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(jackson::parse(&nested(JSON_DEPTH_MAX)).is_ok());
    let error = jackson::parse(&nested(JSON_DEPTH_MAX + 1)).map(|_| ()).map_err(|error| error.message);
    assert_eq!(error, Err("Document nesting depth (128) exceeds the maximum allowed (127)".to_owned()));
    assert!(jackson::check(&"[".repeat(1 << 20)).is_err());
    assert!(jackson::check(&"{\"a\":".repeat(1 << 18)).is_err());
}

/// Parallels in one another, `depth` of them, around a Succeed.
fn nested_parallels(depth: usize) -> String {
    let mut text = r#"{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}"#.to_owned();
    for level in 0..depth {
        text = format!(
            r#"{{"StartAt":"P{level}","States":{{"P{level}":{{"Type":"Parallel","End":true,"Branches":[{text}]}}}}}}"#
        );
    }
    text
}

#[test]
fn flows_nest_as_deep_as_json_allows() {
    let definition = read(&nested_parallels(31)).expect("valid");
    let path = (0..31).rev().fold(FlowPath::root(), |path, level| path.child(&format!("P{level}"), 0));
    let innermost = definition.flow_at(&path).map(|flow| flow.start_at.as_str());
    assert_eq!(innermost, Some("S"));
    assert!(read(&nested_parallels(32)).is_err());
}

#[test]
fn a_chain_of_a_mebibyte_is_read() {
    let count = 20_000;
    let mut text = r#"{"StartAt":"s0","States":{"#.to_owned();
    for index in 0..count {
        text.push_str(&format!(r#""s{index}":{{"Type":"Pass","Next":"s{}"}},"#, index + 1));
    }
    text.push_str(&format!(r#""s{count}":{{"Type":"Succeed"}}}}}}"#));
    assert_eq!(read(&text).map(|definition| definition.flow.states.len()), Ok(count + 1));
}

#[test]
fn problems_are_bounded_in_number_and_length() {
    let long = "n".repeat(50_000);
    let states: Vec<_> =
        (0..300).map(|index| format!(r#""{index}{long}":{{"Type":"Pass","Next":"{long}"}}"#)).collect();
    let text = format!(r#"{{"StartAt":"x","States":{{{}}}}}"#, states.join(","));
    let invalid = read(&text).expect_err("no target exists");
    assert_eq!(invalid.diagnostics.len(), DIAGNOSTICS_MAX);
    let longest = |text: &str| text.len() <= DIAGNOSTIC_TEXT_BYTES_MAX + "...".len();
    assert!(
        invalid
            .diagnostics
            .iter()
            .all(|problem| { longest(&problem.message) && problem.location.as_deref().is_none_or(longest) })
    );
}

/// Many variables around many flows: their product would take minutes.
#[test]
fn scopes_are_checked_in_linear_time() {
    let names: Vec<_> = (0..40_000).map(|index| format!(r#""v{index}":1"#)).collect();
    let inner = r#"{"StartAt":"M","States":{"M":{"Type":"Succeed"}}}"#;
    let mut states = format!(r#""S":{{"Type":"Pass","Assign":{{{}}},"Next":"P0"}}"#, names.join(","));
    for index in 0..4_000 {
        let inner = inner.replace("\"M\"", &format!("\"M{index}\""));
        states.push_str(&format!(
            r#","P{index}":{{"Type":"Parallel","Next":"P{}","Branches":[{inner}]}}"#,
            index + 1
        ));
    }
    states.push_str(r#","P4000":{"Type":"Succeed"}"#);
    let text = format!(r#"{{"StartAt":"S","States":{{{states}}}}}"#);
    let states = read(&text).map(|definition| definition.flow.states.len());
    assert_eq!(states.map_err(|invalid| invalid.to_string()), Ok(4_002));
}

/// What JSON is made of, and what it is nearly made of.
const TOKENS: [&str; 20] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"a\"",
    "\"b\":",
    "{\"c\":",
    "1",
    "-",
    "0",
    ".5",
    "e3",
    "true",
    "nul",
    "null",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d",
    " ",
];

proptest! {
    /// Where `serde_json` and the scanner disagree, a text would get a text that isn't Jackson's.
    #[test]
    fn the_scanner_accepts_what_serde_json_accepts(text in "[\\[\\]{}:,\"\\\\u0-9dD8eE.+ truefalsn-]{0,24}") {
        let expected = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        prop_assert_eq!(jackson::check(&text).is_ok(), expected, "{:?}", text);
    }

    #[test]
    fn the_scanner_accepts_what_serde_json_accepts_of_tokens(
        tokens in prop::collection::vec(prop::sample::select(TOKENS.to_vec()), 0..12)
    ) {
        let text = tokens.concat();
        let expected = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        prop_assert_eq!(jackson::check(&text).is_ok(), expected, "{:?}", text);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,64}") {
        let _ = jackson::check(&text);
        let _ = read(&text);
    }
}
