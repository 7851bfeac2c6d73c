//! CreateActivity.

use bytes::Bytes;

use super::create_state_machine::count_reaches;
use super::tags;
use crate::api_error::{ApiError, Refusal};
use crate::arn::ActivityArn;
use crate::desk::{Caller, Desk};
use crate::draft::{Decision, Draft, Origin};
use crate::id::{ActivityId, RequestId};
use crate::key;
use crate::name;
use crate::record::outcome::{Answer, Created};
use crate::record::{Activity, Tag, Tags};
use crate::request_log;

const ORIGIN: Origin = Origin("CreateActivity");

/// Creates an activity. One of the same name gets the first one's answer; tags are not compared, as AWS documents.
#[derive(Clone, Debug)]
pub struct CreateActivity {
    /// Whose it will be.
    pub caller: Caller,
    /// The call.
    pub request: RequestId,
    /// As given.
    pub name: String,
    /// As given.
    pub tags: Vec<Tag>,
}

impl CreateActivity {
    /// Decides.
    ///
    /// # Errors
    ///
    /// `InvalidName`, `ActivityLimitExceeded`, `TooManyTags`.
    pub fn decide(&self, desk: &Desk<'_>) -> Result<Decision<Created>, Refusal> {
        let mut draft = Draft::new(desk.view);
        if let Some(Answer::Created(created)) = request_log::find(&mut draft, desk.now, self.request)? {
            return Ok(Decision::unchanged(created));
        }
        name::check(&self.name)?;
        let arn = ActivityArn::format(&self.caller, &self.name);
        let key = key::activity(&self.caller.account, &self.caller.region, &self.name);
        let created = match draft.get::<Activity>(&key)? {
            Some(existing) => {
                Created { arn: existing.arn, created_ms: existing.created_ms, ..Created::default() }
            }
            None => {
                let tags = tags::merge(Tags::default(), &self.tags, desk.limits.tags_max, &arn)?;
                let all = key::activities(&self.caller.account, &self.caller.region);
                if count_reaches(desk.view, &all, desk.limits.activities_max)? {
                    return Err(limit_exceeded().into());
                }
                write(desk, &mut draft, key, &arn, &tags);
                Created { arn, created_ms: desk.now.0, ..Created::default() }
            }
        };
        request_log::keep(&mut draft, desk.now, self.request, Answer::Created(created.clone()));
        Ok(draft.finish(ORIGIN, created))
    }
}

fn write(desk: &Desk<'_>, draft: &mut Draft<'_>, key: Bytes, arn: &str, tags: &Tags) {
    let mut id = [0; 16];
    desk.entropy.fill(&mut id);
    let id = ActivityId::from_bytes(id);
    let activity =
        Activity { id: Bytes::copy_from_slice(id.as_bytes()), arn: arn.to_owned(), created_ms: desk.now.0 };
    draft.put(key, &activity);
    if !tags.tags.is_empty() {
        draft.put(key::activity_tags(id), tags);
    }
}

fn limit_exceeded() -> ApiError {
    ApiError::new(
        "ActivityLimitExceeded",
        "The maximum number of activities has been reached. Existing activities must be deleted before a new activity can be created.",
    )
}
