//! The Map state in inline mode: an iteration for each item, so many at a time.

use std::sync::Arc;

use keepstep_asl::definition::{Map, MaxConcurrency, Payload, State};
use keepstep_asl::path::Path;
use serde_json::Value;

use super::super::context::Item;
use super::super::drive::Outcome;
use super::super::interrupt::Interrupt;
use super::super::io::Document;
use super::super::run::{Active, Run};
use super::super::states::NOT_JSONATA;
use super::Start;
use crate::record::phase::FanOut;
use crate::record::{EventDetails, EventType, Items, SLICE_LEN};

pub(in super::super) fn run(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    map: &Map,
) -> Result<Outcome, Interrupt> {
    let input = run.effective_input(active, state)?;
    let concurrency = match &map.max_concurrency {
        MaxConcurrency::Fixed(concurrency) => *concurrency,
        MaxConcurrency::Path(path) => {
            let value = value_at(run, active, state, &input, path)?;
            concurrency(path, &value)?
        }
        MaxConcurrency::Jsonata(_) => return Err(Interrupt::runtime(NOT_JSONATA)),
    };
    let list = match &map.items_path {
        None => run.parsed(&input)?,
        Some(path) => Arc::new(value_at(run, active, state, &input, path)?),
    };
    let Some(items) = list.as_array() else {
        let path = map.items_path.as_ref().map_or("$", Path::text);
        return Err(Interrupt::runtime(format!("Reference path \"{path}\" must point to array.")));
    };
    let length = items.len() as u64;
    for (slice, items) in (0..).zip(items.chunks(usize::try_from(SLICE_LEN).unwrap_or(usize::MAX))) {
        let items = items.iter().map(|item| item.to_string().into()).collect();
        run.put_items(active.id, slice, Items { items });
    }
    let input = run.store(&state.name, input)?;
    let details = EventDetails { length: Some(length), ..EventDetails::default() };
    run.event(active, EventType::MapStateStarted, details)?;
    let concurrency_max = run.desk.limits.map_concurrency_max;
    let concurrency = if concurrency == 0 { concurrency_max } else { concurrency.min(concurrency_max) };
    Ok(super::begin(run, active, input, length, concurrency.max(1)))
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
    let selector = match &map.item_selector {
        None => return Ok(Start { state: flow, input: item, item: Some(item) }),
        Some(Payload::JsonPath(selector)) => selector,
        Some(Payload::Jsonata(_)) => return Err(Interrupt::runtime(NOT_JSONATA)),
    };
    let value = run.value(item)?;
    let input = run.value(fan_out.input)?;
    let mut frame = run.frame_with(active, state, input, Some(Item { position, value }), None)?;
    frame.input_text = run.stored_text(&Document::Stored(fan_out.input))?;
    let selected = selector.evaluate(&frame.scope(&run.desk))?;
    run.done(frame);
    let input = run.store(&state.name, Document::from(selected))?;
    Ok(Start { state: flow, input, item: Some(item) })
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

fn concurrency(path: &Path, value: &Value) -> Result<u64, Interrupt> {
    if value.as_i64().is_some_and(|number| number < 0) {
        return Err(Interrupt::runtime("MaxConcurrency cannot be negative."));
    }
    value.as_u64().ok_or_else(|| {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Interrupt::runtime(format!(
            "The MaxConcurrencyPath field refers to value \"{shown}\" which is not a valid integer: {}",
            path.text()
        ))
    })
}
