//! `$shuffle(array)`: the items in random order.

use jsonata_core::{evaluator::EvaluatorError, value::JValue};

use super::{Arguments, RandomBytes};

pub(super) fn call(random: &RandomBytes, mut arguments: Arguments<'_>) -> Result<JValue, EvaluatorError> {
    let array = arguments.next();
    arguments.end()?;
    let mut items = match array {
        JValue::Undefined => return Ok(JValue::Undefined),
        JValue::Array(items) => items.to_vec(),
        value => vec![value.clone()],
    };
    // Fisher and Yates.
    for last in (1..items.len()).rev() {
        items.swap(last, random.below(last + 1));
    }
    Ok(JValue::array(items))
}
