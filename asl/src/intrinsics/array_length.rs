//! `States.ArrayLength(array)`: how many items the array has.

use serde_json::Value;

use super::{Arguments, arguments::Refusal};

pub(super) fn apply(mut arguments: Arguments) -> Result<Value, Refusal> {
    Ok(arguments.array()?.len().into())
}
