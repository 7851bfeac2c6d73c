//! DeleteStateMachineVersion.

use super::release::Owner;
use crate::api_error::{ApiError, Refusal};
use crate::arn::StateMachineArn;
use crate::desk::{Caller, Desk};
use crate::draft::{Decision, Draft, Origin, decode};
use crate::id::{MachineId, RequestId};
use crate::key;
use crate::record::outcome::{Answer, Done};
use crate::record::{Alias, Version};
use crate::request_log;
use crate::view::{Direction, ViewError};

const ORIGIN: Origin = Origin("DeleteStateMachineVersion");

/// Deletes a version. Deleting what isn't there succeeds. The revision stays: executions that the version started run on.
#[derive(Clone, Debug)]
pub struct DeleteStateMachineVersion {
    /// Who asks.
    pub caller: Caller,
    /// The call.
    pub request: RequestId,
    /// As given.
    pub arn: String,
}

impl DeleteStateMachineVersion {
    /// Decides.
    ///
    /// # Errors
    ///
    /// `ConflictException` while an alias refers to it, `InvalidArn`, `ValidationException`.
    pub fn decide(&self, desk: &Desk<'_>) -> Result<Decision<()>, Refusal> {
        let mut draft = Draft::new(desk.view);
        if let Some(Answer::Done(Done {})) = request_log::find(&mut draft, desk.now, self.request)? {
            return Ok(Decision::unchanged(()));
        }
        let arn = StateMachineArn::parse(&self.arn)?;
        let number = arn.version()?;
        if let Some(owner) = Owner::find(&mut draft, &self.caller, &arn)?
            && draft.get::<Version>(&key::version(owner.id, number))?.is_some()
        {
            let aliases = aliases_of(&draft, owner.id, number, desk.limits.aliases_max)?;
            if !aliases.is_empty() {
                return Err(referred_to(&aliases).into());
            }
            draft.delete(key::version(owner.id, number));
            owner.put(&mut draft);
        }
        request_log::keep(&mut draft, desk.now, self.request, Answer::Done(Done {}));
        Ok(draft.finish(ORIGIN, ()))
    }
}

/// The names of the aliases that refer to a version.
fn aliases_of(
    draft: &Draft<'_>,
    machine: MachineId,
    version: u64,
    aliases_max: usize,
) -> Result<Vec<String>, ViewError> {
    let all = key::aliases(machine);
    let mut names = Vec::new();
    for (key, versioned) in draft.scan(&all, &key::prefix_end(&all), aliases_max, Direction::Forward)? {
        let alias: Alias = decode(&key, &versioned.value)?;
        names.extend(key::parse_alias(&key).filter(|_| alias.refers_to(version)).map(str::to_owned));
    }
    Ok(names)
}

fn referred_to(aliases: &[String]) -> ApiError {
    ApiError::conflict(format_args!(
        "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [{}]",
        aliases.join(", ")
    ))
}
