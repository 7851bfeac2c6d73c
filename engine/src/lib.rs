//! Executions: stored records and keys, and one pure step function: what happens to an execution when something happened to it.
//!
//! This crate does no I/O and reads no clock; it never learns of Raft, gRPC or HTTP. It reads through a [`View`], decides, and returns
//! a [`Decision`]: the guarded [`Transaction`] that makes it so, the [`Effect`]s that the leader carries out after the commit, and the
//! reply to whoever asked.
//!
//! Read in this order: [`key`] and [`record`] (what is stored), [`draft`] (how a decision is written down), [`stimulus`] and [`effect`]
//! (what goes in and out), then the decisions themselves.

pub mod api_error;
pub mod arn;
pub mod command;
pub mod desk;
pub mod draft;
pub mod effect;
pub mod execution;
pub mod express;
#[cfg(test)]
mod fixture;
pub mod id;
pub mod key;
pub mod limits;
mod listing;
pub mod local;
pub mod map_run;
pub mod memory;
pub mod name;
pub mod outbox;
pub mod query;
pub mod record;
pub mod request_log;
pub mod retention;
pub mod stimulus;
mod taggable;
pub mod task_token;
pub mod test_state;
pub mod view;

pub use api_error::{ApiError, Refusal};
pub use desk::{Caller, Definitions, Desk};
pub use draft::{Decision, Draft, Expect, Guard, Origin, Transaction, Write};
pub use effect::Effect;
pub use limits::Limits;
pub use outbox::Outbox;
pub use stimulus::{Arrival, Stimulus};
pub use view::{Versioned, View, ViewError};
