//! Redriving a map run with the execution that waits for it (developer guide, "Redriving Map Runs in Step Functions executions"): its
//! unsuccessful children begin again in the order of their numbers, then it goes on with the items that had no child yet.
//!
//! Children of the type `STANDARD` go on where they had stopped, if they can be redriven; those of the type `EXPRESS` start anew. As many
//! run at the same time as otherwise; the rest is pending.

use super::start::child_arn;
use super::work::Work;
use crate::desk::Desk;
use crate::draft::Draft;
use crate::effect::Effect;
use crate::execution::{self, Redrivability, read_payload, redrivability, seconds_after};
use crate::id::{BranchId, ExecutionId, MachineId, Timestamp};
use crate::key::{self, CallKey};
use crate::listing;
use crate::record::{
    Call, CallKind, EndCounts, ExecutionStatus, Head, MapRun, MapRunLink, MapRunRedrive, MapRunStage,
    MapRunStatus, StateMachineType,
};
use crate::retention;
use crate::view::ViewError;

/// How often one map run can be redriven.
const REDRIVES_MAX: u32 = 1_000;
/// How many children one step looks at: most of them may have succeeded.
const LOOKED_AT_MAX: usize = 500;

/// What becomes of a map run when the Map state that started it is redriven.
pub(crate) enum Redrive {
    /// It is redriven.
    Same(Box<MapRun>),
    /// It has succeeded, and nobody has taken what it came to yet.
    Succeeded(Box<MapRun>),
    /// A new one takes its place.
    New,
    /// It was redriven too often.
    TooOften,
}

/// Errors that a map run can't recover from: what goes into its children, or what came of them, is at fault.
const FATAL: [&str; 4] =
    ["States.DataLimitExceeded", "States.IntrinsicFailure", "States.QueryEvaluationError", "States.Runtime"];

/// Whether a map run that is over, or is being stopped, can be redriven. In the place of one that had no child, a new one is started.
pub(super) fn is_redrivable(record: &MapRun) -> bool {
    let is_fatal = record.error.as_deref().is_some_and(|error| FATAL.contains(&error));
    let is_fatal = is_fatal || record.results_too_large;
    record.status() != MapRunStatus::Succeeded && record.children_started > 0 && !is_fatal
}

impl Redrive {
    /// Judges the map run of an id, which the transaction guards from here on.
    pub(crate) fn of(desk: &Desk<'_>, draft: &mut Draft<'_>, id: ExecutionId) -> Result<Self, ViewError> {
        let Some(record) = draft.get::<MapRun>(&key::map_run(id))? else { return Ok(Self::New) };
        // It is deleted in pieces, its record last: some of what it needs may be gone.
        if expiry(desk, draft, &record)?.is_some_and(|expiry| expiry <= desk.now) {
            return Ok(Self::New);
        }
        let is_over = record.stage() == MapRunStage::Over;
        Ok(if is_over && record.status() == MapRunStatus::Succeeded && !record.results_too_large {
            Self::Succeeded(Box::new(record))
        } else if record.status() != MapRunStatus::Running && !is_redrivable(&record) {
            // If it is still being stopped, it comes to its end by itself.
            Self::New
        } else if record.redrive_count >= REDRIVES_MAX {
            Self::TooOften
        } else {
            Self::Same(Box::new(record))
        })
    }
}

/// Until when a map run that is over is kept.
fn expiry(desk: &Desk<'_>, draft: &Draft<'_>, record: &MapRun) -> Result<Option<Timestamp>, ViewError> {
    let Some(stopped_ms) = record.stopped_ms else { return Ok(None) };
    let kept = retention::seconds(draft, MachineId::from_slice(&record.machine), desk.limits)?;
    Ok(Some(Timestamp(seconds_after(stopped_ms, kept))))
}

/// What a map run has come to is for the attempt of a branch that waits for it from now on.
pub(crate) fn hand_over(draft: &mut Draft<'_>, id: ExecutionId, record: MapRun, attempt: u64) {
    // Woken by the branch's call, it tells the branch that it is over.
    draft.put(key::map_run(id), &MapRun { attempt, ..record });
}

/// Redrives a map run for the attempt of a branch that waits for it from now on.
///
/// One that goes on still, since nobody has told it to stop yet, does so. One that is being stopped is redriven when it is over.
pub(crate) fn begin(
    desk: &Desk<'_>,
    draft: &mut Draft<'_>,
    id: ExecutionId,
    mut record: MapRun,
    attempt: u64,
) -> Result<(), ViewError> {
    record.attempt = attempt;
    record.redrive_count += 1;
    record.redriven_ms = Some(desk.now.0);
    match record.stage() {
        MapRunStage::Over => {
            if let Some(expiry) = expiry(desk, draft, &record)? {
                // Where the retention was another one when it ended, the entry stays behind: the retention sweep drops it.
                draft.delete(key::expiry(expiry, id));
            }
            reopen(&mut record);
            wake(draft, id, &record);
        }
        MapRunStage::Processing => {}
        MapRunStage::Stopping | MapRunStage::Writing => {
            record.redrive_when_over = record.status() != MapRunStatus::Running;
        }
    }
    draft.put(key::map_run(id), &record);
    Ok(())
}

/// As long as a map run isn't over, a new leader finds it by this, whether anybody still waits for it or not.
pub(crate) fn wake(draft: &mut Draft<'_>, id: ExecutionId, record: &MapRun) {
    let key = CallKey { execution: id, branch: BranchId::ROOT, kind: CallKind::MapRun };
    let call = Call { target: record.arn.clone(), ..Call::default() };
    draft.put(key.key(), &call);
    draft.effects.push(Effect::Call { key, call: Box::new(call) });
}

/// It processes items again, the unsuccessful children first.
fn reopen(record: &mut MapRun) {
    let unsuccessful = |counts: &mut EndCounts| {
        let succeeded = EndCounts { succeeded: counts.succeeded, ..EndCounts::default() };
        EndCounts { succeeded: 0, ..std::mem::replace(counts, succeeded) }
    };
    record.redrive = Some(MapRunRedrive {
        next: 0,
        end: record.children_started,
        children: unsuccessful(&mut record.children),
        items: unsuccessful(&mut record.items),
    });
    record.not_redrivable = 0;
    record.items_not_redrivable = 0;
    record.set_status(MapRunStatus::Running);
    record.set_stage(MapRunStage::Processing);
    record.stopped_ms = None;
    record.error = None;
    record.cause = None;
    record.results_written = 0;
}

impl MapRun {
    /// Whether a child that has ended without success is still to be redriven.
    pub fn is_pending(&self, head: &Head) -> bool {
        let (Some(redrive), Some(link)) = (self.redrive, &head.map_run) else { return false };
        let is_ahead = (redrive.next..redrive.end).contains(&link.number);
        is_ahead && !matches!(head.status(), ExecutionStatus::Running | ExecutionStatus::Succeeded)
    }
}

impl Work<'_> {
    /// Is redriven where that was to wait for its end. Returns whether it was.
    pub(super) fn redrive_if_asked(&mut self) -> bool {
        if !std::mem::take(&mut self.record.redrive_when_over) {
            return false;
        }
        // The results of the children that have ended since may be too large.
        if !is_redrivable(&self.record) {
            return false;
        }
        reopen(&mut self.record);
        self.put_off();
        true
    }

    /// Redrives children while there are any to redrive and not too many run.
    pub(super) fn redrive_children(&mut self, concurrency: u64) -> Result<(), ViewError> {
        let mut looked_at = 0;
        while let Some(redrive) = self.record.redrive {
            if redrive.next >= redrive.end {
                self.give_up_redrive();
                // Those that are gone count as failures again.
                self.check_tolerance();
                return Ok(());
            }
            if self.record.stage() != MapRunStage::Processing || self.running() >= concurrency {
                return Ok(());
            }
            if self.is_at_bound() || looked_at >= LOOKED_AT_MAX {
                self.put_off();
                return Ok(());
            }
            looked_at += 1;
            self.record.redrive = Some(MapRunRedrive { next: redrive.next + 1, ..redrive });
            self.redrive_child(redrive.next)?;
        }
        Ok(())
    }

    /// What is still to be redriven is not: its children have ended as they had.
    pub(super) fn give_up_redrive(&mut self) {
        if let Some(MapRunRedrive { next, end, children, items }) = self.record.redrive.take() {
            self.record.children.add(children);
            self.record.items.add(items);
            if next >= end {
                // They were deleted meanwhile.
                self.record.not_redrivable += children.ended();
                self.record.items_not_redrivable += items.ended();
            }
        }
    }

    fn redrive_child(&mut self, number: u64) -> Result<(), ViewError> {
        let child = ExecutionId::of_arn(&child_arn(self.id, &self.record, number)?);
        let key = key::head(child);
        let is_unsuccessful =
            |head: &Head| !matches!(head.status(), ExecutionStatus::Running | ExecutionStatus::Succeeded);
        // Most have succeeded and don't change any more: only those that do are guarded.
        if !self.draft.peek(&key)?.is_some_and(|head| is_unsuccessful(&head)) {
            return Ok(());
        }
        let Some(head) = self.draft.get(&key)?.filter(is_unsuccessful) else { return Ok(()) };
        let (status, items) = (head.status(), head.map_run.as_ref().map_or(0, |link| link.items));
        if let Some(redrive) = &mut self.record.redrive {
            redrive.children.take(status, 1);
            redrive.items.take(status, items);
        }
        if let StateMachineType::Express = self.record.child_kind() {
            return self.restart_child(child, head);
        }
        match redrivability(self.desk.view, child, &head, self.desk.now, self.desk.limits)? {
            Redrivability::Not(_) => {
                self.record.children.count(status, 1);
                self.record.items.count(status, items);
                self.record.not_redrivable += 1;
                self.record.items_not_redrivable += items;
                self.check_tolerance();
            }
            Redrivability::Redrivable | Redrivability::ByMapRun => {
                let draft = std::mem::replace(&mut self.draft, Draft::new(self.desk.view));
                let (draft, transitions) = execution::redrive_child(&self.desk, draft, child, head)?;
                self.draft = draft;
                self.transitions += transitions;
            }
        }
        Ok(())
    }

    /// A child of the type `EXPRESS` starts anew, under its own ARN and with its own input. Its branches and attempts are others: what its
    /// tasks ask for is not taken for what was asked for before.
    fn restart_child(&mut self, child: ExecutionId, before: Head) -> Result<(), ViewError> {
        let input = read_payload(self.desk.view, child, before.input)?;
        let MapRunLink { number, items, restarts, .. } = before.map_run.clone().unwrap_or_default();
        self.draft.delete_all(&key::head(child))?;
        listing::of(&before, child).into_iter().for_each(|key| self.draft.delete(key));
        if let Some(stopped_ms) = before.stopped_ms {
            let machine = MachineId::from_slice(&before.machine);
            let kept = retention::seconds(&self.draft, machine, self.desk.limits)?;
            self.draft.delete(key::expiry(Timestamp(seconds_after(stopped_ms, kept)), child));
        }
        let mut head = self.head(number, items)?;
        head.next_branch_id = before.next_branch_id;
        head.map_run = head.map_run.map(|link| MapRunLink { restarts: restarts + 1, ..link });
        self.launch(head, input)
    }
}
