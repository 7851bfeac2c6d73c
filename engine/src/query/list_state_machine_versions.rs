//! ListStateMachineVersions.

use super::page::{Page, PageRequest};
use super::page_of_names;
use super::page_token::List;
use crate::api_error::Refusal;
use crate::arn::{self, StateMachineArn};
use crate::desk::Caller;
use crate::draft::decode;
use crate::id::Timestamp;
use crate::key;
use crate::record::{StateMachine, Version};
use crate::view::{self, View};

/// A version or an alias in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseItem {
    /// Its ARN.
    pub arn: String,
    /// Milliseconds since the epoch.
    pub created_ms: i64,
}

/// The versions of a state machine, newest first. A state machine that isn't there has none: AWS's model of this operation has no error
/// for it.
///
/// # Errors
///
/// `InvalidArn`, `InvalidToken`, `ValidationException`.
pub fn list_state_machine_versions(
    view: &dyn View,
    now: Timestamp,
    caller: &Caller,
    arn: &str,
    page: &PageRequest,
) -> Result<Page<ReleaseItem>, Refusal> {
    let asked = StateMachineArn::parse(arn)?;
    asked.check_unqualified()?;
    let machine: Option<StateMachine> = match asked.key(caller)? {
        Some(key) => view::record(view, &key)?,
        None => None,
    };
    let list = List::new(&["ListStateMachineVersions", &caller.account, &caller.region, arn]);
    let Some((machine, id)) = machine.and_then(|machine| machine.machine_id().map(|id| (machine, id))) else {
        list.position(now, &page.token)?;
        return Ok(Page { items: Vec::new(), next_token: String::new() });
    };
    let (pairs, next_token) = page_of_names::scan(view, now, &list, &key::versions(id), page)?;
    let mut items = Vec::with_capacity(pairs.len());
    for (key, versioned) in &pairs {
        let version: Version = decode(key, &versioned.value)?;
        items.extend(key::parse_version(key).map(|number| ReleaseItem {
            arn: arn::qualified(&machine.arn, number),
            created_ms: version.created_ms,
        }));
    }
    Ok(Page { items, next_token })
}
