//! Calls of Lambda functions: over the Invoke API of a configured, Lambda-compatible HTTP endpoint. Never retries: a task's `Retry` does.

mod client;
mod endpoint;
mod outcome;

pub(crate) use client::{Client, Invocation};
pub(crate) use endpoint::Endpoints;
