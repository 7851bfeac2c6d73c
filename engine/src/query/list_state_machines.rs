//! ListStateMachines.

use super::describe_state_machine::name_of;
use super::page::{Page, PageRequest};
use super::page_token::List;
use crate::api_error::Refusal;
use crate::desk::Caller;
use crate::draft::decode;
use crate::id::Timestamp;
use crate::key;
use crate::record::StateMachine;
use crate::view::View;

/// A state machine in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct StateMachineItem {
    /// Its name.
    pub name: String,
    /// Its record.
    pub machine: StateMachine,
}

/// The caller's state machines, in the order of their names.
///
/// # Errors
///
/// `InvalidToken`.
pub fn list_state_machines(
    view: &dyn View,
    now: Timestamp,
    caller: &Caller,
    page: &PageRequest,
) -> Result<Page<StateMachineItem>, Refusal> {
    let list = List::new(&["ListStateMachines", &caller.account, &caller.region]);
    let all = key::state_machines(&caller.account, &caller.region);
    let (pairs, next_token) = super::page_of_names::scan(view, now, &list, &all, page)?;
    let items = pairs.iter().map(|(key, versioned)| {
        let machine: StateMachine = decode(key, &versioned.value)?;
        Ok(StateMachineItem { name: name_of(&machine.arn), machine })
    });
    Ok(Page { items: items.collect::<Result<_, Refusal>>()?, next_token })
}
