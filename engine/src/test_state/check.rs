//! Which requests of TestState are in order. The rules are those of the API reference and of the developer guide's page "Testing state
//! machines with TestState API"; AWS's words are used where they are known, which each place says.

use keepstep_asl::definition::{
    self, Definition, FlowPath, InputType, Invalid, Map as MapState, ParseOptions, State, StateKind,
};
use keepstep_asl::jackson;
use keepstep_asl::resource::{Pattern, Resource};
use serde_json::{Map, Value};

use super::request::{Configuration, Mock, Request};
use super::schema;
use crate::api_error::ApiError;
use crate::arn;
use crate::command::definition_text;
use crate::limits::Limits;
use crate::stimulus::CallResult;

/// The name of a state that comes without one.
pub(super) const STATE_NAME: &str = "TestState";

/// A request that is in order, read.
pub(super) struct Checked {
    pub(super) definition: Definition,
    pub(super) path: FlowPath,
    pub(super) state: String,
    pub(super) input: String,
    pub(super) variables: Map<String, Value>,
    pub(super) context: Option<Value>,
    pub(super) mock: Option<CallResult>,
}

/// Reads and checks a request.
///
/// # Errors
///
/// `InvalidArn`, `InvalidDefinition`, `InvalidExecutionInput`, `ValidationException`.
pub(super) fn check(request: &Request, limits: &Limits) -> Result<Checked, ApiError> {
    if let Some(role_arn) = &request.role_arn {
        arn::check_role(role_arn)?;
    }
    let definition = read_definition(request, limits)?;
    let name = request.state_name.as_deref().unwrap_or(STATE_NAME);
    let not_found =
        || ApiError::validation(format!("The state '{name}' given as stateName is not in the definition"));
    let path = definition.path_to(name).ok_or_else(not_found)?;
    let state = definition.state(name).ok_or_else(not_found)?;
    let input = read_input(request)?;
    let mock = match &request.mock {
        Some(mock) => Some(read_mock(request, mock, state)?),
        None => {
            check_unmocked(request, state)?;
            None
        }
    };
    check_configuration(&request.configuration, state, &mock)?;
    Ok(Checked {
        path,
        state: name.to_owned(),
        input,
        variables: read_object("variables", request.variables.as_deref())?.unwrap_or_default(),
        context: read_object("context", request.context.as_deref())?.map(Value::Object),
        mock,
        definition,
    })
}

fn read_definition(request: &Request, limits: &Limits) -> Result<Definition, ApiError> {
    let text = definition_text(&request.definition, limits)?;
    let read = match &request.state_name {
        Some(_) => definition::parse(text, &ParseOptions::default()),
        None => definition::parse_state(text, STATE_NAME, &ParseOptions::default()),
    };
    read.map_err(|invalid: Invalid| ApiError::new("InvalidDefinition", invalid.to_string()))
}

fn read_input(request: &Request) -> Result<String, ApiError> {
    let Some(input) = &request.input else { return Ok("{}".to_owned()) };
    let invalid = |detail: &str| {
        ApiError::new("InvalidExecutionInput", format!("Invalid State Machine Execution Input: '{detail}'"))
    };
    if input.is_empty() {
        return Err(invalid("Invalid execution input."));
    }
    jackson::check(input).map_err(|error| invalid(&error.to_string()))?;
    Ok(input.clone())
}

fn read_object(member: &str, text: Option<&str>) -> Result<Option<Map<String, Value>>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    match jackson::parse(text) {
        Ok(Value::Object(object)) => Ok(Some(object)),
        Ok(_) => Err(ApiError::validation(format!("The value of '{member}' must be a JSON object"))),
        Err(error) => Err(ApiError::validation(format!("The value of '{member}' is no JSON: {error}"))),
    }
}

fn check_unmocked(request: &Request, state: &State) -> Result<(), ApiError> {
    if request.context.is_some() {
        return Err(ApiError::validation("'context' may only be specified together with 'mock'"));
    }
    let task = match &state.kind {
        StateKind::Map(_) | StateKind::Parallel(_) => {
            // AWS's own words (recorded).
            return Err(ApiError::new(
                "InvalidDefinition",
                "TestState API does not support Map or Parallel states. Supported state types include: \
                 [Task, Wait, Pass, Succeed, Fail, Choice]",
            ));
        }
        StateKind::Task(task) => task,
        _ => return Ok(()),
    };
    let unsupported = match (&task.resource, task.resource.pattern()) {
        (Resource::Activity { .. }, _) => "Activity tasks",
        (_, Some(Pattern::Sync | Pattern::Sync2)) => "the .sync service integration pattern",
        (_, Some(Pattern::WaitForTaskToken)) => "the .waitForTaskToken service integration pattern",
        _ => "",
    };
    if !unsupported.is_empty() {
        return Err(ApiError::validation(format!(
            "TestState API only supports {unsupported} when a mock is specified"
        )));
    }
    if request.role_arn.is_none() {
        return Err(ApiError::validation(
            "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
        ));
    }
    Ok(())
}

fn read_mock(request: &Request, mock: &Mock, state: &State) -> Result<CallResult, ApiError> {
    if request.reveal_secrets {
        return Err(ApiError::validation("'revealSecrets' can not be specified together with 'mock'"));
    }
    if !matches!(state.kind, StateKind::Task(_) | StateKind::Map(_) | StateKind::Parallel(_)) {
        return Err(ApiError::validation("A mock can only be specified for Task, Map, or Parallel states"));
    }
    match (&mock.result, &mock.error_output) {
        (Some(_), Some(_)) => {
            Err(ApiError::validation("A mock can not have both 'result' and 'errorOutput'"))
        }
        (None, None) => Err(ApiError::validation("A mock must have either 'result' or 'errorOutput'")),
        (None, Some(error_output)) => match &error_output.error {
            None => Err(ApiError::validation("'error' is required in the 'errorOutput' of a mock")),
            Some(error) => Ok(CallResult::Failed {
                error: error.clone(),
                cause: error_output.cause.clone().unwrap_or_default(),
            }),
        },
        (Some(result), None) => {
            check_result(result, mock, state)?;
            Ok(CallResult::Succeeded(result.clone().into()))
        }
    }
}

fn check_result(result: &str, mock: &Mock, state: &State) -> Result<(), ApiError> {
    let value = jackson::parse(result)
        .map_err(|error| ApiError::validation(format!("The result of the mock is no JSON: {error}")))?;
    let problem = match &state.kind {
        StateKind::Parallel(parallel) => {
            let branches = parallel.branches.len();
            let is_list = value.as_array().is_some_and(|values| values.len() == branches);
            (!is_list).then(|| format!("The result of a Parallel state with {branches} branches must be an array of as many elements"))
        }
        StateKind::Map(_) if !value.is_array() && !value.is_object() => {
            Some("The result of a Map state must be an array or an object".to_owned())
        }
        StateKind::Task(task) => match task.resource.integration() {
            Some((service, action)) => {
                schema::check(&format!("{service}:{action}"), &value, mock.validation).err()
            }
            None => None,
        },
        _ => None,
    };
    match problem {
        None => Ok(()),
        Some(problem) => Err(ApiError::validation(format!("Mock result schema validation error: {problem}"))),
    }
}

fn check_configuration(
    configuration: &Configuration,
    state: &State,
    mock: &Option<CallResult>,
) -> Result<(), ApiError> {
    let refuse = |member: &str, rule: &str| {
        Err(ApiError::validation(format!("'stateConfiguration.{member}' can only be specified {rule}")))
    };
    let has_error = matches!(mock, Some(CallResult::Failed { .. }));
    if configuration.retrier_retry_count.is_some() && !has_error {
        return refuse("retrierRetryCount", "together with a mocked error");
    }
    if let Some(name) = &configuration.error_caused_by_state {
        if !has_error || state.kind.flows().is_empty() {
            return refuse("errorCausedByState", "for a mocked error of a Map or Parallel state");
        }
        if !state.kind.flows().iter().any(|flow| flow.contains(name)) {
            return Err(ApiError::validation(format!(
                "The state '{name}' given as stateConfiguration.errorCausedByState is not in the state under test"
            )));
        }
    }
    let map = match &state.kind {
        StateKind::Map(map) => Some(&**map),
        _ => None,
    };
    if configuration.map_iteration_failure_count.is_some() && map.is_none() {
        return refuse("mapIterationFailureCount", "for a Map state");
    }
    if configuration.map_item_reader_data.is_some() {
        return check_reader(map)
            .unwrap_or_else(|| refuse("mapItemReaderData", "for a Map state with an ItemReader"));
    }
    Ok(())
}

/// Whether data that the reader of a Map has read can be taken; `None` without a reader.
fn check_reader(map: Option<&MapState>) -> Option<Result<(), ApiError>> {
    let reader = map?.distributed.as_ref()?.item_reader.as_ref()?;
    Some(match &reader.config.input_type {
        Some(InputType::Json | InputType::JsonLines) => Ok(()),
        _ => Err(ApiError::validation(
            "This version of the server supports 'stateConfiguration.mapItemReaderData' for the input types JSON and JSONL only",
        )),
    })
}
