//! Checks of what a state machine is made of: definition, role, logging. Never writes anything.

use std::str;

use bytes::Bytes;
use keepstep_asl::definition::{self, Kind, ParseOptions};

use crate::api_error::ApiError;
use crate::arn::{self, LogGroupArn};
use crate::limits::Limits;
use crate::record::{Configuration, LogLevel, Revision, StateMachineType};

/// Checks all that a revision holds.
///
/// # Errors
///
/// `InvalidArn`, `InvalidLoggingConfiguration` and `InvalidDefinition`.
pub(super) fn check(revision: &Revision, kind: StateMachineType, limits: &Limits) -> Result<(), ApiError> {
    arn::check_role(&revision.role_arn)?;
    check_logging(&revision.configuration)?;
    check_definition(&revision.definition, kind, limits)
}

fn check_definition(text: &Bytes, kind: StateMachineType, limits: &Limits) -> Result<(), ApiError> {
    let text = definition_text(text, limits)?;
    let kind = match kind {
        StateMachineType::Standard => Kind::Standard,
        StateMachineType::Express => Kind::Express,
    };
    match definition::parse(text, &ParseOptions { kind }) {
        Ok(_) => Ok(()),
        Err(problems) => Err(ApiError::new("InvalidDefinition", problems.to_string())),
    }
}

/// The text of a definition that isn't too large.
///
/// # Errors
///
/// `InvalidDefinition`.
pub(crate) fn definition_text<'t>(text: &'t [u8], limits: &Limits) -> Result<&'t str, ApiError> {
    let invalid = |detail: &str| {
        ApiError::new("InvalidDefinition", format!("Invalid State Machine Definition: '{detail}'"))
    };
    if text.len() > limits.definition_bytes_max {
        let most = limits.definition_bytes_max;
        return Err(invalid(&format!(
            "INVALID_JSON_DESCRIPTION: The definition is larger than {most} bytes"
        )));
    }
    str::from_utf8(text).map_err(|_| invalid("INVALID_JSON_DESCRIPTION: The definition is not text in UTF-8"))
}

fn check_logging(configuration: &Configuration) -> Result<(), ApiError> {
    let invalid = |detail: &str| {
        ApiError::new("InvalidLoggingConfiguration", format!("Invalid Logging Configuration: {detail}"))
    };
    let Some(level) = LogLevel::from_name(&configuration.log_level) else {
        return Err(invalid(&format!("Unknown log level: {}.", configuration.log_level)));
    };
    match configuration.log_group_arns.as_slice() {
        [] if level == LogLevel::Off => Ok(()),
        // AWS's words (github.com/hashicorp/terraform-provider-aws/pull/17683).
        [group] if !group.is_empty() && !group.ends_with(":*") => {
            Err(invalid("Log Group ARN must be provided with '*' qualifier."))
        }
        // The words are ours: AWS's are not known.
        [group] if !group.is_empty() => match LogGroupArn::parse(group) {
            Some(_) => Ok(()),
            None => Err(invalid("The Log Destination is not the ARN of a log group.")),
        },
        _ => Err(invalid("Must specify exactly one Log Destination.")),
    }
}

/// The same configuration in one form: the level OFF is never spelled out, so that what is the same compares equal.
pub(super) fn normalized(configuration: &Configuration) -> Configuration {
    let mut configuration = configuration.clone();
    if configuration.log_level == "OFF" {
        configuration.log_level.clear();
    }
    configuration
}

/// Checks that only a version that is to be published is described.
///
/// # Errors
///
/// `ValidationException`.
pub(super) fn check_publication(publish: bool, version_description: &str) -> Result<(), ApiError> {
    if !publish && !version_description.is_empty() {
        return Err(ApiError::validation("Version description can only be set when publish is true"));
    }
    Ok(())
}
