//! Numbers of seconds that come from a state's input: SecondsPath, TimeoutSecondsPath, HeartbeatSecondsPath.

use serde_json::Value;

use super::interrupt::Interrupt;

/// Reads the number of seconds that a path in `field` references.
///
/// # Errors
///
/// `States.Runtime` in AWS's words, for anything but a whole number that isn't negative.
pub(super) fn read(field: &str, path: &str, value: &Value) -> Result<u64, Interrupt> {
    if let Some(seconds) = value.as_u64() {
        return Ok(seconds);
    }
    let problem =
        if value.is_i64() { "references a negative value" } else { "cannot be parsed as a long value" };
    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Err(Interrupt::runtime(format!("The {field} parameter {problem}: {path} == {shown}")))
}

/// The time so many seconds after another, in milliseconds since the epoch; the end of time at the latest.
pub(crate) fn after(ms: i64, seconds: u64) -> i64 {
    let length_ms = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
    ms.saturating_add(length_ms)
}
