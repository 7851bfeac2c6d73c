//! Aliases of state machines: create, describe, update, delete, list.

use keepstep_proto::workflow::v1::{
    Caller, CreateStateMachineAliasRequest, CreateStateMachineAliasResponse, DeleteStateMachineAliasRequest,
    DescribeStateMachineAliasRequest, DescribeStateMachineAliasResponse, ListStateMachineAliasesRequest,
    ListStateMachineAliasesResponse, Route, UpdateStateMachineAliasRequest, UpdateStateMachineAliasResponse,
};
use serde::Serialize;

use super::json::{self, Time};
use super::list::max_results;
use crate::arn::{self, Kind};
use crate::decode::{Members, Value};
use crate::fault::Fault;

pub(super) fn create(mut members: Members, caller: Caller) -> Result<CreateStateMachineAliasRequest, Fault> {
    Ok(CreateStateMachineAliasRequest {
        caller: Some(caller),
        name: members.required_text("name"),
        description: members.text("description").unwrap_or_default(),
        routing_configuration: routes(&mut members)?,
    })
}

pub(super) fn describe(
    mut members: Members,
    caller: Caller,
) -> Result<DescribeStateMachineAliasRequest, Fault> {
    let state_machine_alias_arn = alias_arn(&mut members)?;
    Ok(DescribeStateMachineAliasRequest { caller: Some(caller), state_machine_alias_arn })
}

pub(super) fn update(mut members: Members, caller: Caller) -> Result<UpdateStateMachineAliasRequest, Fault> {
    Ok(UpdateStateMachineAliasRequest {
        caller: Some(caller),
        state_machine_alias_arn: alias_arn(&mut members)?,
        description: members.text("description"),
        routing_configuration: routes(&mut members)?,
    })
}

pub(super) fn delete(mut members: Members, caller: Caller) -> Result<DeleteStateMachineAliasRequest, Fault> {
    let state_machine_alias_arn = alias_arn(&mut members)?;
    Ok(DeleteStateMachineAliasRequest { caller: Some(caller), state_machine_alias_arn })
}

pub(super) fn list(mut members: Members, caller: Caller) -> Result<ListStateMachineAliasesRequest, Fault> {
    let state_machine_arn = members.required_text("stateMachineArn");
    arn::check(&state_machine_arn, Kind::StateMachine)?;
    Ok(ListStateMachineAliasesRequest {
        caller: Some(caller),
        state_machine_arn,
        max_results: max_results(&members),
        next_token: members.text("nextToken").unwrap_or_default(),
    })
}

fn alias_arn(members: &mut Members) -> Result<String, Fault> {
    let arn = members.required_text("stateMachineAliasArn");
    arn::check(&arn, Kind::QualifiedStateMachine)?;
    Ok(arn)
}

/// The member `routingConfiguration`. The validation has found one or two items with all their members, if there are any.
fn routes(members: &mut Members) -> Result<Vec<Route>, Fault> {
    let mut routes = Vec::new();
    for value in members.list("routingConfiguration") {
        let Value::Structure(mut route) = value else { continue };
        let state_machine_version_arn = route.required_text("stateMachineVersionArn");
        arn::check(&state_machine_version_arn, Kind::QualifiedStateMachine)?;
        let weight = route.integer("weight").and_then(|weight| u32::try_from(weight).ok());
        routes.push(Route { state_machine_version_arn, weight: weight.unwrap_or_default() });
    }
    Ok(routes)
}

/// An alias, as the answer that creates it and a list show it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    state_machine_alias_arn: &'a str,
    creation_date: Time,
}

pub(super) fn created(answer: &CreateStateMachineAliasResponse) -> Vec<u8> {
    json::body(&Shown {
        state_machine_alias_arn: &answer.state_machine_alias_arn,
        creation_date: Time(answer.creation_date_ms),
    })
}

pub(super) fn updated(answer: &UpdateStateMachineAliasResponse) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Updated {
        update_date: Time,
    }
    json::body(&Updated { update_date: Time(answer.update_date_ms) })
}

pub(super) fn described(answer: &DescribeStateMachineAliasResponse) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Described<'a> {
        state_machine_alias_arn: &'a str,
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<&'a str>,
        routing_configuration: Vec<Routed<'a>>,
        creation_date: Time,
        update_date: Time,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Routed<'a> {
        state_machine_version_arn: &'a str,
        weight: u32,
    }
    let routes = answer.routing_configuration.iter().map(|route| Routed {
        state_machine_version_arn: &route.state_machine_version_arn,
        weight: route.weight,
    });
    json::body(&Described {
        state_machine_alias_arn: &answer.state_machine_alias_arn,
        name: &answer.name,
        description: json::some(&answer.description),
        routing_configuration: routes.collect(),
        creation_date: Time(answer.creation_date_ms),
        update_date: Time(answer.update_date_ms),
    })
}

pub(super) fn listed(answer: &ListStateMachineAliasesResponse) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Listed<'a> {
        state_machine_aliases: Vec<Shown<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<&'a str>,
    }
    let items = answer.state_machine_aliases.iter().map(|item| Shown {
        state_machine_alias_arn: &item.state_machine_alias_arn,
        creation_date: Time(item.creation_date_ms),
    });
    json::body(&Listed { state_machine_aliases: items.collect(), next_token: json::some(&answer.next_token) })
}
