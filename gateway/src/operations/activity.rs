//! Activities: create, describe, delete, and the long poll for their tasks.

use std::borrow::Cow;

use keepstep_proto::workflow::v1::{
    Caller, CreateActivityRequest, CreateActivityResponse, DeleteActivityRequest, DescribeActivityRequest,
    DescribeActivityResponse, GetActivityTaskRequest, GetActivityTaskResponse,
};
use serde::Serialize;

use super::json::{self, EncryptionConfiguration, Time};
use super::state_machine::owned_encryption;
use super::tag;
use crate::arn::{self, Kind};
use crate::decode::Members;
use crate::fault::Fault;
use crate::name;

pub(super) fn create(mut members: Members, caller: Caller) -> Result<CreateActivityRequest, Fault> {
    let name = members.required_text("name");
    name::check(&name)?;
    owned_encryption(&mut members)?;
    Ok(CreateActivityRequest { caller: Some(caller), name, tags: tag::tags(&mut members)? })
}

fn checked_arn(members: &mut Members) -> Result<String, Fault> {
    let activity_arn = members.required_text("activityArn");
    arn::check(&activity_arn, Kind::Activity)?;
    Ok(activity_arn)
}

pub(super) fn describe(mut members: Members, caller: Caller) -> Result<DescribeActivityRequest, Fault> {
    Ok(DescribeActivityRequest { caller: Some(caller), activity_arn: checked_arn(&mut members)? })
}

pub(super) fn delete(mut members: Members, caller: Caller) -> Result<DeleteActivityRequest, Fault> {
    Ok(DeleteActivityRequest { caller: Some(caller), activity_arn: checked_arn(&mut members)? })
}

pub(super) fn poll(mut members: Members, caller: Caller) -> Result<GetActivityTaskRequest, Fault> {
    Ok(GetActivityTaskRequest {
        caller: Some(caller),
        activity_arn: checked_arn(&mut members)?,
        worker_name: members.text("workerName"),
        wait_ms: 0,
    })
}

pub(super) fn created(answer: &CreateActivityResponse) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Created<'a> {
        activity_arn: &'a str,
        creation_date: Time,
    }
    json::body(&Created { activity_arn: &answer.activity_arn, creation_date: Time(answer.creation_date_ms) })
}

pub(super) fn described(answer: &DescribeActivityResponse) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Described<'a> {
        activity_arn: &'a str,
        name: &'a str,
        creation_date: Time,
        encryption_configuration: EncryptionConfiguration,
    }
    json::body(&Described {
        activity_arn: &answer.activity_arn,
        name: &answer.name,
        creation_date: Time(answer.creation_date_ms),
        encryption_configuration: EncryptionConfiguration::OWNED,
    })
}

/// No task is an answer without members: SDKs show a null token.
pub(super) fn polled(answer: &GetActivityTaskResponse) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Polled<'a> {
        task_token: &'a str,
        input: Cow<'a, str>,
    }
    if answer.task_token.is_empty() {
        return json::empty();
    }
    json::body(&Polled { task_token: &answer.task_token, input: json::text(&answer.input) })
}
