//! Histories as text, so that a test can state all of one and read it.

use std::fmt::Write as _;

use serde_json::Value;

/// One line for each event: its id, the previous event's, its type, and its details without `truncated: false`.
///
/// `3 <2 TaskScheduled {"resource":"..."}`
pub fn transcript(events: &[Value]) -> String {
    let mut text = String::new();
    for event in events {
        let member = |name: &str| event.get(name).cloned().unwrap_or_default();
        let kind = member("type");
        let _ =
            write!(text, "{} <{} {}", member("id"), member("previousEventId"), kind.as_str().unwrap_or("?"));
        let details =
            event.as_object().into_iter().flatten().filter(|(name, _)| name.ends_with("EventDetails"));
        for (_, details) in details {
            let mut details = details.clone();
            if let Some(members) = details.as_object_mut() {
                members.retain(|name, value| {
                    !(name.ends_with("Details") && *value == serde_json::json!({"truncated": false}))
                });
            }
            let _ = write!(text, " {details}");
        }
        text.push('\n');
    }
    text
}
