//! ListExecutions.

use std::cmp::Reverse;

use bytes::Bytes;

use super::describe_execution::name_of;
use super::describe_map_run::describe_map_run;
use super::describe_state_machine::find_any;
use super::page::{Page, PageRequest};
use super::page_token::List;
use crate::api_error::{ApiError, Refusal};
use crate::arn::{Qualifier, StateMachineArn};
use crate::desk::Caller;
use crate::id::{ExecutionId, MachineId, Timestamp};
use crate::key;
use crate::record::{ExecutionStatus, Head, MapRun, StateMachineType};
use crate::view::{self, Direction, View, ViewError};

/// Which executions to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusFilter {
    /// All.
    #[default]
    Any,
    /// Those in one status.
    Only(ExecutionStatus),
    /// Children of a map run that are still to be redriven: the API shows them as `PENDING_REDRIVE`.
    PendingRedrive,
}

/// Which executions to list, of those in a status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RedriveFilter {
    /// All.
    #[default]
    Any,
    /// Those that were redriven.
    Redriven,
    /// Those that were not.
    NotRedriven,
}

impl RedriveFilter {
    fn holds(self, head: &Head) -> bool {
        match self {
            Self::Any => true,
            Self::Redriven => head.redrive_count > 0,
            Self::NotRedriven => head.redrive_count == 0,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Redriven => "REDRIVEN",
            Self::NotRedriven => "NOT_REDRIVEN",
        }
    }
}

impl StatusFilter {
    fn statuses(self) -> Vec<ExecutionStatus> {
        match self {
            Self::Any => ExecutionStatus::ALL.to_vec(),
            Self::Only(status) => vec![status],
            Self::PendingRedrive => {
                vec![ExecutionStatus::Failed, ExecutionStatus::TimedOut, ExecutionStatus::Aborted]
            }
        }
    }

    fn holds(self, head: &Head, is_pending: bool) -> bool {
        let is_found = self.statuses().contains(&head.status());
        match self {
            Self::Any => true,
            Self::Only(_) => is_found && !is_pending,
            Self::PendingRedrive => is_found && is_pending,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Only(status) => status.api_name(),
            Self::PendingRedrive => "PENDING_REDRIVE",
        }
    }
}

/// The request.
#[derive(Clone, Debug)]
pub struct ListExecutions {
    /// Who asks.
    pub caller: Caller,
    /// As given; empty if a map run is.
    pub state_machine_arn: String,
    /// As given: the children of this map run are listed. Empty for none.
    pub map_run_arn: String,
    /// As given.
    pub filter: StatusFilter,
    /// As given.
    pub redrive_filter: RedriveFilter,
    /// As given.
    pub page: PageRequest,
}

/// An execution in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutionItem {
    /// Its name.
    pub name: String,
    /// Its record.
    pub head: Head,
    /// Whether it is still to be redriven with its map run.
    pub is_pending: bool,
}

/// Executions of a state machine, or those of them that a version or an alias started, or the children of a map run, newest first. A
/// page's position is the start time and id of the last execution that was looked at, which don't change with the status: an execution
/// that ends between two pages is listed once.
///
/// Whether an execution was redriven, or is to be, is seen in its own record: a page ends after a bound of those that were looked at, even
/// if it has not found as many as were asked for.
///
/// # Errors
///
/// `StateMachineDoesNotExist`, `ResourceNotFound`, `StateMachineTypeNotSupported`, `InvalidArn`, `InvalidToken`.
pub fn list_executions(
    view: &dyn View,
    now: Timestamp,
    request: &ListExecutions,
) -> Result<Page<ExecutionItem>, Refusal> {
    let Listed { arn, id, qualifier, map_run } = asked(view, request)?;
    let list = List::new(&[
        "ListExecutions",
        &request.caller.account,
        &request.caller.region,
        arn,
        request.filter.name(),
        request.redrive_filter.name(),
    ]);
    let mut after = match list.position(now, &request.page.token)? {
        Some(position) => Some(Place::decode(&position).ok_or_else(ApiError::invalid_token)?),
        None => None,
    };

    let limit = request.page.limit();
    let (mut items, mut looked_at) = (Vec::new(), 0);
    loop {
        let mut places = Vec::new();
        for status in request.filter.statuses() {
            places.extend(listed(view, &listings(id, qualifier, status), after, limit + 1)?);
        }
        places.sort_unstable_by_key(|place| (Reverse(place.start), place.execution));
        // Between the scans of two statuses an execution may have moved from one to the other.
        places.dedup();
        let mut left = places.len();
        for place in places.into_iter().take(limit) {
            left -= 1;
            looked_at += 1;
            after = Some(place);
            // Between the scan and this an execution may have ended, or gone.
            let Some(head) = view::record::<Head>(view, &key::head(place.execution))? else { continue };
            let is_pending = map_run.as_ref().is_some_and(|map_run| map_run.is_pending(&head));
            if request.filter.holds(&head, is_pending) && request.redrive_filter.holds(&head) {
                items.push(ExecutionItem { name: name_of(&head.arn), head, is_pending });
            }
            if items.len() == limit {
                break;
            }
        }
        if left == 0 || items.len() == limit || looked_at >= LOOKED_AT_MAX {
            let last = after.filter(|_| left > 0);
            let next_token = last.map(|last| list.token(now, &last.encode())).unwrap_or_default();
            return Ok(Page { items, next_token });
        }
    }
}

/// The most executions that are looked at for one page.
const LOOKED_AT_MAX: usize = 2_000;

/// Whose executions are listed.
struct Listed<'r> {
    /// As given.
    arn: &'r str,
    /// Of the list: a state machine's id, or a map run's.
    id: MachineId,
    /// A version or an alias of the state machine.
    qualifier: Option<Qualifier<'r>>,
    /// The map run whose children are listed.
    map_run: Option<MapRun>,
}

fn asked<'r>(view: &dyn View, request: &'r ListExecutions) -> Result<Listed<'r>, Refusal> {
    let arn = &request.map_run_arn;
    if !arn.is_empty() {
        let map_run = Some(describe_map_run(view, &request.caller, arn)?);
        let id = MachineId::from_bytes(*ExecutionId::of_arn(arn).as_bytes());
        return Ok(Listed { arn, id, qualifier: None, map_run });
    }
    let arn = &request.state_machine_arn;
    let machine = find_any(view, &request.caller, arn)?;
    if machine.kind() == StateMachineType::Express {
        return Err(ApiError::type_not_supported().into());
    }
    let id = machine.machine_id().ok_or_else(|| ViewError::Store(format!("no valid id: {arn}")))?;
    let qualifier = StateMachineArn::parse(arn)?.qualifier();
    if !is_there(view, id, qualifier)? {
        return Err(ApiError::state_machine_does_not_exist(arn).into());
    }
    Ok(Listed { arn, id, qualifier, map_run: None })
}

/// A place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    start: Timestamp,
    execution: ExecutionId,
}

impl Place {
    fn encode(self) -> Vec<u8> {
        [self.start.0.to_be_bytes().as_slice(), self.execution.as_bytes()].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (start, execution) = bytes.split_first_chunk::<8>()?;
        Some(Self {
            start: Timestamp(i64::from_be_bytes(*start)),
            execution: ExecutionId::from_slice(execution)?,
        })
    }
}

/// What the keys of a list start with.
fn listings(id: MachineId, qualifier: Option<Qualifier<'_>>, status: ExecutionStatus) -> Bytes {
    match qualifier {
        None => key::listings(id, status),
        Some(qualifier) => key::qualified_listings(id, &qualifier.to_string(), status),
    }
}

/// Whether there is such a version or alias of a state machine.
fn is_there(view: &dyn View, id: MachineId, qualifier: Option<Qualifier<'_>>) -> Result<bool, ViewError> {
    let key = match qualifier {
        None => return Ok(true),
        Some(Qualifier::Version(number)) => key::version(id, number),
        Some(Qualifier::Alias(name)) => key::alias(id, name),
    };
    Ok(view.get(&key)?.is_some())
}

/// At most `limit` executions of a list behind `after`, newest first.
fn listed(
    view: &dyn View,
    prefix: &Bytes,
    after: Option<Place>,
    limit: usize,
) -> Result<Vec<Place>, ViewError> {
    let from = match after {
        Some(place) => key::after(&key::listed(prefix, place.start, place.execution)),
        None => prefix.clone(),
    };
    let found = view.scan(&from, &key::prefix_end(prefix), limit, Direction::Forward)?;
    let places = found.iter().filter_map(|(key, _)| key::parse_listing(key));
    Ok(places.map(|(start, execution)| Place { start, execution }).collect())
}
