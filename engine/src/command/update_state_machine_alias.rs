//! UpdateStateMachineAlias.

use super::release::Owner;
use super::routing::{self, RouteGiven, Routing};
use crate::api_error::{ApiError, Refusal};
use crate::arn::StateMachineArn;
use crate::desk::{Caller, Desk};
use crate::draft::{Decision, Draft, Origin};
use crate::id::RequestId;
use crate::key;
use crate::record::Alias;
use crate::record::outcome::{Answer, Updated};
use crate::request_log;

const ORIGIN: Origin = Origin("UpdateStateMachineAlias");

/// Changes an alias. What is absent stays as it is; if nothing differs, so does the time of the last update.
#[derive(Clone, Debug)]
pub struct UpdateStateMachineAlias {
    /// Who asks.
    pub caller: Caller,
    /// The call.
    pub request: RequestId,
    /// As given.
    pub arn: String,
    /// As given.
    pub description: Option<String>,
    /// As given; empty for none.
    pub routes: Vec<RouteGiven>,
}

impl UpdateStateMachineAlias {
    /// Decides.
    ///
    /// # Errors
    ///
    /// `InvalidArn`, `ResourceNotFound` for an alias or a version that isn't there, `StateMachineDeleting`, `ValidationException`.
    pub fn decide(&self, desk: &Desk<'_>) -> Result<Decision<Updated>, Refusal> {
        let mut draft = Draft::new(desk.view);
        if let Some(Answer::Updated(updated)) = request_log::find(&mut draft, desk.now, self.request)? {
            return Ok(Decision::unchanged(updated));
        }
        let routing = match self.routes.as_slice() {
            [] if self.description.is_none() => return Err(nothing_to_update().into()),
            [] => None,
            routes => Some(Routing::read(routes)?),
        };
        let missing = || ApiError::resource_does_not_exist(&self.arn);
        let arn = StateMachineArn::parse(&self.arn)?;
        let name = arn.alias()?;
        let owner = Owner::find_active(&mut draft, &self.caller, &arn, missing)?;
        let key = key::alias(owner.id, name);
        let mut alias: Alias = draft.get(&key)?.ok_or_else(missing)?;
        let before = alias.clone();
        if let Some(routing) = routing {
            routing.check_machine(&arn)?;
            routing.check_versions(&mut draft, &owner)?;
            if !routing::same(&alias.routes, &routing.routes) {
                alias.routes = routing.routes;
            }
        }
        if let Some(description) = &self.description {
            alias.description.clone_from(description);
        }
        if alias != before {
            alias.updated_ms = desk.now.0;
            draft.put(key, &alias);
            owner.put(&mut draft);
        }
        let updated = Updated { updated_ms: alias.updated_ms, ..Updated::default() };
        request_log::keep(&mut draft, desk.now, self.request, Answer::Updated(updated.clone()));
        Ok(draft.finish(ORIGIN, updated))
    }
}

fn nothing_to_update() -> ApiError {
    ApiError {
        reason: Some("MISSING_REQUIRED_PARAMETER"),
        ..ApiError::validation(
            "You must specify at least one of the description or routingConfiguration parameters to update a state machine alias.",
        )
    }
}
