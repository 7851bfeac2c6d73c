//! How long a Task may take as a whole, or between two heartbeats: `TimeoutSeconds`, `HeartbeatSeconds` and
//! their Path forms.

use super::fields::Fields;
use crate::jsonata;
use crate::limits::NUMBER_MAX;
use crate::path::Path;
use crate::wording;

/// A number of seconds, from the definition or from the state's input.
#[derive(Debug, Clone, PartialEq)]
pub enum Timeout {
    /// `TimeoutSeconds`, `HeartbeatSeconds`: 1 to 99,999,999.
    Seconds(u64),
    /// `TimeoutSecondsPath`, `HeartbeatSecondsPath`
    Path(Path),
    /// `TimeoutSeconds`, `HeartbeatSeconds` of a JSONata state, computed.
    Jsonata(jsonata::Expression),
}

/// The timeout and the heartbeat of a Task.
pub(super) fn read(fields: &Fields<'_>) -> (Option<Timeout>, Option<Timeout>) {
    let timeout = read_one(fields, ["TimeoutSeconds", "TimeoutSecondsPath"]);
    let heartbeat = read_one(fields, ["HeartbeatSeconds", "HeartbeatSecondsPath"]);
    if let (Some(Timeout::Seconds(timeout)), Some(Timeout::Seconds(heartbeat))) = (&timeout, &heartbeat)
        && heartbeat >= timeout
    {
        fields.report(wording::HEARTBEAT_NOT_BELOW_TIMEOUT);
    }
    (timeout, heartbeat)
}

fn read_one(fields: &Fields<'_>, names: [&str; 2]) -> Option<Timeout> {
    fields.exclude(&names);
    let [seconds, path] = names;
    if fields.is_expression(seconds) {
        return fields.expression(seconds).map(Timeout::Jsonata);
    }
    match fields.reference(path) {
        Some(path) => Some(Timeout::Path(path)),
        None => fields.integer(seconds, 1, NUMBER_MAX).map(Timeout::Seconds),
    }
}
