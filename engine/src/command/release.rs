//! What the commands about versions and aliases share: the state machine that they belong to, and how a version is published.
//!
//! What versions and aliases there are is guarded by the state machine's record: every command that changes them writes it.

use bytes::Bytes;

use super::create_state_machine::{count_reaches, machine_id};
use crate::api_error::{ApiError, Refusal};
use crate::arn::{self, StateMachineArn};
use crate::desk::{Caller, Desk};
use crate::draft::Draft;
use crate::id::MachineId;
use crate::key;
use crate::record::{StateMachine, StateMachineStatus, Version};
use crate::view::Direction;

/// A state machine whose versions and aliases a command is about.
pub(super) struct Owner {
    /// The key of its record.
    pub key: Bytes,
    /// Its record, which is a guard of the draft.
    pub machine: StateMachine,
    /// Its id.
    pub id: MachineId,
}

impl Owner {
    /// The caller's state machine that an ARN names, be it by a version or an alias.
    ///
    /// # Errors
    ///
    /// `AccessDeniedException`, `ValidationException`.
    pub(super) fn find(
        draft: &mut Draft<'_>,
        caller: &Caller,
        arn: &StateMachineArn<'_>,
    ) -> Result<Option<Self>, Refusal> {
        let Some(key) = arn.machine_key(caller)? else { return Ok(None) };
        let Some(machine) = draft.get::<StateMachine>(&key)? else { return Ok(None) };
        let id = machine_id(&machine)?;
        Ok(Some(Self { key, machine, id }))
    }

    /// As [`Owner::find`], for a change.
    ///
    /// # Errors
    ///
    /// As [`Owner::find`]; `missing` if there is none; `StateMachineDeleting`.
    pub(super) fn find_active(
        draft: &mut Draft<'_>,
        caller: &Caller,
        arn: &StateMachineArn<'_>,
        missing: impl FnOnce() -> ApiError,
    ) -> Result<Self, Refusal> {
        let owner = Self::find(draft, caller, arn)?.ok_or_else(missing)?;
        if owner.machine.status() == StateMachineStatus::Deleting {
            return Err(ApiError::state_machine_deleting(&owner.machine.arn).into());
        }
        Ok(owner)
    }

    /// Writes the record, which makes this change and every other one that was decided before it exclude each other.
    pub(super) fn put(self, draft: &mut Draft<'_>) {
        draft.put(self.key, &self.machine);
    }
}

/// A published version.
pub(super) struct Published {
    /// Its ARN.
    pub arn: String,
    /// Milliseconds since the epoch.
    pub created_ms: i64,
}

/// Publishes the current revision, unless it is published: then its version is the answer, whatever its description. The caller writes
/// the state machine's record, which it has read through the same draft.
///
/// # Errors
///
/// `ServiceQuotaExceededException`.
pub(super) fn publish(
    desk: &Desk<'_>,
    draft: &mut Draft<'_>,
    id: MachineId,
    machine: &mut StateMachine,
    description: &str,
) -> Result<Published, Refusal> {
    let all = key::versions(id);
    // Only the newest version can be of the current revision: a revision has one version at most, and older ones are of older revisions.
    let newest = draft.scan(&all, &key::prefix_end(&all), 1, Direction::Forward)?;
    if let Some(number) = newest.first().and_then(|(key, _)| key::parse_version(key))
        && let Some(version) = draft.get::<Version>(&key::version(id, number))?
        && version.revision == machine.revision
    {
        let arn = arn::qualified(&machine.arn, number);
        return Ok(Published { arn, created_ms: version.created_ms });
    }
    if count_reaches(desk.view, &all, desk.limits.versions_max)? {
        return Err(ApiError::service_quota_exceeded(format_args!(
            "The maximum number of versions ({}) of the state machine has been reached. Delete versions before you publish another one.",
            desk.limits.versions_max
        ))
        .into());
    }
    machine.last_version += 1;
    let version =
        Version { revision: machine.revision, description: description.to_owned(), created_ms: desk.now.0 };
    draft.put(key::version(id, machine.last_version), &version);
    let arn = arn::qualified(&machine.arn, machine.last_version);
    Ok(Published { arn, created_ms: version.created_ms })
}
