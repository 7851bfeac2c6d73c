//! CreateStateMachineAlias.

use super::create_state_machine::count_reaches;
use super::release::Owner;
use super::routing::{self, RouteGiven, Routing};
use crate::api_error::{ApiError, Refusal};
use crate::arn;
use crate::desk::{Caller, Desk};
use crate::draft::{Decision, Draft, Origin};
use crate::id::RequestId;
use crate::key;
use crate::name;
use crate::record::Alias;
use crate::record::outcome::{Answer, Created};
use crate::request_log;

const ORIGIN: Origin = Origin("CreateStateMachineAlias");

/// Creates an alias of the state machine that its versions belong to. One that is there and the same gets the first one's answer.
#[derive(Clone, Debug)]
pub struct CreateStateMachineAlias {
    /// Who asks.
    pub caller: Caller,
    /// The call.
    pub request: RequestId,
    /// As given.
    pub name: String,
    /// As given; empty for none.
    pub description: String,
    /// As given.
    pub routes: Vec<RouteGiven>,
}

impl CreateStateMachineAlias {
    /// Decides.
    ///
    /// # Errors
    ///
    /// `ConflictException` if there is one that differs, `InvalidArn`, `InvalidName`, `ResourceNotFound` for a version that isn't there,
    /// `ServiceQuotaExceededException`, `StateMachineDeleting`, `ValidationException`.
    pub fn decide(&self, desk: &Desk<'_>) -> Result<Decision<Created>, Refusal> {
        let mut draft = Draft::new(desk.view);
        if let Some(Answer::Created(created)) = request_log::find(&mut draft, desk.now, self.request)? {
            return Ok(Decision::unchanged(created));
        }
        name::check_alias(&self.name)?;
        let routing = Routing::read(&self.routes)?;
        let missing = || ApiError::resource_does_not_exist(&routing.arn.to_string());
        let owner = Owner::find_active(&mut draft, &self.caller, &routing.arn, missing)?;
        routing.check_versions(&mut draft, &owner)?;
        let key = key::alias(owner.id, &self.name);
        let arn = arn::qualified(&owner.machine.arn, &self.name);
        let created_ms = match draft.get::<Alias>(&key)? {
            Some(existing) => {
                let same = existing.description == self.description
                    && routing::same(&existing.routes, &routing.routes);
                if !same {
                    return Err(exists().into());
                }
                existing.created_ms
            }
            None => {
                if count_reaches(desk.view, &key::aliases(owner.id), desk.limits.aliases_max)? {
                    return Err(full(desk.limits.aliases_max).into());
                }
                let now = desk.now.0;
                let description = self.description.clone();
                let alias = Alias { description, routes: routing.routes, created_ms: now, updated_ms: now };
                draft.put(key, &alias);
                owner.put(&mut draft);
                now
            }
        };
        let created = Created { arn, created_ms, ..Created::default() };
        request_log::keep(&mut draft, desk.now, self.request, Answer::Created(created.clone()));
        Ok(draft.finish(ORIGIN, created))
    }
}

fn exists() -> ApiError {
    ApiError::conflict(
        "Failed to create alias because an alias with the same name and a different routing configuration already exists.",
    )
}

fn full(most: usize) -> ApiError {
    ApiError::service_quota_exceeded(format_args!(
        "The maximum number of aliases ({most}) of the state machine has been reached. Delete aliases before you create another one."
    ))
}
