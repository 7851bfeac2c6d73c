//! CreateStateMachine.

use bytes::Bytes;

use super::configuration;
use super::release;
use super::tags;
use crate::api_error::{ApiError, Refusal};
use crate::arn::{self, StateMachineArn};
use crate::desk::{Caller, Desk};
use crate::draft::{Decision, Draft, Origin};
use crate::id::{MachineId, RequestId};
use crate::key;
use crate::name;
use crate::record::outcome::{Answer, Created};
use crate::record::{
    Configuration, CreatedVersion, Revision, StateMachine, StateMachineStatus, StateMachineType, Tag, Tags,
};
use crate::request_log;
use crate::view::{Direction, View, ViewError};

const ORIGIN: Origin = Origin("CreateStateMachine");

/// How many state machines are counted in one scan.
const COUNT_PAGE: usize = 1_000;

/// Creates a state machine. Idempotent as AWS documents it: the same name with the same definition, type, logging and tracing gets the
/// first one's answer, if the same was asked of a first version; role and tags are not compared.
#[derive(Clone, Debug)]
pub struct CreateStateMachine {
    /// Whose it will be.
    pub caller: Caller,
    /// The call.
    pub request: RequestId,
    /// As given.
    pub name: String,
    /// ASL, as given.
    pub definition: Bytes,
    /// As given.
    pub role_arn: String,
    /// STANDARD or EXPRESS.
    pub kind: StateMachineType,
    /// Logging and tracing.
    pub configuration: Configuration,
    /// As given.
    pub tags: Vec<Tag>,
    /// Whether a first version is asked for.
    pub publish: bool,
    /// Of that version.
    pub version_description: String,
}

impl CreateStateMachine {
    /// Decides.
    ///
    /// # Errors
    ///
    /// `InvalidName`, `InvalidArn`, `InvalidDefinition`, `InvalidLoggingConfiguration`, `StateMachineAlreadyExists`,
    /// `StateMachineDeleting`, `StateMachineLimitExceeded`, `TooManyTags`, `ValidationException`.
    pub fn decide(&self, desk: &Desk<'_>) -> Result<Decision<Created>, Refusal> {
        let mut draft = Draft::new(desk.view);
        if let Some(Answer::Created(created)) = request_log::find(&mut draft, desk.now, self.request)? {
            return Ok(Decision::unchanged(created));
        }
        let revision = self.first_revision(desk);
        self.check(&revision, desk)?;

        let arn = StateMachineArn::format(&self.caller, &self.name);
        let key = key::state_machine(&self.caller.account, &self.caller.region, &self.name);
        let created = match draft.get::<StateMachine>(&key)? {
            Some(existing) => self.same_as(&existing, &revision, &mut draft)?,
            None => {
                let tags = tags::merge(Tags::default(), &self.tags, desk.limits.tags_max, &arn)?;
                if is_full(desk.view, &self.caller, desk.limits.state_machines_max)? {
                    return Err(limit_exceeded().into());
                }
                self.write(desk, &mut draft, key, arn, &revision, &tags)?
            }
        };
        request_log::keep(&mut draft, desk.now, self.request, Answer::Created(created.clone()));
        Ok(draft.finish(ORIGIN, created))
    }

    fn first_revision(&self, desk: &Desk<'_>) -> Revision {
        Revision {
            definition: self.definition.clone(),
            role_arn: self.role_arn.clone(),
            revision_id: String::new(),
            updated_ms: desk.now.0,
            configuration: configuration::normalized(&self.configuration),
        }
    }

    fn check(&self, revision: &Revision, desk: &Desk<'_>) -> Result<(), ApiError> {
        name::check(&self.name)?;
        configuration::check_publication(self.publish, &self.version_description)?;
        configuration::check(revision, self.kind, desk.limits)
    }

    /// The first answer, if what exists is what is asked for.
    fn same_as(
        &self,
        existing: &StateMachine,
        revision: &Revision,
        draft: &mut Draft<'_>,
    ) -> Result<Created, Refusal> {
        if existing.status() == StateMachineStatus::Deleting {
            return Err(ApiError::state_machine_deleting(&existing.arn).into());
        }
        let key = key::revision(machine_id(existing)?, existing.revision);
        let current: Revision = draft.peek(&key)?.ok_or_else(|| ViewError::missing("Revision", &key))?;
        let same = existing.kind() == self.kind
            && current.definition == revision.definition
            && current.configuration == revision.configuration
            && existing.created_version == self.version();
        if !same {
            return Err(ApiError::state_machine_already_exists(&existing.arn).into());
        }
        let version_arn = existing.created_version.as_ref().map(|_| arn::qualified(&existing.arn, 1));
        Ok(Created {
            arn: existing.arn.clone(),
            created_ms: existing.created_ms,
            version_arn: version_arn.unwrap_or_default(),
        })
    }

    fn version(&self) -> Option<CreatedVersion> {
        self.publish.then(|| CreatedVersion { description: self.version_description.clone() })
    }

    fn write(
        &self,
        desk: &Desk<'_>,
        draft: &mut Draft<'_>,
        key: Bytes,
        arn: String,
        revision: &Revision,
        tags: &Tags,
    ) -> Result<Created, Refusal> {
        let mut id = [0; 16];
        desk.entropy.fill(&mut id);
        let id = MachineId::from_bytes(id);
        let mut machine = StateMachine {
            id: Bytes::copy_from_slice(id.as_bytes()),
            arn,
            kind: self.kind as i32,
            status: StateMachineStatus::Active as i32,
            created_ms: desk.now.0,
            revision: 1,
            last_version: 0,
            created_version: self.version(),
        };
        let version_arn = if self.publish {
            release::publish(desk, draft, id, &mut machine, &self.version_description)?.arn
        } else {
            String::new()
        };
        draft.put(key, &machine);
        draft.put(key::revision(id, 1), revision);
        if !tags.tags.is_empty() {
            draft.put(key::machine_tags(id), tags);
        }
        Ok(Created { arn: machine.arn, created_ms: machine.created_ms, version_arn })
    }
}

/// The id that a state machine's record holds.
pub(super) fn machine_id(machine: &StateMachine) -> Result<MachineId, ViewError> {
    machine
        .machine_id()
        .ok_or_else(|| ViewError::Store(format!("the state machine {} has no valid id", machine.arn)))
}

fn is_full(view: &dyn View, caller: &Caller, most: usize) -> Result<bool, ViewError> {
    let prefix = key::state_machines(&caller.account, &caller.region);
    count_reaches(view, &prefix, most)
}

/// Whether at least `most` keys have this prefix. Creations are rare, so that counting beats a counter, on which all creations of an
/// account would meet.
pub(super) fn count_reaches(view: &dyn View, prefix: &Bytes, most: usize) -> Result<bool, ViewError> {
    let end = key::prefix_end(prefix);
    let mut from = prefix.clone();
    let mut count = 0;
    while count < most {
        let page = view.scan(&from, &end, COUNT_PAGE.min(most - count), Direction::Forward)?;
        let Some((last, _)) = page.last() else { return Ok(false) };
        from = key::after(last);
        count += page.len();
    }
    Ok(true)
}

fn limit_exceeded() -> ApiError {
    ApiError::new(
        "StateMachineLimitExceeded",
        "The maximum number of state machines has been reached. Existing state machines must be deleted before a new state machine can be created.",
    )
}
