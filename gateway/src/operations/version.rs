//! Versions of state machines: publish, list, delete.

use keepstep_proto::workflow::v1::{
    Caller, DeleteStateMachineVersionRequest, ListStateMachineVersionsRequest,
    ListStateMachineVersionsResponse, PublishStateMachineVersionRequest, PublishStateMachineVersionResponse,
};
use serde::Serialize;

use super::json::{self, Time};
use super::list::max_results;
use crate::arn::{self, Kind};
use crate::decode::Members;
use crate::fault::Fault;

pub(super) fn publish(
    mut members: Members,
    caller: Caller,
) -> Result<PublishStateMachineVersionRequest, Fault> {
    let state_machine_arn = members.required_text("stateMachineArn");
    arn::check(&state_machine_arn, Kind::StateMachine)?;
    Ok(PublishStateMachineVersionRequest {
        caller: Some(caller),
        state_machine_arn,
        revision_id: members.text("revisionId"),
        description: members.text("description").unwrap_or_default(),
    })
}

pub(super) fn list(mut members: Members, caller: Caller) -> Result<ListStateMachineVersionsRequest, Fault> {
    let state_machine_arn = members.required_text("stateMachineArn");
    arn::check(&state_machine_arn, Kind::StateMachine)?;
    Ok(ListStateMachineVersionsRequest {
        caller: Some(caller),
        state_machine_arn,
        max_results: max_results(&members),
        next_token: members.text("nextToken").unwrap_or_default(),
    })
}

pub(super) fn delete(
    mut members: Members,
    caller: Caller,
) -> Result<DeleteStateMachineVersionRequest, Fault> {
    let state_machine_version_arn = members.required_text("stateMachineVersionArn");
    arn::check(&state_machine_version_arn, Kind::QualifiedStateMachine)?;
    Ok(DeleteStateMachineVersionRequest { caller: Some(caller), state_machine_version_arn })
}

/// A version, as the answer that publishes it and a list show it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    state_machine_version_arn: &'a str,
    creation_date: Time,
}

pub(super) fn published(answer: &PublishStateMachineVersionResponse) -> Vec<u8> {
    json::body(&Shown {
        state_machine_version_arn: &answer.state_machine_version_arn,
        creation_date: Time(answer.creation_date_ms),
    })
}

pub(super) fn listed(answer: &ListStateMachineVersionsResponse) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Listed<'a> {
        state_machine_versions: Vec<Shown<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<&'a str>,
    }
    let items = answer.state_machine_versions.iter().map(|item| Shown {
        state_machine_version_arn: &item.state_machine_version_arn,
        creation_date: Time(item.creation_date_ms),
    });
    json::body(&Listed {
        state_machine_versions: items.collect(),
        next_token: json::some(&answer.next_token),
    })
}
