//! `States.JsonMerge(first, second, false)`: the fields of both objects, those of the second winning.
//! Only shallow merging exists: fields that are objects themselves are not merged.

use serde_json::Value;

use super::{Arguments, arguments::Refusal};

pub(super) fn apply(mut arguments: Arguments) -> Result<Value, Refusal> {
    let mut fields = Vec::with_capacity(2);
    for _ in 0..2 {
        match arguments.value()? {
            Value::Object(object) => fields.push(object),
            other => return Err(arguments.unexpected("an object", &other)),
        }
    }
    match arguments.value()? {
        Value::Bool(false) => Ok(Value::Object(fields.into_iter().flatten().collect())),
        Value::Bool(true) => {
            Err("Deep merging is not supported: the third argument must be false".to_owned())
        }
        other => Err(arguments.unexpected("false", &other)),
    }
}
