//! ListTagsForResource.

use crate::api_error::{ApiError, Refusal};
use crate::desk::Caller;
use crate::draft::Draft;
use crate::record::{Tag, Tags};
use crate::taggable;
use crate::view::View;

/// The tags of a state machine or an activity, in the order of their keys.
///
/// # Errors
///
/// `InvalidArn`, `ResourceNotFound`.
pub fn list_tags(view: &dyn View, caller: &Caller, arn: &str) -> Result<Vec<Tag>, Refusal> {
    // A draft that is never finished: reads through it cost nothing more than reads of the view.
    let mut draft = Draft::new(view);
    let key =
        taggable::tags_key(caller, arn, &mut draft)?.ok_or_else(|| ApiError::resource_not_found(arn))?;
    let tags: Option<Tags> = draft.get(&key)?;
    Ok(tags.unwrap_or_default().tags)
}
