//! Executions: how they start, and what happens to them when something happened to them.

mod payload;
mod start;
mod step;

pub use payload::read_payload;
pub use start::{StartExecution, Started, start};
pub use step::step;
