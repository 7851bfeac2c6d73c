//! GetExecutionHistory. A history is the largest answer there is: events are written straight from the node's, without a copy.

use std::collections::BTreeMap;

use keepstep_proto::workflow::v1::history_event::Details;
use keepstep_proto::workflow::v1::{
    AssignedVariable, Caller, GetExecutionHistoryRequest, GetExecutionHistoryResponse, HistoryEvent,
    TaskEvent, WorkScheduled,
};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::json::{self, Time};
use super::list::max_results;
use crate::arn::{self, Kind};
use crate::decode::Members;
use crate::fault::Fault;

pub(super) fn get(mut members: Members, caller: Caller) -> Result<GetExecutionHistoryRequest, Fault> {
    let execution_arn = members.required_text("executionArn");
    arn::check(&execution_arn, Kind::Execution)?;
    Ok(GetExecutionHistoryRequest {
        caller: Some(caller),
        execution_arn,
        max_results: max_results(&members),
        reverse_order: members.boolean("reverseOrder").unwrap_or_default(),
        next_token: members.text("nextToken").unwrap_or_default(),
        include_execution_data: members.boolean("includeExecutionData").unwrap_or(true),
    })
}

pub(crate) fn got(answer: &GetExecutionHistoryResponse) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Got<'a> {
        events: Vec<Event<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<&'a str>,
    }
    json::body(&Got {
        events: answer.events.iter().map(Event).collect(),
        next_token: json::some(&answer.next_token),
    })
}

pub(crate) fn details(event: &HistoryEvent) -> Map<String, Value> {
    let details = event.details.as_ref().map(|details| serde_json::to_value(EventDetails(details)));
    match details {
        Some(Ok(Value::Object(members))) => members,
        _ => Map::new(),
    }
}

struct Event<'a>(&'a HistoryEvent);

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("timestamp", &Time(event.timestamp_ms))?;
        map.serialize_entry("type", &event.r#type)?;
        map.serialize_entry("id", &event.id)?;
        map.serialize_entry("previousEventId", &event.previous_event_id)?;
        if let Some(details) = &event.details {
            map.serialize_entry(&member(&event.r#type, details), &EventDetails(details))?;
        }
        map.end()
    }
}

/// The member that holds the details of an event of this type: all states share two, every other type has its own.
fn member(kind: &str, details: &Details) -> String {
    match details {
        Details::StateEntered(_) => "stateEnteredEventDetails".to_owned(),
        Details::StateExited(_) => "stateExitedEventDetails".to_owned(),
        _ => {
            let mut characters = kind.chars();
            let first = characters.next().map(|first| first.to_ascii_lowercase());
            first.into_iter().chain(characters).chain("EventDetails".chars()).collect()
        }
    }
}

struct EventDetails<'a>(&'a Details);

impl Serialize for EventDetails<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            Details::ExecutionStarted(details) => {
                payload(&mut map, "input", "inputDetails", details.input.as_deref())?;
                map.serialize_entry("roleArn", &details.role_arn)?;
                optional(&mut map, "stateMachineAliasArn", details.state_machine_alias_arn.as_ref())?;
                optional(&mut map, "stateMachineVersionArn", details.state_machine_version_arn.as_ref())?;
            }
            Details::Output(details) => {
                payload(&mut map, "output", "outputDetails", details.output.as_deref())?
            }
            Details::Failure(details) => failure(&mut map, details.error.as_ref(), details.cause.as_ref())?,
            Details::StateEntered(details) => {
                map.serialize_entry("name", &details.name)?;
                payload(&mut map, "input", "inputDetails", details.input.as_deref())?;
            }
            Details::StateExited(details) => {
                map.serialize_entry("name", &details.name)?;
                payload(&mut map, "output", "outputDetails", details.output.as_deref())?;
                assigned(&mut map, &details.assigned_variables)?;
            }
            Details::EvaluationFailed(details) => {
                failure(&mut map, details.error.as_ref(), details.cause.as_ref())?;
                optional(&mut map, "location", json::some(&details.location))?;
                map.serialize_entry("state", &details.state)?;
            }
            Details::WorkScheduled(details) => work_scheduled(&mut map, details)?,
            Details::ActivityStarted(details) => {
                optional(&mut map, "workerName", details.worker_name.as_ref())?
            }
            Details::Task(details) => task(&mut map, details)?,
            Details::MapStateStarted(details) => map.serialize_entry("length", &details.length)?,
            Details::MapRunStarted(details) => map.serialize_entry("mapRunArn", &details.map_run_arn)?,
            Details::Redriven(details) => {
                optional(&mut map, "mapRunArn", json::some(&details.map_run_arn))?;
                map.serialize_entry("redriveCount", &details.redrive_count)?;
            }
            Details::MapIteration(details) => {
                map.serialize_entry("name", &details.name)?;
                map.serialize_entry("index", &details.index)?;
            }
        }
        map.end()
    }
}

fn work_scheduled<M: SerializeMap>(map: &mut M, details: &WorkScheduled) -> Result<(), M::Error> {
    map.serialize_entry("resource", &details.resource)?;
    payload(map, "input", "inputDetails", details.input.as_deref())?;
    optional(map, "timeoutInSeconds", details.timeout_seconds.as_ref())?;
    optional(map, "heartbeatInSeconds", details.heartbeat_seconds.as_ref())?;
    credentials(map, details.credentials_role_arn.as_deref())
}

fn task<M: SerializeMap>(map: &mut M, details: &TaskEvent) -> Result<(), M::Error> {
    map.serialize_entry("resourceType", &details.resource_type)?;
    map.serialize_entry("resource", &details.resource)?;
    optional(map, "region", json::some(&details.region))?;
    optional(map, "parameters", details.parameters.as_deref().map(json::text))?;
    optional(map, "timeoutInSeconds", details.timeout_seconds.as_ref())?;
    optional(map, "heartbeatInSeconds", details.heartbeat_seconds.as_ref())?;
    credentials(map, details.credentials_role_arn.as_deref())?;
    payload(map, "output", "outputDetails", details.output.as_deref())?;
    failure(map, details.error.as_ref(), details.cause.as_ref())
}

/// The word that data is whole.
#[derive(Serialize)]
struct Whole {
    truncated: bool,
}

/// The variables that a state has set, and the word that they are whole; nothing if it has set none.
fn assigned<M: SerializeMap>(map: &mut M, variables: &[AssignedVariable]) -> Result<(), M::Error> {
    if variables.is_empty() {
        return Ok(());
    }
    let values: BTreeMap<_, _> =
        variables.iter().map(|variable| (&variable.name, json::text(&variable.value))).collect();
    map.serialize_entry("assignedVariables", &values)?;
    map.serialize_entry("assignedVariablesDetails", &Whole { truncated: false })
}

/// A payload and the word that it is whole. A payload that the caller didn't want has neither.
fn payload<M: SerializeMap>(
    map: &mut M,
    name: &'static str,
    details: &'static str,
    payload: Option<&[u8]>,
) -> Result<(), M::Error> {
    let Some(payload) = payload else { return Ok(()) };
    map.serialize_entry(name, &json::text(payload))?;
    map.serialize_entry(details, &Whole { truncated: false })
}

fn failure<M: SerializeMap>(
    map: &mut M,
    error: Option<&String>,
    cause: Option<&String>,
) -> Result<(), M::Error> {
    optional(map, "error", error)?;
    optional(map, "cause", cause)
}

fn credentials<M: SerializeMap>(map: &mut M, role_arn: Option<&str>) -> Result<(), M::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct TaskCredentials<'a> {
        role_arn: &'a str,
    }
    optional(map, "taskCredentials", role_arn.map(|role_arn| TaskCredentials { role_arn }))
}

fn optional<M: SerializeMap, T: Serialize>(
    map: &mut M,
    name: &'static str,
    value: Option<T>,
) -> Result<(), M::Error> {
    match value {
        Some(value) => map.serialize_entry(name, &value),
        None => Ok(()),
    }
}
