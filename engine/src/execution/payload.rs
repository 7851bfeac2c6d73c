//! Reading payloads where they were stored: never copies and never parses them.

use bytes::Bytes;

use crate::draft::decode;
use crate::id::ExecutionId;
use crate::key;
use crate::record::{Chunk, PayloadRef};
use crate::view::{View, ViewError};

/// The JSON text at `payload` in the history of `execution`.
///
/// # Errors
///
/// [`ViewError::Missing`] where there is none: the execution was deleted, or the reference is of another one.
pub fn read_payload(
    view: &dyn View,
    execution: ExecutionId,
    payload: PayloadRef,
) -> Result<Bytes, ViewError> {
    let key = key::chunk(execution, payload.chunk);
    let chunk = view.get(&key)?.map(|versioned| decode::<Chunk>(&key, &versioned.value)).transpose()?;
    chunk
        .and_then(|chunk| find(&chunk, payload))
        .ok_or_else(|| ViewError::Missing { what: "a payload", key: hex::encode(&key) })
}

/// The payload of a chunk that `payload` names.
pub(super) fn find(chunk: &Chunk, payload: PayloadRef) -> Option<Bytes> {
    usize::try_from(payload.index).ok().and_then(|index| chunk.payloads.get(index)).cloned()
}
