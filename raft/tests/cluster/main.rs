//! Whole clusters in one process, through the crate's public door.

mod harness;

mod elections;
mod folders;
mod guards;
mod membership;
mod partitions;
mod recovery;
mod snapshots;
mod transport;
