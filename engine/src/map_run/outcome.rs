//! What a child came to, as `ResultWriter` writes it (developer guide, "ResultWriter (Map)").

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::start::child_arn;
use crate::draft::{Draft, decode};
use crate::execution::{read_payload, time};
use crate::id::ExecutionId;
use crate::key;
use crate::record::{Chunk, ExecutionStatus, Head, MapRun, PayloadRef};
use crate::view::{View, ViewError};

/// What a child came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Its record.
    pub head: Head,
    /// JSON.
    pub input: Bytes,
    /// JSON; of a success only.
    pub output: Option<Bytes>,
}

impl Outcome {
    /// Reads what lies beside the head.
    pub(super) fn read(
        head: &Head,
        payload: impl Fn(PayloadRef) -> Result<Bytes, ViewError>,
    ) -> Result<Self, ViewError> {
        let output = head.output.map(&payload).transpose()?;
        Ok(Self { head: head.clone(), input: payload(head.input)?, output })
    }

    /// The child with its metadata, as the transformation `NONE` writes it.
    pub fn metadata(&self) -> Value {
        let text = |text: &Bytes| Value::from(String::from_utf8_lossy(text).into_owned());
        let included = || json!({ "Included": true });
        let head = &self.head;
        let mut fields = Map::new();
        let mut set = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
        if let Some(cause) = &head.cause {
            set("Cause", cause.clone().into());
        }
        if let Some(error) = &head.error {
            set("Error", error.clone().into());
        }
        set("ExecutionArn", head.arn.clone().into());
        set("Input", text(&self.input));
        set("InputDetails", included());
        set("Name", self.name().into());
        if let Some(output) = &self.output {
            set("Output", text(output));
            set("OutputDetails", included());
        }
        set("RedriveCount", head.redrive_count.into());
        if let Some(redriven_ms) = head.redriven_ms {
            set("RedriveDate", time(redriven_ms).into());
        }
        if head.status() == ExecutionStatus::Succeeded {
            set("RedriveStatus", "NOT_REDRIVABLE".into());
            set("RedriveStatusReason", "Execution is SUCCEEDED and cannot be redriven".into());
        } else {
            set("RedriveStatus", "REDRIVABLE_BY_MAP_RUN".into());
        }
        set("StartDate", time(head.started_ms).into());
        set("StateMachineArn", head.state_machine_arn.clone().into());
        set("Status", head.status().api_name().into());
        if let Some(stopped_ms) = head.stopped_ms {
            set("StopDate", time(stopped_ms).into());
        }
        Value::Object(fields)
    }

    fn name(&self) -> &str {
        let link = self.head.map_run.as_ref().map_or("", |_| self.head.arn.as_str());
        link.rsplit(':').next().unwrap_or_default()
    }
}

/// A payload of a child, which may have been written by the draft.
pub(super) fn payload(
    draft: &Draft<'_>,
    child: ExecutionId,
    payload: PayloadRef,
) -> Result<Bytes, ViewError> {
    let key = key::chunk(child, payload.chunk);
    let chunk: Option<Chunk> = draft.peek(&key)?;
    let place = usize::try_from(payload.index).unwrap_or(usize::MAX);
    chunk
        .and_then(|chunk| chunk.payloads.get(place).cloned())
        .ok_or_else(|| ViewError::missing("a payload", &key))
}

/// What the children of a map run came to, `limit` of them and about `bytes_max` bytes at the most, from number `from` on and in order. Children that were deleted
/// meanwhile are left out. With it, the number to go on from; `None` at the end.
///
/// # Errors
///
/// [`ViewError::Missing`] if there is no such map run.
pub fn outcomes(
    view: &dyn View,
    map_run: ExecutionId,
    from: u64,
    limit: u64,
    bytes_max: usize,
) -> Result<(Vec<Outcome>, Option<u64>), ViewError> {
    let key = key::map_run(map_run);
    let stored = view.get(&key)?.ok_or_else(|| ViewError::missing("a map run", &key))?;
    let record: MapRun = decode(&key, &stored.value)?;
    let (mut outcomes, mut bytes) = (Vec::new(), 0);
    let mut next = from;
    while next < record.children_started.min(from.saturating_add(limit)) && bytes < bytes_max {
        let number = next;
        next += 1;
        let child = ExecutionId::of_arn(&child_arn(map_run, &record, number)?);
        let head = key::head(child);
        let Some(stored) = view.get(&head)? else { continue };
        let head: Head = decode(&head, &stored.value)?;
        let outcome = Outcome::read(&head, |payload| read_payload(view, child, payload))?;
        bytes += outcome.input.len() + outcome.output.as_ref().map_or(0, Bytes::len);
        outcomes.push(outcome);
    }
    Ok((outcomes, Some(next).filter(|next| *next < record.children_started)))
}
