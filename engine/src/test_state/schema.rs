//! What results of service integrations look like, and whether a mocked one does. The shapes come from AWS's API models, trimmed by
//! `engine/model/trim.py`.

use std::collections::HashMap;
use std::sync::LazyLock;

use indexmap::IndexMap;
use serde_json::Value;

use super::request::FieldValidation;

static RESULTS: LazyLock<HashMap<String, Shape>> = LazyLock::new(|| {
    let source: Value = serde_json::from_str(include_str!("../../model/mock-results.json"))
        .expect("the embedded model is JSON, as a test shows");
    let results = source.as_object().expect("the embedded model is an object, as a test shows");
    results.iter().map(|(name, shape)| (name.clone(), Shape::read(shape))).collect()
});

/// The shape of a value.
enum Shape {
    Any,
    Text { min: u64, max: u64, values: Vec<String> },
    Number { min: f64, max: f64 },
    Boolean,
    List(Box<Shape>),
    Map(Box<Shape>),
    Structure { required: Vec<String>, members: IndexMap<String, Shape> },
}

impl Shape {
    /// Reads the embedded model, whose forms a test knows. Recursion is bounded by its depth.
    fn read(source: &Value) -> Self {
        let texts = |name: &str| -> Vec<String> {
            let texts = source[name].as_array().into_iter().flatten();
            texts.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let member = || Box::new(Self::read(&source["member"]));
        match source["type"].as_str() {
            Some("string") => Self::Text {
                min: source["min"].as_u64().unwrap_or(0),
                max: source["max"].as_u64().unwrap_or(u64::MAX),
                values: texts("enum"),
            },
            Some("number") => Self::Number {
                min: source["min"].as_f64().unwrap_or(f64::NEG_INFINITY),
                max: source["max"].as_f64().unwrap_or(f64::INFINITY),
            },
            Some("boolean") => Self::Boolean,
            Some("list") => Self::List(member()),
            Some("map") => Self::Map(member()),
            Some("structure") => Self::Structure {
                required: texts("required"),
                members: source["members"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, shape)| (name.clone(), Self::read(shape)))
                    .collect(),
            },
            _ => Self::Any,
        }
    }

    /// Recursion is bounded by the model's depth.
    fn check(&self, field: &str, value: &Value, validation: FieldValidation) -> Result<(), String> {
        let must = |what: &str| Err(format!("Field '{field}' must be {what}"));
        match (self, value) {
            (Self::Any, _) | (Self::Boolean, Value::Bool(_)) => Ok(()),
            (Self::Text { min, max, values }, Value::String(text)) => {
                let length = text.chars().count() as u64;
                if length < *min {
                    return Err(format!("Field '{field}' must have length greater than or equal to {min}"));
                }
                if length > *max {
                    return Err(format!("Field '{field}' must have length less than or equal to {max}"));
                }
                if !values.is_empty() && !values.contains(text) {
                    return must(&format!("one of [{}]", values.join(", ")));
                }
                Ok(())
            }
            (Self::Number { min, max }, Value::Number(number)) => match number.as_f64() {
                Some(number) if number < *min => must(&format!("greater than or equal to {min}")),
                Some(number) if number > *max => must(&format!("less than or equal to {max}")),
                _ => Ok(()),
            },
            (Self::List(member), Value::Array(values)) => {
                values.iter().try_for_each(|value| member.check(field, value, validation))
            }
            (Self::Map(member), Value::Object(values)) => {
                values.iter().try_for_each(|(name, value)| member.check(name, value, validation))
            }
            (Self::Structure { required, members }, Value::Object(values)) => {
                if validation == FieldValidation::Strict
                    && let Some(missing) = required.iter().find(|name| !values.contains_key(*name))
                {
                    return Err(format!("Field '{missing}' is required"));
                }
                let known = values.iter().filter_map(|(name, value)| Some((name, members.get(name)?, value)));
                known.into_iter().try_for_each(|(name, shape, value)| shape.check(name, value, validation))
            }
            (Self::Text { .. }, _) => must("a string"),
            (Self::Number { .. }, _) => must("a number"),
            (Self::Boolean, _) => must("a boolean"),
            (Self::List(_), _) => must("an array"),
            (Self::Map(_) | Self::Structure { .. }, _) => must("an object"),
        }
    }
}

/// Holds the mocked result of an integration, such as `states:startExecution.sync`, against its shape. Members that the shape doesn't
/// have are let through, as are the results of everything that has no shape here.
///
/// # Errors
///
/// The first problem. `Field 'NAME' must be a TYPE` are AWS's words; the others are ours.
pub(super) fn check(integration: &str, result: &Value, validation: FieldValidation) -> Result<(), String> {
    let Some(shape) = RESULTS.get(integration).filter(|_| validation != FieldValidation::None) else {
        return Ok(());
    };
    if !result.is_object() {
        return Err("The result must be an object".to_owned());
    }
    shape.check("", result, validation)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn results_are_held_against_their_shapes() {
        use FieldValidation::{None, Present, Strict};
        let start = "states:startExecution";
        let cases = [
            (start, json!({}), Strict, Err("Field 'ExecutionArn' is required")),
            (start, json!({}), Present, Ok(())),
            (start, json!({}), None, Ok(())),
            (start, json!([]), Present, Err("The result must be an object")),
            (start, json!({ "ExecutionArn": 1 }), Present, Err("Field 'ExecutionArn' must be a string")),
            (start, json!({ "ExecutionArn": 1 }), None, Ok(())),
            (start, json!({ "StartDate": true }), Present, Err("Field 'StartDate' must be a string")),
            (
                start,
                json!({ "ExecutionArn": "" }),
                Present,
                Err("Field 'ExecutionArn' must have length greater than or equal to 1"),
            ),
            (start, json!({ "ExecutionArn": "a", "StartDate": "b", "Unknown": [] }), Strict, Ok(())),
            (
                "lambda:invoke",
                json!({ "StatusCode": "200" }),
                Strict,
                Err("Field 'StatusCode' must be a number"),
            ),
            ("lambda:invoke", json!({ "StatusCode": 200, "Payload": { "any": [1] } }), Strict, Ok(())),
            (
                "states:startExecution.sync",
                json!({ "Output": {} }),
                Present,
                Err("Field 'Output' must be a string"),
            ),
            ("states:startExecution.sync:2", json!({ "Output": {} }), Present, Ok(())),
            (
                "states:startExecution.sync:2",
                json!({ "InputDetails": { "Included": 1 } }),
                Present,
                Err("Field 'Included' must be a boolean"),
            ),
            (
                "states:startExecution.sync:2",
                json!({ "Status": "DONE" }),
                Present,
                Err(
                    "Field 'Status' must be one of [RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, PENDING_REDRIVE]",
                ),
            ),
            ("some:thing", json!(1), Strict, Ok(())),
        ];
        for (integration, result, validation, expected) in cases {
            let found = check(integration, &result, validation);
            assert_eq!(
                found.as_ref().map_err(String::as_str),
                expected.as_ref().map(|()| &()).map_err(|text| *text),
                "{result}"
            );
        }
    }
}
