//! ListStateMachineAliases.

use super::describe_state_machine::find_any;
use super::list_state_machine_versions::ReleaseItem;
use super::page::{Page, PageRequest};
use super::page_token::List;
use crate::api_error::{ApiError, Refusal};
use crate::arn::{self, StateMachineArn};
use crate::desk::Caller;
use crate::draft::decode;
use crate::id::Timestamp;
use crate::key;
use crate::record::{Alias, StateMachineStatus, Version};
use crate::view::{self, Direction, View, ViewError};

/// How many aliases are read in one scan: more than a state machine has.
const SCAN_LEN: usize = 1_000;

/// The aliases of a state machine, or those of them that refer to a version, in the order of their names. A page's position is the name
/// of its last alias.
///
/// # Errors
///
/// `InvalidArn`, `InvalidToken`, `ResourceNotFound` for a version that isn't there, `StateMachineDeleting`, `StateMachineDoesNotExist`,
/// `ValidationException`.
pub fn list_state_machine_aliases(
    view: &dyn View,
    now: Timestamp,
    caller: &Caller,
    arn: &str,
    page: &PageRequest,
) -> Result<Page<ReleaseItem>, Refusal> {
    let asked = StateMachineArn::parse(arn)?;
    let version = asked.qualifier.map(|_| asked.version()).transpose()?;
    let machine = find_any(view, caller, arn)?;
    if machine.status() == StateMachineStatus::Deleting {
        return Err(ApiError::state_machine_deleting(&machine.arn).into());
    }
    let id = machine.machine_id().ok_or_else(|| ViewError::Store(format!("no valid id: {arn}")))?;
    if let Some(number) = version
        && view::record::<Version>(view, &key::version(id, number))?.is_none()
    {
        return Err(ApiError::resource_does_not_exist(arn).into());
    }
    let list = List::new(&["ListStateMachineAliases", &caller.account, &caller.region, arn]);
    let all = key::aliases(id);
    let from = match list.position(now, &page.token)? {
        Some(name) => key::after(&[all.as_ref(), &name].concat()),
        None => all.clone(),
    };
    let mut names = Vec::new();
    let mut items = Vec::new();
    for (key, versioned) in view.scan(&from, &key::prefix_end(&all), SCAN_LEN, Direction::Forward)? {
        let alias: Alias = decode(&key, &versioned.value)?;
        if version.is_none_or(|number| alias.refers_to(number))
            && let Some(name) = key::parse_alias(&key)
        {
            items.push(ReleaseItem { arn: arn::qualified(&machine.arn, name), created_ms: alias.created_ms });
            names.push(name.to_owned());
        }
    }
    let limit = page.limit();
    let next_token = match names.get(..limit).and_then(<[String]>::last) {
        Some(last) if names.len() > limit => list.token(now, last.as_bytes()),
        _ => String::new(),
    };
    items.truncate(limit);
    Ok(Page { items, next_token })
}
