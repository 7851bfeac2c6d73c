//! State machines: create, update, describe, delete.

use std::collections::BTreeMap;

use bytes::Bytes;
use keepstep_proto::workflow::v1::{
    Caller, Configuration, CreateStateMachineRequest, CreateStateMachineResponse, DeleteStateMachineRequest,
    DescribeStateMachineForExecutionRequest, DescribeStateMachineForExecutionResponse,
    DescribeStateMachineRequest, DescribeStateMachineResponse, LoggingConfiguration, StateMachineType,
    UpdateStateMachineRequest, UpdateStateMachineResponse, VariableReferences,
};
use serde::Serialize;

use super::json::{self, EncryptionConfiguration, IncludedData, Time};
use super::tag;
use crate::arn::{self, Kind};
use crate::decode::{Members, Value};
use crate::fault::Fault;
use crate::name;

/// What `METADATA_ONLY` shows in a definition's place.
const NO_DEFINITION: &str = "{}";

pub(super) fn create(mut members: Members, caller: Caller) -> Result<CreateStateMachineRequest, Fault> {
    let name = members.required_text("name");
    name::check(&name)?;
    let role_arn = members.required_text("roleArn");
    arn::check_role(&role_arn)?;
    let kind = members.text("type").and_then(|kind| StateMachineType::from_str_name(&kind));
    let (publish, version_description) = publication(&mut members)?;
    Ok(CreateStateMachineRequest {
        caller: Some(caller),
        name,
        definition: members.required_text("definition").into(),
        role_arn,
        r#type: kind.unwrap_or(StateMachineType::Standard).into(),
        configuration: configuration(&mut members)?,
        tags: tag::tags(&mut members)?,
        publish,
        version_description,
    })
}

pub(super) fn update(mut members: Members, caller: Caller) -> Result<UpdateStateMachineRequest, Fault> {
    let state_machine_arn = members.required_text("stateMachineArn");
    arn::check(&state_machine_arn, Kind::StateMachine)?;
    let role_arn = members.text("roleArn");
    if let Some(role_arn) = &role_arn {
        arn::check_role(role_arn)?;
    }
    let (publish, version_description) = publication(&mut members)?;
    let definition = members.text("definition").map(Bytes::from);
    let configuration = configuration(&mut members)?;
    if definition.is_none() && role_arn.is_none() && configuration.is_none() {
        return Err(Fault::modelled(
            "MissingRequiredParameter",
            "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
        ));
    }
    Ok(UpdateStateMachineRequest {
        caller: Some(caller),
        state_machine_arn,
        definition,
        role_arn,
        configuration,
        publish,
        version_description,
    })
}

/// Whether a version is to be published, and its description.
fn publication(members: &mut Members) -> Result<(bool, String), Fault> {
    let publish = members.boolean("publish").unwrap_or_default();
    let description = members.text("versionDescription");
    if !publish && description.is_some() {
        let refused = "Version description can only be set when publish is true";
        return Err(Fault::modelled("ValidationException", refused));
    }
    Ok((publish, description.unwrap_or_default()))
}

/// Reads a request's encryption: whether it names the only one there is. There is no KMS here: nodes hold no keys, and whoever encrypts
/// their disks does so beneath.
///
/// # Errors
///
/// `InvalidEncryptionConfiguration` for anything but AWS_OWNED_KEY.
pub(super) fn owned_encryption(members: &mut Members) -> Result<bool, Fault> {
    let Some(mut encryption) = members.structure("encryptionConfiguration") else { return Ok(false) };
    let refused = if encryption.text("type").is_some_and(|kind| kind != "AWS_OWNED_KEY") {
        "This server has no KMS: encryption of the type CUSTOMER_MANAGED_KMS_KEY is not supported, only AWS_OWNED_KEY is"
    } else if encryption.get("kmsKeyId").is_some() || encryption.get("kmsDataKeyReusePeriodSeconds").is_some()
    {
        "kmsKeyId and kmsDataKeyReusePeriodSeconds apply to the type CUSTOMER_MANAGED_KMS_KEY only, which this server does not support"
    } else {
        return Ok(true);
    };
    let message = format!("Invalid Encryption Configuration: '{refused}'");
    Err(Fault::modelled("InvalidEncryptionConfiguration", message))
}

/// What stands beside the definition, as far as it was given.
fn configuration(members: &mut Members) -> Result<Option<Configuration>, Fault> {
    let owned_encryption = owned_encryption(members)?;
    let logging = members.structure("loggingConfiguration").map(logging);
    // SDKs leave `enabled` out where it is false.
    let tracing_enabled = members
        .structure("tracingConfiguration")
        .map(|tracing| tracing.boolean("enabled").unwrap_or_default());
    let is_given = owned_encryption || logging.is_some() || tracing_enabled.is_some();
    Ok(is_given.then_some(Configuration { logging, tracing_enabled, owned_encryption }))
}

/// Nodes judge it; a destination without a log group is one whose ARN is empty.
fn logging(mut members: Members) -> LoggingConfiguration {
    let log_group = |destination| match destination {
        Value::Structure(mut destination) => {
            let group = destination.structure("cloudWatchLogsLogGroup");
            group.and_then(|mut group| group.text("logGroupArn")).unwrap_or_default()
        }
        _ => String::new(),
    };
    LoggingConfiguration {
        level: members.text("level").unwrap_or_else(|| "OFF".to_owned()),
        include_execution_data: members.boolean("includeExecutionData").unwrap_or_default(),
        log_group_arns: members.list("destinations").into_iter().map(log_group).collect(),
    }
}

pub(super) fn describe(mut members: Members, caller: Caller) -> Result<DescribeStateMachineRequest, Fault> {
    let state_machine_arn = members.required_text("stateMachineArn");
    arn::check(&state_machine_arn, Kind::StateMachine)?;
    Ok(DescribeStateMachineRequest { caller: Some(caller), state_machine_arn })
}

pub(super) fn describe_for_execution(
    mut members: Members,
    caller: Caller,
) -> Result<DescribeStateMachineForExecutionRequest, Fault> {
    let execution_arn = members.required_text("executionArn");
    arn::check(&execution_arn, Kind::AnyExecution)?;
    Ok(DescribeStateMachineForExecutionRequest { caller: Some(caller), execution_arn })
}

pub(super) fn delete(mut members: Members, caller: Caller) -> Result<DeleteStateMachineRequest, Fault> {
    let state_machine_arn = members.required_text("stateMachineArn");
    arn::check(&state_machine_arn, Kind::StateMachine)?;
    Ok(DeleteStateMachineRequest { caller: Some(caller), state_machine_arn })
}

pub(super) fn created(answer: &CreateStateMachineResponse) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Created<'a> {
        state_machine_arn: &'a str,
        creation_date: Time,
        #[serde(skip_serializing_if = "Option::is_none")]
        state_machine_version_arn: Option<&'a str>,
    }
    json::body(&Created {
        state_machine_arn: &answer.state_machine_arn,
        creation_date: Time(answer.creation_date_ms),
        state_machine_version_arn: json::some(&answer.state_machine_version_arn),
    })
}

pub(super) fn updated(answer: &UpdateStateMachineResponse) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Updated<'a> {
        update_date: Time,
        #[serde(skip_serializing_if = "Option::is_none")]
        revision_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        state_machine_version_arn: Option<&'a str>,
    }
    json::body(&Updated {
        update_date: Time(answer.update_date_ms),
        revision_id: json::some(&answer.revision_id),
        state_machine_version_arn: json::some(&answer.state_machine_version_arn),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Described<'a> {
    state_machine_arn: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    definition: std::borrow::Cow<'a, str>,
    role_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_date: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_date: Option<Time>,
    logging_configuration: Logging<'a>,
    tracing_configuration: Tracing,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    encryption_configuration: EncryptionConfiguration,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    variable_references: BTreeMap<&'a str, &'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    map_run_arn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
}

/// Variables are part of the definition, and left out with it. AWS leaves out an empty map as well.
fn references(references: &[VariableReferences], data: IncludedData) -> BTreeMap<&str, &[String]> {
    match data {
        IncludedData::All => {
            references.iter().map(|state| (state.state.as_str(), state.variables.as_slice())).collect()
        }
        IncludedData::MetadataOnly => BTreeMap::new(),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logging<'a> {
    level: &'a str,
    include_execution_data: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    destinations: Vec<Destination<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Destination<'a> {
    cloud_watch_logs_log_group: LogGroup<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogGroup<'a> {
    log_group_arn: &'a str,
}

#[derive(Serialize)]
struct Tracing {
    enabled: bool,
}

impl<'a> Logging<'a> {
    fn of(configuration: Option<&'a Configuration>) -> Self {
        let Some(logging) = configuration.and_then(|configuration| configuration.logging.as_ref()) else {
            return Self { level: "OFF", include_execution_data: false, destinations: Vec::new() };
        };
        let destination =
            |arn: &'a String| Destination { cloud_watch_logs_log_group: LogGroup { log_group_arn: arn } };
        Self {
            level: json::some(&logging.level).unwrap_or("OFF"),
            include_execution_data: logging.include_execution_data,
            destinations: logging.log_group_arns.iter().map(destination).collect(),
        }
    }
}

impl Tracing {
    fn of(configuration: Option<&Configuration>) -> Self {
        Self {
            enabled: configuration
                .and_then(|configuration| configuration.tracing_enabled)
                .unwrap_or_default(),
        }
    }
}

fn definition(definition: &[u8], data: IncludedData) -> std::borrow::Cow<'_, str> {
    match data {
        IncludedData::All => json::text(definition),
        IncludedData::MetadataOnly => NO_DEFINITION.into(),
    }
}

pub(super) fn described(answer: &DescribeStateMachineResponse, data: IncludedData) -> Vec<u8> {
    json::body(&Described {
        state_machine_arn: &answer.state_machine_arn,
        name: &answer.name,
        status: Some(answer.status().as_str_name()),
        definition: definition(&answer.definition, data),
        role_arn: &answer.role_arn,
        r#type: Some(answer.r#type().as_str_name()),
        creation_date: Some(Time(answer.creation_date_ms)),
        update_date: None,
        logging_configuration: Logging::of(answer.configuration.as_ref()),
        tracing_configuration: Tracing::of(answer.configuration.as_ref()),
        revision_id: json::some(&answer.revision_id),
        description: json::some(&answer.description),
        encryption_configuration: EncryptionConfiguration::OWNED,
        variable_references: references(&answer.variable_references, data),
        map_run_arn: None,
        label: None,
    })
}

pub(super) fn described_for_execution(
    answer: &DescribeStateMachineForExecutionResponse,
    data: IncludedData,
) -> Vec<u8> {
    json::body(&Described {
        state_machine_arn: &answer.state_machine_arn,
        name: &answer.name,
        status: None,
        definition: definition(&answer.definition, data),
        role_arn: &answer.role_arn,
        r#type: None,
        creation_date: None,
        update_date: Some(Time(answer.update_date_ms)),
        logging_configuration: Logging::of(answer.configuration.as_ref()),
        tracing_configuration: Tracing::of(answer.configuration.as_ref()),
        revision_id: json::some(&answer.revision_id),
        description: None,
        encryption_configuration: EncryptionConfiguration::OWNED,
        variable_references: references(&answer.variable_references, data),
        map_run_arn: json::some(&answer.map_run_arn),
        label: json::some(&answer.label),
    })
}
