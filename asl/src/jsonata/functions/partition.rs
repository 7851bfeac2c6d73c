//! `$partition(array, size)`: the array in chunks of at most that many items.

use jsonata_core::{evaluator::EvaluatorError, value::JValue};

use super::Arguments;

pub(super) fn call(mut arguments: Arguments<'_>) -> Result<JValue, EvaluatorError> {
    let array = arguments.next();
    let size = arguments.whole()?;
    arguments.end()?;
    let Some(size) = size else { return Ok(JValue::Undefined) };
    let items = match array {
        JValue::Undefined => return Ok(JValue::Undefined),
        JValue::Array(items) => items.as_slice(),
        // JSONata takes one value for an array of it.
        value => std::slice::from_ref(value),
    };
    let size = usize::try_from(size).unwrap_or_default();
    if size == 0 {
        return Err(arguments.fail("The chunk size must be a positive number"));
    }
    Ok(JValue::array(items.chunks(size).map(|chunk| JValue::array(chunk.to_vec())).collect()))
}
