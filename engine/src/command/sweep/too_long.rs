//! Finds executions that have run for longer than is allowed. Writes nothing: each gets a
//! [`Stimulus::TooLong`](crate::Stimulus::TooLong) and ends by its own step.

use bytes::Bytes;

use crate::id::{ExecutionId, Timestamp};
use crate::key;
use crate::limits::Limits;
use crate::record::{ExecutionStatus, StateMachine};
use crate::view::{Direction, View, ViewError};

/// The most state machines looked at in one call.
const MACHINES_MAX: usize = 200;
/// The most executions found in one call.
const EXECUTIONS_MAX: usize = 1_000;

/// What was found, and where to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Executions that have run for too long.
    pub executions: Vec<ExecutionId>,
    /// Where the next call goes on; `None` at the end. A state machine whose executions did not fit in comes first again.
    pub next: Option<Bytes>,
}

/// Looks through the running executions of some state machines, from where `from` says or from the beginning.
///
/// # Errors
///
/// None but of the view.
pub fn find(
    view: &dyn View,
    now: Timestamp,
    limits: &Limits,
    from: Option<&Bytes>,
) -> Result<Found, ViewError> {
    let all = key::all_state_machines();
    let machines =
        view.scan(from.unwrap_or(&all), &key::prefix_end(&all), MACHINES_MAX, Direction::Forward)?;
    let mut found = Found::default();
    if machines.len() == MACHINES_MAX {
        found.next = machines.last().map(|(key, _)| key::after(key));
    }
    let longest_ms = i64::try_from(limits.execution_seconds_max.saturating_mul(1_000)).unwrap_or(i64::MAX);
    let latest = Timestamp(now.0.saturating_sub(longest_ms));
    if latest.0 < 0 {
        return Ok(found);
    }
    for (key, versioned) in machines {
        let machine: StateMachine = crate::draft::decode(&key, &versioned.value)?;
        let Some(id) = machine.machine_id() else { continue };
        let from = key::listings_from(id, ExecutionStatus::Running, latest);
        let to = key::prefix_end(&key::listings(id, ExecutionStatus::Running));
        let room = EXECUTIONS_MAX - found.executions.len();
        let listed = view.scan(&from, &to, room + 1, Direction::Backward)?;
        let fits = listed.len() <= room;
        let ids = listed.iter().filter_map(|(key, _)| key::parse_listing(key).map(|(_, id)| id));
        found.executions.extend(ids.take(room));
        if !fits {
            found.next = Some(key);
            break;
        }
    }
    Ok(found)
}
