//! `ItemBatcher`: puts the inputs of iterations together. A batch is the input of one child execution.

use serde_json::{Map, Value};

/// The batches of these inputs: each has as many of them as the bounds allow, and one at least. A bound of 0 is none. Bytes are those of
/// the whole batch as JSON.
pub(super) fn of(
    inputs: Vec<Value>,
    items_max: Option<u64>,
    bytes_max: Option<u64>,
    batch_input: Option<&Value>,
) -> Vec<Value> {
    let [items_max, bytes_max] =
        [items_max, bytes_max].map(|bound| bound.filter(|bound| *bound > 0).unwrap_or(u64::MAX));
    let batch = |items: Vec<Value>| {
        let mut batch = Map::new();
        if let Some(batch_input) = batch_input {
            batch.insert("BatchInput".to_owned(), batch_input.clone());
        }
        batch.insert("Items".to_owned(), Value::Array(items));
        Value::Object(batch)
    };
    let empty = len(&batch(Vec::new()));
    let mut batches = Vec::new();
    let (mut items, mut bytes) = (Vec::new(), empty);
    for input in inputs {
        let comma = u64::from(!items.is_empty());
        let grown = bytes + comma + len(&input);
        if !items.is_empty() && (items.len() as u64 >= items_max || grown > bytes_max) {
            batches.push(batch(std::mem::take(&mut items)));
            bytes = empty + len(&input);
        } else {
            bytes = grown;
        }
        items.push(input);
    }
    if !items.is_empty() {
        batches.push(batch(items));
    }
    batches
}

fn len(value: &Value) -> u64 {
    value.to_string().len() as u64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn batches_keep_within_their_bounds() {
        let of = |items_max, bytes_max, batch_input: Option<Value>| {
            of([1, 22, 3].map(Value::from).to_vec(), items_max, bytes_max, batch_input.as_ref())
        };
        assert_eq!(of(Some(2), None, None), [json!({ "Items": [1, 22] }), json!({ "Items": [3] })]);
        // {"Items":[1,22]} has 16 bytes.
        assert_eq!(of(None, Some(16), None), [json!({ "Items": [1, 22] }), json!({ "Items": [3] })]);
        assert_eq!(of(None, Some(15), None).len(), 3);
        assert_eq!(of(Some(0), Some(1), None).len(), 3, "one at least in each");
        assert_eq!(
            of(None, None, Some(json!({ "a": 1 }))),
            [json!({ "BatchInput": { "a": 1 }, "Items": [1, 22, 3] })]
        );
    }
}
