//! What one evaluation may cost. Hostile definitions are stopped here; ordinary ones never come near.

use std::cell::Cell;

use serde_json::Value;

use crate::EvaluationError;

/// Nodes that one evaluation may visit. `$..*` over the largest payload (256 KiB) visits about 130,000.
const STEPS_MAX: u64 = 4_000_000;
/// Bytes of JSON that one evaluation may produce, intermediate values included: 64 payloads of the largest size.
const BYTES_MAX: u64 = 16 * 1024 * 1024;
/// How deep a produced document may nest. Below serde_json's 128, so that what was produced can be read again
/// even after it was wrapped a few times (a task's output, a nested execution's).
pub(crate) const DEPTH_MAX: usize = 120;

/// Counts the cost of one evaluation, through all its paths, calls and templates.
#[derive(Default)]
pub(crate) struct Budget {
    steps: Cell<u64>,
    bytes: Cell<u64>,
}

impl Budget {
    /// Charges for visiting nodes.
    pub(crate) fn visit(&self, nodes: usize) -> Result<(), EvaluationError> {
        let steps = self.steps.get().saturating_add(nodes as u64);
        self.steps.set(steps);
        if steps > STEPS_MAX {
            return Err(EvaluationError::runtime(format!(
                "The expression visits more than {STEPS_MAX} values."
            )));
        }
        Ok(())
    }

    /// Charges for a value about to be kept.
    pub(crate) fn produce(&self, value: &Value) -> Result<(), EvaluationError> {
        let bytes = self.bytes.get().saturating_add(size(value));
        self.bytes.set(bytes);
        if bytes > BYTES_MAX {
            return Err(EvaluationError::runtime(format!(
                "The expression produces more than {BYTES_MAX} bytes."
            )));
        }
        Ok(())
    }

    /// A copy of `value`, charged before it is made.
    pub(crate) fn copy(&self, value: &Value) -> Result<Value, EvaluationError> {
        self.produce(value)?;
        Ok(value.clone())
    }
}

/// Refuses a produced document that nests deeper than [`DEPTH_MAX`].
pub(crate) fn check_depth(value: &Value) -> Result<(), EvaluationError> {
    if exceeds_depth(value, DEPTH_MAX) {
        return Err(EvaluationError::runtime(format!("The result nests deeper than {DEPTH_MAX} levels.")));
    }
    Ok(())
}

/// Whether `value` has more than `levels` levels of arrays and objects. Looks no deeper than that.
pub(crate) fn exceeds_depth(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(|item| exceeds_depth(item, levels - 1)),
        Value::Object(fields) => levels == 0 || fields.values().any(|field| exceeds_depth(field, levels - 1)),
        _ => false,
    }
}

/// About the length of the value's JSON text; at least 1 for each node.
pub(crate) fn size(value: &Value) -> u64 {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 8,
        Value::String(text) => text.len() as u64 + 2,
        Value::Array(items) => items.iter().map(|item| size(item) + 1).sum::<u64>() + 2,
        Value::Object(fields) => {
            fields.iter().map(|(name, field)| name.len() as u64 + 4 + size(field)).sum::<u64>() + 2
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn nested(levels: usize) -> Value {
        (0..levels).fold(json!(1), |inner, _| json!([inner]))
    }

    #[test]
    fn depth_is_limited_exactly() {
        assert!(check_depth(&nested(DEPTH_MAX)).is_ok());
        assert!(check_depth(&nested(DEPTH_MAX + 1)).is_err());
    }

    #[test]
    fn what_is_produced_can_be_read_again() {
        let text = nested(DEPTH_MAX).to_string();
        assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(nested(DEPTH_MAX)));
    }

    #[test]
    fn bytes_add_up_until_they_are_refused() {
        let budget = Budget::default();
        let value = Value::String("x".repeat(1024 * 1024));
        let copies = (0..100).take_while(|_| budget.copy(&value).is_ok()).count();
        assert_eq!(copies, 15);
    }
}
