//! StartSyncExecution, and StartExecution of a state machine of the type EXPRESS.

use crate::api_error::{ApiError, Refusal};
use crate::arn::ExecutionArn;
use crate::desk::Desk;
use crate::draft::{Decision, Draft, Origin};
use crate::execution::{Asked, Release, StartExecution, Started};
use crate::id::{ExecutionId, derived_uuid};
use crate::key;
use crate::record::outcome::{self, Answer};
use crate::record::{ExpressStart, StateMachineType};
use crate::request_log;
use crate::view::ViewError;

/// What StartSyncExecution is to run. Nothing is written.
///
/// # Errors
///
/// `InvalidArn`, `StateMachineDoesNotExist`, `StateMachineDeleting`, `InvalidExecutionInput`, and `StateMachineTypeNotSupported` for a
/// state machine of the type STANDARD.
pub fn prepare(desk: &Desk<'_>, request: &StartExecution) -> Result<ExpressStart, Refusal> {
    let mut draft = Draft::new(desk.view);
    let asked = Asked::read(desk, &mut draft, request)?;
    if asked.machine.kind() != StateMachineType::Express {
        return Err(ApiError::type_not_supported().into());
    }
    record(desk, &mut draft, &asked, request)
}

/// Decides StartExecution: the start is written down for the node that received the call. Two starts of one name are two executions
/// (API reference, StartExecution: it isn't idempotent for EXPRESS); two tries of one request are one.
///
/// # Errors
///
/// `StateMachineDoesNotExist` for a version or an alias that isn't there, `StateMachineTypeNotSupported` where somebody waits for the
/// execution's end, which is never reported.
pub(crate) fn start(
    desk: &Desk<'_>,
    mut draft: Draft<'_>,
    asked: &Asked<'_>,
    request: &StartExecution,
) -> Result<Decision<Started>, Refusal> {
    if request.parent.is_some() {
        return Err(ApiError::type_not_supported().into());
    }
    if let Some(Answer::Started(started)) = request_log::find(&mut draft, desk.now, request.request)? {
        let outcome::Started { arn, started_ms } = started;
        return Ok(Decision::unchanged(Started { arn, started_ms, express: None }));
    }
    let record = record(desk, &mut draft, asked, request)?;
    let (arn, started_ms) = (record.arn.clone(), record.started_ms);
    draft.put(key::express(request.node, ExecutionId::of_arn(&arn)), &record);
    let answer = outcome::Started { arn: arn.clone(), started_ms };
    request_log::keep(&mut draft, desk.now, request.request, Answer::Started(answer));
    let started = Started { arn, started_ms, express: Some(Box::new(record)) };
    Ok(draft.finish(Origin("StartExpressExecution"), started))
}

fn record(
    desk: &Desk<'_>,
    draft: &mut Draft<'_>,
    asked: &Asked<'_>,
    request: &StartExecution,
) -> Result<ExpressStart, Refusal> {
    let Asked { arn, machine } = asked;
    let id = machine.machine_id().ok_or_else(|| ViewError::missing("a revision", &machine.id))?;
    let release = Release::choose(desk, draft, arn, id, machine)?;
    // Derived from the request, so that all its tries mean one execution.
    let unique = derived_uuid(&[b"express", request.request.as_bytes()]);
    Ok(ExpressStart {
        arn: ExecutionArn::format_express(arn, &request.name, &unique),
        state_machine_arn: machine.arn.clone(),
        machine: machine.id.clone(),
        revision: release.revision,
        version: release.version,
        alias: release.alias,
        input: request.input.clone(),
        started_ms: desk.now.0,
        trace_header: request.trace_header.clone(),
    })
}
