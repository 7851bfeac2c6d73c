//! ListMapRuns.

use super::describe_execution::find;
use super::page::{Page, PageRequest};
use super::page_of_names;
use super::page_token::List;
use crate::api_error::Refusal;
use crate::desk::Caller;
use crate::id::Timestamp;
use crate::key;
use crate::record::MapRun;
use crate::view::{self, View};

/// The map runs that an execution started, oldest first.
///
/// # Errors
///
/// `ExecutionDoesNotExist`, `InvalidArn`, `InvalidToken`.
pub fn list_map_runs(
    view: &dyn View,
    now: Timestamp,
    caller: &Caller,
    execution_arn: &str,
    page: &PageRequest,
) -> Result<Page<MapRun>, Refusal> {
    let (execution, _) = find(view, caller, execution_arn)?;
    let list = List::new(&["ListMapRuns", execution_arn]);
    let all = key::started_map_runs(execution);
    let (pairs, next_token) = page_of_names::scan(view, now, &list, &all, page)?;
    let mut items = Vec::with_capacity(pairs.len());
    for id in pairs.iter().filter_map(|(key, _)| key::parse_started_map_run(key)) {
        // Between the scan and this it may have gone.
        let record: Option<MapRun> = view::record(view, &key::map_run(id))?;
        items.extend(record);
    }
    Ok(Page { items, next_token })
}
