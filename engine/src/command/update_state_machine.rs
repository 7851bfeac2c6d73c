//! UpdateStateMachine.

use bytes::Bytes;

use super::configuration;
use super::create_state_machine::machine_id;
use super::release;
use crate::api_error::{ApiError, Refusal};
use crate::arn::StateMachineArn;
use crate::desk::{Caller, Desk};
use crate::draft::{Decision, Draft, Origin};
use crate::id::RequestId;
use crate::key;
use crate::record::outcome::{Answer, Updated};
use crate::record::{Configuration, Revision, StateMachine, StateMachineStatus};
use crate::request_log;
use crate::view::ViewError;

const ORIGIN: Origin = Origin("UpdateStateMachine");

/// Logging, as a request gives it.
#[derive(Clone, Debug)]
pub struct Logging {
    /// AWS's `LogLevel`; empty means OFF.
    pub level: String,
    /// `includeExecutionData`.
    pub execution_data: bool,
    /// CloudWatch log groups.
    pub group_arns: Vec<String>,
}

/// Makes a new revision the current one. Members that are absent stay as they are; if nothing differs, so does the revision. Running
/// executions go on with the revision that they started with.
#[derive(Clone, Debug)]
pub struct UpdateStateMachine {
    /// Who asks.
    pub caller: Caller,
    /// The call.
    pub request: RequestId,
    /// As given.
    pub arn: String,
    /// ASL, as given.
    pub definition: Option<Bytes>,
    /// As given.
    pub role_arn: Option<String>,
    /// As given.
    pub logging: Option<Logging>,
    /// As given.
    pub tracing_enabled: Option<bool>,
    /// Whether encryption by AWS_OWNED_KEY is asked for, which is as it was: nothing else can be chosen.
    pub owned_encryption: bool,
    /// Whether a version is asked for.
    pub publish: bool,
    /// Of that version.
    pub version_description: String,
}

impl UpdateStateMachine {
    /// Decides.
    ///
    /// # Errors
    ///
    /// `MissingRequiredParameter`, `StateMachineDoesNotExist`, `StateMachineDeleting`, `InvalidArn`, `InvalidDefinition`,
    /// `InvalidLoggingConfiguration`, `ServiceQuotaExceededException`, `ValidationException`.
    pub fn decide(&self, desk: &Desk<'_>) -> Result<Decision<Updated>, Refusal> {
        let mut draft = Draft::new(desk.view);
        if let Some(Answer::Updated(updated)) = request_log::find(&mut draft, desk.now, self.request)? {
            return Ok(Decision::unchanged(updated));
        }
        self.check()?;
        let missing = || ApiError::state_machine_does_not_exist(&self.arn);
        let key = StateMachineArn::parse(&self.arn)?.key(&self.caller)?.ok_or_else(missing)?;
        let mut machine: StateMachine = draft.get(&key)?.ok_or_else(missing)?;
        if machine.status() == StateMachineStatus::Deleting {
            return Err(ApiError::state_machine_deleting(&machine.arn).into());
        }
        let before = machine.clone();
        let id = machine_id(&machine)?;
        let current_key = key::revision(id, machine.revision);
        let current: Revision =
            draft.peek(&current_key)?.ok_or_else(|| ViewError::missing("Revision", &current_key))?;

        let mut revision = self.apply(&current);
        if revision != current {
            configuration::check(&revision, machine.kind(), desk.limits)?;
            revision.revision_id = uuid(desk);
            revision.updated_ms = desk.now.0;
            machine.revision += 1;
            draft.put(key::revision(id, machine.revision), &revision);
        }
        let version_arn = if self.publish {
            release::publish(desk, &mut draft, id, &mut machine, &self.version_description)?.arn
        } else {
            String::new()
        };
        if machine != before {
            draft.put(key, &machine);
        }
        let updated = Updated { updated_ms: desk.now.0, revision_id: revision.revision_id, version_arn };
        request_log::keep(&mut draft, desk.now, self.request, Answer::Updated(updated.clone()));
        Ok(draft.finish(ORIGIN, updated))
    }

    fn check(&self) -> Result<(), ApiError> {
        let empty = self.definition.is_none()
            && self.role_arn.is_none()
            && self.logging.is_none()
            && self.tracing_enabled.is_none()
            && !self.owned_encryption;
        if empty {
            return Err(ApiError::new(
                "MissingRequiredParameter",
                "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
            ));
        }
        configuration::check_publication(self.publish, &self.version_description)
    }

    fn apply(&self, current: &Revision) -> Revision {
        let mut revision = current.clone();
        if let Some(definition) = &self.definition {
            revision.definition = definition.clone();
        }
        if let Some(role_arn) = &self.role_arn {
            revision.role_arn.clone_from(role_arn);
        }
        if let Some(logging) = &self.logging {
            revision.configuration = Configuration {
                log_level: logging.level.clone(),
                log_execution_data: logging.execution_data,
                log_group_arns: logging.group_arns.clone(),
                tracing_enabled: revision.configuration.tracing_enabled,
            };
        }
        if let Some(enabled) = self.tracing_enabled {
            revision.configuration.tracing_enabled = enabled;
        }
        revision.configuration = configuration::normalized(&revision.configuration);
        revision
    }
}

/// A UUID of version 4: AWS's form of revision ids.
fn uuid(desk: &Desk<'_>) -> String {
    let mut bytes = [0_u8; 16];
    desk.entropy.fill(&mut bytes);
    let mut bits = u128::from_be_bytes(bytes);
    bits = (bits & !(0xf << 76)) | (0x4 << 76);
    bits = (bits & !(0b11 << 62)) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        bits >> 96,
        (bits >> 80) & 0xffff,
        (bits >> 64) & 0xffff,
        (bits >> 48) & 0xffff,
        bits & 0xffff_ffff_ffff
    )
}
