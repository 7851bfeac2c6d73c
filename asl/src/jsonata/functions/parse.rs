//! `$parse(text)`: the value that a JSON text stands for.

use jsonata_core::{evaluator::EvaluatorError, value::JValue};

use super::Arguments;
use crate::{jackson, jsonata::values};

pub(super) fn call(mut arguments: Arguments<'_>) -> Result<JValue, EvaluatorError> {
    let text = arguments.text()?;
    arguments.end()?;
    let Some(text) = text else { return Ok(JValue::Undefined) };
    match jackson::parse(text) {
        Ok(value) => Ok(values::import(&value)),
        Err(error) => Err(arguments.fail(&format!("The text is no JSON: {error}"))),
    }
}
