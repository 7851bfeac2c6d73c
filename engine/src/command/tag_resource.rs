//! TagResource.

use super::tags;
use crate::api_error::{ApiError, Refusal};
use crate::desk::{Caller, Desk};
use crate::draft::{Decision, Draft, Origin};
use crate::id::RequestId;
use crate::record::outcome::{Answer, Done};
use crate::record::{Tag, Tags};
use crate::request_log;
use crate::taggable;

const ORIGIN: Origin = Origin("TagResource");

/// Puts tags on a state machine or an activity; those of the same keys are replaced.
#[derive(Clone, Debug)]
pub struct TagResource {
    /// Who asks.
    pub caller: Caller,
    /// The call.
    pub request: RequestId,
    /// As given.
    pub arn: String,
    /// As given.
    pub tags: Vec<Tag>,
}

impl TagResource {
    /// Decides.
    ///
    /// # Errors
    ///
    /// `InvalidArn`, `ResourceNotFound`, `TooManyTags`.
    pub fn decide(&self, desk: &Desk<'_>) -> Result<Decision<()>, Refusal> {
        let mut draft = Draft::new(desk.view);
        if let Some(Answer::Done(Done {})) = request_log::find(&mut draft, desk.now, self.request)? {
            return Ok(Decision::unchanged(()));
        }
        let key = taggable::tags_key(&self.caller, &self.arn, &mut draft)?
            .ok_or_else(|| ApiError::resource_not_found(&self.arn))?;
        let old: Option<Tags> = draft.get(&key)?;
        let old = old.unwrap_or_default();
        let new = tags::merge(old.clone(), &self.tags, desk.limits.tags_max, &self.arn)?;
        if new != old {
            draft.put(key, &new);
        }
        request_log::keep(&mut draft, desk.now, self.request, Answer::Done(Done {}));
        Ok(draft.finish(ORIGIN, ()))
    }
}
