//! Executions: how they start, and what happens to them when something happened to them.
//!
//! Read in this order: `start` and `step` (the two ways in), `run` (the working set of a step), `drive` (how branches run), `states`
//! (what each type of state does), `fan_out`, `failure` and `retry`, `finish`, `redrive`. Nothing here calls itself: nesting is data.

mod compute;
mod context;
mod drive;
mod exit;
mod failure;
mod fan_out;
mod finish;
mod history;
mod index;
mod inspection;
mod interrupt;
mod io;
mod log;
mod payload;
mod redrive;
mod release;
mod retry;
mod run;
mod seconds;
mod start;
mod states;
mod status_change;
mod step;
mod under_test;
mod variables;

pub(crate) use context::time;
pub(crate) use finish::is_active;
pub(crate) use index::Index;
pub use inspection::{Inspection, Left, Waypoint};
pub use log::Logged;
pub use payload::read_payload;
pub use redrive::{Redrivability, redrivability, redrivability_by_head};
pub(crate) use redrive::{has_ended_for_good, redrive_child};
pub(crate) use release::Release;
pub(crate) use run::inner_flow;
pub(crate) use seconds::after as seconds_after;
pub(crate) use start::{Asked, launch};
pub use start::{StartExecution, Started, start};
pub use states::task::{start_failure, start_result};
pub(crate) use step::{DONE, Reply, origin};
pub use step::{step, step_inspected};
pub(crate) use under_test::{UnderTest, start_under_test};
