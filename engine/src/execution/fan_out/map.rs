//! The Map state in inline mode: an iteration for each item, so many at a time. What both modes have is here as well.

use std::sync::Arc;

use keepstep_asl::definition::{Map, Number, Payload, State};
use keepstep_asl::jsonata::{Limits, ResultType};
use keepstep_asl::path::Path;
use serde_json::Value;

use super::super::compute::refused;
use super::super::context::Item;
use super::super::drive::Outcome;
use super::super::interrupt::Interrupt;
use super::super::io::Document;
use super::super::run::{Active, Run};
use super::Start;
use crate::record::phase::FanOut;
use crate::record::{EventDetails, EventType, Items, MapItem, SLICE_LEN};

pub(in super::super) fn run(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    map: &Map,
) -> Result<Outcome, Interrupt> {
    if let Some(distributed) = &map.distributed {
        return super::distributed::run(run, active, state, map, distributed);
    }
    let input = run.effective_input(active, state)?;
    let concurrency = whole(run, active, state, &input, "MaxConcurrency", &map.max_concurrency)?;
    // Without effect on an inline Map, but evaluated (recorded).
    tolerated(run, active, state, &input, map)?;
    let items = items(run, active, state, map, &input)?;
    let over_members = items.iter().any(|item| item.key.is_some());
    let length = items.len() as u64;
    let texts: Vec<_> = items.into_iter().map(MapItem::into_text).collect();
    for (slice, items) in (0..).zip(texts.chunks(usize::try_from(SLICE_LEN).unwrap_or(usize::MAX))) {
        let items = items.to_vec();
        run.put_items(active.id, slice, Items { items });
    }
    let input = run.store(&state.name, input)?;
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
    let value = run.value(item)?;
    let input = run.value(fan_out.input)?;
    let item_value = Item { position, value, is_member: fan_out.over_members };
    let mut frame = run.frame_with(active, state, input, Some(item_value), None)?;
    frame.input_text = run.stored_text(&Document::Stored(fan_out.input))?;
    let selected = match selector {
        Payload::JsonPath(selector) => selector.evaluate(&frame.scope(&run.desk))?,
        Payload::Jsonata(selector) => {
            selector.evaluate("ItemSelector", &frame.bindings(&run.desk), &Limits::default())?
        }
    };
    run.done(frame);
    let input = run.store_parameters(&state.name, Document::from(selected))?;
    Ok(Start { state: flow, input, item: Some(item) })
}

/// The items that come with the state's input: those of a list, or the members of an object (developer guide, "ItemsPath").
pub(super) fn items(
    run: &mut Run<'_>,
    active: &Active,
    state: &State,
    map: &Map,
    input: &Document,
) -> Result<Vec<MapItem>, Interrupt> {
    let list = match (&map.items_path, &map.items) {
        (_, Some(items)) => Arc::new(run.compute_items(active, state, items)?),
        (Some(path), None) => Arc::new(value_at(run, active, state, input, path)?),
        (None, None) => run.parsed(input)?,
    };
    let item = |value: &Value, key| MapItem { value: value.to_string().into(), key };
    match &*list {
        Value::Array(items) => Ok(items.iter().map(|value| item(value, None)).collect()),
        Value::Object(members) => {
            Ok(members.iter().map(|(key, value)| item(value, Some(key.clone()))).collect())
        }
        _ => {
            let path = map.items_path.as_ref().map_or("$", Path::text);
            Err(Interrupt::runtime(format!("Reference path \"{path}\" must point to array.")))
        }
    }
}

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
