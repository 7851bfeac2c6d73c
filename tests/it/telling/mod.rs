//! What others are told of executions: logs and traces.

mod logs;
mod traces;
