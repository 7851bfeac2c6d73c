//! ListActivities.

use super::describe_activity::ActivityDetail;
use super::page::{Page, PageRequest};
use super::page_token::List;
use crate::api_error::Refusal;
use crate::desk::Caller;
use crate::draft::decode;
use crate::id::Timestamp;
use crate::key;
use crate::view::View;

/// The caller's activities, in the order of their names.
///
/// # Errors
///
/// `InvalidToken`.
pub fn list_activities(
    view: &dyn View,
    now: Timestamp,
    caller: &Caller,
    page: &PageRequest,
) -> Result<Page<ActivityDetail>, Refusal> {
    let list = List::new(&["ListActivities", &caller.account, &caller.region]);
    let all = key::activities(&caller.account, &caller.region);
    let (pairs, next_token) = super::page_of_names::scan(view, now, &list, &all, page)?;
    let items = pairs.iter().map(|(key, versioned)| Ok(ActivityDetail::new(decode(key, &versioned.value)?)));
    Ok(Page { items: items.collect::<Result<_, Refusal>>()?, next_token })
}
