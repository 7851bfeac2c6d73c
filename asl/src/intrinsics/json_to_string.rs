//! `States.JsonToString(value)`: the value's compact JSON text.

use serde_json::Value;

use super::{Arguments, arguments::Refusal};
use crate::java_text;

pub(super) fn apply(mut arguments: Arguments) -> Result<Value, Refusal> {
    Ok(java_text::json(&arguments.value()?).into())
}
