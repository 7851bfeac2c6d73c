//! The Map state in inline mode: an iteration for each item, so many at a time. What both modes have is here as well.

use std::sync::Arc;

use bytes::Bytes;
use keepstep_asl::definition::{Map, Number, Payload, State};
use keepstep_asl::jsonata::{Limits, ResultType};
use keepstep_asl::path::Path;
use serde_json::Value;

use super::super::compute::refused;
use super::super::context::Item;
use super::super::drive::Outcome;
use super::super::inspection::Waypoint;
use super::super::interrupt::{Failure, Interrupt};
use super::super::io::Document;
use super::super::run::{Active, Run};
use super::{Start, batch, item_data};
use crate::record::phase::FanOut;
use crate::record::{EventDetails, EventType, Items, MapItem, PayloadRef, SLICE_LEN};

pub(in super::super) fn run(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    map: &Map,
) -> Result<Outcome, Interrupt> {
    // Under test, its inputs are shown, but no map run begins.
    if let (Some(distributed), None) = (&map.distributed, &run.inspection) {
        return super::distributed::run(run, active, state, map, distributed);
    }
    let input = run.effective_input(active, state)?;
    let concurrency = whole(run, active, state, &input, "MaxConcurrency", &map.max_concurrency)?;
    run.note(|inspection| inspection.max_concurrency = Some(concurrency));
    // Without effect on an inline Map, but evaluated (recorded).
    tolerated(run, active, state, &input, map)?;
    let items = items(run, active, state, map, &input)?;
    let over_members = items.iter().any(|item| item.key.is_some());
    let length = items.len() as u64;
    run.note(|inspection| inspection.items = Some(length));
    let texts: Vec<_> = items.into_iter().map(MapItem::into_text).collect();
    for (slice, items) in (0..).zip(texts.chunks(usize::try_from(SLICE_LEN).unwrap_or(usize::MAX))) {
        let items = items.to_vec();
        run.put_items(active.id, slice, Items { items });
    }
    let input = run.store(&state.name, input)?;
    if run.inspection.is_some() {
        see_inputs(run, active, state, map, input, (&texts, over_members))?;
    }
    let details = EventDetails { length: Some(length), ..EventDetails::default() };
    run.event(active, EventType::MapStateStarted, details)?;
    let concurrency_max = run.desk.limits.map_concurrency_max;
    let concurrency = if concurrency == 0 { concurrency_max } else { concurrency.min(concurrency_max) };
    let concurrency = concurrency.max(1);
    Ok(super::begin(run, active, FanOut { input, length, concurrency, over_members, ..FanOut::default() }))
}

/// The next iteration.
pub(super) fn start(
    run: &mut Run<'_>,
    active: &Active,
    state: &State,
    map: &Map,
    fan_out: &FanOut,
    position: u64,
) -> Result<Start, Interrupt> {
    let items = run.items(active.id, position / SLICE_LEN)?;
    let place = usize::try_from(position % SLICE_LEN).unwrap_or(usize::MAX);
    let item = items.items.get(place).cloned().ok_or_else(|| Interrupt::runtime("There is no such item."))?;
    let flow = map.item_processor.start_at.clone();
    let item = run.keep(&state.name, item)?;
    let Some(selector) = &map.item_selector else {
        return Ok(Start { state: flow, input: item, item: Some(item) });
    };
    let item_value = Item { position, value: run.value(item)?, is_member: fan_out.over_members };
    let selected = select(run, active, state, selector, fan_out.input, item_value)?;
    let input = run.store_parameters(&state.name, Document::from(selected))?;
    Ok(Start { state: flow, input, item: Some(item) })
}

/// What an `ItemSelector` makes of an item.
fn select(
    run: &mut Run<'_>,
    active: &Active,
    state: &State,
    selector: &Payload,
    input: PayloadRef,
    item: Item,
) -> Result<Value, Interrupt> {
    let value = run.value(input)?;
    let mut frame = run.frame_with(active, state, value, Some(item), None)?;
    frame.input_text = run.stored_text(&Document::Stored(input))?;
    let selected = match selector {
        Payload::JsonPath(selector) => selector.evaluate(&frame.scope(&run.desk))?,
        Payload::Jsonata(selector) => {
            selector.evaluate("ItemSelector", &frame.bindings(&run.desk), &Limits::default())?
        }
    };
    run.done(frame);
    Ok(selected)
}

/// The items that come with the state's input: those of a list, or the members of an object (developer guide, "ItemsPath").
pub(super) fn items(
    run: &mut Run<'_>,
    active: &Active,
    state: &State,
    map: &Map,
    input: &Document,
) -> Result<Vec<MapItem>, Interrupt> {
    let list = match (item_data::read(run, map)?, &map.items_path, &map.items) {
        (Some(read), _, _) => Arc::new(limited(run, active, state, input, map, read)?),
        (None, _, Some(items)) => Arc::new(run.compute_items(active, state, items)?),
        (None, Some(path), None) => Arc::new(value_at(run, active, state, input, path)?),
        (None, None, None) => run.parsed(input)?,
    };
    let item = |value: &Value, key| MapItem { value: value.to_string().into(), key };
    let items = match &*list {
        Value::Array(items) => items.iter().map(|value| item(value, None)).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| item(value, Some(key.clone()))).collect(),
        _ => {
            let path = map.items_path.as_ref().map_or("$", Path::text);
            return Err(Interrupt::runtime(format!("Reference path \"{path}\" must point to array.")));
        }
    };
    run.see_in_path(state, Waypoint::AfterItemsPath, &Document::Made(list))?;
    Ok(items)
}

/// As many of the items that an `ItemReader` has read as its `MaxItems` allows.
fn limited(
    run: &mut Run<'_>,
    active: &Active,
    state: &State,
    input: &Document,
    map: &Map,
    mut items: Value,
) -> Result<Value, Interrupt> {
    let reader = map.distributed.as_ref().and_then(|distributed| distributed.item_reader.as_ref());
    if let (Some(number), Some(items)) =
        (reader.and_then(|reader| reader.config.max_items.as_ref()), items.as_array_mut())
    {
        match whole(run, active, state, input, "MaxItems", number)? {
            0 => {}
            most => items.truncate(usize::try_from(most).unwrap_or(usize::MAX)),
        }
    }
    Ok(items)
}

/// Notes the inputs of all iterations, as they would start.
fn see_inputs(
    run: &mut Run<'_>,
    active: &Active,
    state: &State,
    map: &Map,
    input: PayloadRef,
    (texts, over_members): (&[Bytes], bool),
) -> Result<(), Interrupt> {
    let batcher = map.distributed.as_ref().and_then(|distributed| distributed.item_batcher.as_ref());
    if map.item_selector.is_none() && batcher.is_none() {
        return Ok(());
    }
    if texts.len() > INSPECTED_MAX {
        return Err(Interrupt::runtime(format!(
            "The inputs of more than {INSPECTED_MAX} iterations can not be shown."
        )));
    }
    let bytes_max = run.desk.limits.payload_bytes_max.saturating_mul(super::GATHERED_PAYLOADS_MAX);
    let (mut inputs, mut bytes) = (Vec::with_capacity(texts.len()), 0);
    for (position, text) in (0..).zip(texts) {
        let value: Value =
            serde_json::from_slice(text).map_err(|error| Interrupt::runtime(error.to_string()))?;
        let selected = match &map.item_selector {
            None => value,
            Some(selector) => {
                let item = Item { position, value: Arc::new(value), is_member: over_members };
                select(run, active, state, selector, input, item)?
            }
        };
        bytes += selected.to_string().len();
        if bytes > bytes_max {
            return Err(Failure::data_limit_exceeded(&state.name).into());
        }
        inputs.push(selected);
    }
    if map.item_selector.is_some() {
        run.see(Waypoint::AfterItemSelector, &Value::Array(inputs.clone()).into())?;
    }
    let Some(batcher) = batcher else { return Ok(()) };
    let document = Document::Stored(input);
    let mut bound = |field: &str, number: &Option<Number<u64>>| match number {
        None => Ok(None),
        Some(number) => whole(run, active, state, &document, field, number).map(Some),
    };
    let items_max = bound("MaxItemsPerBatch", &batcher.max_items)?;
    let bytes_max = bound("MaxInputBytesPerBatch", &batcher.max_input_bytes)?;
    let batch_input = match &batcher.batch_input {
        None => None,
        Some(Payload::JsonPath(template)) => {
            let filled = run.fill(active, state, Some(template), document)?;
            Some(Value::clone(&*run.parsed(&filled)?))
        }
        Some(Payload::Jsonata(template)) => {
            Some(run.compute_all(active, state, "ItemBatcher/BatchInput", template)?)
        }
    };
    let batches = batch::of(inputs, items_max, bytes_max, batch_input.as_ref());
    run.see(Waypoint::AfterItemBatcher, &Value::Array(batches).into())
}

/// How many iterations' inputs are computed at once for somebody who looks on. The bound is ours.
const INSPECTED_MAX: usize = 1_000;

/// How many items may fail.
pub(super) struct Tolerated {
    pub count: Option<u64>,
    pub percentage: Option<f64>,
}

/// `ToleratedFailureCount` and `ToleratedFailurePercentage`.
pub(super) fn tolerated(
    run: &mut Run<'_>,
    active: &Active,
    state: &State,
    input: &Document,
    map: &Map,
) -> Result<Tolerated, Interrupt> {
    let count = match &map.tolerated_failure_count {
        Some(count) => Some(whole(run, active, state, input, "ToleratedFailureCount", count)?),
        None => None,
    };
    run.note(|inspection| inspection.tolerated_failure_count = count);
    const FIELD: &str = "ToleratedFailurePercentage";
    let is_percentage = |number: &f64| (0.0..=100.0).contains(number);
    let percentage = match &map.tolerated_failure_percentage {
        None => None,
        Some(Number::Fixed(percentage)) => Some(*percentage),
        Some(Number::Jsonata(expression)) => {
            let value = run.compute(active, state, FIELD, ResultType::Number, expression)?;
            let Some(percentage) = value.as_f64().filter(is_percentage) else {
                return Err(refused(expression, FIELD, "a number from 0 to 100", &value));
            };
            Some(percentage)
        }
        Some(Number::Path(path)) => {
            let value = value_at(run, active, state, input, path)?;
            let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
            let Some(percentage) = number.filter(is_percentage) else {
                return Err(not_valid(FIELD, "float", path, &value));
            };
            Some(percentage)
        }
    };
    run.note(|inspection| inspection.tolerated_failure_percentage = percentage);
    Ok(Tolerated { count, percentage })
}

fn value_at(
    run: &mut Run<'_>,
    active: &Active,
    state: &State,
    input: &Document,
    path: &Path,
) -> Result<Value, Interrupt> {
    let input = run.parsed(input)?;
    let frame = run.frame(active, state, input)?;
    let value = path.evaluate(&frame.scope(&run.desk))?;
    run.done(frame);
    Ok(value)
}

/// A whole number. A path may lead to one in a text (recorded).
pub(super) fn whole(
    run: &mut Run<'_>,
    active: &Active,
    state: &State,
    input: &Document,
    field: &str,
    number: &Number<u64>,
) -> Result<u64, Interrupt> {
    let path = match number {
        Number::Fixed(number) => return Ok(*number),
        Number::Jsonata(expression) => return run.compute_whole(active, state, field, expression),
        Number::Path(path) => path,
    };
    let value = value_at(run, active, state, input, path)?;
    let number: Option<i64> = value.as_i64().or_else(|| value.as_str()?.parse().ok());
    match number.map(u64::try_from) {
        Some(Ok(number)) => Ok(number),
        Some(Err(_)) => Err(Interrupt::runtime(format!("{field} cannot be negative."))),
        None => Err(not_valid(field, "integer", path, &value)),
    }
}

fn not_valid(field: &str, kind: &str, path: &Path, value: &Value) -> Interrupt {
    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Interrupt::runtime(format!(
        "The {field}Path field refers to value \"{shown}\" which is not a valid {kind}: {}",
        path.text()
    ))
}
