//! The clocks of tasks: TimeoutSeconds, HeartbeatSeconds and heartbeats.

use keepstep_asl::definition::Task;
use keepstep_asl::resource::Resource;

use super::super::super::drive::Outcome;
use super::super::super::fan_out;
use super::super::super::interrupt::{Failure, Interrupt};
use super::super::super::run::{Active, Run};
use super::super::super::seconds;
use super::result::integration_details;
use crate::record::phase::Phase;
use crate::record::{EventDetails, EventType};

/// A task has taken too long, or its worker has been silent for too long (`is_heartbeat`): both are `States.Timeout`.
pub(in super::super::super) fn timed_out(
    run: &mut Run<'_>,
    active: &mut Active,
    task: &Task,
    is_heartbeat: bool,
) -> Result<Outcome, Interrupt> {
    let error = Some("States.Timeout".to_owned());
    let details = EventDetails { error: error.clone(), ..EventDetails::default() };
    let kind = match &task.resource {
        Resource::Activity { .. } => EventType::ActivityTimedOut,
        Resource::LambdaFunction { .. } => EventType::LambdaFunctionTimedOut,
        Resource::LambdaInvoke { .. } | Resource::StartExecution { .. } => EventType::TaskTimedOut,
    };
    run.event(active, kind, integration_details(&task.resource, details))?;
    fan_out::release(run, active);
    active.branch.phase = None;
    Err(Failure { error, cause: None, heartbeat: is_heartbeat }.into())
}

/// A worker is still alive.
pub(in super::super::super) fn heartbeat(run: &Run<'_>, active: &mut Active) {
    if let Some(Phase::Working(work)) = &mut active.branch.phase
        && let (Some(heartbeat), Some(_)) = (work.heartbeat_seconds, work.heartbeat_due_ms)
    {
        work.heartbeat_due_ms = Some(seconds::after(run.now_ms(), heartbeat));
    }
}
