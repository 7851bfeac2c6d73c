//! The index keys of a branch: its timers, its place in an activity's queue, its call. They follow from the branch's record alone.

use crate::draft::Draft;
use crate::effect::Effect;
use crate::id::{ActivityId, BranchId, ExecutionId, Timestamp};
use crate::key::{CallKey, Timer, Waiting};
use crate::record::phase::{Phase, Stage, Work};
use crate::record::{Branch, Call, CallKind, TimerKind, WaitingTask};

/// What a branch has in the indexes.
#[derive(Default, PartialEq)]
pub(crate) struct Index {
    /// At most three.
    pub timers: Vec<Timer>,
    /// A task that waits for a worker, and its attempt.
    pub waiting: Option<(Waiting, u64)>,
    /// A call without a recorded result.
    pub call: Option<(CallKey, Call)>,
}

impl Index {
    /// What follows from the record of a branch.
    pub(super) fn of(execution: ExecutionId, branch: BranchId, record: &Branch) -> Self {
        let timer = |kind, due_ms| Timer { due: Timestamp(due_ms), execution, branch, kind };
        let mut index = Self::default();
        match &record.phase {
            None | Some(Phase::Stopped(_)) => {}
            Some(Phase::Ready(ready)) => index.timers.push(timer(TimerKind::Resume, ready.since_ms)),
            Some(Phase::Waiting(waiting)) => index.timers.push(timer(TimerKind::Wait, waiting.due_ms)),
            Some(Phase::Retrying(retrying)) => index.timers.push(timer(TimerKind::Retry, retrying.due_ms)),
            Some(Phase::MapRun(map_run)) => {
                let key = CallKey { execution, branch, kind: CallKind::MapRun };
                let call = Call { attempt: record.attempt, target: map_run.arn.clone(), ..Call::default() };
                index.call = Some((key, call));
            }
            Some(Phase::FannedOut(fan_out)) => {
                index
                    .timers
                    .extend(fan_out.ready_since_ms.map(|since_ms| timer(TimerKind::Resume, since_ms)));
            }
            Some(Phase::Working(work)) => {
                index.timers.extend(work.timeout_due_ms.map(|due_ms| timer(TimerKind::TaskTimeout, due_ms)));
                index.timers.extend(work.heartbeat_due_ms.map(|due_ms| timer(TimerKind::Heartbeat, due_ms)));
                index.waiting = waiting(execution, branch, work).map(|waiting| (waiting, record.attempt));
                index.call = work.call.as_ref().map(|call| (call_key(execution, branch, work), call.clone()));
            }
        }
        index
    }

    /// Writes down by which keys `after` differs from `before`.
    pub(crate) fn change(before: &Self, after: &Self, draft: &mut Draft<'_>) {
        for timer in before.timers.iter().filter(|timer| !after.timers.contains(timer)) {
            draft.delete(timer.key());
            draft.effects.push(Effect::Disarm(*timer));
        }
        for timer in after.timers.iter().filter(|timer| !before.timers.contains(timer)) {
            draft.put_empty(timer.key());
            draft.effects.push(Effect::Arm(*timer));
        }
        if before.waiting != after.waiting {
            if let Some((waiting, _)) = before.waiting {
                draft.delete(waiting.key());
                draft.effects.push(Effect::Withdraw(waiting));
            }
            if let Some((waiting, attempt)) = after.waiting {
                draft.put(waiting.key(), &WaitingTask { attempt });
                draft.effects.push(Effect::Offer { waiting, attempt });
            }
        }
        if before.call != after.call {
            if let Some((key, _)) = &before.call {
                draft.delete(key.key());
                draft.effects.push(Effect::Abandon(*key));
            }
            if let Some((key, call)) = &after.call {
                draft.put(key.key(), call);
                draft.effects.push(Effect::Call { key: *key, call: Box::new(call.clone()) });
            }
        }
    }
}

fn waiting(execution: ExecutionId, branch: BranchId, work: &Work) -> Option<Waiting> {
    if work.stage() != Stage::Queued {
        return None;
    }
    let activity = ActivityId::from_slice(&work.activity)?;
    Some(Waiting { activity, scheduled: Timestamp(work.scheduled_ms), execution, branch })
}

/// The call of a task is StartExecution exactly if it has the name of a child.
fn call_key(execution: ExecutionId, branch: BranchId, work: &Work) -> CallKey {
    let is_start = work.call.as_ref().is_some_and(|call| !call.name.is_empty());
    CallKey { execution, branch, kind: if is_start { CallKind::StartExecution } else { CallKind::Lambda } }
}
