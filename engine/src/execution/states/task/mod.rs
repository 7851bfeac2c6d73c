//! The Task state: schedules the work, and takes what came of it.

mod activity;
mod lambda;
mod result;
mod schedule;
mod start_execution;
mod started_execution;
mod timeout;

use keepstep_asl::definition::{State, Task};
use keepstep_asl::resource::Resource;

use super::super::drive::Outcome;
use super::super::interrupt::Interrupt;
use super::super::run::{Active, Run};
use schedule::Schedule;

pub(in super::super) use activity::hand_out;
pub(in super::super) use result::{
    call_finished, checked, child_finished, ended, token_failed, token_succeeded,
};
pub use started_execution::{start_failure, start_result};
pub(in super::super) use timeout::{heartbeat, timed_out};

/// Schedules a new attempt.
pub(super) fn run(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    task: &Task,
) -> Result<Outcome, Interrupt> {
    active.branch.attempt += 1;
    let schedule = Schedule::evaluate(run, active, state, task)?;
    match &task.resource {
        Resource::Activity { region, account, name, .. } => {
            activity::schedule(run, active, state, task, schedule, [account, region, name])
        }
        Resource::LambdaFunction { arn, .. } => lambda::schedule_function(run, active, state, schedule, arn),
        Resource::LambdaInvoke { .. } => lambda::schedule_invoke(run, active, state, task, schedule),
        Resource::StartExecution { pattern } => {
            start_execution::schedule(run, active, state, task, schedule, *pattern)
        }
    }
}
