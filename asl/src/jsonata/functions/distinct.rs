//! `$distinct(array)` in linear time: JSONata's own compares each item with each, which takes minutes for an array that
//! a payload can hold.

use std::collections::HashSet;

use jsonata_core::{evaluator::EvaluatorError, functions::array, value::JValue};

use crate::jsonata::{meter::Meter, values};

/// Up to so many items comparing each with each is quick.
const COMPARED_MAX: usize = 500;

pub(super) fn call(meter: &Meter, args: &[JValue]) -> Result<JValue, EvaluatorError> {
    let Some(JValue::Array(items)) =
        args.first().filter(|array| array.as_array().is_some_and(|items| items.len() > 1))
    else {
        return Ok(args.first().cloned().unwrap_or(JValue::Undefined));
    };
    let mut distinct = if items.len() <= COMPARED_MAX {
        array::distinct(items)?
    } else {
        let mut seen = HashSet::new();
        let mut kept = Vec::new();
        for item in items.iter() {
            if seen.insert(key(meter, item)?) {
                kept.push(item.clone());
            }
        }
        JValue::array(kept)
    };
    if items.sequence {
        distinct.mark_sequence();
    }
    Ok(distinct)
}

/// The same text for equal values only.
fn key(meter: &Meter, value: &JValue) -> Result<String, EvaluatorError> {
    let exported =
        values::export(value, meter.limits().value_bytes_max).map_err(|limit| meter.exceed(limit))?;
    let mut exported = exported.unwrap_or_default();
    exported.sort_all_objects();
    let key = exported.to_string();
    meter.charge_bytes(key.len())?;
    Ok(key)
}
