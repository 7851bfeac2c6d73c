//! Compares an answer with a recording.

use serde_json::Value;

pub use super::texts::Bindings;
use super::texts::matches;

/// Stand for any value.
const ANY: [&str; 6] = ["datetime", "timestamp", "date", "creation-date", "start-date", "stop-date"];

/// Members that AWS added after the recordings were made.
const ADDED_SINCE: [&str; 6] = [
    "encryptionConfiguration",
    "variableReferences",
    "redriveCount",
    "redriveStatus",
    "redriveStatusReason",
    "redriveDate",
];

/// Members of a nested execution's description that came later.
const ADDED_TO_OUTPUT: [&str; 3] = ["RedriveCount", "RedriveStatus", "RedriveStatusReason"];

/// HTTP headers whose values are the answering server's own.
const HEADERS_IGNORED: [&str; 2] = ["Content-Length", "connection"];

/// What differs between a recording and an answer, each with its place. Empty when they agree.
pub fn differences(expected: &Value, actual: &Value, bindings: &mut Bindings) -> Vec<String> {
    let mut found = Vec::new();
    Comparison { found: &mut found, bindings }.values(expected, actual, "", Place::Answer);
    found
}

/// Where a value stands: the rules differ.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// In the answer itself.
    Answer,
    /// Inside JSON that the answer holds as text.
    Text,
    /// Inside the HTTP metadata of a task's output, whose values are the answering server's own.
    HttpMetadata,
}

struct Comparison<'a> {
    found: &'a mut Vec<String>,
    bindings: &'a mut Bindings,
}

impl Comparison<'_> {
    fn differ(&mut self, path: &str, expected: &Value, actual: &Value) {
        self.found.push(format!("{path}: expected {expected}, got {actual}"));
    }

    fn values(&mut self, expected: &Value, actual: &Value, path: &str, place: Place) {
        match (expected, actual) {
            (Value::String(text), _) if ANY.contains(&text.trim_matches('"')) => {}
            (Value::String(text), Value::String(other)) => self.texts(text, other, path, place),
            (Value::String(text), other) => match serde_json::from_str(text) {
                Ok(
                    parsed @ (Value::Object(_)
                    | Value::Array(_)
                    | Value::Number(_)
                    | Value::Bool(_)
                    | Value::Null),
                ) => {
                    self.values(&parsed, other, path, Place::Text);
                }
                _ if place == Place::HttpMetadata => {}
                // Placeholders were put in the place of numbers too: of times in milliseconds.
                _ if other.is_number() && matches(text, &other.to_string(), self.bindings) => {}
                _ => self.differ(path, expected, actual),
            },
            (other, Value::String(text)) => match serde_json::from_str(text) {
                Ok(parsed) => self.values(other, &parsed, path, Place::Text),
                Err(_) => self.differ(path, expected, actual),
            },
            (Value::Object(a), Value::Object(b)) => {
                for (key, value) in a {
                    let path = format!("{path}/{key}");
                    match b.get(key) {
                        _ if place == Place::HttpMetadata && HEADERS_IGNORED.contains(&key.as_str()) => {}
                        Some(other) => {
                            let place = if key == "SdkHttpMetadata" { Place::HttpMetadata } else { place };
                            self.values(value, other, &path, place);
                        }
                        None => self.found.push(format!("{path}: missing, expected {value}")),
                    }
                }
                for (key, value) in b {
                    let allowed = match place {
                        Place::Answer => ADDED_SINCE.contains(&key.as_str()),
                        Place::Text => ADDED_TO_OUTPUT.contains(&key.as_str()),
                        Place::HttpMetadata => HEADERS_IGNORED.contains(&key.as_str()),
                    };
                    if !a.contains_key(key) && !allowed {
                        self.found.push(format!("{path}/{key}: not expected, got {value}"));
                    }
                }
            }
            (Value::Array(a), Value::Array(b)) => {
                if a.len() != b.len() {
                    self.found.push(format!("{path}: expected {} elements, got {}", a.len(), b.len()));
                }
                for (index, (value, other)) in a.iter().zip(b).enumerate() {
                    self.values(value, other, &format!("{path}/{index}"), place);
                }
            }
            (Value::Number(a), Value::Number(b)) => {
                if a != b && a.as_f64() != b.as_f64() {
                    self.differ(path, expected, actual);
                }
            }
            _ if expected == actual => {}
            _ => self.differ(path, expected, actual),
        }
    }

    fn texts(&mut self, expected: &str, actual: &str, path: &str, place: Place) {
        if place == Place::HttpMetadata || matches(expected, actual, self.bindings) {
            return;
        }
        match (serde_json::from_str::<Value>(expected), serde_json::from_str::<Value>(actual)) {
            (Ok(a), Ok(b)) if !a.is_string() || !b.is_string() => self.values(&a, &b, path, Place::Text),
            (Ok(Value::String(a)), Ok(Value::String(b))) => self.texts(&a, &b, path, Place::Text),
            _ => self.differ(path, &expected.into(), &actual.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_agree_with_recordings_by_the_rules_of_the_recordings() {
        let cases = [
            (json!({"a": 1}), json!({"a": 1.0}), true),
            (json!({"a": 1}), json!({}), false),
            (json!({}), json!({"a": 1}), false),
            (json!({}), json!({"redriveCount": 0}), true),
            (json!({"t": "timestamp"}), json!({"t": 12.5}), true),
            (json!({"output": {"a": "date"}}), json!({"output": "{\"a\":\"x\"}"}), true),
            (json!({"output": {"a": 1}}), json!({"output": "{\"a\":1,\"redriveCount\":0}"}), false),
            (json!({"output": "{\"a\": 1}"}), json!({"output": "{\"a\":1}"}), true),
            (
                json!({"o": {"SdkHttpMetadata": {"h": "1"}}}),
                json!({"o": {"SdkHttpMetadata": {"h": "2"}}}),
                true,
            ),
            (json!({"o": {"SdkHttpMetadata": {"h": "1"}}}), json!({"o": {"SdkHttpMetadata": {}}}), false),
            (json!([1, 2]), json!([1]), false),
            (json!(["<date>", "<date>"]), json!([5, 5]), true),
            (json!(["<date>", "<date>"]), json!([5, 6]), false),
            (json!("text"), json!(5), false),
        ];
        for (expected, actual, agree) in cases {
            let found = differences(&expected, &actual, &mut Bindings::new());
            assert_eq!(found.is_empty(), agree, "{expected} / {actual}: {found:?}");
        }
    }
}
