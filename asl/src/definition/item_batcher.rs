//! `ItemBatcher`: how many items of a distributed Map one child execution takes. Makes no batches.

use super::fields::Fields;
use super::{Number, Payload, number};
use crate::limits::{BATCH_BYTES_MAX, NUMBER_MAX};
use crate::wording;

/// An item batcher (developer guide, "ItemBatcher (Map)"). At least one of the two bounds is there.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemBatcher {
    /// `BatchInput`: what each batch gets beside its items.
    pub batch_input: Option<Payload>,
    /// `MaxItemsPerBatch` or `MaxItemsPerBatchPath`
    pub max_items: Option<Number<u64>>,
    /// `MaxInputBytesPerBatch` or `MaxInputBytesPerBatchPath`: of the child execution's input, in JSON.
    pub max_input_bytes: Option<Number<u64>>,
}

const ITEMS: [&str; 2] = ["MaxItemsPerBatch", "MaxItemsPerBatchPath"];
const BYTES: [&str; 2] = ["MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"];

pub(super) fn read(map: &Fields<'_>) -> Option<ItemBatcher> {
    let fields = map.inner(map.get("ItemBatcher")?, map.at.field("ItemBatcher"))?;
    fields.allow(&[ITEMS.as_slice(), &BYTES, &["BatchInput", "Comment"]].concat());
    if !ITEMS.iter().chain(&BYTES).any(|name| fields.has(name)) {
        fields.report(wording::at_least_one_of(&["MaxItemsPerBatch", "MaxInputBytesPerBatch"]));
    }
    Some(ItemBatcher {
        batch_input: fields.payload("BatchInput"),
        max_items: number::read(&fields, ITEMS, |name| fields.integer(name, 0, NUMBER_MAX)),
        max_input_bytes: number::read(&fields, BYTES, |name| fields.integer(name, 0, BATCH_BYTES_MAX)),
    })
}
