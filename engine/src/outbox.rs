//! Outboxes: each target outside that is told of changes of executions' statuses has one, in which they wait until the target has taken
//! them. So no target waits for another.
//!
//! What waits is written with the change itself, in one transaction: the execution's head as the change left it, whatever comes of the
//! execution later. Input and output stay where they are, under the execution: where they are gone by then, with the execution, the
//! target is told without them. Nothing is written where there is no target.

use bytes::Bytes;

use crate::api_error::Refusal;
use crate::command::sweep::Progress;
use crate::desk::Desk;
use crate::draft::{Decision, Draft, Origin, decode};
use crate::execution::read_payload;
use crate::id::{OutboxId, Timestamp};
use crate::key::{self, Outgoing};
use crate::record::{Head, PayloadRef};
use crate::view::{self, Direction, View, ViewError};

/// How many outboxes of targets that nobody knows one transaction empties, and how many changes it deletes of one.
const UNKNOWN_MAX: usize = 100;
const DELETED_MAX: usize = 1_000;

/// An outbox, as the leader knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outbox {
    /// Which one.
    pub id: OutboxId,
    /// It holds as much as it may: what happens now is not told.
    pub is_full: bool,
}

/// What waits in an outbox from `from` on, oldest first, `limit` at most. `from` is [`key::outbox`] at first.
///
/// # Errors
///
/// The view's.
pub fn waiting(
    view: &dyn View,
    outbox: OutboxId,
    from: &Bytes,
    limit: usize,
) -> Result<Vec<(Outgoing, Head)>, ViewError> {
    let end = key::prefix_end(&key::outbox(outbox));
    let pairs = view.scan(from, &end, limit, Direction::Forward)?;
    pairs
        .iter()
        .filter_map(|(key, stored)| Some((Outgoing::parse(key)?, decode(key, &stored.value))))
        .map(|(outgoing, head)| Ok((outgoing, head?)))
        .collect()
}

/// Counts what waits in an outbox from `from` on and happened before `before`, `limit` at most. The second is where to go on, if there may
/// be more. `from` is [`key::outbox`] at first.
///
/// # Errors
///
/// The view's.
pub fn count(
    view: &dyn View,
    outbox: OutboxId,
    from: &Bytes,
    before: Timestamp,
    limit: usize,
) -> Result<(usize, Option<Bytes>), ViewError> {
    let pairs = view.scan(from, &key::outbox_from(outbox, before), limit, Direction::Forward)?;
    let next = pairs.last().filter(|_| pairs.len() == limit).map(|(last, _)| key::after(last));
    Ok((pairs.len(), next))
}

/// Input and output that belong to a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payloads {
    /// JSON; `None` if it is gone with the execution.
    pub input: Option<Bytes>,
    /// JSON; `None` if there is none, or if it is gone with the execution.
    pub output: Option<Bytes>,
}

/// Reads the payloads of a change, as far as the execution is still there.
///
/// # Errors
///
/// The view's.
pub fn payloads(view: &dyn View, outgoing: &Outgoing, head: &Head) -> Result<Payloads, ViewError> {
    let now: Option<Head> = view::record(view, &key::head(outgoing.execution))?;
    // An execution of the same name may have taken its place, under a state machine created again.
    let is_same = |now: &Head| now.machine == head.machine && now.started_ms == head.started_ms;
    if !now.as_ref().is_some_and(is_same) {
        return Ok(Payloads::default());
    }
    let read = |payload: PayloadRef| match read_payload(view, outgoing.execution, payload) {
        Ok(text) => Ok(Some(text)),
        Err(ViewError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    };
    Ok(Payloads { input: read(head.input)?, output: head.output.map_or(Ok(None), read)? })
}

/// Forgets changes of which their target has been told.
///
/// # Errors
///
/// None of the API's.
pub fn forget(desk: &Desk<'_>, told: &[Outgoing]) -> Result<Decision<()>, Refusal> {
    let mut draft = Draft::new(desk.view);
    told.iter().for_each(|outgoing| draft.delete(outgoing.key()));
    Ok(draft.finish(Origin("StatusChangesTold"), ()))
}

/// Forgets what waits for targets other than `known`, if it happened before `before`: somebody has taken them out of the configuration.
///
/// # Errors
///
/// None of the API's.
pub fn forget_unknown(
    desk: &Desk<'_>,
    known: &[OutboxId],
    before: Timestamp,
) -> Result<Decision<Progress>, Refusal> {
    let mut draft = Draft::new(desk.view);
    let end = key::prefix_end(&key::outboxes());
    let mut from = key::outboxes();
    let mut progress = Progress::More;
    for _ in 0..UNKNOWN_MAX + known.len() {
        let first = draft.scan(&from, &end, 1, Direction::Forward)?;
        let Some(outgoing) = first.first().and_then(|(key, _)| Outgoing::parse(key)) else {
            progress = Progress::Idle;
            break;
        };
        let own = key::outbox(outgoing.outbox);
        if !known.contains(&outgoing.outbox) {
            let old = key::outbox_from(outgoing.outbox, before);
            let pairs = draft.scan(&own, &old, DELETED_MAX, Direction::Forward)?;
            let is_bounded = pairs.len() == DELETED_MAX;
            pairs.into_iter().for_each(|(key, _)| draft.delete(key));
            if is_bounded {
                break;
            }
        }
        from = key::prefix_end(&own);
    }
    Ok(draft.finish(Origin("StatusChangesDropped"), progress))
}
