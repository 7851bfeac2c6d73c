//! Writes the results of a distributed Map to S3, as its `ResultWriter` says (developer guide, "ResultWriter (Map)"): a file for each kind
//! of end, and a manifest that names them. Memory doesn't grow with the number of results. Written again, the same results get the same
//! keys, so that a new leader can simply begin anew.

mod destination;
mod file;
mod manifest;
mod writer;

#[cfg(test)]
mod tests;

use bytes::Bytes;

pub(crate) use writer::Writer;

/// How a child execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// `SUCCEEDED`
    Succeeded,
    /// `FAILED`
    Failed,
    /// `TIMED_OUT`
    TimedOut,
    /// `ABORTED`
    Aborted,
}

/// A child execution, or what would have become one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// How it ended.
    pub(crate) status: Status,
    /// JSON text: `{"ExecutionArn":...,"Input":...,"Output":...,...}` as AWS writes it. Where it succeeded, `Output` is a text.
    pub(crate) metadata: Bytes,
}
