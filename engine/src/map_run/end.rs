//! How children end, and what follows for the map run; how it ends itself.

use bytes::{BufMut, Bytes, BytesMut};
use keepstep_asl::definition::{ChildResult as ResultOfChild, ResultTransformation};

use super::outcome::Outcome;
use super::redrive::is_redrivable;
use super::work::Work;
use super::{map_state, outcome};
use crate::draft::decode;
use crate::effect::Effect;
use crate::execution::{self, seconds_after};
use crate::id::{BranchId, ExecutionId, MachineId, Timestamp};
use crate::key::{self, CallKey};
use crate::record::{
    Call, CallKind, ChildResult, ExecutionStatus, Head, MapRunOutput, MapRunStage, MapRunStatus,
    RESULTS_PER_SLICE,
};
use crate::retention;
use crate::view::{Direction, ViewError};

/// How many payloads of the largest size the Map state's result may amount to before it is transformed: ours.
const RESULT_PAYLOADS_MAX: usize = 4;

impl Work<'_> {
    /// A child has reported its end.
    pub(super) fn child_ended(&mut self, report: &ChildResult) -> Result<(), ViewError> {
        let child = ExecutionId::from_slice(&report.child)
            .ok_or_else(|| ViewError::missing("a child's id", &key::map_run(self.id)))?;
        let head: Option<Head> = self.draft.peek(&key::head(child))?;
        match head {
            Some(head) => self.count_end(&head),
            // It was deleted since: nothing is known of it.
            None => {
                self.record.children.aborted += 1;
                Ok(())
            }
        }
    }

    /// Counts the end of a child, and keeps its result where the Map state's own needs it.
    pub(super) fn count_end(&mut self, head: &Head) -> Result<(), ViewError> {
        let Some(link) = &head.map_run else { return Ok(()) };
        let status = head.status();
        self.record.children.count(status, 1);
        self.record.items.count(status, link.items);
        if execution::has_ended_for_good(head, self.desk.limits) {
            self.record.not_redrivable += 1;
            self.record.items_not_redrivable += link.items;
        }
        let is_written = !self.setup()?.destination.is_empty();
        if is_written || self.record.results_too_large {
            return Ok(());
        }
        let result = self.result_of(head)?;
        let (number, bytes) = (link.number, result.len() as u64 + 1);
        let slice = self.results(number / RESULTS_PER_SLICE)?;
        let place = usize::try_from(number % RESULTS_PER_SLICE).unwrap_or(usize::MAX);
        if slice.results.len() <= place {
            slice.results.resize(place + 1, Bytes::new());
        }
        let kept = slice.results.get_mut(place).map(|kept| std::mem::replace(kept, result));
        // One that was redriven may have come to something before.
        let replaced = kept.filter(|kept| !kept.is_empty()).map_or(0, |kept| kept.len() as u64 + 1);
        self.record.results_bytes = self.record.results_bytes.saturating_sub(replaced).saturating_add(bytes);
        let bytes_max = self.desk.limits.payload_bytes_max.saturating_mul(RESULT_PAYLOADS_MAX);
        self.record.results_too_large = self.record.results_bytes > bytes_max as u64;
        Ok(())
    }

    /// What the Map state's result has of a child: any number of JSON texts, with commas between them.
    fn result_of(&mut self, head: &Head) -> Result<Bytes, ViewError> {
        let child = ExecutionId::of_arn(&head.arn);
        let transformation = self.transformation()?;
        let draft = &self.draft;
        if let (Some(output), ResultTransformation::Compact) = (head.output, transformation) {
            // What most Map states want is the output as it is.
            return outcome::payload(draft, child, output);
        }
        let outcome = Outcome::read(head, |payload| outcome::payload(draft, child, payload))?;
        let output = outcome.output.as_ref().map(|output| String::from_utf8_lossy(output).into_owned());
        let metadata = outcome.metadata().to_string();
        let result = match &output {
            Some(output) => ResultOfChild::Succeeded { output, metadata: &metadata },
            None => ResultOfChild::Other { metadata: &metadata },
        };
        Ok(transformation.apply(result).join(",").into())
    }

    /// The form of the Map state's result: without a `ResultWriter`, the children's outputs.
    fn transformation(&mut self) -> Result<ResultTransformation, ViewError> {
        let definition = self.definition()?;
        let distributed =
            map_state(&definition, &self.record.way).and_then(|(_, map)| map.distributed.as_ref());
        let writer = distributed.and_then(|distributed| distributed.result_writer.as_ref());
        Ok(writer.map_or(ResultTransformation::Compact, |writer| writer.transformation))
    }

    /// All children have ended, and no more failed than may.
    pub(super) fn processed(&mut self) -> Result<(), ViewError> {
        if self.setup()?.destination.is_empty() {
            let result = self.gather()?;
            return self.succeed(result);
        }
        self.record.set_stage(MapRunStage::Writing);
        self.call(Call::default());
        Ok(())
    }

    /// The children's results as one JSON array, in order.
    fn gather(&mut self) -> Result<Bytes, ViewError> {
        if self.record.results_too_large {
            return Ok(Bytes::new());
        }
        let mut text = BytesMut::from(&b"["[..]);
        for slice in 0..self.record.children_started.div_ceil(RESULTS_PER_SLICE) {
            let results = self.results(slice)?.results.clone();
            for result in results.iter().filter(|result| !result.is_empty()) {
                if text.len() > 1 {
                    text.put_u8(b',');
                }
                text.extend_from_slice(result);
            }
        }
        text.put_u8(b']');
        Ok(text.freeze())
    }

    /// It is over, with this result.
    pub(super) fn succeed(&mut self, result: Bytes) -> Result<(), ViewError> {
        self.record.set_status(MapRunStatus::Succeeded);
        self.draft.put(key::map_run_output(self.id), &MapRunOutput { result });
        self.over()
    }

    /// It has failed: the children that still run are stopped.
    pub(super) fn fail(&mut self, error: String, cause: String) {
        self.record.set_status(MapRunStatus::Failed);
        self.record.error = Some(error);
        self.record.cause = Some(cause);
        self.stop();
    }

    /// Nothing more is begun.
    pub(super) fn stop(&mut self) {
        self.give_up_redrive();
        self.record.set_stage(MapRunStage::Stopping);
        self.record.call = None;
    }

    /// Nothing of it runs any more: whoever waits for it is told.
    pub(super) fn over(&mut self) -> Result<(), ViewError> {
        if self.redrive_if_asked() {
            return Ok(());
        }
        self.record.set_stage(MapRunStage::Over);
        self.record.stopped_ms = Some(self.desk.now.0);
        self.record.call = None;
        self.record.ready_since_ms = None;
        if !is_redrivable(&self.record) {
            self.clear()?;
        }
        let waking = CallKey { execution: self.id, branch: BranchId::ROOT, kind: CallKind::MapRun };
        self.draft.delete(waking.key());
        self.draft.effects.push(Effect::Abandon(waking));
        let machine = MachineId::from_slice(&self.record.machine);
        let kept = retention::seconds(&self.draft, machine, self.desk.limits)?;
        let expiry = seconds_after(self.desk.now.0, kept);
        self.draft.put_empty(key::expiry(Timestamp(expiry), self.id));
        let parent = ExecutionId::of_arn(&self.record.execution_arn);
        let head: Option<Head> = self.draft.peek(&key::head(parent))?;
        // A parent that has ended would never empty its inbox. If it ends just now, its deletion does.
        if head.is_some_and(|head| head.status() == ExecutionStatus::Running) {
            let (branch, attempt) = (BranchId(self.record.branch), self.record.attempt);
            let report = ChildResult { child: Bytes::copy_from_slice(self.id.as_bytes()) };
            self.draft.put(key::inbox(parent, branch, attempt), &report);
            self.draft.effects.push(self.wake_parent());
        }
        Ok(())
    }

    /// Tells the execution that waits that the map run is over.
    pub(super) fn wake_parent(&self) -> Effect {
        Effect::WakeParent {
            execution: ExecutionId::of_arn(&self.record.execution_arn),
            branch: BranchId(self.record.branch),
            attempt: self.record.attempt,
        }
    }

    /// The ARNs of some children that run.
    pub(super) fn running_children(&mut self, limit: usize) -> Result<Vec<String>, ViewError> {
        let list = MachineId::from_bytes(*self.id.as_bytes());
        let prefix = key::listings(list, ExecutionStatus::Running);
        let found = self.draft.scan(&prefix, &key::prefix_end(&prefix), limit, Direction::Forward)?;
        let mut arns = Vec::with_capacity(found.len());
        for (key, _) in found {
            let Some((_, child)) = key::parse_listing(&key) else { continue };
            let head = key::head(child);
            if let Some(stored) = self.desk.view.get(&head)? {
                arns.push(decode::<Head>(&head, &stored.value)?.arn);
            }
        }
        Ok(arns)
    }
}
