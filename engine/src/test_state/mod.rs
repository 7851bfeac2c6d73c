//! TestState: one state runs, in memory and by the code that runs it in executions, and what it comes to is told. Other states are not
//! entered.
//!
//! As [`Local`], which it is built on, [`TestState`] does no I/O: its caller makes the call that a Task without a
//! mock asks for, and moves time.

mod check;
mod outcome;
mod request;
mod schema;

use std::sync::Arc;

use bytes::Bytes;
use keepstep_asl::Entropy;
use serde_json::{Map, Value};

pub use outcome::{Inspected, Outcome, Status};
pub use request::{Configuration, FieldValidation, Level, Mock, MockError, Request};

use crate::api_error::{ApiError, Refusal};
use crate::arn::{ExecutionArn, StateMachineArn};
use crate::execution::{Inspection, UnderTest, start_under_test};
use crate::id::{BranchId, ExecutionId, Timestamp};
use crate::limits::Limits;
use crate::local::{Bounds, Local, Machine, Next as LocalNext, Stopped, Work, WorkKey};
use crate::record::phase::Phase;
use crate::record::{self, ExecutionStatus};
use crate::stimulus::{CallResult, Stimulus};
use crate::view::ViewError;
use check::Checked;

/// The longest that a test may take, in seconds (API reference, "TestState").
const SECONDS_MAX: u64 = 300;
/// A test is a few steps.
const BOUNDS: Bounds = Bounds { steps_max: 100, transitions_max: 100, bytes_max: 1 << 30 };
/// State machine and execution have names, which the context object shows.
const NAME: &str = "TestState";

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// A call for the caller to make: its result goes to [`TestState::answer`]. There is one at most.
    Do(Work),
    /// Nothing happens by itself before this time.
    Wait(Timestamp),
    /// The test has ended.
    Done(Box<Outcome>),
}

/// A test under way.
pub struct TestState {
    local: Local,
    execution: ExecutionId,
    branch: BranchId,
    level: Level,
    input: Bytes,
    variables: Map<String, Value>,
    mock: Option<CallResult>,
}

impl TestState {
    /// Begins a test.
    ///
    /// # Errors
    ///
    /// `InvalidArn`, `InvalidDefinition`, `InvalidExecutionInput`, `ValidationException`.
    pub fn begin(
        request: &Request,
        limits: &Limits,
        entropy: Arc<dyn Entropy + Send + Sync>,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let checked = check::check(request, limits)?;
        let Checked { definition, path, state, input, variables, context, mut mock } = checked;
        // Each step ends when the state is left.
        let limits = Limits { step_transitions_max: 1, ..limits.clone() };
        let mut local = Local::new(limits, BOUNDS, entropy, now);
        let machine = Machine {
            owner: request.caller.clone(),
            name: NAME.to_owned(),
            definition: Arc::new(definition),
            role_arn: request.role_arn.clone().unwrap_or_default(),
            configuration: record::Configuration::default(),
        };
        let arn = machine.arn();
        let input = Bytes::from(input);
        let under_test = UnderTest {
            machine: Machine::id(&arn),
            arn: ExecutionArn::format(&StateMachineArn::parse(&arn)?, NAME),
            state_machine_arn: arn,
            role_arn: machine.role_arn.clone(),
            path,
            state,
            input: input.clone(),
            variables: variables.clone(),
            retried: match (&mock, request.configuration.retrier_retry_count) {
                (Some(CallResult::Failed { error, .. }), Some(times)) => Some((error.clone(), times)),
                _ => None,
            },
            timeout_seconds: SECONDS_MAX,
        };
        local.create(machine);
        let reader_data = request.configuration.map_item_reader_data.clone();
        let mut inspection = Inspection { context, reader_data, ..Inspection::default() };
        let branch = local.decide(|desk| Ok(start_under_test(desk, &under_test, &mut inspection)?))?;
        if let Some(failed) = request.configuration.map_iteration_failure_count {
            check_failures(failed, &inspection, &mut mock)?;
        }
        local.inspect(inspection);
        let execution = ExecutionId::of_arn(&under_test.arn);
        Ok(Self { local, execution, branch, level: request.level, input, variables, mock })
    }

    /// Runs the state until there is something for the caller to do.
    ///
    /// # Errors
    ///
    /// See [`Stopped`].
    pub fn proceed(&mut self) -> Result<Next, Stopped> {
        loop {
            if let Some(outcome) = self.outcome()? {
                return Ok(Next::Done(Box::new(outcome)));
            }
            if self.mock.is_some()
                && let Some(attempt) = self.waiting_attempt()?
                && let Some(result) = self.mock.take()
            {
                let stimulus = Stimulus::StateEnded { branch: self.branch, attempt, result };
                let _ = self.local.deliver(self.execution, stimulus)?;
                continue;
            }
            match self.local.turn()? {
                Some(LocalNext::Do(work)) => return Ok(Next::Do(work)),
                Some(LocalNext::Wait(due)) => return Ok(Next::Wait(due)),
                Some(LocalNext::GiveUp { .. }) | None => {}
                Some(LocalNext::Idle) => {
                    return Err(ViewError::missing("what a test waits for", self.execution.as_bytes()).into());
                }
            }
        }
    }

    /// Brings what came of a call.
    ///
    /// # Errors
    ///
    /// See [`Stopped`].
    pub fn answer(&mut self, work: &Work, result: CallResult) -> Result<(), Stopped> {
        self.local.answer(work, result)
    }

    /// Moves time on.
    pub fn advance(&mut self, now: Timestamp) {
        self.local.advance(now);
    }

    fn branch_key(&self) -> WorkKey {
        WorkKey { execution: self.execution, branch: self.branch, attempt: 0 }
    }

    /// The attempt that the state is in, if it waits for what a mock says.
    fn waiting_attempt(&self) -> Result<Option<u64>, Stopped> {
        let branch = self.local.branch(self.branch_key())?;
        let waits = |phase: &Option<Phase>| matches!(phase, Some(Phase::Working(_) | Phase::FannedOut(_)));
        Ok(branch.filter(|branch| waits(&branch.phase)).map(|branch| branch.attempt))
    }

    fn outcome(&self) -> Result<Option<Outcome>, Stopped> {
        let head = self.local.head(self.execution)?;
        let seen = self.local.inspection().cloned().unwrap_or_default();
        let (error, cause) = seen.failure.clone().unwrap_or_default();
        let outcome = Outcome {
            status: Status::Failed,
            output: None,
            error,
            cause,
            next_state: None,
            inspection: None,
        };
        let outcome = match (&seen.left, seen.retry, head.status()) {
            (Some(left), _, _) => Outcome {
                status: if seen.catch.is_some() { Status::CaughtError } else { Status::Succeeded },
                output: Some(left.output.clone()),
                next_state: left.next.clone(),
                ..outcome
            },
            (None, Some(_), _) => Outcome { status: Status::Retriable, ..outcome },
            (None, None, ExecutionStatus::Running) => return Ok(None),
            (None, None, ExecutionStatus::TimedOut) => {
                Outcome { error: Some("States.Timeout".to_owned()), cause: None, ..outcome }
            }
            (None, None, _) => Outcome { error: head.error, cause: head.cause, ..outcome },
        };
        let inspection = (self.level != Level::Info).then(|| self.inspected(seen));
        Ok(Some(Outcome { inspection, ..outcome }))
    }

    fn inspected(&self, seen: Inspection) -> Inspected {
        let mut variables = self.variables.clone();
        for (name, value) in seen.left.iter().flat_map(|left| &left.variables) {
            variables.insert(name.clone(), serde_json::from_slice(value).unwrap_or_default());
        }
        let variables = (!variables.is_empty()).then(|| Value::Object(variables).to_string().into());
        Inspected { input: self.input.clone(), seen, variables }
    }
}

/// Lets a Map fail of which so many iterations have failed, if it tolerates fewer. The bound by the number of items is the developer
/// guide's; the words are ours.
fn check_failures(
    failed: u64,
    inspection: &Inspection,
    mock: &mut Option<CallResult>,
) -> Result<(), ApiError> {
    let Some(items) = inspection.items else { return Ok(()) };
    if failed > items {
        return Err(ApiError::validation(format!(
            "'stateConfiguration.mapIterationFailureCount' can not exceed the number of items, which is {items}"
        )));
    }
    let percentage = 100.0 * failed as f64 / items.max(1) as f64;
    let is_exceeded = match (inspection.tolerated_failure_count, inspection.tolerated_failure_percentage) {
        (None, None) => failed > 0,
        (count, most) => {
            count.is_some_and(|count| failed > count) || most.is_some_and(|most| percentage > most)
        }
    };
    if is_exceeded && matches!(mock, Some(CallResult::Succeeded(_))) {
        *mock = Some(CallResult::Failed {
            error: "States.ExceedToleratedFailureThreshold".to_owned(),
            cause: "The specified tolerated failure threshold was exceeded".to_owned(),
        });
    }
    Ok(())
}
