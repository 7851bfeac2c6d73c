//! The lists of state machines, executions and activities. Tokens of further pages are the nodes' own.

use keepstep_proto::workflow::v1::{
    Caller, ExecutionStatus, ListActivitiesRequest, ListActivitiesResponse, ListExecutionsRequest,
    ListExecutionsResponse, ListStateMachinesRequest, ListStateMachinesResponse, RedriveFilter,
};
use serde::Serialize;

use super::json::{self, Time};
use crate::arn::{self, Kind};
use crate::decode::Members;
use crate::fault::Fault;

/// The page size that was asked for; 0 leaves it to the node.
pub(super) fn max_results(members: &Members) -> u32 {
    members.integer("maxResults").and_then(|size| u32::try_from(size).ok()).unwrap_or_default()
}

pub(super) fn state_machines(mut members: Members, caller: Caller) -> ListStateMachinesRequest {
    ListStateMachinesRequest {
        caller: Some(caller),
        max_results: max_results(&members),
        next_token: members.text("nextToken").unwrap_or_default(),
    }
}

pub(super) fn activities(mut members: Members, caller: Caller) -> ListActivitiesRequest {
    ListActivitiesRequest {
        caller: Some(caller),
        max_results: max_results(&members),
        next_token: members.text("nextToken").unwrap_or_default(),
    }
}

pub(super) fn executions(mut members: Members, caller: Caller) -> Result<ListExecutionsRequest, Fault> {
    let refused = |why| Err(Fault::modelled("ValidationException", why));
    let (state_machine_arn, map_run_arn) = match (members.text("stateMachineArn"), members.text("mapRunArn"))
    {
        (Some(arn), None) => {
            arn::check(&arn, Kind::StateMachine)?;
            (arn, String::new())
        }
        (None, Some(arn)) => {
            arn::check(&arn, Kind::MapRun)?;
            (String::new(), arn)
        }
        _ => return refused("Exactly one of stateMachineArn and mapRunArn must be specified"),
    };
    let redrive_filter = members.text("redriveFilter");
    let redrive_filter =
        redrive_filter.map(|filter| RedriveFilter::from_str_name(&filter).unwrap_or_default());
    let filter = members.text("statusFilter").and_then(|status| ExecutionStatus::from_str_name(&status));
    // Only children of a map run can wait for a redrive (API reference, "ListExecutions"; the words are ours).
    if map_run_arn.is_empty() && redrive_filter.is_some() {
        return refused("redriveFilter can be specified together with mapRunArn only");
    }
    if map_run_arn.is_empty() && filter == Some(ExecutionStatus::PendingRedrive) {
        return refused("The statusFilter PENDING_REDRIVE can be specified together with mapRunArn only");
    }
    Ok(ListExecutionsRequest {
        caller: Some(caller),
        state_machine_arn,
        map_run_arn,
        status_filter: filter.unwrap_or_default().into(),
        redrive_filter: redrive_filter.unwrap_or_default().into(),
        max_results: max_results(&members),
        next_token: members.text("nextToken").unwrap_or_default(),
    })
}

pub(super) fn state_machines_listed(answer: &ListStateMachinesResponse) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Listed<'a> {
        state_machines: Vec<Item<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<&'a str>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Item<'a> {
        state_machine_arn: &'a str,
        name: &'a str,
        r#type: &'a str,
        creation_date: Time,
    }
    let items = answer.state_machines.iter().map(|item| Item {
        state_machine_arn: &item.state_machine_arn,
        name: &item.name,
        r#type: item.r#type().as_str_name(),
        creation_date: Time(item.creation_date_ms),
    });
    json::body(&Listed { state_machines: items.collect(), next_token: json::some(&answer.next_token) })
}

pub(super) fn activities_listed(answer: &ListActivitiesResponse) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Listed<'a> {
        activities: Vec<Item<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<&'a str>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Item<'a> {
        activity_arn: &'a str,
        name: &'a str,
        creation_date: Time,
    }
    let items = answer.activities.iter().map(|item| Item {
        activity_arn: &item.activity_arn,
        name: &item.name,
        creation_date: Time(item.creation_date_ms),
    });
    json::body(&Listed { activities: items.collect(), next_token: json::some(&answer.next_token) })
}

pub(super) fn executions_listed(answer: &ListExecutionsResponse) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Listed<'a> {
        executions: Vec<Item<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<&'a str>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Item<'a> {
        execution_arn: &'a str,
        state_machine_arn: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        state_machine_version_arn: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        state_machine_alias_arn: Option<&'a str>,
        name: &'a str,
        status: &'a str,
        start_date: Time,
        #[serde(skip_serializing_if = "Option::is_none")]
        stop_date: Option<Time>,
        #[serde(skip_serializing_if = "Option::is_none")]
        map_run_arn: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        item_count: Option<u64>,
        redrive_count: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        redrive_date: Option<Time>,
    }
    let items = answer.executions.iter().map(|item| Item {
        execution_arn: &item.execution_arn,
        state_machine_arn: &item.state_machine_arn,
        state_machine_version_arn: item.state_machine_version_arn.as_deref(),
        state_machine_alias_arn: item.state_machine_alias_arn.as_deref(),
        name: &item.name,
        status: item.status().as_str_name(),
        start_date: Time(item.start_date_ms),
        stop_date: item.stop_date_ms.map(Time),
        map_run_arn: json::some(&item.map_run_arn),
        item_count: item.item_count,
        redrive_count: item.redrive_count,
        redrive_date: item.redrive_date_ms.map(Time),
    });
    json::body(&Listed { executions: items.collect(), next_token: json::some(&answer.next_token) })
}
