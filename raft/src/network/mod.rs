//! Raft between nodes, over gRPC.

mod client;
mod service;

pub(crate) use self::client::NetworkFactory;
pub(crate) use self::service::RaftService;

/// No message between nodes is larger, in bytes. The largest entry fits twice.
pub(crate) const MESSAGE_BYTES_MAX: usize = 12 << 20;

/// Snapshots are sent in chunks of this many bytes.
pub(crate) const SNAPSHOT_CHUNK_BYTES: usize = 1 << 20;
