//! The evaluated arguments of one call, taken in order and checked for their kind.

use std::collections::VecDeque;

use serde_json::Value;

use crate::java_text;

/// What a function says when it refuses its arguments.
pub(super) type Refusal = String;

/// Arguments that are still to be taken.
pub(super) struct Arguments {
    values: VecDeque<Value>,
    taken: usize,
}

impl Arguments {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Arguments { values: values.into(), taken: 0 }
    }

    /// The next argument, whatever its kind.
    pub(super) fn value(&mut self) -> Result<Value, Refusal> {
        self.taken += 1;
        self.values.pop_front().ok_or_else(|| format!("Argument {} is missing", self.taken))
    }

    /// The next argument, if there is one.
    pub(super) fn optional(&mut self) -> Option<Value> {
        self.taken += 1;
        self.values.pop_front()
    }

    pub(super) fn string(&mut self) -> Result<String, Refusal> {
        match self.value()? {
            Value::String(text) => Ok(text),
            other => Err(self.unexpected("a string", &other)),
        }
    }

    pub(super) fn array(&mut self) -> Result<Vec<Value>, Refusal> {
        match self.value()? {
            Value::Array(items) => Ok(items),
            other => Err(self.unexpected("an array", &other)),
        }
    }

    /// The next argument as a whole number: others are rounded to the nearest one, as AWS documents it.
    pub(super) fn integer(&mut self) -> Result<i64, Refusal> {
        let value = self.value()?;
        rounded(&value).ok_or_else(|| self.unexpected("a number", &value))
    }

    /// All that are left.
    pub(super) fn rest(self) -> Vec<Value> {
        self.values.into()
    }

    /// The refusal of the argument taken last.
    pub(super) fn unexpected(&self, expected: &str, found: &Value) -> Refusal {
        const SHOWN_MAX: usize = 200;
        let text = java_text::json(found);
        let shown: String = text.chars().take(SHOWN_MAX).collect();
        let dots = if shown.len() < text.len() { "..." } else { "" };
        format!("Argument {} must be {expected}, but was {shown}{dots}", self.taken)
    }
}

/// The whole number nearest to a JSON number (halves upwards, as Java's `Math.round`), if it fits.
pub(super) fn rounded(value: &Value) -> Option<i64> {
    /// The whole numbers that a double holds exactly.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    let number = value.as_number()?;
    if let Some(integer) = number.as_i64() {
        return Some(integer);
    }
    let float = (number.as_f64()? + 0.5).floor();
    (float.abs() <= EXACT_MAX).then_some(float as i64)
}
