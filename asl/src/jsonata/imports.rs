//! Documents in JSONata's form, each made once for all expressions of a template, and no more of the input than an
//! expression can reach. Never changes one.

use std::cell::RefCell;

use jsonata_core::value::JValue;
use serde_json::Value;

use super::{references::InputUse, values};

/// What was imported so far. Lives no longer than the documents, so that an address names one value.
#[derive(Default)]
pub(super) struct Imports {
    values: RefCell<Vec<(*const Value, JValue)>>,
}

/// So many values are kept: a template reads few, but its expressions could name thousands.
const KEPT_MAX: usize = 64;

impl Imports {
    /// The value in JSONata's form.
    pub(super) fn value(&self, value: &Value) -> JValue {
        if !matches!(value, Value::Array(_) | Value::Object(_)) {
            return values::import(value);
        }
        let address = std::ptr::from_ref(value);
        let kept =
            self.values.borrow().iter().find(|(known, _)| *known == address).map(|(_, value)| value.clone());
        kept.unwrap_or_else(|| {
            let imported = values::import(value);
            let mut kept = self.values.borrow_mut();
            if kept.len() < KEPT_MAX {
                kept.push((address, imported.clone()));
            }
            imported
        })
    }

    /// The input, or an object with those of its fields that are used.
    pub(super) fn input(&self, input: &Value, used: &InputUse) -> JValue {
        match (input, used) {
            (Value::Object(fields), InputUse::Fields(names)) => JValue::object(
                names.iter().filter_map(|name| Some((name.clone(), self.value(fields.get(name)?)))).collect(),
            ),
            (input, _) => self.value(input),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jsonata_core::value::JArray;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_used_is_imported() {
        let fields = |names: &[&str]| InputUse::Fields(names.iter().map(|name| (*name).to_owned()).collect());
        for (input, used, expected) in [
            (json!({"a": [1], "b": 2}), fields(&["a", "none"]), json!({"a": [1]})),
            (json!({"a": [1], "b": 2}), fields(&[]), json!({})),
            (json!({"a": [1], "b": 2}), InputUse::Whole, json!({"a": [1], "b": 2})),
            (json!([{"a": 1, "b": 2}]), fields(&["a"]), json!([{"a": 1, "b": 2}])),
            (json!("text"), fields(&["a"]), json!("text")),
        ] {
            let imported = Imports::default().input(&input, &used);
            assert_eq!(values::export(&imported, 1000), Ok(Some(expected)), "{input} {used:?}");
        }
    }

    #[test]
    fn values_are_imported_once() {
        let (imports, input) = (Imports::default(), json!({"a": [1], "b": [1]}));
        let used = InputUse::Fields(BTreeSet::from(["a".to_owned(), "b".to_owned()]));
        let array = |field: &str| match &imports.input(&input, &used) {
            JValue::Object(fields) => fields.get(field).and_then(|field| match field {
                JValue::Array(items) => Some(items.clone()),
                _ => None,
            }),
            _ => None,
        };
        let is_same = |left: Option<JArray>, right: Option<JArray>| match (left, right) {
            (Some(left), Some(right)) => JArray::ptr_eq(&left, &right),
            _ => false,
        };
        assert!(is_same(array("a"), array("a")));
        assert!(!is_same(array("a"), array("b")));
    }
}
