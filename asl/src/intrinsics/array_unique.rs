//! `States.ArrayUnique(array)`: the array without repeated items; the first of each stays.

use std::collections::HashSet;

use serde_json::Value;

use super::{Arguments, arguments::Refusal};

pub(super) fn apply(mut arguments: Arguments) -> Result<Value, Refusal> {
    let items = arguments.array()?;
    let mut seen = HashSet::with_capacity(items.len());
    Ok(items.iter().filter(|item| seen.insert(*item)).cloned().collect())
}
