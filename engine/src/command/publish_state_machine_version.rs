//! PublishStateMachineVersion.

use super::release::{self, Owner};
use crate::api_error::{ApiError, Refusal};
use crate::arn::StateMachineArn;
use crate::desk::{Caller, Desk};
use crate::draft::{Decision, Draft, Origin};
use crate::id::RequestId;
use crate::key;
use crate::record::Revision;
use crate::record::outcome::{Answer, Created};
use crate::request_log;
use crate::view::ViewError;

const ORIGIN: Origin = Origin("PublishStateMachineVersion");

/// The word for the first revision, which has no id (API reference, "PublishStateMachineVersion", `revisionId`).
const FIRST_REVISION: &str = "INITIAL";

/// Publishes the current revision as a version. One that is published keeps its version.
#[derive(Clone, Debug)]
pub struct PublishStateMachineVersion {
    /// Who asks.
    pub caller: Caller,
    /// The call.
    pub request: RequestId,
    /// As given.
    pub arn: String,
    /// Publish only if this is the current revision; `INITIAL` for the first.
    pub revision_id: Option<String>,
    /// As given; empty for none.
    pub description: String,
}

impl PublishStateMachineVersion {
    /// Decides. The answer's ARN is the version's.
    ///
    /// # Errors
    ///
    /// `ConflictException` if another revision is the current one, `InvalidArn`, `ServiceQuotaExceededException`,
    /// `StateMachineDeleting`, `StateMachineDoesNotExist`, `ValidationException`.
    pub fn decide(&self, desk: &Desk<'_>) -> Result<Decision<Created>, Refusal> {
        let mut draft = Draft::new(desk.view);
        if let Some(Answer::Created(created)) = request_log::find(&mut draft, desk.now, self.request)? {
            return Ok(Decision::unchanged(created));
        }
        let missing = || ApiError::state_machine_does_not_exist(&self.arn);
        let arn = StateMachineArn::parse(&self.arn)?;
        if arn.key(&self.caller)?.is_none() {
            return Err(missing().into());
        }
        let mut owner = Owner::find_active(&mut draft, &self.caller, &arn, missing)?;
        self.check_revision(&draft, &owner)?;
        let Owner { id, machine, .. } = &mut owner;
        let published = release::publish(desk, &mut draft, *id, machine, &self.description)?;
        owner.put(&mut draft);
        let created = Created { arn: published.arn, created_ms: published.created_ms, ..Created::default() };
        request_log::keep(&mut draft, desk.now, self.request, Answer::Created(created.clone()));
        Ok(draft.finish(ORIGIN, created))
    }

    fn check_revision(&self, draft: &Draft<'_>, owner: &Owner) -> Result<(), Refusal> {
        let Some(wanted) = &self.revision_id else { return Ok(()) };
        let key = key::revision(owner.id, owner.machine.revision);
        let current: Revision = draft.peek(&key)?.ok_or_else(|| ViewError::missing("Revision", &key))?;
        let current = match current.revision_id.as_str() {
            "" => FIRST_REVISION,
            id => id,
        };
        if current == wanted {
            return Ok(());
        }
        Err(ApiError::conflict(format_args!(
            "Revision {wanted} can't be published: the current revision of the state machine is {current}."
        ))
        .into())
    }
}
