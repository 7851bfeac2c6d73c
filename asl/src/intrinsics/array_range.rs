//! `States.ArrayRange(first, last, step)`: the numbers from `first` up or down to `last`, inclusive.

use serde_json::Value;

use super::{Arguments, arguments::Refusal};

/// AWS's limit.
const ITEMS_MAX: i128 = 1000;

pub(super) fn apply(mut arguments: Arguments) -> Result<Value, Refusal> {
    let (first, last, step) = (arguments.integer()?, arguments.integer()?, arguments.integer()?);
    if step == 0 {
        return Err("The step of the range must not be zero".to_owned());
    }
    let distance = i128::from(last) - i128::from(first);
    let items =
        if distance.signum() * i128::from(step.signum()) < 0 { 0 } else { distance / i128::from(step) + 1 };
    if items > ITEMS_MAX {
        return Err(format!("The range must not have more than {ITEMS_MAX} items, but has {items}"));
    }
    // Every item lies between `first` and `last`, so none overflows.
    Ok((0..items).filter_map(|at| i64::try_from(i128::from(first) + at * i128::from(step)).ok()).collect())
}
