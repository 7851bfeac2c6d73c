//! StartExecution.

use std::str;

use bytes::Bytes;
use keepstep_asl::definition::Definition;
use keepstep_asl::jackson;

use super::release::Release;
use super::run::{Active, Run, root_flow};
use super::{seconds, status_change};
use crate::api_error::{ApiError, Refusal};
use crate::arn::{ExecutionArn, StateMachineArn};
use crate::desk::{Caller, Desk};
use crate::draft::{Decision, Draft, Origin};
use crate::effect::Effect;
use crate::express;
use crate::id::{BranchId, ExecutionId, MachineId, NodeId, RequestId};
use crate::key;
use crate::limits::Limits;
use crate::record::phase::{Phase, Ready};
use crate::record::{
    Branch, EventDetails, EventType, ExecutionStatus, ExpressStart, Head, MapRunLink, NameHold, ParentLink,
    PayloadRef, Revision, StateMachine, StateMachineStatus, StateMachineType,
};
use crate::view::{View, ViewError};

/// A request to start an execution.
#[derive(Clone, Debug)]
pub struct StartExecution {
    /// Whose state machines can be started.
    pub caller: Caller,
    /// The ARN of a state machine, a version or an alias.
    pub state_machine_arn: String,
    /// The execution's name: given, or generated before the first try of the request. Its syntax is checked by the caller.
    pub name: String,
    /// The input: `{}` where none was given.
    pub input: Bytes,
    /// X-Ray's, as given; empty for none.
    pub trace_header: String,
    /// The same for all tries of the request.
    pub request: RequestId,
    /// Who waits for the execution's end.
    pub parent: Option<ParentLink>,
    /// The node that received the call: an Express execution runs there.
    pub node: NodeId,
}

/// The answer of StartExecution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The execution's ARN.
    pub arn: String,
    /// When it started: milliseconds since the epoch.
    pub started_ms: i64,
    /// Of an Express execution that this call has written down: what the node is to run that received the call.
    pub express: Option<Box<ExpressStart>>,
}

/// A request, and the state machine that it asks for.
pub(crate) struct Asked<'a> {
    /// As given.
    pub arn: StateMachineArn<'a>,
    /// It is there, and not being deleted.
    pub machine: StateMachine,
}

impl<'a> Asked<'a> {
    /// Checks the input and finds the state machine. The guard on its lifecycle record orders the start before or after a deletion or
    /// an update.
    ///
    /// # Errors
    ///
    /// `InvalidArn`, `StateMachineDoesNotExist`, `StateMachineDeleting`, `InvalidExecutionInput`.
    pub(crate) fn read(
        desk: &Desk<'_>,
        draft: &mut Draft<'_>,
        request: &'a StartExecution,
    ) -> Result<Self, Refusal> {
        let arn = StateMachineArn::parse(&request.state_machine_arn)?;
        let does_not_exist = || ApiError::state_machine_does_not_exist(&request.state_machine_arn);
        let machine_key = arn.machine_key(&request.caller)?.ok_or_else(does_not_exist)?;
        check_input(desk, &request.input)?;
        let machine: StateMachine = draft.get(&machine_key)?.ok_or_else(does_not_exist)?;
        if machine.status() == StateMachineStatus::Deleting {
            return Err(ApiError::state_machine_deleting(&request.state_machine_arn).into());
        }
        Ok(Self { arn, machine })
    }
}

/// Decides StartExecution: the execution starts and runs as far as it goes without waiting, all in one transaction. Of an Express
/// execution, only the start is written down.
///
/// A name that exists gets the first answer if this is the same request, or if the input is the same and the execution still runs.
///
/// # Errors
///
/// `InvalidArn`, `StateMachineDoesNotExist`, `StateMachineDeleting`, `InvalidExecutionInput`, `ExecutionAlreadyExists`, with AWS's texts;
/// `StateMachineTypeNotSupported` where a parent waits for an Express execution.
pub fn start(desk: &Desk<'_>, request: &StartExecution) -> Result<Decision<Started>, Refusal> {
    let mut draft = Draft::new(desk.view);
    let asked = Asked::read(desk, &mut draft, request)?;
    if asked.machine.kind() == StateMachineType::Express {
        return express::start(desk, draft, &asked, request);
    }
    let Asked { arn, machine } = asked;
    let execution_arn = ExecutionArn::format(&arn, &request.name);
    let execution = ExecutionId::of_arn(&execution_arn);
    if let Some(head) = draft.get::<Head>(&key::head(execution))? {
        return existing(desk.view, execution, &head, request).map(Decision::unchanged);
    }
    // A hold counts as long as it is stored, whatever its time says: the rest of the execution's data goes before it does.
    if draft.get::<NameHold>(&key::name_hold(execution))?.is_some() {
        return Err(already_exists(&execution_arn).into());
    }
    let id = machine.machine_id().ok_or_else(|| missing_revision(&machine))?;
    let release = Release::choose(desk, &mut draft, &arn, id, &machine)?;
    let head = new_head(desk, request, &machine, id, release, execution_arn)?;
    let started = Started { arn: head.arn.clone(), started_ms: head.started_ms, express: None };
    let (draft, ..) = launch(desk, draft, head, request.input.clone())?;
    Ok(draft.finish(Origin("StartExecution"), started))
}

/// Lets a new execution run as far as it goes without waiting, and writes it down. Returns the draft, how the execution
/// stands then, and how many states it has entered. The caller has made sure that there is no execution of that ARN.
pub(crate) fn launch<'a>(
    desk: &Desk<'a>,
    draft: Draft<'a>,
    head: Head,
    input: Bytes,
) -> Result<(Draft<'a>, Head, usize), ViewError> {
    let execution = ExecutionId::of_arn(&head.arn);
    let mut run = Run::new(desk, draft, execution, head, false)?;
    run.draft.effects.push(Effect::Started);
    let input = run.history.keep(input);
    let details = EventDetails {
        input: Some(input),
        role_arn: Some(run.head.role_arn.clone()),
        ..EventDetails::default()
    };
    run.history.append_last(EventType::ExecutionStarted, 0, details);
    status_change::tell(&mut run);
    let start_at = root_flow(&run.definition, &run.head).map(|flow| flow.start_at.clone());
    let start_at = start_at.ok_or_else(|| ViewError::Missing {
        what: "a state of the definition",
        key: hex::encode(key::head(execution)),
    })?;
    let root = Branch {
        state: start_at,
        input,
        attempt: run.head.map_run.as_ref().map_or(0, MapRunLink::attempts_before),
        phase: Some(Phase::Ready(Ready { since_ms: desk.now.0 })),
        ..Branch::default()
    };
    run.queue.push_back(BranchId::ROOT);
    run.put(Active { id: BranchId::ROOT, branch: root });
    run.drive()?;
    let transitions = run.transitions;
    let (draft, head) = run.flush_with_head();
    Ok((draft, head, transitions))
}

fn check_input(desk: &Desk<'_>, input: &Bytes) -> Result<(), ApiError> {
    let invalid = |detail: &str| {
        ApiError::new("InvalidExecutionInput", format!("Invalid State Machine Execution Input: '{detail}'"))
    };
    if input.len() > desk.limits.payload_bytes_max {
        let bytes_max = desk.limits.payload_bytes_max;
        return Err(ApiError::validation(format!(
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to {bytes_max}"
        )));
    }
    match str::from_utf8(input) {
        Ok("") | Err(_) => Err(invalid("Invalid execution input.")),
        Ok(text) => jackson::check(text).map_err(|error| invalid(&error.to_string())),
    }
}

fn already_exists(arn: &str) -> ApiError {
    ApiError::new("ExecutionAlreadyExists", format!("Execution Already Exists: '{arn}'"))
}

/// The answer where there is an execution of that name.
fn existing(
    view: &dyn View,
    execution: ExecutionId,
    head: &Head,
    request: &StartExecution,
) -> Result<Started, Refusal> {
    let is_same_request = head.request == request.request.as_bytes()[..];
    // One that reports its end to somebody else can't be waited for: that would be for ever.
    let would_report = request.parent.is_none() || head.parent == request.parent;
    let is_same_start = || -> Result<bool, ViewError> {
        Ok(head.status() == ExecutionStatus::Running
            && would_report
            && super::read_payload(view, execution, head.input)? == request.input)
    };
    if is_same_request || is_same_start()? {
        return Ok(Started { arn: head.arn.clone(), started_ms: head.started_ms, express: None });
    }
    Err(already_exists(&head.arn).into())
}

/// How long an execution of a definition may run, in seconds.
pub(super) fn timeout_seconds(definition: &Definition, limits: &Limits) -> u64 {
    let longest = limits.execution_seconds_max;
    definition.timeout_seconds.map_or(longest, |seconds| seconds.min(longest))
}

fn missing_revision(machine: &StateMachine) -> ViewError {
    ViewError::Missing { what: "a revision", key: hex::encode(&machine.id) }
}

fn new_head(
    desk: &Desk<'_>,
    request: &StartExecution,
    machine: &StateMachine,
    id: MachineId,
    release: Release,
    arn: String,
) -> Result<Head, ViewError> {
    let revision: Option<Revision> = Draft::new(desk.view).peek(&key::revision(id, release.revision))?;
    let revision = revision.ok_or_else(|| missing_revision(machine))?;
    let definition = desk.definitions.definition(desk.view, id, release.revision)?;
    let timeout_seconds = timeout_seconds(&definition, desk.limits);
    Ok(Head {
        arn,
        state_machine_arn: machine.arn.clone(),
        machine: machine.id.clone(),
        revision: release.revision,
        status: ExecutionStatus::Running as i32,
        started_ms: desk.now.0,
        request: Bytes::copy_from_slice(request.request.as_bytes()),
        input: PayloadRef { chunk: 1, index: 0 },
        next_event_id: 1,
        next_branch_id: BranchId::ROOT.0 + 1,
        timeout_due_ms: Some(seconds::after(desk.now.0, timeout_seconds)),
        parent: request.parent.clone(),
        trace_header: request.trace_header.clone(),
        observed: revision.configuration.if_observed(),
        role_arn: revision.role_arn,
        version: release.version,
        alias: release.alias,
        ..Head::default()
    })
}
