//! What can be tagged: state machines and activities. Finds where their tags are kept.

use bytes::Bytes;

use crate::api_error::Refusal;
use crate::arn::TaggableArn;
use crate::desk::Caller;
use crate::draft::Draft;
use crate::key;
use crate::record::{Activity, StateMachine};

/// The key of the tags of a caller's resource; `None` if there is no such resource. What it finds becomes a guard of the draft.
///
/// # Errors
///
/// `InvalidArn`, and `AccessDeniedException` for another account's resource.
pub(crate) fn tags_key(caller: &Caller, arn: &str, draft: &mut Draft<'_>) -> Result<Option<Bytes>, Refusal> {
    let tags = match TaggableArn::parse(arn)? {
        TaggableArn::StateMachine(arn) => {
            let Some(key) = arn.key(caller)? else { return Ok(None) };
            let machine: Option<StateMachine> = draft.get(&key)?;
            machine.and_then(|machine| machine.machine_id()).map(key::machine_tags)
        }
        TaggableArn::Activity(arn) => {
            let Some(key) = arn.key(caller)? else { return Ok(None) };
            let activity: Option<Activity> = draft.get(&key)?;
            activity.and_then(|activity| activity.activity_id()).map(key::activity_tags)
        }
    };
    Ok(tags)
}
