//! `States.ArrayGetItem(array, index)`: the item at an index, counted from 0.

use serde_json::Value;

use super::{Arguments, arguments::Refusal};

pub(super) fn apply(mut arguments: Arguments) -> Result<Value, Refusal> {
    let items = arguments.array()?;
    let index = arguments.integer()?;
    let length = items.len();
    usize::try_from(index)
        .ok()
        .and_then(|index| items.into_iter().nth(index))
        .ok_or_else(|| format!("Index {index} is out of bounds for an array of length {length}"))
}
