//! What others are told of executions: logs.

mod logs;
