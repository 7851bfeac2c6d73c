//! JSON values to JSONata's and back. Never copies what isn't asked for.

use jsonata_core::value::{JArray, JValue};
use serde_json::{Map, Number, Value};

use super::Limit;

/// Deepest result: serde_json reads no deeper than 128, and results are wrapped a few times on their way.
const RESULT_DEPTH_MAX: usize = crate::budget::DEPTH_MAX;

/// Numbers up to this are whole numbers without loss.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// The value in JSONata's form. JSONata's numbers are doubles: integers beyond 2^53 lose precision, as in JSONata.
pub(super) fn import(value: &Value) -> JValue {
    match value {
        Value::Null => JValue::Null,
        Value::Bool(flag) => JValue::Bool(*flag),
        Value::Number(number) => JValue::Number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => JValue::string(text.as_str()),
        Value::Array(items) => {
            let flat = !items.iter().any(Value::is_array);
            JValue::Array(JArray::new_flat(items.iter().map(import).collect(), flat))
        }
        Value::Object(fields) => {
            JValue::object(fields.iter().map(|(name, field)| (name.clone(), import(field))).collect())
        }
    }
}

/// The value as JSON; `None` for undefined.
///
/// Functions inside a value become empty texts, as `$string` writes them; infinite numbers become the texts
/// `Infinity` and `-Infinity`, as AWS gives them.
///
/// # Errors
/// [`Limit::Depth`] if it nests deeper than any JSON document may, [`Limit::Memory`] if it has more than `bytes_max`.
pub(super) fn export(value: &JValue, bytes_max: usize) -> Result<Option<Value>, Limit> {
    let mut bytes_left = bytes_max;
    match value {
        JValue::Undefined => Ok(None),
        value => export_within(value, RESULT_DEPTH_MAX, &mut bytes_left).map(Some),
    }
}

fn export_within(value: &JValue, levels: usize, bytes_left: &mut usize) -> Result<Value, Limit> {
    let bytes = match value {
        JValue::String(text) => text.len(),
        JValue::Object(fields) => fields.keys().map(String::len).sum(),
        _ => 8,
    };
    *bytes_left = bytes_left.checked_sub(bytes).ok_or(Limit::Memory)?;
    Ok(match value {
        JValue::Null | JValue::Undefined => Value::Null,
        JValue::Bool(flag) => Value::Bool(*flag),
        JValue::Number(number) => export_number(*number),
        JValue::String(text) => Value::String(text.to_string()),
        JValue::Array(items) => {
            let levels = levels.checked_sub(1).ok_or(Limit::Depth)?;
            let items = items.iter().map(|item| export_within(item, levels, bytes_left));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        JValue::Object(fields) => {
            let levels = levels.checked_sub(1).ok_or(Limit::Depth)?;
            let fields = fields
                .iter()
                .map(|(name, field)| Ok((name.clone(), export_within(field, levels, bytes_left)?)));
            Value::Object(fields.collect::<Result<Map<_, _>, Limit>>()?)
        }
        JValue::Lambda(_) | JValue::Builtin { .. } | JValue::Regex { .. } => Value::String(String::new()),
    })
}

fn export_number(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() <= WHOLE_MAX {
        // Whole and within 2^53: the conversion is exact.
        return Value::from(number as i64);
    }
    match Number::from_f64(number) {
        Some(number) => Value::Number(number),
        None if number.is_nan() => Value::from("NaN"),
        None if number > 0.0 => Value::from("Infinity"),
        None => Value::from("-Infinity"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_survive_the_way_there_and_back() {
        for value in [
            json!(null),
            json!(true),
            json!(0),
            json!(-1),
            json!(1.5),
            json!(9_007_199_254_740_992_i64),
            json!(1e300),
            json!("text"),
            json!([]),
            json!([[1, [2]], {}]),
            json!({"z": 1, "a": {"b": [null]}}),
        ] {
            let there_and_back = export(&import(&value), 1000);
            let text = there_and_back.as_ref().map(|value| value.as_ref().map(Value::to_string));
            assert_eq!(text, Ok(Some(value.to_string())));
        }
    }

    #[test]
    fn what_json_lacks_is_shown_as_aws_shows_it() {
        for (value, expected) in [
            (JValue::Undefined, None),
            (JValue::Number(-0.0), Some(json!(0))),
            (JValue::Number(1e20), Some(json!(1e20))),
            (JValue::Number(f64::INFINITY), Some(json!("Infinity"))),
            (JValue::array(vec![JValue::Number(f64::NEG_INFINITY)]), Some(json!(["-Infinity"]))),
            (JValue::array(vec![JValue::builtin("sum")]), Some(json!([""]))),
        ] {
            assert_eq!(export(&value, 1000), Ok(expected), "{value:?}");
        }
    }

    #[test]
    fn results_are_bounded() {
        let deep = (0..=RESULT_DEPTH_MAX).fold(JValue::Null, |inner, _| JValue::array(vec![inner]));
        assert_eq!(export(&deep, 1_000_000), Err(Limit::Depth));
        let wide = JValue::array(vec![JValue::Null; 1000]);
        assert_eq!(export(&wide, 8_000), Err(Limit::Memory));
        let shared = (0..60).fold(JValue::Null, |inner, _| JValue::array(vec![inner.clone(), inner]));
        assert_eq!(export(&shared, 1_000_000), Err(Limit::Memory));
    }
}
