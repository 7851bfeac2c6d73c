//! The functions that an expression may call, and what is known of them. Evaluates nothing itself.

mod arguments;
mod distinct;
mod growth;
mod hash;
mod parse;
mod partition;
mod pictures;
mod random;
mod range;
mod shuffle;

use std::rc::Rc;

use jsonata_core::{
    evaluator::{Evaluator, EvaluatorError},
    value::JValue,
};

use self::arguments::Arguments;
pub(super) use self::random::RandomBytes;
use super::meter::Meter;

/// Hands its argument on after charging for it. No expression can spell the names of this and the next four.
pub(super) const CHARGE: &str = " charge";
/// Charges for a number of nodes, and for looking through its second argument, which it hands on.
pub(super) const STEP: &str = " step";
/// Refuses a call whose result would be too large, or that the evaluator has no answer to.
pub(super) const GUARD: &str = " guard";
/// What the guard is told of a range.
pub(super) const RANGE: &str = "..";
/// `$distinct` in linear time.
pub(super) const DISTINCT: &str = " distinct";
/// The time of the evaluation.
pub(super) const NOW: &str = " now";

/// JSONata 2.0.6's functions. No `eval`: Step Functions doesn't have it.
const JSONATA: &[&str] = &[
    "abs",
    "append",
    "assert",
    "average",
    "base64decode",
    "base64encode",
    "boolean",
    "ceil",
    "contains",
    "count",
    "decodeUrl",
    "decodeUrlComponent",
    "distinct",
    "each",
    "encodeUrl",
    "encodeUrlComponent",
    "error",
    "exists",
    "filter",
    "floor",
    "formatBase",
    "formatInteger",
    "formatNumber",
    "fromMillis",
    "join",
    "keys",
    "length",
    "lookup",
    "lowercase",
    "map",
    "match",
    "max",
    "merge",
    "millis",
    "min",
    "not",
    "now",
    "number",
    "pad",
    "parseInteger",
    "power",
    "random",
    "reduce",
    "replace",
    "reverse",
    "round",
    "shuffle",
    "sift",
    "single",
    "sort",
    "split",
    "spread",
    "sqrt",
    "string",
    "substring",
    "substringAfter",
    "substringBefore",
    "sum",
    "toMillis",
    "trim",
    "type",
    "uppercase",
    "zip",
];

/// Step Functions' own functions (developer guide, "Transforming data with JSONata": `$random` takes a seed there).
const STEP_FUNCTIONS: &[&str] = &["hash", "parse", "partition", "random", "range", "uuid"];

/// Functions whose results are numbers, booleans or short texts, or parts of their arguments.
const SMALL_RESULTS: &[&str] = &[
    "abs",
    "assert",
    "average",
    "boolean",
    "ceil",
    "contains",
    "count",
    "error",
    "exists",
    "floor",
    "formatBase",
    "hash",
    "length",
    "lookup",
    "max",
    "millis",
    "min",
    "not",
    "number",
    "parseInteger",
    "power",
    "random",
    "round",
    "sqrt",
    "sum",
    "toMillis",
    "type",
    "uuid",
];

/// Functions whose results are small, but that look through all of their first argument.
const LOOKING_THROUGH: &[&str] = &[
    "average",
    "boolean",
    "contains",
    "formatNumber",
    "length",
    "lookup",
    "max",
    "min",
    "number",
    "substring",
    "substringAfter",
    "substringBefore",
    "sum",
    "trim",
];

/// Functions that call a function for each of many items.
const CALLING_BACK: &[&str] = &["each", "filter", "map", "reduce", "sift", "single", "sort"];

/// Whether `$name` is a function that the dialect has.
pub(super) fn is_function(name: &str) -> bool {
    JSONATA.contains(&name) || STEP_FUNCTIONS.contains(&name)
}

pub(super) fn has_small_result(name: &str) -> bool {
    SMALL_RESULTS.contains(&name) || name == STEP
}

pub(super) fn looks_through_argument(name: &str) -> bool {
    LOOKING_THROUGH.contains(&name)
}

pub(super) fn calls_back(name: &str) -> bool {
    CALLING_BACK.contains(&name)
}

/// The number of parameters of a function whose calls need a look at their arguments first; 0 if it is harmless as
/// a value, with the arguments that functions are called back with.
pub(super) fn guarded_arity(name: &str) -> Option<usize> {
    match name {
        "string" => Some(0),
        "distinct" => Some(1),
        "formatInteger" | "join" | "now" | "parseInteger" | "toMillis" => Some(2),
        "formatNumber" | "fromMillis" | "match" | "pad" | "split" | "substring" => Some(3),
        "replace" => Some(4),
        _ => None,
    }
}

/// The number of parameters of a function of Step Functions' own.
pub(super) fn own_arity(name: &str) -> Option<usize> {
    match name {
        "uuid" => Some(0),
        "parse" | "random" | "shuffle" => Some(1),
        "hash" | "partition" => Some(2),
        "range" => Some(3),
        _ => None,
    }
}

/// Gives an evaluator the dialect's functions and the meter's.
pub(super) fn install(
    evaluator: &mut Evaluator,
    meter: &Rc<Meter>,
    random: &Rc<RandomBytes>,
    now_ms: i64,
) -> Result<(), EvaluatorError> {
    let account = Rc::clone(meter);
    evaluator.register_fn(CHARGE, move |args: &[JValue]| charge(&account, args))?;
    let account = Rc::clone(meter);
    evaluator.register_fn(STEP, move |args: &[JValue]| step(&account, args))?;
    let account = Rc::clone(meter);
    evaluator.register_fn(GUARD, move |args: &[JValue]| growth::check(&account, args))?;
    let account = Rc::clone(meter);
    evaluator.register_fn(DISTINCT, move |args: &[JValue]| distinct::call(&account, args))?;
    evaluator.register_fn(NOW, move |_: &[JValue]| Ok(JValue::from(now_ms)))?;
    evaluator.register_fn_override("millis", move |_: &[JValue]| Ok(JValue::from(now_ms)))?;

    // `$eval` is unknown to Step Functions.
    evaluator.register_fn_override("eval", |_: &[JValue]| {
        Err(EvaluatorError::EvaluationError("T1006: Attempted to invoke a non-function".to_owned()))
    })?;

    evaluator.register_fn("hash", |args: &[JValue]| hash::call(Arguments::new("hash", args)))?;
    evaluator.register_fn("parse", |args: &[JValue]| parse::call(Arguments::new("parse", args)))?;
    evaluator
        .register_fn("partition", |args: &[JValue]| partition::call(Arguments::new("partition", args)))?;
    let account = Rc::clone(meter);
    evaluator
        .register_fn("range", move |args: &[JValue]| range::call(&account, Arguments::new("range", args)))?;
    let bytes = Rc::clone(random);
    evaluator.register_fn_override("random", move |args: &[JValue]| {
        random::call(&bytes, Arguments::new("random", args))
    })?;
    let bytes = Rc::clone(random);
    evaluator.register_fn_override("shuffle", move |args: &[JValue]| {
        shuffle::call(&bytes, Arguments::new("shuffle", args))
    })?;
    let bytes = Rc::clone(random);
    evaluator.register_fn("uuid", move |args: &[JValue]| {
        Arguments::new("uuid", args).end()?;
        Ok(JValue::string(bytes.uuid()))
    })
}

/// About the memory of one row of a join: an object with the names of all that is bound.
const ROW_BYTES: usize = 300;

/// `CHARGE(value)` or, for the rows of a join, `CHARGE(value, true)`.
fn charge(meter: &Meter, args: &[JValue]) -> Result<JValue, EvaluatorError> {
    let Some(value) = args.first() else { return Ok(JValue::Undefined) };
    match (args.get(1), value) {
        (None, _) => meter.charge(value)?,
        (Some(_), JValue::Array(items)) => meter.charge_bytes(items.len() * ROW_BYTES)?,
        (Some(_), _) => meter.charge_bytes(ROW_BYTES)?,
    }
    Ok(value.clone())
}

/// `STEP(nodes)` or `STEP(nodes, value)`.
fn step(meter: &Meter, args: &[JValue]) -> Result<JValue, EvaluatorError> {
    let nodes = args.first().and_then(JValue::as_f64).map_or(0, |nodes| nodes as u64);
    let value = args.get(1);
    let length = match value {
        // Eight items or bytes are looked through in the time that one node takes, or less.
        Some(JValue::Array(items)) => items.len() / 8,
        Some(JValue::String(text)) => text.len() / 8,
        _ => 0,
    };
    meter.step(nodes.saturating_add(length as u64))?;
    Ok(value.cloned().unwrap_or(JValue::Undefined))
}
