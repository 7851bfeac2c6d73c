//! The Map state in the mode `DISTRIBUTED`: starts a map run, waits for it, and takes what it came to. What a map run does by itself is in
//! [`crate::map_run`].

use std::sync::Arc;

use keepstep_asl::definition::{
    Distributed, InputType, ItemReader, Kind, ManifestType, Map, Payload, ResultTransformation, ResultType,
    ResultWriter, State,
};
use keepstep_asl::jsonata::Limits;
use prost::Message;
use serde_json::{Map as Object, Value, json};

use super::super::context::Frame;
use super::super::drive::{Outcome, failure_details};
use super::super::interrupt::{Failure, Interrupt};
use super::super::io::Document;
use super::super::run::{Active, Run};
use super::map::{Tolerated, items, tolerated, whole};
use crate::arn::{MapRunArn, StateMachineArn};
use crate::id::{ExecutionId, MachineId, Timestamp, derived_uuid};
use crate::key;
use crate::map_run::{self, Redrive};
use crate::record::phase::{MapRunWait, Phase};
use crate::record::{
    EventDetails, EventType, FlowStep, MapItem, MapRun, MapRunOutput, MapRunSetup, MapRunStage, MapRunStatus,
    StateMachineType, WaitingItems,
};
use crate::view::ViewError;

/// The bytes of items after which a record of them is closed and the next one begun: reading one item stays cheap.
const WAITING_ITEMS_BYTES: usize = 64 * 1024;
/// The most bytes of what children are made from, so that the transaction that begins a map run stays small: ours.
const SETUP_BYTES_MAX: usize = 1024 * 1024;

/// Starts a map run.
pub(super) fn run(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    map: &Map,
    distributed: &Distributed,
) -> Result<Outcome, Interrupt> {
    let input = run.effective_input(active, state)?;
    // The length that AWS shows does not count items that are still to be read.
    let found = match distributed.item_reader {
        Some(_) => Vec::new(),
        None => items(run, active, state, map, &input)?,
    };
    let details = EventDetails { length: Some(found.len() as u64), ..EventDetails::default() };
    run.event(active, EventType::MapStateStarted, details)?;
    let max_concurrency = whole(run, active, state, &input, "MaxConcurrency", &map.max_concurrency)?;
    let Tolerated { count, percentage } = tolerated(run, active, state, &input, map)?;
    let setup = setup(run, active, state, map, distributed, &input)?;

    active.branch.attempt += 1;
    let machine_arn = run.head.state_machine_arn.clone();
    let machine = StateMachineArn::parse(&machine_arn)
        .map_err(|_| ViewError::missing("a state machine's ARN", &key::head(run.id)))?;
    let way = run.way(&active.branch)?;
    let label = distributed.label.clone().unwrap_or_else(|| made_up_label(&run.head.machine, &way));
    let numbers = [active.id.0.to_be_bytes(), active.branch.attempt.to_be_bytes()];
    let name = derived_uuid(&[run.id.as_bytes(), &numbers[0], &numbers[1]]);
    let arn = MapRunArn::format(&machine, &label, &name);
    let id = ExecutionId::of_arn(&arn);
    let now = run.desk.now;
    let record = MapRun {
        arn: arn.clone(),
        execution_arn: run.head.arn.clone(),
        branch: active.id.0,
        attempt: active.branch.attempt,
        state_machine_arn: machine.labelled(&label),
        machine: run.head.machine.clone(),
        revision: run.head.revision,
        way,
        role_arn: run.head.role_arn.clone(),
        observed: run.head.observed.clone(),
        status: MapRunStatus::Running as i32,
        stage: MapRunStage::Processing as i32,
        started_ms: now.0,
        max_concurrency,
        tolerated_failure_count: count,
        tolerated_failure_percentage: percentage,
        items_read: found.len() as u64,
        items_waiting_bytes: found.iter().map(|item| item.value.len() as u64).sum(),
        all_read: distributed.item_reader.is_none(),
        label,
        child_kind: child_kind(distributed.execution_type) as i32,
        ..MapRun::default()
    };
    let of_machine = MachineId::from_slice(&record.machine)
        .ok_or_else(|| ViewError::missing("a state machine's id", &key::head(run.id)))?;
    // Before anything is written: where the history has no room, nothing of a map run is left behind.
    let details = EventDetails { map_run_arn: Some(arn.clone()), ..EventDetails::default() };
    run.event(active, EventType::MapRunStarted, details)?;
    for (first, waiting) in waiting(found) {
        run.draft.put(key::waiting_items(id, first), &waiting);
    }
    run.draft.put(key::map_run_setup(id), &setup);
    run.draft.put(key::map_run(id), &record);
    run.draft.put_empty(key::started_map_run(run.id, Timestamp(record.started_ms), id));
    run.draft.put_empty(key::map_run_of(of_machine, id));
    map_run::wake(&mut run.draft, id, &record);
    active.branch.phase = Some(Phase::MapRun(MapRunWait { arn }));
    Ok(Outcome::Waits)
}

/// Redrives the map run that a branch waited for, or takes what it came to. Returns whether it does: if not, the state is run again, and
/// starts a new one.
///
/// # Errors
///
/// `States.Runtime` if it was redriven too often (developer guide, "Redrive eligibility for child workflows in a Map Run"). The cause is
/// in our words.
pub(in super::super) fn redrive(
    run: &mut Run<'_>,
    active: &mut Active,
    arn: String,
) -> Result<bool, Interrupt> {
    let id = ExecutionId::of_arn(&arn);
    let record = match Redrive::of(&run.desk, &mut run.draft, id)? {
        Redrive::Same(record) => *record,
        Redrive::Succeeded(record) => {
            active.branch.attempt += 1;
            map_run::hand_over(&mut run.draft, id, *record, active.branch.attempt);
            active.branch.phase = Some(Phase::MapRun(MapRunWait { arn }));
            return Ok(true);
        }
        Redrive::New => return Ok(false),
        Redrive::TooOften => {
            return Err(Interrupt::runtime("The Map Run has exceeded the maximum number of redrives."));
        }
    };
    // Before anything is written: where the history has no room, the map run is left as it is.
    let details = EventDetails {
        map_run_arn: Some(arn.clone()),
        redrive_count: Some(record.redrive_count.saturating_add(1)),
        ..EventDetails::default()
    };
    run.event(active, EventType::MapRunRedriven, details)?;
    active.branch.attempt += 1;
    map_run::redrive(&run.desk, &mut run.draft, id, record, active.branch.attempt)?;
    active.branch.phase = Some(Phase::MapRun(MapRunWait { arn }));
    Ok(true)
}

/// A map run that a branch waited for is over.
pub(in super::super) fn finished(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
) -> Result<Outcome, Interrupt> {
    let Some(Phase::MapRun(MapRunWait { arn })) = &active.branch.phase else { return Ok(Outcome::Waits) };
    let id = ExecutionId::of_arn(arn);
    let record: Option<MapRun> = run.draft.peek(&key::map_run(id))?;
    let record = record.ok_or_else(|| Interrupt::runtime("The Map Run is not there any more."))?;
    // It may be woken too early.
    if record.stage() != MapRunStage::Over {
        return Ok(Outcome::Waits);
    }
    let inbox = key::inbox(run.id, active.id, active.branch.attempt);
    match record.status() {
        MapRunStatus::Running | MapRunStatus::Succeeded => {}
        MapRunStatus::Failed | MapRunStatus::Aborted => {
            run.draft.delete(inbox);
            let failure = Failure { error: record.error, cause: record.cause, ..Failure::default() };
            let (kind, details) = match record.status {
                aborted if aborted == MapRunStatus::Aborted as i32 => {
                    (EventType::MapRunAborted, EventDetails::default())
                }
                _ => (EventType::MapRunFailed, failure_details(&failure)),
            };
            run.event(active, kind, details)?;
            return Err(failure.into());
        }
    }
    run.draft.delete(inbox);
    let output: Option<MapRunOutput> = run.draft.peek(&key::map_run_output(id))?;
    run.event(active, EventType::MapRunSucceeded, EventDetails::default())?;
    let previous = active.branch.last_event_id;
    let output = match output {
        Some(MapRunOutput { result }) if !record.results_too_large => result,
        _ => return Err(Failure::data_limit_exceeded(&state.name).into()),
    };
    run.history.append(EventType::MapStateSucceeded, previous, EventDetails::default())?;
    active.branch.phase = None;
    super::left_with(run, active, state, output, previous)
}

fn child_kind(kind: Kind) -> StateMachineType {
    match kind {
        Kind::Standard => StateMachineType::Standard,
        Kind::Express => StateMachineType::Express,
    }
}

/// The label of a Map state that has none: the same for all its map runs.
fn made_up_label(machine: &[u8], way: &[FlowStep]) -> String {
    let mut parts = vec![machine];
    for step in way {
        parts.extend([b"/", step.state.as_bytes()]);
    }
    derived_uuid(&parts)
}

/// Items in records of their own, each with the position of its first.
fn waiting(items: Vec<MapItem>) -> Vec<(u64, WaitingItems)> {
    let mut records: Vec<(u64, WaitingItems)> = Vec::new();
    let mut open_bytes = WAITING_ITEMS_BYTES;
    for (position, item) in (0..).zip(items) {
        if open_bytes >= WAITING_ITEMS_BYTES {
            records.push((position, WaitingItems { items: Vec::new(), source: FROM_STATE.to_owned() }));
            open_bytes = 0;
        }
        open_bytes += item.value.len() + item.key.as_ref().map_or(0, String::len);
        if let Some((_, open)) = records.last_mut() {
            open.items.push(item);
        }
    }
    records
}

/// `$$.Map.Item.Source` of items that came with the state's input (developer guide, "Context object").
const FROM_STATE: &str = "STATE_DATA";

/// Evaluates what children are made from, all but what differs from item to item.
fn setup(
    run: &mut Run<'_>,
    active: &Active,
    state: &State,
    map: &Map,
    distributed: &Distributed,
    input: &Document,
) -> Result<MapRunSetup, Interrupt> {
    let payload_bytes_max = run.desk.limits.payload_bytes_max as u64;
    let mut setup = MapRunSetup { batch_bytes_max: payload_bytes_max, ..MapRunSetup::default() };
    if let Some(reader) = &distributed.item_reader {
        setup.source = source(run, active, state, reader, input)?.to_string().into();
    }
    if let Some(writer) = &distributed.result_writer
        && let Some(parameters) = &writer.parameters
    {
        let parameters = filled(run, active, state, input, "ResultWriter/Arguments", parameters)?;
        setup.destination = destination(writer, parameters).to_string().into();
    }
    if let Some(batcher) = &distributed.item_batcher {
        if let Some(batch_input) = &batcher.batch_input {
            let value = filled(run, active, state, input, "ItemBatcher/BatchInput", batch_input)?;
            setup.batch_input = value.to_string().into();
        }
        if let Some(bytes_max) = &batcher.max_input_bytes {
            let bytes_max = whole(run, active, state, input, "MaxInputBytesPerBatch", bytes_max)?;
            // 0 stands for no bound of its own, as it does for items.
            if bytes_max > 0 {
                setup.batch_bytes_max = bytes_max.min(payload_bytes_max);
            }
        }
        let items_max = match &batcher.max_items {
            Some(items_max) => whole(run, active, state, input, "MaxItemsPerBatch", items_max)?,
            None => 0,
        };
        setup.batch_items_max = if items_max == 0 { u64::MAX } else { items_max };
    }
    if map.item_selector.is_some() {
        let document = run.parsed(input)?;
        let mut frame = run.frame(active, state, Arc::clone(&document))?;
        if let Some(members) = frame.context.as_object_mut() {
            members.shift_remove("Map");
        }
        setup.input = document.to_string().into();
        setup.context = frame.context.to_string().into();
        setup.variables = variables(&frame).to_string().into();
        run.done(frame);
    }
    if setup.encoded_len() > SETUP_BYTES_MAX {
        return Err(Failure::data_limit_exceeded(&state.name).into());
    }
    Ok(setup)
}

fn variables(frame: &Frame) -> Value {
    Value::Object(frame.variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// What a payload template of the Map state comes to.
fn filled(
    run: &mut Run<'_>,
    active: &Active,
    state: &State,
    input: &Document,
    field: &str,
    payload: &Payload,
) -> Result<Value, Interrupt> {
    let document = run.parsed(input)?;
    let mut frame = run.frame(active, state, document)?;
    frame.input_text = run.stored_text(input)?;
    let value = match payload {
        Payload::JsonPath(template) => template.evaluate(&frame.scope(&run.desk))?,
        Payload::Jsonata(template) => {
            template.evaluate(field, &frame.bindings(&run.desk), &Limits::default())?
        }
    };
    run.done(frame);
    Ok(value)
}

/// `ItemReader` as the reader gets it: AWS's own fields, with nothing left to evaluate.
fn source(
    run: &mut Run<'_>,
    active: &Active,
    state: &State,
    reader: &ItemReader,
    input: &Document,
) -> Result<Value, Interrupt> {
    let parameters = match &reader.parameters {
        Some(parameters) => filled(run, active, state, input, "ItemReader/Arguments", parameters)?,
        None => json!({}),
    };
    let config = &reader.config;
    let mut fields = Object::new();
    let mut set = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    match &config.input_type {
        None => {}
        Some(InputType::Json) => set("InputType", "JSON".into()),
        Some(InputType::JsonLines) => set("InputType", "JSONL".into()),
        Some(InputType::Manifest) => set("InputType", "MANIFEST".into()),
        Some(InputType::Csv { delimiter, headers }) => {
            set("InputType", "CSV".into());
            let delimiter = match delimiter {
                '|' => "PIPE",
                ';' => "SEMICOLON",
                ' ' => "SPACE",
                '\t' => "TAB",
                _ => "COMMA",
            };
            set("CSVDelimiter", delimiter.into());
            match headers {
                Some(headers) => {
                    set("CSVHeaderLocation", "GIVEN".into());
                    set("CSVHeaders", headers.clone().into());
                }
                None => set("CSVHeaderLocation", "FIRST_ROW".into()),
            }
        }
    }
    match config.manifest {
        None => {}
        Some(ManifestType::S3Inventory) => set("ManifestType", "S3_INVENTORY".into()),
        Some(ManifestType::AthenaData) => set("ManifestType", "ATHENA_DATA".into()),
    }
    if config.load_and_flatten {
        set("Transformation", "LOAD_AND_FLATTEN".into());
    }
    if let Some(pointer) = &config.items_pointer {
        set("ItemsPointer", pointer.clone().into());
    }
    if let Some(max_items) = &config.max_items {
        let max_items = whole(run, active, state, input, "MaxItems", max_items)?;
        set("MaxItems", max_items.into());
    }
    Ok(json!({
        "Resource": format!("arn:aws:states:::s3:{}", reader.source.action()),
        "Parameters": parameters,
        "ReaderConfig": fields,
    }))
}

/// `ResultWriter` as the writer gets it.
fn destination(writer: &ResultWriter, parameters: Value) -> Value {
    let transformation = match writer.transformation {
        ResultTransformation::None => "NONE",
        ResultTransformation::Compact => "COMPACT",
        ResultTransformation::Flatten => "FLATTEN",
    };
    let output_type = match writer.output_type {
        ResultType::Json => "JSON",
        ResultType::JsonLines => "JSONL",
    };
    json!({
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": parameters,
        "WriterConfig": { "Transformation": transformation, "OutputType": output_type },
    })
}
