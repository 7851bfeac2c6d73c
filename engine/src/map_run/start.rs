//! Starting children: executions that run the Map state's flow. A child runs as far as it goes without waiting in the transaction that
//! starts it, and many do so in one transaction.

use bytes::Bytes;

use super::input::{Input, NoInput};
use super::work::Work;
use crate::arn::MapRunArn;
use crate::draft::Draft;
use crate::execution;
use crate::express;
use crate::id::{BranchId, ExecutionId, derived_uuid};
use crate::key;
use crate::record::{ExecutionStatus, Head, MapRun, MapRunLink, MapRunStage, PayloadRef, StateMachineType};
use crate::view::ViewError;

impl Work<'_> {
    /// Starts children while there are items for them and not too many run.
    pub(super) fn start_children(&mut self) -> Result<(), ViewError> {
        let concurrency_max = self.desk.limits.map_run_concurrency_max;
        let concurrency = match self.record.max_concurrency {
            0 => concurrency_max,
            most => most.min(concurrency_max),
        };
        self.redrive_children(concurrency)?;
        if self.record.redrive.is_some() {
            return Ok(());
        }
        while self.record.stage() == MapRunStage::Processing && self.running() < concurrency {
            if self.is_at_bound() {
                self.put_off();
                return Ok(());
            }
            match self.next_input() {
                Ok(Some(input)) => self.start_child(input)?,
                Ok(None) => return Ok(()),
                Err(NoInput::View(error)) => return Err(error),
                Err(NoInput::Failed(error)) => self.fail(error.error, error.cause),
            }
        }
        Ok(())
    }

    fn start_child(&mut self, input: Input) -> Result<(), ViewError> {
        let head = self.head(self.record.children_started, input.items)?;
        self.record.children_started += 1;
        self.launch(head, input.text)
    }

    /// Lets a child run as far as it goes without waiting.
    pub(super) fn launch(&mut self, head: Head, input: Bytes) -> Result<(), ViewError> {
        // Taken out for a moment, and put back with what the child has written.
        let draft = std::mem::replace(&mut self.draft, Draft::new(self.desk.view));
        let (draft, head, transitions) = execution::launch(&self.desk, draft, head, input)?;
        self.draft = draft;
        self.transitions += transitions;
        if head.status() != ExecutionStatus::Running {
            self.count_end(&head)?;
            self.check_tolerance();
        }
        Ok(())
    }

    /// The head of a child that is about to start.
    pub(super) fn head(&self, number: u64, items: u64) -> Result<Head, ViewError> {
        let record = &self.record;
        let seconds_max = match record.child_kind() {
            StateMachineType::Standard => self.desk.limits.execution_seconds_max,
            StateMachineType::Express => express::SECONDS_MAX,
        };
        Ok(Head {
            arn: child_arn(self.id, record, number)?,
            state_machine_arn: record.state_machine_arn.clone(),
            machine: record.machine.clone(),
            revision: record.revision,
            status: ExecutionStatus::Running as i32,
            started_ms: self.desk.now.0,
            request: Bytes::new(),
            input: PayloadRef { chunk: 1, index: 0 },
            next_event_id: 1,
            next_branch_id: BranchId::ROOT.0 + 1,
            timeout_due_ms: Some(execution::seconds_after(self.desk.now.0, seconds_max)),
            role_arn: record.role_arn.clone(),
            observed: record.observed.clone(),
            map_run: Some(MapRunLink {
                map_run: Bytes::copy_from_slice(self.id.as_bytes()),
                arn: record.arn.clone(),
                number,
                items,
                way: record.way.clone(),
                restarts: 0,
            }),
            ..Head::default()
        })
    }
}

/// The ARN of a map run's child.
pub(super) fn child_arn(map_run: ExecutionId, record: &MapRun, number: u64) -> Result<String, ViewError> {
    let arn = MapRunArn::parse(&record.arn)
        .map_err(|_| ViewError::missing("a map run's ARN", &key::map_run(map_run)))?;
    Ok(arn.child(record.child_kind(), &child_name(map_run, number)))
}

/// The name of a child: derived from its number, so that numbers lead to children without an index.
fn child_name(map_run: ExecutionId, number: u64) -> String {
    derived_uuid(&[map_run.as_bytes(), &number.to_be_bytes()])
}
