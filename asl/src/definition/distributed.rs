//! What a Map state has in the mode `DISTRIBUTED`, where each item, or batch of items, is an execution of its own.

use super::fields::Fields;
use super::{ItemBatcher, ItemReader, Kind, Machine, ResultWriter, item_batcher, item_reader, result_writer};
use crate::wording;

/// The part of a Map state that belongs to the mode `DISTRIBUTED`.
#[derive(Debug, Clone, PartialEq)]
pub struct Distributed {
    /// `ProcessorConfig.ExecutionType`: the type of the child executions.
    pub execution_type: Kind,
    /// `ItemReader`: where the items are; without it, they are in the state's input.
    pub item_reader: Option<ItemReader>,
    /// `ItemBatcher`: how many items a child execution takes; without it, one.
    pub item_batcher: Option<ItemBatcher>,
    /// `ResultWriter`: where the results go; without it, they are the state's result.
    pub result_writer: Option<ResultWriter>,
    /// `Label`: a part of the map run's and the child executions' ARNs; without it, the server makes one up.
    pub label: Option<String>,
}

/// The fields of a Map state that the mode `INLINE` hasn't.
pub(super) const FIELDS: [&str; 4] = ["ItemReader", "ItemBatcher", "ResultWriter", "Label"];

/// Reads `ProcessorConfig` and, in the mode `DISTRIBUTED`, the fields of the Map that belong to it.
pub(super) fn read(map: &Fields<'_>, processor: &Fields<'_>, machine: Machine) -> Option<Distributed> {
    let Some(execution_type) = read_config(processor, machine) else {
        for name in FIELDS.iter().filter(|name| map.has(name)) {
            map.report(wording::not_inline(name));
        }
        return None;
    };
    Some(Distributed {
        execution_type,
        item_reader: item_reader::read(map),
        item_batcher: item_batcher::read(map),
        result_writer: result_writer::read(map),
        label: map.text("Label").map(str::to_owned),
    })
}

/// The type of the child executions; `None` in the mode `INLINE`, which is the default.
fn read_config(processor: &Fields<'_>, machine: Machine) -> Option<Kind> {
    let value = processor.get("ProcessorConfig")?;
    let config = processor.inner(value, processor.at.field("ProcessorConfig"))?;
    config.allow(&["Mode", "ExecutionType"]);
    let execution_type = config.one_of("ExecutionType", &["STANDARD", "EXPRESS"]);
    if config.one_of("Mode", &["INLINE", "DISTRIBUTED"]) != Some("DISTRIBUTED") {
        if config.has("ExecutionType") {
            config.report(wording::not_supported("ExecutionType"));
        }
        return None;
    }
    if machine.kind == Kind::Express {
        config.report_at("Mode", wording::DISTRIBUTED_IN_EXPRESS);
    }
    config.require(&["ExecutionType"]);
    Some(match execution_type {
        Some("EXPRESS") => Kind::Express,
        _ => Kind::Standard,
    })
}
