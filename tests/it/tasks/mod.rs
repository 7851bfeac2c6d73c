//! Task states: activities, Lambda functions and nested executions, with the whole history that they leave; Retry and Catch.

mod activities;
mod lambda;
mod nested;
mod retry_and_catch;
mod survival;

/// The history's first line, of an execution without input.
const STARTED: &str = "1 <0 ExecutionStarted input={} roleArn=arn:aws:iam::000000000000:role/test";
