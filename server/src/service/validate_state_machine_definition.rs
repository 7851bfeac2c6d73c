//! ValidateStateMachineDefinition. Reads nothing of the replicated state, so that it answers where there is no leader, too.

use bytes::Bytes;
use keepstep_asl::definition::{Kind, ParseOptions, Validation, validate};
use keepstep_asl::diagnostic::Severity;
use keepstep_asl::limits::DIAGNOSTICS_MAX;
use keepstep_proto::workflow::v1::{
    Diagnostic, StateMachineType, ValidateStateMachineDefinitionRequest,
    ValidateStateMachineDefinitionResponse,
};

use super::WorkflowService;
use crate::leader::Failure;

pub(super) async fn call(
    service: &WorkflowService,
    request: ValidateStateMachineDefinitionRequest,
) -> Result<ValidateStateMachineDefinitionResponse, Failure> {
    service.engine().evaluate(move || answer(&request)).await
}

fn answer(request: &ValidateStateMachineDefinitionRequest) -> ValidateStateMachineDefinitionResponse {
    let kind = match request.r#type() {
        StateMachineType::Unspecified | StateMachineType::Standard => Kind::Standard,
        StateMachineType::Express => Kind::Express,
    };
    let least = if request.include_warnings { Severity::Warning } else { Severity::Error };
    let found = validate(&text(&request.definition), &ParseOptions { kind });
    let valid = found.is_ok();
    let Validation { diagnostics, truncated } = found.limited(least, results_max(request.max_results));
    let diagnostics = diagnostics.into_iter().map(|diagnostic| Diagnostic {
        severity: diagnostic.severity.as_str().to_owned(),
        code: diagnostic.code.as_str().to_owned(),
        message: diagnostic.message,
        location: diagnostic.location,
    });
    ValidateStateMachineDefinitionResponse { valid, diagnostics: diagnostics.collect(), truncated }
}

/// The contract asks for UTF-8. What isn't is no JSON either, and is told as such.
fn text(definition: &Bytes) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(definition)
}

fn results_max(asked: u32) -> usize {
    match usize::try_from(asked) {
        Ok(asked @ 1..) => asked.min(DIAGNOSTICS_MAX),
        _ => DIAGNOSTICS_MAX,
    }
}
