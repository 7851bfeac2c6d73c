//! The API's mutations that are no executions: one command, one file. A command is decided at a [`Desk`](crate::Desk) and changes
//! nothing itself.
//!
//! Every command looks up the outcome of its request id first and keeps its own with its writes, so that a try after an unknown result
//! gets the first answer; and every record that it read is a guard of its transaction.

mod configuration;
mod create_activity;
mod create_state_machine;
mod create_state_machine_alias;
mod delete_activity;
mod delete_state_machine;
mod delete_state_machine_alias;
mod delete_state_machine_version;
mod publish_state_machine_version;
mod release;
mod routing;
pub mod sweep;
mod tag_resource;
mod tags;
mod untag_resource;
mod update_state_machine;
mod update_state_machine_alias;

pub(crate) use configuration::definition_text;
pub use create_activity::CreateActivity;
pub use create_state_machine::CreateStateMachine;
pub use create_state_machine_alias::CreateStateMachineAlias;
pub use delete_activity::DeleteActivity;
pub use delete_state_machine::DeleteStateMachine;
pub use delete_state_machine_alias::DeleteStateMachineAlias;
pub use delete_state_machine_version::DeleteStateMachineVersion;
pub use publish_state_machine_version::PublishStateMachineVersion;
pub use routing::RouteGiven;
pub use tag_resource::TagResource;
pub use untag_resource::UntagResource;
pub use update_state_machine::{Logging, UpdateStateMachine};
pub use update_state_machine_alias::UpdateStateMachineAlias;

#[cfg(test)]
mod release_tests;
#[cfg(test)]
mod tests;
