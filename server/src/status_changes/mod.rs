//! Who is told of changes of executions' statuses, and how: an EventBridge-compatible endpoint, and webhooks. Tells each event once and
//! says what came of it; what waits, and when it is tried again, is [`crate::leader`]'s.

mod config;
mod event;
mod event_bridge;
mod target;
#[cfg(test)]
mod tests;
mod webhook;

pub(crate) use config::{Config, Error};
pub(crate) use event::Event;
pub(crate) use target::{Target, Verdict};
