//! `States.ArrayPartition(array, size)`: the array in chunks of at most that many items.

use serde_json::Value;

use super::{Arguments, arguments::Refusal};

pub(super) fn apply(mut arguments: Arguments) -> Result<Value, Refusal> {
    let items = arguments.array()?;
    let size = arguments.integer()?;
    let Some(size) = usize::try_from(size).ok().filter(|size| *size > 0) else {
        return Err(format!("The chunk size must be a positive integer, but was {size}"));
    };
    Ok(items.chunks(size).map(|chunk| Value::Array(chunk.to_vec())).collect())
}
