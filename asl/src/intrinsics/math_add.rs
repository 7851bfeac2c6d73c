//! `States.MathAdd(number, number)`: the sum of two whole numbers.

use serde_json::Value;

use super::{Arguments, arguments::Refusal};

pub(super) fn apply(mut arguments: Arguments) -> Result<Value, Refusal> {
    let mut sum = 0_i64;
    for _ in 0..2 {
        let number = arguments.integer()?;
        // AWS's range: -2147483648 to 2147483647.
        let Ok(number) = i32::try_from(number) else {
            return Err(format!("{number} is not between {} and {}", i32::MIN, i32::MAX));
        };
        sum += i64::from(number);
    }
    Ok(sum.into())
}
