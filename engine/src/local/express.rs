//! Express executions: one in a map of its own, made from the record of its start.

use std::sync::Arc;

use bytes::Bytes;
use keepstep_asl::definition::Definition;

use super::{Local, Machine};
use crate::arn::StateMachineArn;
use crate::desk::Caller;
use crate::draft::{Draft, Origin};
use crate::execution;
use crate::express;
use crate::id::{BranchId, ExecutionId};
use crate::limits::Limits;
use crate::record::{ExecutionStatus, ExpressStart, Head, PayloadRef, Revision};
use crate::view::ViewError;

/// The most events of one Express execution. On AWS there is no such quota; here an execution must fit in memory, which
/// [`Bounds::bytes_max`](super::Bounds) sees to.
const HISTORY_EVENTS_MAX: u64 = u64::MAX;

/// The most state transitions in one step. A step costs little in memory, and whoever runs it can do something else, and see what time it is,
/// only between two.
const STEP_TRANSITIONS_MAX: usize = 10;

/// The bounds of an Express execution, where `limits` are those of the others.
pub fn express_limits(limits: &Limits) -> Limits {
    Limits {
        execution_seconds_max: express::SECONDS_MAX.min(limits.execution_seconds_max),
        history_events_max: HISTORY_EVENTS_MAX,
        step_transitions_max: STEP_TRANSITIONS_MAX.min(limits.step_transitions_max),
        ..limits.clone()
    }
}

impl Local {
    /// Starts an Express execution now, whenever it was asked for: it runs as far as it goes without waiting. The map should have been
    /// made with [`express_limits`].
    ///
    /// # Errors
    ///
    /// Where the record is damaged.
    pub fn begin_express(
        &mut self,
        start: &ExpressStart,
        definition: Arc<Definition>,
        revision: &Revision,
    ) -> Result<ExecutionId, ViewError> {
        let arn = StateMachineArn::parse(&start.state_machine_arn)
            .map_err(|error| ViewError::Store(format!("{}: {error}", start.arn)))?;
        let place = arn.place;
        let owner = Caller {
            account: place.account.to_owned(),
            region: place.region.to_owned(),
            partition: place.partition.to_owned(),
        };
        let longest = self.limits.execution_seconds_max;
        let seconds = definition.timeout_seconds.map_or(longest, |seconds| seconds.min(longest));
        let machine = Machine {
            owner,
            name: arn.name.to_owned(),
            definition,
            role_arn: revision.role_arn.clone(),
            configuration: revision.configuration.clone(),
        };
        let head = Head {
            arn: start.arn.clone(),
            state_machine_arn: start.state_machine_arn.clone(),
            machine: Bytes::copy_from_slice(Machine::id(&start.state_machine_arn).as_bytes()),
            revision: super::machine::REVISION,
            status: ExecutionStatus::Running as i32,
            started_ms: self.now.0,
            input: PayloadRef { chunk: 1, index: 0 },
            next_event_id: 1,
            next_branch_id: BranchId::ROOT.0 + 1,
            timeout_due_ms: Some(execution::seconds_after(self.now.0, seconds)),
            trace_header: start.trace_header.clone(),
            role_arn: revision.role_arn.clone(),
            observed: revision.configuration.if_observed(),
            version: start.version,
            alias: start.alias.clone(),
            ..Head::default()
        };
        self.create(machine);
        let desk = self.desk();
        let (draft, ..) = execution::launch(&desk, Draft::new(&self.memory), head, start.input.clone())?;
        let decision = draft.finish(Origin("StartExpressExecution"), ());
        self.commit(decision);
        Ok(ExecutionId::of_arn(&start.arn))
    }
}
