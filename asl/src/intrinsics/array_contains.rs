//! `States.ArrayContains(array, value)`: whether the array holds the value.

use serde_json::Value;

use super::{Arguments, arguments::Refusal};

pub(super) fn apply(mut arguments: Arguments) -> Result<Value, Refusal> {
    let items = arguments.array()?;
    let sought = arguments.value()?;
    Ok(items.contains(&sought).into())
}
