//! UntagResource.

use super::tags;
use crate::api_error::{ApiError, Refusal};
use crate::desk::{Caller, Desk};
use crate::draft::{Decision, Draft, Origin};
use crate::id::RequestId;
use crate::record::Tags;
use crate::record::outcome::{Answer, Done};
use crate::request_log;
use crate::taggable;

const ORIGIN: Origin = Origin("UntagResource");

/// Takes tags off a state machine or an activity; keys that are not there are ignored.
#[derive(Clone, Debug)]
pub struct UntagResource {
    /// Who asks.
    pub caller: Caller,
    /// The call.
    pub request: RequestId,
    /// As given.
    pub arn: String,
    /// As given.
    pub keys: Vec<String>,
}

impl UntagResource {
    /// Decides.
    ///
    /// # Errors
    ///
    /// `InvalidArn`, `ResourceNotFound`.
    pub fn decide(&self, desk: &Desk<'_>) -> Result<Decision<()>, Refusal> {
        let mut draft = Draft::new(desk.view);
        if let Some(Answer::Done(Done {})) = request_log::find(&mut draft, desk.now, self.request)? {
            return Ok(Decision::unchanged(()));
        }
        let key = taggable::tags_key(&self.caller, &self.arn, &mut draft)?
            .ok_or_else(|| ApiError::resource_not_found(&self.arn))?;
        if let Some(old) = draft.get::<Tags>(&key)? {
            let new = tags::without(old.clone(), &self.keys);
            if new.tags.is_empty() {
                draft.delete(key);
            } else if new != old {
                draft.put(key, &new);
            }
        }
        request_log::keep(&mut draft, desk.now, self.request, Answer::Done(Done {}));
        Ok(draft.finish(ORIGIN, ()))
    }
}
