//! What others are told of executions: logs and traces.

mod cloud_watch;
mod logs;
mod traces;
