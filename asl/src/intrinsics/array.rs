//! `States.Array(value, ...)`: an array of the arguments.

use serde_json::Value;

use super::Arguments;

pub(super) fn apply(arguments: Arguments) -> Value {
    Value::Array(arguments.rest())
}
