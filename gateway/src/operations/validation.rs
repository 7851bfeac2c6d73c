//! Definitions that are validated without a state machine being made of them.

use keepstep_proto::workflow::v1::{
    Caller, StateMachineType, ValidateStateMachineDefinitionRequest, ValidateStateMachineDefinitionResponse,
};
use serde::Serialize;

use super::json;
use super::list::max_results;
use crate::decode::Members;

pub(super) fn validate(mut members: Members, caller: Caller) -> ValidateStateMachineDefinitionRequest {
    let kind = members.text("type").and_then(|kind| StateMachineType::from_str_name(&kind));
    ValidateStateMachineDefinitionRequest {
        caller: Some(caller),
        r#type: kind.unwrap_or(StateMachineType::Standard).into(),
        // The least severity that is wanted; ERROR where it isn't said.
        include_warnings: members.text("severity").is_some_and(|severity| severity == "WARNING"),
        max_results: max_results(&members),
        definition: members.required_text("definition").into(),
    }
}

pub(super) fn validated(answer: &ValidateStateMachineDefinitionResponse) -> Vec<u8> {
    #[derive(Serialize)]
    struct Validated<'a> {
        result: &'static str,
        diagnostics: Vec<Diagnostic<'a>>,
        truncated: bool,
    }
    #[derive(Serialize)]
    struct Diagnostic<'a> {
        severity: &'a str,
        code: &'a str,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        location: Option<&'a str>,
    }
    let diagnostics = answer.diagnostics.iter().map(|diagnostic| Diagnostic {
        severity: &diagnostic.severity,
        code: &diagnostic.code,
        message: &diagnostic.message,
        location: diagnostic.location.as_deref(),
    });
    json::body(&Validated {
        result: if answer.valid { "OK" } else { "FAIL" },
        diagnostics: diagnostics.collect(),
        truncated: answer.truncated,
    })
}
