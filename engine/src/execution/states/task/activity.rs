//! Tasks of activities: queued until a worker takes them.

use keepstep_asl::definition::{State, Task};

use super::super::super::drive::{Outcome, failure_details};
use super::super::super::interrupt::{Failure, Interrupt};
use super::super::super::run::{Active, Run};
use super::schedule::{Schedule, nonce, start_clocks, token};
use crate::api_error::ApiError;
use crate::key;
use crate::record::outcome::HandedOut;
use crate::record::phase::{Phase, Stage};
use crate::record::{Activity, EventDetails, EventType};

/// Puts a task in the queue of an activity (account, region and name).
pub(super) fn schedule(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    task: &Task,
    schedule: Schedule,
    [account, region, name]: [&str; 3],
) -> Result<Outcome, Interrupt> {
    // An activity that is deleted meanwhile leaves a task that nobody takes: no guard.
    let activity: Option<Activity> = run.draft.peek(&key::activity(account, region, name))?;
    let Some(activity) = activity else {
        let error = ApiError::activity_does_not_exist(&task.resource_arn);
        let failure = Failure::new(error.code, error.message);
        run.event(active, EventType::ActivityScheduleFailed, failure_details(&failure))?;
        return Err(failure.into());
    };
    let input = run.store_parameters(&state.name, schedule.parameters.clone())?;
    let details = EventDetails { resource: Some(task.resource_arn.clone()), ..schedule.details(input) };
    run.event(active, EventType::ActivityScheduled, details)?;
    schedule.begin(run, active, input, Stage::Queued, None);
    if let Some(Phase::Working(work)) = &mut active.branch.phase {
        work.activity = activity.id;
    }
    Ok(Outcome::Waits)
}

/// A worker takes a task. `None` if this attempt doesn't wait (any more).
pub(in super::super::super) fn hand_out(
    run: &mut Run<'_>,
    active: &mut Active,
    attempt: u64,
    worker_name: Option<String>,
) -> Result<Option<HandedOut>, Interrupt> {
    let waits = matches!(&active.branch.phase, Some(Phase::Working(work)) if work.stage() == Stage::Queued);
    if !waits || active.branch.attempt != attempt {
        return Ok(None);
    }
    let nonce = nonce(run);
    let Some(token) = token(run, active, &nonce) else { return Ok(None) };
    let details = EventDetails { name: worker_name, ..EventDetails::default() };
    run.event(active, EventType::ActivityStarted, details)?;
    let now_ms = run.now_ms();
    let Some(Phase::Working(work)) = &mut active.branch.phase else { return Ok(None) };
    work.set_stage(Stage::Started);
    work.nonce = nonce;
    start_clocks(work, now_ms);
    let execution = run.id.as_bytes().to_vec().into();
    Ok(Some(HandedOut { task_token: token.encode(), execution, input: work.input }))
}
