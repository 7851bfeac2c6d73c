//! Starts an execution in the middle: at one state, within the Parallel and Map states around it. For `TestState`.

use bytes::Bytes;
use keepstep_asl::definition::{FlowPath, State, StateKind};
use serde_json::{Map, Value};

use super::inspection::Inspection;
use super::interrupt::Failure;
use super::retry;
use super::run::{Active, Run};
use super::seconds;
use crate::desk::Desk;
use crate::draft::{Decision, Draft, Origin};
use crate::id::{BranchId, ExecutionId, MachineId};
use crate::record::phase::{FanOut, Phase, Ready};
use crate::record::{Branch, EventDetails, EventType, ExecutionStatus, Head, PayloadRef, Variable};
use crate::view::ViewError;

/// Where an execution starts, and with what.
#[derive(Clone, Debug)]
pub(crate) struct UnderTest {
    /// Of a state machine that is there.
    pub state_machine_arn: String,
    /// Its id.
    pub machine: MachineId,
    /// The execution's ARN.
    pub arn: String,
    /// Of the execution.
    pub role_arn: String,
    /// The flow that the state lies in.
    pub path: FlowPath,
    /// The state.
    pub state: String,
    /// JSON: the state's, and that of the states around it.
    pub input: Bytes,
    /// The variables that there are.
    pub variables: Map<String, Value>,
    /// An error that the state will fail with, and how often it was tried again for it.
    pub retried: Option<(String, u64)>,
    /// The execution ends after so many seconds.
    pub timeout_seconds: u64,
}

/// Starts the execution and runs the state as far as it goes without waiting. Returns the state's branch.
///
/// A step that may enter one state only ends when the state is left.
pub(crate) fn start_under_test<'a>(
    desk: &Desk<'a>,
    test: &UnderTest,
    inspection: &'a mut Inspection,
) -> Result<Decision<BranchId>, ViewError> {
    let execution = ExecutionId::of_arn(&test.arn);
    let head = Head {
        arn: test.arn.clone(),
        state_machine_arn: test.state_machine_arn.clone(),
        machine: Bytes::copy_from_slice(test.machine.as_bytes()),
        revision: 1,
        status: ExecutionStatus::Running as i32,
        started_ms: desk.now.0,
        input: PayloadRef { chunk: 1, index: 0 },
        next_event_id: 1,
        next_branch_id: BranchId::ROOT.0 + 1,
        timeout_due_ms: Some(seconds::after(desk.now.0, test.timeout_seconds)),
        role_arn: test.role_arn.clone(),
        ..Head::default()
    };
    let mut run = Run::new(desk, Draft::new(desk.view), execution, head, false)?;
    run.inspection = Some(inspection);
    let input = run.history.keep(test.input.clone());
    let mut variables: Vec<Variable> = Vec::with_capacity(test.variables.len());
    for (name, value) in &test.variables {
        let text = value.to_string();
        let bytes = text.len() as u64;
        variables.push(Variable { name: name.clone(), value: run.history.keep(text.into()), bytes });
    }
    variables.sort_by(|a, b| a.name.cmp(&b.name));
    run.head.variables_bytes = variables.iter().map(|variable| variable.bytes).sum();
    let details = EventDetails { input: Some(input), ..EventDetails::default() };
    let started = run.history.append_last(EventType::ExecutionStarted, 0, details);

    let mut branch = Branch { input, last_event_id: started, variables, ..Branch::default() };
    let mut id = BranchId::ROOT;
    let mut flow = &std::sync::Arc::clone(&run.definition).flow;
    for step in test.path.steps() {
        let missing = || ViewError::missing("a state around the one under test", step.state.as_bytes());
        let around = flow.states.get(&step.state).ok_or_else(missing)?;
        flow = around.kind.branch(step.branch).ok_or_else(missing)?;
        let inner = run.next_branch_id();
        let (fanned_out, item) = fan_out(around, input, inner);
        branch.state.clone_from(&around.name);
        branch.phase = Some(Phase::FannedOut(fanned_out));
        branch.entered_event_id = started;
        branch.entered_ms = desk.now.0;
        run.put(Active { id, branch });
        branch = Branch {
            parent: Some(id.0),
            position: u64::from(step.branch),
            input,
            last_event_id: started,
            item,
            ..Branch::default()
        };
        id = inner;
    }
    let state = flow.states.get(&test.state);
    let state = state.ok_or_else(|| ViewError::missing("the state under test", test.state.as_bytes()))?;
    branch.state.clone_from(&state.name);
    branch.phase = Some(Phase::Ready(Ready { since_ms: desk.now.0 }));
    if let Some((error, times)) = &test.retried {
        branch.retries = retries(state, error, *times);
    }
    run.queue.push_back(id);
    run.put(Active { id, branch });
    run.drive()?;
    Ok(run.flush().finish(Origin("TestState"), id))
}

/// A fan-out of which only one branch still runs, and the item of a Map's iteration.
fn fan_out(around: &State, input: PayloadRef, inner: BranchId) -> (FanOut, Option<PayloadRef>) {
    let (length, item) = match &around.kind {
        StateKind::Map(_) => (1, Some(input)),
        kind => (kind.flows().len() as u64, None),
    };
    let fan_out = FanOut {
        input,
        length,
        started: length,
        ended: length.saturating_sub(1),
        concurrency: length,
        first_branch_id: inner.0,
        ..FanOut::default()
    };
    (fan_out, item)
}

/// As if the retrier that takes an error had been used so often.
fn retries(state: &State, error: &str, times: u64) -> Vec<u64> {
    let Some((place, _)) = retry::retrier(state, &Failure::new(error, "")) else { return Vec::new() };
    let mut retries = vec![0; place];
    retries.push(times);
    retries
}
