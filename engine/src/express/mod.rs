//! Express executions: how they start, and the records of asynchronous ones. They run over a map in memory ([`crate::local`]) on the node
//! that received them, and nothing of them is replicated but one record: that of an asynchronous start ([`ExpressStart`]). It names the
//! node that owns the execution, in its key, and is there until that node has run it to its end. A node finds what it owns by scanning;
//! what a lost node owned is given to others. So an asynchronous execution runs at least once, and a synchronous one at most once
//! (developer guide, "Choosing workflow type in Step Functions").
//!
//! [`ExpressStart`]: crate::record::ExpressStart

mod finish;
mod owned;
mod reassign;
mod start;
#[cfg(test)]
mod tests;

pub use finish::{FINISHED_MAX, finish};
pub use owned::{Owned, owned, owners};
pub use reassign::reassign;
pub use start::prepare;
pub(crate) use start::start;

/// How long an Express execution may run, in seconds (developer guide, "Service quotas").
pub const SECONDS_MAX: u64 = 300;
