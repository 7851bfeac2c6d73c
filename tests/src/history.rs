//! Histories as text, so that a test can state all of one and read it.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// One line for each event: its id, the previous event's, its type, and the members of its details: texts as they are, other values as JSON.
/// What says that a payload is not truncated is left out.
///
/// `3 <2 LambdaFunctionScheduled resource=arn:aws:lambda:... input={"n": 1}`
pub fn transcript(events: &[Value]) -> String {
    let mut text = String::new();
    for event in events {
        let member = |name: &str| event.get(name).cloned().unwrap_or_default();
        let kind = member("type");
        let _ =
            write!(text, "{} <{} {}", member("id"), member("previousEventId"), kind.as_str().unwrap_or("?"));
        let details =
            event.as_object().into_iter().flatten().filter(|(name, _)| name.ends_with("EventDetails"));
        for (name, value) in details.filter_map(|(_, details)| details.as_object()).flatten() {
            let _ = match value {
                Value::String(value) => write!(text, " {name}={value}"),
                value if name.ends_with("Details") && *value == json!({"truncated": false}) => Ok(()),
                value => write!(text, " {name}={value}"),
            };
        }
        text.push('\n');
    }
    text
}

/// Puts `*` where a value differs each time: after each occurrence of one of `starts`. A start that ends in a quotation mark is followed by
/// a text, any other one by a number.
pub fn masked(transcript: &str, starts: &[&str]) -> String {
    let mut text = transcript.to_owned();
    for start in starts {
        let mut shown = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once(start) {
            let end = if start.ends_with("\\\"") {
                after.find("\\\"")
            } else if start.ends_with('"') {
                after.find('"')
            } else {
                after.find(|character: char| !character.is_ascii_digit() && character != '.')
            };
            shown.extend([before, start, "*"]);
            rest = after.get(end.unwrap_or(after.len())..).unwrap_or_default();
        }
        shown.push_str(rest);
        text = shown;
    }
    text
}

/// The seconds from one event to another, by their ids.
pub fn seconds_between(events: &[Value], first: usize, second: usize) -> Option<f64> {
    let time = |id: usize| events.get(id.checked_sub(1)?)?.get("timestamp")?.as_f64();
    Some(time(second)? - time(first)?)
}
