//! DeleteStateMachineAlias.

use super::release::Owner;
use crate::api_error::{ApiError, Refusal};
use crate::arn::StateMachineArn;
use crate::desk::{Caller, Desk};
use crate::draft::{Decision, Draft, Origin};
use crate::id::RequestId;
use crate::key;
use crate::record::Alias;
use crate::record::outcome::{Answer, Done};
use crate::request_log;

const ORIGIN: Origin = Origin("DeleteStateMachineAlias");

/// Deletes an alias. The versions that it refers to stay, and executions that it started run on.
#[derive(Clone, Debug)]
pub struct DeleteStateMachineAlias {
    /// Who asks.
    pub caller: Caller,
    /// The call.
    pub request: RequestId,
    /// As given.
    pub arn: String,
}

impl DeleteStateMachineAlias {
    /// Decides.
    ///
    /// # Errors
    ///
    /// `InvalidArn`, `ResourceNotFound`, `ValidationException`.
    pub fn decide(&self, desk: &Desk<'_>) -> Result<Decision<()>, Refusal> {
        let mut draft = Draft::new(desk.view);
        if let Some(Answer::Done(Done {})) = request_log::find(&mut draft, desk.now, self.request)? {
            return Ok(Decision::unchanged(()));
        }
        let missing = || ApiError::resource_does_not_exist(&self.arn);
        let arn = StateMachineArn::parse(&self.arn)?;
        let name = arn.alias()?;
        let owner = Owner::find(&mut draft, &self.caller, &arn)?.ok_or_else(missing)?;
        let key = key::alias(owner.id, name);
        draft.get::<Alias>(&key)?.ok_or_else(missing)?;
        draft.delete(key);
        owner.put(&mut draft);
        request_log::keep(&mut draft, desk.now, self.request, Answer::Done(Done {}));
        Ok(draft.finish(ORIGIN, ()))
    }
}
