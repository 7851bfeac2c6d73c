//! `States.StringToJson(text)`: the value that a JSON text stands for. Blank texts stand for `null` (recorded).

use serde_json::Value;

use super::{Arguments, arguments::Refusal};
use crate::jackson;

pub(super) fn apply(mut arguments: Arguments) -> Result<Value, Refusal> {
    let text = arguments.string()?;
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    let mut value = jackson::parse(&text).map_err(|error| error.to_string())?;
    unsign_zeros(&mut value);
    Ok(value)
}

/// To Java, `-0` is the integer 0 (recorded); serde_json reads it as the float -0.0.
fn unsign_zeros(value: &mut Value) {
    match value {
        Value::Number(number)
            if number.as_f64().is_some_and(|float| float == 0.0 && float.is_sign_negative()) =>
        {
            *value = 0.into();
        }
        Value::Array(items) => items.iter_mut().for_each(unsign_zeros),
        Value::Object(fields) => fields.values_mut().for_each(unsign_zeros),
        _ => {}
    }
}
