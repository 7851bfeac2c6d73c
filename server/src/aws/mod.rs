//! Calls of AWS-compatible services over the JSON protocol 1.1, signed (Signature Version 4).
//!
//! A user has one [`Client`] for each service: [`Config::new`] says where the service is and who asks, [`Client::call`] asks once. It
//! never retries: [`Failure::is_retryable`] tells its caller whether that makes sense. A service is a constant of `service.rs`.
//!
//! Where endpoints, regions and credentials come from, and what errors are called, is the same for S3 and Lambda.

mod client;
mod config;
mod credentials;
mod error_answer;
mod failure;
mod place;
mod service;
#[cfg(test)]
mod tests;

pub(crate) use client::Client;
pub(crate) use config::Config;
pub(crate) use credentials::Credentials;
pub(crate) use error_answer::ErrorAnswer;
pub(crate) use failure::Failure;
pub(crate) use place::{Error, endpoint, host_suffix, region};
pub(crate) use service::{EVENTS, LOGS, Service};
