//! The API's reads: one operation, one file. They look at a [`View`](crate::View) of one node and change nothing.

mod describe_activity;
mod describe_execution;
mod describe_map_run;
mod describe_state_machine;
mod describe_state_machine_alias;
mod describe_state_machine_for_execution;
mod events;
mod get_execution_history;
mod history_event;
mod list_activities;
mod list_executions;
mod list_map_runs;
mod list_state_machine_aliases;
mod list_state_machine_versions;
mod list_state_machines;
mod list_tags;
mod page;
mod page_of_names;
mod page_token;
mod payload;

pub use describe_activity::{ActivityDetail, describe_activity};
pub use describe_execution::{ExecutionDetail, describe_execution};
pub use describe_map_run::describe_map_run;
pub use describe_state_machine::{StateMachineDetail, describe_state_machine};
pub use describe_state_machine_alias::{AliasDetail, describe_state_machine_alias};
pub use describe_state_machine_for_execution::{
    StateMachineForExecution, describe_state_machine_for_execution,
};
pub use events::events;
pub use get_execution_history::{GetExecutionHistory, get_execution_history};
pub use history_event::HistoryEvent;
pub use list_activities::list_activities;
pub use list_executions::{ExecutionItem, ListExecutions, RedriveFilter, StatusFilter, list_executions};
pub use list_map_runs::list_map_runs;
pub use list_state_machine_aliases::list_state_machine_aliases;
pub use list_state_machine_versions::{ReleaseItem, list_state_machine_versions};
pub use list_state_machines::{StateMachineItem, list_state_machines};
pub use list_tags::list_tags;
pub use page::{Page, PageRequest};

#[cfg(test)]
mod tests;
