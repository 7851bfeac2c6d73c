//! The file of mocks: what comes of tasks.
//!
//! ```json
//! {
//!   "Charge": [
//!     { "error": "Card.Busy", "cause": "try again", "delaySeconds": 2 },
//!     { "return": { "StatusCode": 200, "Payload": { "paid": true } } }
//!   ],
//!   "Ship": { "return": "shipped" }
//! }
//! ```
//!
//! A JSON object of Task states by name. Each has a response or a list of them, which are used one after the other; the last one is
//! repeated. A response is the result that the state gets (`return`: before `ResultSelector`, of `.sync` the job's end, of
//! `.waitForTaskToken` what is sent with the token), or an `error` with its `cause`; it comes after `delaySeconds`, which may have a
//! fraction.

use std::collections::HashMap;
use std::fmt;

use bytes::Bytes;
use keepstep_asl::definition::{Definition, StateKind};
use keepstep_engine::local::{Reply, Task, Tasks};
use keepstep_engine::stimulus::CallResult;
use serde::Deserialize;
use serde_json::Value;

/// The longest delay: longer than an execution may run.
const DELAY_SECONDS_MAX: f64 = 1e9;

/// What comes of tasks, by the names of their states.
#[derive(Debug, Default)]
pub(super) struct Mocks(HashMap<String, Responses>);

#[derive(Debug)]
struct Responses {
    list: Vec<Reply>,
    used: usize,
}

/// As in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Response {
    /// A `return` of `null` is one too.
    #[serde(default, rename = "return", deserialize_with = "given")]
    result: Option<Value>,
    error: Option<String>,
    cause: Option<String>,
    #[serde(default)]
    delay_seconds: f64,
}

fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// A task that the file says nothing of.
#[derive(Debug)]
pub(super) struct Unmocked(Task);

impl fmt::Display for Unmocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Task { state, resource, parameters, .. }) = self;
        let parameters: Value = serde_json::from_slice(parameters).unwrap_or_default();
        write!(
            f,
            "the Task state '{state}' has no mock: say in the file of --mocks what comes of it\n  resource: {resource}\n  \
             parameters: {parameters:#}\n  for instance: {{ {}: {{ \"return\": {{}} }} }}",
            Value::from(state.as_str())
        )
    }
}

impl Mocks {
    /// Reads a file of mocks for a definition.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub(super) fn read(text: &str, definition: &Definition) -> Result<Self, String> {
        let states: HashMap<String, Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut mocks = HashMap::with_capacity(states.len());
        for (name, responses) in states {
            match definition.state(&name).map(|state| &state.kind) {
                Some(StateKind::Task(_)) => {}
                Some(kind) => {
                    return Err(format!("the state '{name}' is a {}, which takes no mock", kind.type_name()));
                }
                None => return Err(format!("the definition has no state '{name}'")),
            }
            let responses = match responses {
                Value::Array(responses) => responses,
                response => vec![response],
            };
            let list: Vec<_> = responses
                .into_iter()
                .map(read_response)
                .collect::<Result<_, _>>()
                .map_err(|problem| format!("state '{name}': {problem}"))?;
            if list.is_empty() {
                return Err(format!("state '{name}': the list has no response"));
            }
            mocks.insert(name, Responses { list, used: 0 });
        }
        Ok(Self(mocks))
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to lie between 0 and 1e9 seconds"
)]
fn read_response(response: Value) -> Result<Reply, String> {
    let Response { result, error, cause, delay_seconds } =
        serde_json::from_value(response).map_err(|error| error.to_string())?;
    if !(0.0..=DELAY_SECONDS_MAX).contains(&delay_seconds) {
        return Err(format!("delaySeconds must be from 0 to {DELAY_SECONDS_MAX}"));
    }
    let result = match (result, error, cause) {
        (Some(result), None, None) => CallResult::Succeeded(Bytes::from(result.to_string())),
        (None, Some(error), cause) => CallResult::Failed { error, cause: cause.unwrap_or_default() },
        _ => return Err("a response has either `return`, or `error` and perhaps `cause`".to_owned()),
    };
    Ok(Reply { after_ms: (delay_seconds * 1000.0).round() as u64, result })
}

impl Tasks for Mocks {
    type Error = Unmocked;

    fn perform(&mut self, task: &Task) -> Result<Reply, Unmocked> {
        let responses = self.0.get_mut(&task.state);
        let reply = responses.and_then(|responses| {
            let reply = responses.list.get(responses.used).or(responses.list.last());
            responses.used = responses.used.saturating_add(1);
            reply.cloned()
        });
        reply.ok_or_else(|| Unmocked(task.clone()))
    }
}

#[cfg(test)]
mod tests {
    use keepstep_asl::definition::{self, ParseOptions};

    use super::*;

    fn read(text: &str) -> Result<Mocks, String> {
        let definition = r#"{"StartAt":"T","States":{
            "T":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f","Next":"P"},"P":{"Type":"Pass","End":true}}}"#;
        Mocks::read(text, &definition::parse(definition, &ParseOptions::default()).expect("valid"))
    }

    #[test]
    fn responses_are_used_in_turn_and_the_last_is_repeated() {
        let mut mocks =
            read(r#"{"T":[{"error":"E","cause":"c","delaySeconds":0.5},{"return":null}]}"#).expect("valid");
        let task = Task {
            state: "T".into(),
            resource: "r".into(),
            pattern: None,
            parameters: Bytes::from_static(b"{}"),
        };
        let failed =
            Reply { after_ms: 500, result: CallResult::Failed { error: "E".into(), cause: "c".into() } };
        let returned = Reply { after_ms: 0, result: CallResult::Succeeded(Bytes::from_static(b"null")) };
        let replies: Vec<_> = (0..3).map(|_| mocks.perform(&task).expect("a mock")).collect();
        assert_eq!(replies, [failed, returned.clone(), returned]);
        let unmocked = mocks.perform(&Task { state: "X".into(), ..task }).expect_err("no mock");
        assert_eq!(
            unmocked.to_string(),
            "the Task state 'X' has no mock: say in the file of --mocks what comes of it\n  resource: r\n  parameters: {}\n  \
             for instance: { \"X\": { \"return\": {} } }"
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (text, expected) in [
            ("[]", "invalid type: sequence, expected a map at line 1 column 0"),
            (r#"{"X":{"return":1}}"#, "the definition has no state 'X'"),
            (r#"{"P":{"return":1}}"#, "the state 'P' is a Pass, which takes no mock"),
            (r#"{"T":[]}"#, "state 'T': the list has no response"),
            (r#"{"T":{}}"#, "state 'T': a response has either `return`, or `error` and perhaps `cause`"),
            (
                r#"{"T":{"return":1,"error":"E"}}"#,
                "state 'T': a response has either `return`, or `error` and perhaps `cause`",
            ),
            (
                r#"{"T":{"return":1,"delaySeconds":-1}}"#,
                "state 'T': delaySeconds must be from 0 to 1000000000",
            ),
            (
                r#"{"T":{"returns":1}}"#,
                "state 'T': unknown field `returns`, expected one of `return`, `error`, `cause`, `delaySeconds`",
            ),
        ] {
            assert_eq!(read(text).expect_err(text), expected);
        }
    }
}
