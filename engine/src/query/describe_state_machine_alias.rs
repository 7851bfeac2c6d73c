//! DescribeStateMachineAlias.

use crate::api_error::{ApiError, Refusal};
use crate::arn::{self, StateMachineArn};
use crate::desk::Caller;
use crate::key;
use crate::record::{Alias, StateMachine};
use crate::view::{self, View};

/// An alias.
#[derive(Clone, Debug, PartialEq)]
pub struct AliasDetail {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The ARN of its state machine.
    pub state_machine_arn: String,
    /// Its record.
    pub alias: Alias,
}

/// The alias of that ARN.
///
/// # Errors
///
/// `InvalidArn`, `ResourceNotFound`, `ValidationException`.
pub fn describe_state_machine_alias(
    view: &dyn View,
    caller: &Caller,
    alias_arn: &str,
) -> Result<AliasDetail, Refusal> {
    let missing = || ApiError::resource_does_not_exist(alias_arn);
    let asked = StateMachineArn::parse(alias_arn)?;
    let name = asked.alias()?;
    let key = asked.machine_key(caller)?.ok_or_else(missing)?;
    let machine: StateMachine = view::record(view, &key)?.ok_or_else(missing)?;
    let id = machine.machine_id().ok_or_else(missing)?;
    let alias: Alias = view::record(view, &key::alias(id, name))?.ok_or_else(missing)?;
    let arn = arn::qualified(&machine.arn, name);
    Ok(AliasDetail { arn, name: name.to_owned(), state_machine_arn: machine.arn, alias })
}
