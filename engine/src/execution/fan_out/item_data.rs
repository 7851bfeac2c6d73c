//! The items in data that the `ItemReader` of a Map has read, where somebody who looks on says what it has read.

use keepstep_asl::definition::{InputType, ItemReader, Map};
use serde_json::Value;

use super::super::inspection::Waypoint;
use super::super::interrupt::{Failure, Interrupt};
use super::super::run::Run;

/// The list of items; `None` if nobody says what was read.
///
/// # Errors
///
/// `States.ItemReaderFailed` for data of another form than the reader's. The words are ours.
pub(super) fn read(run: &mut Run<'_>, map: &Map) -> Result<Option<Value>, Interrupt> {
    let reader = map.distributed.as_ref().and_then(|distributed| distributed.item_reader.as_ref());
    let data = run.inspection.as_ref().and_then(|inspection| inspection.reader_data.clone());
    let (Some(reader), Some(data)) = (reader, data) else { return Ok(None) };
    let items = match &reader.config.input_type {
        Some(InputType::JsonLines) => {
            let lines = data.lines().filter(|line| !line.trim().is_empty());
            Value::Array(lines.map(parse).collect::<Result<_, _>>()?)
        }
        _ => pointed(run, reader, parse(&data)?)?,
    };
    Ok(Some(items))
}

fn parse(text: &str) -> Result<Value, Interrupt> {
    keepstep_asl::jackson::parse(text).map_err(|error| failed(format!("The item data is no JSON: {error}")))
}

/// What `ItemsPointer` points to.
fn pointed(run: &mut Run<'_>, reader: &ItemReader, data: Value) -> Result<Value, Interrupt> {
    let Some(pointer) = &reader.config.items_pointer else { return Ok(data) };
    let items = data
        .pointer(pointer)
        .cloned()
        .ok_or_else(|| failed(format!("The ItemsPointer {pointer} points to nothing in the item data")))?;
    run.see(Waypoint::AfterItemsPointer, &items.clone().into())?;
    Ok(items)
}

fn failed(cause: String) -> Interrupt {
    Failure::new("States.ItemReaderFailed", cause).into()
}
