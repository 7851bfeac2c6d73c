//! A replicated, ordered key-value store with guarded transactions, on Raft.
//!
//! A [`Txn`] is proposed on the leader, replicated, and applied by every replica in the order of the log. The log and the snapshots
//! are the truth on disk; the store that serves reads is a view of them that can be rebuilt at any time. This crate knows nothing
//! of workflows, and the Raft library's types never leave it.

mod cluster_service;
mod config;
mod core;
pub mod durable_file;
mod entry_cache;
mod fault;
mod hash_check;
mod identity;
mod inflight;
mod join;
mod leadership;
mod log_size;
mod log_store;
mod member;
pub mod metric;
mod network;
mod open_state;
mod peers;
pub mod propose;
pub mod read;
mod replica;
pub mod security;
mod snapshot;
pub mod start;
mod state;
mod state_machine;
mod status;
mod store;
#[cfg(test)]
mod store_suite;
mod transfer;
mod txn;
mod type_config;
mod upkeep;
mod view;
mod view_marker;
pub mod wal;
mod wire;

pub use config::{Config, ExtraServices, Listen, Security, StoreKind, Tuning};
pub use fault::FaultHook;
pub use inflight::Room;
pub use member::Member;
pub use replica::{Failure, Leadership, PeerChannel, Replica, TransferError};
pub use status::{MemberStatus, Role, StateHash, Status};
pub use txn::{Expect, Guard, HARD_LIMIT_BYTES, Outcome, SOFT_LIMIT_BYTES, Txn, Write};
pub use view::{Direction, Versioned, View, ViewError};
