//! DeleteActivity.

use crate::api_error::Refusal;
use crate::arn::ActivityArn;
use crate::desk::{Caller, Desk};
use crate::draft::{Decision, Draft, Origin};
use crate::id::RequestId;
use crate::key;
use crate::record::Activity;
use crate::record::outcome::{Answer, Done};
use crate::request_log;

const ORIGIN: Origin = Origin("DeleteActivity");

/// Deletes an activity. Deleting what isn't there succeeds. Its waiting tasks go on waiting, until their executions time out or are
/// stopped: an activity created again by that name has a queue of its own.
#[derive(Clone, Debug)]
pub struct DeleteActivity {
    /// Who asks.
    pub caller: Caller,
    /// The call.
    pub request: RequestId,
    /// As given.
    pub arn: String,
}

impl DeleteActivity {
    /// Decides.
    ///
    /// # Errors
    ///
    /// `InvalidArn`.
    pub fn decide(&self, desk: &Desk<'_>) -> Result<Decision<()>, Refusal> {
        let mut draft = Draft::new(desk.view);
        if let Some(Answer::Done(Done {})) = request_log::find(&mut draft, desk.now, self.request)? {
            return Ok(Decision::unchanged(()));
        }
        if let Some(key) = ActivityArn::parse(&self.arn)?.key(&self.caller)?
            && let Some(activity) = draft.get::<Activity>(&key)?
        {
            draft.delete(key);
            if let Some(id) = activity.activity_id() {
                draft.delete(key::activity_tags(id));
            }
        }
        request_log::keep(&mut draft, desk.now, self.request, Answer::Done(Done {}));
        Ok(draft.finish(ORIGIN, ()))
    }
}
