//! `$range(first, last, step)`: the numbers from `first` up or down to `last`, inclusive.

use jsonata_core::{evaluator::EvaluatorError, value::JValue};

use super::Arguments;
use crate::jsonata::{Limit, meter::Meter};

/// A bound of our own: 4 MiB of numbers, four times as many as the largest payload has room for.
const ITEMS_MAX: i128 = 524_288;

pub(super) fn call(meter: &Meter, mut arguments: Arguments<'_>) -> Result<JValue, EvaluatorError> {
    let (first, last, step) = (arguments.whole()?, arguments.whole()?, arguments.whole()?);
    arguments.end()?;
    let (Some(first), Some(last), Some(step)) = (first, last, step) else { return Ok(JValue::Undefined) };
    if step == 0 {
        return Err(arguments.fail("The step of the range must not be zero"));
    }
    let distance = i128::from(last) - i128::from(first);
    let items =
        if distance.signum() * i128::from(step.signum()) < 0 { 0 } else { distance / i128::from(step) + 1 };
    if items > ITEMS_MAX {
        return Err(meter.exceed(Limit::Memory));
    }
    // Every item lies between `first` and `last`, so none overflows.
    let numbers = (0..items).map(|at| JValue::Number((i128::from(first) + at * i128::from(step)) as f64));
    // A sequence, as the range operator makes: one number stands for itself (recorded).
    Ok(JValue::sequence(numbers.collect()))
}
