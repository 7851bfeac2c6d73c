//! What goes into the iterations of a Map, and what comes out of the branches of a Map or Parallel: in slices of
//! [`SLICE_LEN`] positions, so that starting or finishing one of 10,000 reads and writes only its own slice.

use bytes::Bytes;

use super::PayloadRef;

/// How many positions one slice holds. A released value is never changed.
pub const SLICE_LEN: u64 = 64;

/// The items of the positions `slice * SLICE_LEN ..`. Written when the Map starts, immutable, deleted when it ends. Of one that ends with
/// its execution they are kept for a redrive.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Items {
    /// JSON texts.
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub items: Vec<Bytes>,
}

/// The outputs of the positions `slice * SLICE_LEN ..`. Deleted when the state ends, but for a redrive.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Results {
    /// As many as the highest finished position needs; those with chunk 0 have not finished.
    #[prost(message, repeated, tag = "1")]
    pub outputs: Vec<PayloadRef>,
}
