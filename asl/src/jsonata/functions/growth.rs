//! Looks at the arguments of functions that could build something huge in one stroke, or take very long over it,
//! before they are called. Only estimates; never changes an argument.

use jsonata_core::{
    evaluator::EvaluatorError,
    functions::string::{build_regex, extract_regex},
    value::JValue,
};

use super::{RANGE, pictures};
use crate::jsonata::{Limit, meter::Meter};

/// About the memory of one part of a split text, beyond its bytes.
const PART_BYTES: usize = 48;
/// About the memory of what `$match` says of one match.
const MATCH_BYTES: usize = 400;
/// Regular expressions take linear time for one match, but quadratic time for all: short texts need no look.
const SEARCHED_UNSEEN_MAX: usize = 4096;
/// Roman numerals are written with a letter for each thousand.
const ROMAN_MAX: f64 = 1e7;
/// Numbers beyond it aren't exact; nobody counts there.
const RANGE_END_MAX: f64 = 1e16;

/// `GUARD(name, context, argument, ...)`: what `$name(argument, ...)` would build is charged for or refused.
pub(super) fn check(meter: &Meter, args: &[JValue]) -> Result<JValue, EvaluatorError> {
    if let [JValue::String(name), context, args @ ..] = args {
        match &**name {
            "pad" => pad(meter, args)?,
            "join" => join(meter, args)?,
            "replace" => replace(meter, context, args)?,
            "split" => split(meter, context, args)?,
            "match" => matches(meter, context, args)?,
            "formatInteger" => {
                pictures::format_integer(context, args)?;
                format_integer(meter, args)?;
            }
            "formatNumber" => pictures::format_number(context, args)?,
            "fromMillis" => pictures::from_millis(context, args)?,
            "parseInteger" => pictures::parse_integer(context, args)?,
            "substring" => pictures::substring(args)?,
            "toMillis" => pictures::to_millis(context, args)?,
            RANGE => range(meter, args)?,
            "string" => string(meter, args)?,
            _ => {}
        }
    }
    Ok(JValue::Undefined)
}

fn pad(meter: &Meter, args: &[JValue]) -> Result<(), EvaluatorError> {
    // The width may be the first argument, where the text is the context.
    for width in args.iter().filter_map(JValue::as_f64) {
        // A character takes up to 4 bytes. Saturates.
        meter.charge_text(width.abs() as usize)?;
        meter.charge_bytes((width.abs() as usize).saturating_mul(3))?;
    }
    Ok(())
}

fn join(meter: &Meter, args: &[JValue]) -> Result<(), EvaluatorError> {
    let Some(JValue::Array(items)) = args.first() else { return Ok(()) };
    let separator = args.get(1).and_then(JValue::as_str).map_or(0, str::len);
    let texts: usize = items.iter().filter_map(JValue::as_str).map(str::len).sum();
    meter.charge_text(texts.saturating_add(separator.saturating_mul(items.len())))
}

/// The text that a function works on and its other arguments: the text may be the context instead.
fn subject<'a>(context: &'a JValue, args: &'a [JValue], is_pattern_second: bool) -> (&'a str, &'a [JValue]) {
    match args {
        [JValue::String(text), rest @ ..] if is_pattern_second => (text, rest),
        _ => (context.as_str().unwrap_or_default(), args),
    }
}

fn is_pattern(value: Option<&JValue>) -> bool {
    value.is_some_and(|value| !value.is_number() && !value.is_undefined())
}

fn replace(meter: &Meter, context: &JValue, args: &[JValue]) -> Result<(), EvaluatorError> {
    let (text, rest) = subject(context, args, is_pattern(args.get(2)));
    let (Some(pattern), Some(replacement)) = (rest.first(), rest.get(1)) else { return Ok(()) };
    let found = count(meter, text, pattern)?;
    let replacement = replacement.as_str().unwrap_or_default();
    // Each `$` may stand for all that was found.
    let quoted = replacement.matches('$').count().saturating_mul(text.len());
    meter.charge_text(
        found.saturating_mul(replacement.len()).saturating_add(quoted).saturating_add(text.len()),
    )
}

fn split(meter: &Meter, context: &JValue, args: &[JValue]) -> Result<(), EvaluatorError> {
    let (text, rest) = subject(context, args, is_pattern(args.get(1)));
    let Some(separator) = rest.first() else { return Ok(()) };
    let parts = match separator.as_str() {
        Some("") => text.chars().count(),
        _ => count(meter, text, separator)?.saturating_add(1),
    };
    items(meter, parts, PART_BYTES)?;
    meter.charge_bytes(text.len())
}

fn matches(meter: &Meter, context: &JValue, args: &[JValue]) -> Result<(), EvaluatorError> {
    let (text, rest) = subject(context, args, is_pattern(args.get(1)));
    let Some(pattern) = rest.first() else { return Ok(()) };
    let limit = rest.get(1).and_then(JValue::as_f64).map_or(usize::MAX, |limit| limit as usize);
    items(meter, count(meter, text, pattern)?.min(limit), MATCH_BYTES)
}

/// Charges for a sequence.
fn items(meter: &Meter, count: usize, bytes: usize) -> Result<(), EvaluatorError> {
    if count > meter.limits().sequence_items_max {
        return Err(meter.exceed(Limit::Memory));
    }
    meter.charge_bytes(count.saturating_mul(bytes))
}

/// How often a pattern is found in a text; at least that often. Stops in time where searching takes long.
fn count(meter: &Meter, text: &str, pattern: &JValue) -> Result<usize, EvaluatorError> {
    match pattern {
        JValue::String(pattern) if pattern.is_empty() => Ok(0),
        JValue::String(pattern) => Ok(text.matches(&**pattern).count()),
        JValue::Regex { .. } if text.len() <= SEARCHED_UNSEEN_MAX => Ok(text.len() + 1),
        JValue::Regex { .. } => {
            // What cannot be built is refused by the function itself.
            let Some((pattern, flags)) = extract_regex(pattern) else { return Ok(0) };
            let Ok(regex) = build_regex(&pattern, &flags) else { return Ok(0) };
            let mut found = 0;
            for _ in regex.find_iter(text) {
                found += 1;
                if found > meter.limits().sequence_items_max {
                    return Err(meter.exceed(Limit::Memory));
                }
                meter.check_time()?;
            }
            Ok(found)
        }
        // A function as matcher is metered itself.
        _ => Ok(0),
    }
}

fn format_integer(meter: &Meter, args: &[JValue]) -> Result<(), EvaluatorError> {
    let is_roman = args.iter().filter_map(JValue::as_str).any(|picture| picture.contains(['i', 'I']));
    let is_large = args.iter().filter_map(JValue::as_f64).any(|number| number.abs() > ROMAN_MAX);
    if is_roman && is_large { Err(meter.exceed(Limit::Memory)) } else { Ok(()) }
}

/// The evaluator counts the numbers of a range in 64 bits.
fn range(meter: &Meter, args: &[JValue]) -> Result<(), EvaluatorError> {
    let is_beyond = args.iter().filter_map(JValue::as_f64).any(|end| end.abs() > RANGE_END_MAX);
    if is_beyond { Err(meter.exceed(Limit::Memory)) } else { Ok(()) }
}

/// With `true`, `$string` writes a line for each value, indented by its depth.
fn string(meter: &Meter, args: &[JValue]) -> Result<(), EvaluatorError> {
    match args {
        [value, JValue::Bool(true), ..] => {
            let (bytes, height) = meter.size(value)?;
            meter.charge_text((bytes / 8).saturating_mul(height).saturating_mul(2).saturating_add(bytes))
        }
        _ => Ok(()),
    }
}
